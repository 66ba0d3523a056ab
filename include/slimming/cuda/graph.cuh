// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Work that is recorded once and then repeated by a single launch.
/// Area: cuda. CUDA graphs.

#include <slimming/cuda/error.cuh>   // check
#include <slimming/cuda/stream.cuh>  // stream_ref

#include <cuda_runtime_api.h>  // cudaGraphLaunch

#include <utility>  // std::exchange

namespace slimming::inline v0::cuda {

/// Repeats what a function enqueues. The first call runs it, so that libraries can load kernels and
/// take memory; the second records it; from then on a call is one launch.
class recording {
 public:
  recording() = default;
  ~recording() {
    if (graph_) cudaGraphExecDestroy(graph_);
  }
  recording(recording&& other) noexcept
      : graph_(std::exchange(other.graph_, nullptr)), calls_(other.calls_) {}
  recording& operator=(recording&& other) noexcept {
    std::swap(graph_, other.graph_);
    std::swap(calls_, other.calls_);
    return *this;
  }

  /// Does on \p stream what `f()` enqueues there.
  /// \pre    `f` enqueues the same work on the same memory at every call, on no other stream, and
  ///         waits for nothing.
  /// \throws whatever `f` throws, and cuda_error if the work cannot be recorded; nothing has been
  ///         enqueued then.
  template <class Function>
  void operator()(stream_ref stream, const Function& f) {
    if (calls_++ == 0) return f();
    if (!graph_) record(stream, f);
    check(cudaGraphLaunch(graph_, stream.get()), "recording: launch");
  }

  [[nodiscard]] bool is_recorded() const noexcept { return graph_ != nullptr; }

 private:
  template <class Function>
  void record(stream_ref stream, const Function& f) {
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
          "recording: begin");
    try {
      f();
    } catch (...) {
      cudaStreamEndCapture(stream.get(), &graph);
      if (graph) cudaGraphDestroy(graph);
      (void)cudaGetLastError();
      throw;
    }
    check(cudaStreamEndCapture(stream.get(), &graph), "recording: end");
    const cudaError_t status = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    check(status, "recording: instantiate");
  }

  cudaGraphExec_t graph_ = nullptr;
  long calls_ = 0;
};

}  // namespace slimming::inline v0::cuda
