// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The emulation as a platform of cuda::device: executors that are meant for a GPU run on the host.
/// Area: tests.

#include <slimming/core/dtype.hpp>        // bfloat16, float16
#include <slimming/cuda/convolution.cuh>  // conv_request

#include <cstdint>     // std::uint16_t
#include <cstring>     // std::memcpy
#include <functional>  // std::function
#include <memory>      // std::shared_ptr
#include <vector>      // std::vector

#include "tests/support/cuda_convolution.hpp"
#include "tests/support/cuda_emulation.hpp"

namespace slimming::emulation {

class platform {
 public:
  struct options_type {
    schedule order = schedule::forward;
    std::shared_ptr<emulation::memory> all = {};  ///< of a device that two platforms share
  };

  class memory {
   public:
    memory() = default;
    memory(emulation::memory& all, index_t bytes)
        : all_(&all), data_(::operator new[](static_cast<std::size_t>(bytes) + 1, at)) {
      std::memset(data_, 0, static_cast<std::size_t>(bytes));
      all.add(data_, static_cast<std::size_t>(bytes), sizeof(std::uint16_t));
    }
    ~memory() {
      if (!data_) return;
      all_->remove(data_);
      ::operator delete[](data_, at);
    }
    memory(memory&& other) noexcept
        : all_(other.all_), data_(std::exchange(other.data_, nullptr)) {}
    memory& operator=(memory&& other) noexcept {
      std::swap(all_, other.all_);
      std::swap(data_, other.data_);
      return *this;
    }
    [[nodiscard]] void* data() const noexcept { return data_; }

   private:
    static constexpr std::align_val_t at{256};
    emulation::memory* all_ = nullptr;
    void* data_ = nullptr;
  };

  class convolution {
   public:
    explicit convolution(const cuda::conv_request& request) : request_(request) {}
    void run(platform& on, const void* x, const void* w, const void* y) const {
      on.stream_.issue([this, &on, x, w, y] { run_now(on, x, w, y); });
    }

   private:
    void run_now(platform& on, const void* x, const void* w, const void* y) const {
      switch (request_.values) {
        case dtype::bfloat16:
          return run_as<bfloat16>(on, x, w, y);
        case dtype::float16:
          return run_as<float16>(on, x, w, y);
        default:
          return run_as<float>(on, x, w, y);
      }
    }
    template <class T>
    void run_as(platform& on, const void* x, const void* w, const void* y) const {
      const auto& g = request_.geometry;
      auto wide_x = read<T>(on, x, g.in_pixels() * request_.in_stride);
      auto wide_w = read<T>(on, w, cuda::weight_count(g));
      auto wide_y = read<T>(on, y, g.out_pixels() * request_.out_stride);
      testing::convolve(request_, wide_x, wide_w, wide_y);
      if (request_.pass == cuda::conv_pass::forward) write<T>(wide_y, y);
      if (request_.pass == cuda::conv_pass::backward_data) write<T>(wide_x, x);
      if (request_.pass == cuda::conv_pass::backward_weights) write<T>(wide_w, w);
    }
    template <class T>
    static std::vector<double> read(platform& on, const void* from, index_t n) {
      on.all_->check(from, 1, 16, "convolution");
      on.all_->check(from, static_cast<std::size_t>(n) * sizeof(T), 1, "convolution");
      const auto* values = static_cast<const T*>(from);
      std::vector<double> wide(static_cast<std::size_t>(n));
      for (std::size_t i = 0; i < wide.size(); ++i)
        wide[i] = static_cast<double>(static_cast<float>(values[i]));
      return wide;
    }
    template <class T>
    static void write(const std::vector<double>& from, const void* to) {
      auto* values = static_cast<T*>(const_cast<void*>(to));
      for (std::size_t i = 0; i < from.size(); ++i) values[i] = T(static_cast<float>(from[i]));
    }
    cuda::conv_request request_;
  };

  explicit platform(const options_type& options)
      : all_(options.all ? options.all : std::make_shared<emulation::memory>()),
        stream_(*all_, options.order) {}

  [[nodiscard]] emulation::stream& stream() noexcept { return stream_; }
  [[nodiscard]] memory allocate(index_t bytes) { return memory(*all_, bytes); }
  void upload(const void* from, void* to, index_t bytes) { transfer(from, to, bytes); }
  void download(const void* from, void* to, index_t bytes) { transfer(from, to, bytes); }
  void copy(const void* from, void* to, index_t bytes) {
    if (bytes > 0) stream_.issue([=] { std::memcpy(to, from, static_cast<std::size_t>(bytes)); });
  }
  void clear(void* to, index_t bytes) {
    if (bytes > 0) stream_.issue([=] { std::memset(to, 0, static_cast<std::size_t>(bytes)); });
  }
  [[nodiscard]] std::shared_ptr<const convolution> make_convolution(
      const cuda::conv_request& request) {
    return std::make_shared<const convolution>(request);
  }
  /// As on CUDA: the first call runs the function, the second keeps what it issues, and from then on
  /// that is repeated, whatever the host's state has become.
  template <class Function>
  void record(const Function& f) {
    if (calls_++ == 0) return f();
    if (calls_ == 2) {
      stream_.begin_recording();
      f();
      recorded_ = stream_.end_recording();
    }
    for (const auto& work : recorded_) work();
  }
  [[nodiscard]] bool has_recorded() const noexcept { return !recorded_.empty(); }
  void synchronize() {}

 private:
  void transfer(const void* from, void* to, index_t bytes) {
    if (stream_.is_recording())
      throw fault("a copy between host and device while a step is recorded");
    if (bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }

  std::shared_ptr<emulation::memory> all_;
  emulation::stream stream_;
  int calls_ = 0;
  std::vector<std::function<void()>> recorded_;
};

}  // namespace slimming::emulation
