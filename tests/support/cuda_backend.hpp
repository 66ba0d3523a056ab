// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where a test of a device operation runs: the host compiler gets the emulation, nvcc the device.
/// Area: tests. A test is written once over `backend`.
///
///     const auto variant = GENERATE(from_range(backend::variants()));
///     backend on(variant);
///     auto x = on.upload(std::vector<float>{...});
///     op(on.stream(), x.data(), ...);
///     REQUIRE(on.download(x) == ...);

#include <algorithm>  // std::min
#include <cstddef>    // std::byte
#include <cstring>    // std::memset
#include <memory>     // std::unique_ptr
#include <new>        // std::align_val_t
#include <utility>    // std::swap
#include <vector>     // std::vector

#include "tests/support/catch.hpp"

#if defined(__CUDACC__)

#include <slimming/cuda/memory.cuh>  // device_buffer
#include <slimming/cuda/stream.cuh>  // stream

namespace slimming::testing {

/// A device. Runs under compute-sanitizer too.
class backend {
 public:
  static constexpr bool counts_traffic = false;
  template <class T>
  using buffer = cuda::device_buffer<T>;

  static std::vector<int> variants() { return {0}; }
  explicit backend(int) {}

  [[nodiscard]] cuda::stream_ref stream() const { return stream_; }
  template <class T>
  [[nodiscard]] buffer<T> allocate(index_t size) const {
    buffer<T> b(size);
    if (size > 0)
      cuda::check(cudaMemsetAsync(b.data(), 0xcd, b.bytes(), stream_.ref().get()), "memset");
    return b;
  }
  template <class T>
  [[nodiscard]] buffer<T> upload(const std::vector<T>& from) const {
    return cuda::to_device(stream_, from);
  }
  template <class T>
  void overwrite(buffer<T>& to, const std::vector<T>& from) const {
    cuda::copy_to_device(stream_, std::span<const T>(from), to);
    stream_.wait();
  }
  template <class T>
  [[nodiscard]] std::vector<T> download(const buffer<T>& from) const {
    return cuda::to_host(stream_, from);
  }
  [[nodiscard]] std::size_t bytes_read() const { return 0; }
  [[nodiscard]] std::size_t bytes_written() const { return 0; }
  [[nodiscard]] int launches() const { return 0; }
  void forget_traffic() {}

 private:
  cuda::stream stream_;
};

}  // namespace slimming::testing

#else

#include "tests/support/cuda_emulation.hpp"

namespace slimming::testing {

/// The emulation; a variant is a schedule.
class backend {
 public:
  static constexpr bool counts_traffic = true;

  template <class T>
  class buffer {
   public:
    static constexpr std::size_t alignment = 256;

    buffer() = default;
    buffer(emulation::memory& memory, index_t size)
        : memory_(&memory), size_(size), data_(::operator new[](bytes() + 1, at)) {
      std::memset(data_.get(), 0xcd, bytes());
      memory_->add(data(), bytes(), std::min<std::size_t>(sizeof(T), 4));
    }
    ~buffer() {
      if (data_) memory_->remove(data());
    }
    buffer(buffer&&) noexcept = default;
    buffer& operator=(buffer&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(size_, other.size_);
      std::swap(data_, other.data_);
      return *this;
    }

    [[nodiscard]] T* data() const noexcept { return static_cast<T*>(data_.get()); }
    [[nodiscard]] index_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept {
      return static_cast<std::size_t>(size_) * sizeof(T);
    }

   private:
    static constexpr std::align_val_t at{alignment};
    struct free {
      void operator()(void* p) const noexcept { ::operator delete[](p, at); }
    };
    emulation::memory* memory_ = nullptr;
    index_t size_ = 0;
    std::unique_ptr<void, free> data_;
  };

  static std::vector<emulation::schedule> variants() {
    using emulation::schedule;
    return {schedule::forward, schedule::backward, schedule::shuffled};
  }
  explicit backend(emulation::schedule order) : stream_(*memory_, order) {}

  [[nodiscard]] emulation::stream& stream() { return stream_; }
  template <class T>
  [[nodiscard]] buffer<T> allocate(index_t size) {
    return buffer<T>(*memory_, size);
  }
  template <class T>
  [[nodiscard]] buffer<T> upload(const std::vector<T>& from) {
    buffer<T> to(*memory_, static_cast<index_t>(from.size()));
    if (!from.empty()) std::memcpy(static_cast<void*>(to.data()), from.data(), to.bytes());
    return to;
  }
  template <class T>
  void overwrite(buffer<T>& to, const std::vector<T>& from) {
    std::memcpy(static_cast<void*>(to.data()), from.data(), to.bytes());
  }
  template <class T>
  [[nodiscard]] std::vector<T> download(const buffer<T>& from) const {
    std::vector<T> to(static_cast<std::size_t>(from.size()));
    if (!to.empty()) std::memcpy(static_cast<void*>(to.data()), from.data(), from.bytes());
    return to;
  }
  [[nodiscard]] std::size_t bytes_read() const { return memory_->moved.read; }
  [[nodiscard]] std::size_t bytes_written() const { return memory_->moved.written; }
  [[nodiscard]] int launches() const { return stream_.launches; }
  void forget_traffic() {
    memory_->moved = {};
    stream_.launches = 0;
  }

 private:
  std::unique_ptr<emulation::memory> memory_ = std::make_unique<emulation::memory>();
  emulation::stream stream_;
};

}  // namespace slimming::testing

#endif
