// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Streams, events and the one place where kernels are launched.
/// Area: cuda.

#include <slimming/cuda/block.cuh>  // device_block, grid
#include <slimming/cuda/error.cuh>  // check

#include <cuda_runtime.h>  // cudaStream_t, kernel launches

#include <memory>   // std::unique_ptr
#include <utility>  // std::exchange

namespace slimming::inline v0::cuda {

namespace detail {

template <int Threads, class Body>
__global__ void __launch_bounds__(Threads) run_body(const __grid_constant__ Body body) {
  __shared__ typename Body::shared_type shared;
  device_block<Threads> block;
  body(block, shared);
}

}  // namespace detail

/// A stream that somebody else owns: the first argument of every operation. Operations only
/// enqueue.
class stream_ref {
 public:
  stream_ref(cudaStream_t stream) noexcept : stream_(stream) {}  // implicit: loses nothing

  [[nodiscard]] cudaStream_t get() const noexcept { return stream_; }

  /// Enqueues \p body over a grid of blocks of \p Threads threads.
  /// \throws cuda_error  naming the body if the launch is refused.
  template <int Threads, class Body>
  void launch(grid extent, const Body& body) const {
    detail::run_body<Threads, Body>
        <<<dim3(static_cast<unsigned>(extent.x), static_cast<unsigned>(extent.y)), Threads, 0,
           stream_>>>(body);
    check(cudaGetLastError(), Body::name);
  }

  /// Waits until everything enqueued so far has run.
  void wait() const { check(cudaStreamSynchronize(stream_), "stream_ref::wait"); }

 private:
  cudaStream_t stream_;
};

/// A stream of its own.
class stream {
 public:
  stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream"); }
  ~stream() {
    if (stream_) cudaStreamDestroy(stream_);
  }
  stream(stream&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }

  operator stream_ref() const noexcept { return stream_; }  // implicit: a view of this
  [[nodiscard]] stream_ref ref() const noexcept { return stream_; }
  template <int Threads, class Body>
  void launch(grid extent, const Body& body) const {
    ref().launch<Threads>(extent, body);
  }
  void wait() const { ref().wait(); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A point in a stream's time.
class event {
 public:
  event() { check(cudaEventCreate(&event_), "event"); }
  ~event() {
    if (event_) cudaEventDestroy(event_);
  }
  event(event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  event& operator=(event&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }

  void record(stream_ref stream) { check(cudaEventRecord(event_, stream.get()), "event::record"); }
  void wait() const { check(cudaEventSynchronize(event_), "event::wait"); }
  /// Milliseconds from \p start to this; both have happened.
  [[nodiscard]] double since(const event& start) const {
    float ms = 0.0f;
    check(cudaEventElapsedTime(&ms, start.event_, event_), "event::since");
    return static_cast<double>(ms);
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Number of devices that this process can use.
/// \throws cuda_error  with code "no_driver" or "no_device" where there are none.
[[nodiscard]] inline int device_count() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "device_count");
  if (count == 0) throw cuda_error("device_count", cudaErrorNoDevice);
  return count;
}

}  // namespace slimming::inline v0::cuda
