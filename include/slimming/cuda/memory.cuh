// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Owned device memory and the copies between host and device.
/// Area: cuda. Operations never allocate; their callers do, with this or with an allocator of
/// theirs.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value, shape_mismatch
#include <slimming/cuda/error.cuh>   // check
#include <slimming/cuda/stream.cuh>  // stream_ref

#include <cuda_runtime_api.h>  // cudaMalloc, cudaMemcpyAsync

#include <limits>       // std::numeric_limits
#include <span>         // std::span
#include <string>       // std::string
#include <type_traits>  // std::is_trivially_copyable_v
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0::cuda {

/// \p size() elements in device memory, aligned to 256 bytes, not initialised.
template <class T>
class device_buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  device_buffer() = default;
  /// \throws cuda_error  with code "out_of_memory", naming the bytes; bad_value if \p size < 0.
  explicit device_buffer(index_t size) : size_(size) {
    if (size < 0 || size > std::numeric_limits<index_t>::max() / static_cast<index_t>(sizeof(T)))
      throw bad_value("device_buffer: size", size);
    if (size == 0) return;
    check(cudaMalloc(&data_, bytes()), "device_buffer of " + std::to_string(bytes()) + " bytes");
  }
  ~device_buffer() {
    if (data_) cudaFree(data_);
  }
  device_buffer(device_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  device_buffer& operator=(device_buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  [[nodiscard]] T* data() const noexcept { return static_cast<T*>(data_); }
  [[nodiscard]] index_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(size_) * sizeof(T);
  }

 private:
  void* data_ = nullptr;
  index_t size_ = 0;
};

/// Enqueues a copy from host memory; \p from must stay until it has run.
/// \throws shape_mismatch  if the sizes differ.
template <class T>
void copy_to_device(stream_ref stream, std::span<const std::type_identity_t<T>> from,
                    const device_buffer<T>& to) {
  if (static_cast<index_t>(from.size()) != to.size())
    throw shape_mismatch("copy_to_device", to.size(), static_cast<index_t>(from.size()));
  check(cudaMemcpyAsync(to.data(), from.data(), to.bytes(), cudaMemcpyHostToDevice, stream.get()),
        "copy_to_device");
}

/// Enqueues a copy to host memory.
/// \throws shape_mismatch  if the sizes differ.
template <class T>
void copy_to_host(stream_ref stream, const device_buffer<T>& from,
                  std::span<std::type_identity_t<T>> to) {
  if (static_cast<index_t>(to.size()) != from.size())
    throw shape_mismatch("copy_to_host", from.size(), static_cast<index_t>(to.size()));
  check(cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToHost, stream.get()),
        "copy_to_host");
}

/// A buffer that holds a copy of \p from; returns when the copy has run.
template <class T>
[[nodiscard]] device_buffer<T> to_device(stream_ref stream, const std::vector<T>& from) {
  device_buffer<T> to(static_cast<index_t>(from.size()));
  copy_to_device(stream, std::span<const T>(from), to);
  stream.wait();
  return to;
}

/// The elements of \p from; returns when the copy has run.
template <class T>
[[nodiscard]] std::vector<T> to_host(stream_ref stream, const device_buffer<T>& from) {
  std::vector<T> to(static_cast<std::size_t>(from.size()));
  copy_to_host(stream, from, std::span<T>(to));
  stream.wait();
  return to;
}

}  // namespace slimming::inline v0::cuda
