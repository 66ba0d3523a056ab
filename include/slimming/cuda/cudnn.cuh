// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolution by cuDNN 9's graph interface, which alone reaches the kernels of recent devices.
/// Area: cuda. Needs cuDNN's headers to compile; the library is opened at the first use, so that a
/// program starts, and says what is missing, where there is none.

#include <slimming/cuda/convolution.cuh>               // conv_request, convolution_choice
#include <slimming/cuda/detail/convolution_plans.cuh>  // convolution_plans
#include <slimming/cuda/detail/cudnn_library.cuh>      // cudnn_library, cudnn_descriptor
#include <slimming/cuda/error.cuh>                     // check
#include <slimming/cuda/memory.cuh>                    // device_buffer
#include <slimming/cuda/stream.cuh>                    // stream_ref, event

#include <cudnn_graph.h>  // cudnnBackend*

#include <algorithm>  // std::max
#include <array>      // std::array
#include <cstdint>    // std::int64_t
#include <limits>     // std::numeric_limits
#include <utility>    // std::exchange
#include <vector>     // std::vector

namespace slimming::inline v0::cuda {

/// A connection to cuDNN that works on one stream.
class cudnn_handle {
 public:
  /// \throws cuda_error  with code "no_cudnn", "cudnn_failure" or what the runtime says.
  explicit cudnn_handle(stream_ref stream) {
    const auto& lib = detail::cudnn_library::get();
    lib.check(lib.create(&handle_), "cudnnCreate");
    lib.check(lib.set_stream(handle_, stream.get()), "cudnnSetStream");
  }
  ~cudnn_handle() {
    if (handle_) detail::cudnn_library::get().destroy(handle_);
  }
  cudnn_handle(cudnn_handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  cudnn_handle& operator=(cudnn_handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  [[nodiscard]] cudnnHandle_t get() const noexcept { return handle_; }
  /// 91900 for 9.19.0.
  [[nodiscard]] static std::size_t version() { return detail::cudnn_library::get().version(); }

 private:
  cudnnHandle_t handle_ = nullptr;
};

/// One pass of a convolution, ready to run.
class cudnn_convolution {
 public:
  /// \throws unsupported  if no implementation takes the request under the conditions.
  cudnn_convolution(const cudnn_handle& handle, stream_ref stream, const conv_request& request,
                    const convolution_choice& choice)
      : plans_(detail::connected_device{handle.get()}, request) {
    constexpr std::size_t most_timed = 8;
    auto candidates = plans_.candidates(detail::connected_device{handle.get()}, choice,
                                        choice.timed ? most_timed : 1);
    chosen_ =
        std::move(candidates[candidates.size() > 1 ? quickest(handle, stream, candidates) : 0]);
  }

  [[nodiscard]] std::size_t workspace_bytes() const noexcept { return chosen_.workspace; }

  /// \p x, \p w and \p y are input, weights and output of the forward pass or, where the pass
  /// writes it, the gradient of that; in place of the others, what the pass reads.
  void run(const cudnn_handle& handle, const void* x, const void* w, const void* y,
           void* workspace) const {
    execute(handle, chosen_.plan, x, w, y, workspace);
  }

 private:
  using plans = detail::convolution_plans;
  using candidate = plans::candidate;

  /// Runs every candidate on memory of its own.
  std::size_t quickest(const cudnn_handle& handle, stream_ref stream,
                       const std::vector<candidate>& candidates) const {
    constexpr int repeats = 5;
    const conv_request& request = plans_.request();
    const kernels::conv_geometry& g = request.geometry;
    const auto bytes = [](index_t elements) { return elements * 4; };
    const device_buffer<char> x(bytes(g.in_pixels() * request.in_stride));
    const device_buffer<char> y(bytes(g.out_pixels() * request.out_stride));
    const device_buffer<char> w(bytes(weight_count(g)));
    for (const auto* b : {&x, &y, &w})  // small numbers: times on zeros would flatter
      check(cudaMemsetAsync(b->data(), 0x3c, b->bytes(), stream.get()), "cudaMemsetAsync");
    std::size_t room = 0;
    for (const candidate& c : candidates) room = std::max(room, c.workspace);
    const device_buffer<char> workspace(static_cast<index_t>(room));
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto once = [&] {
        execute(handle, candidates[i].plan, x.data(), w.data(), y.data(), workspace.data());
      };
      once();
      event start;
      event stop;
      start.record(stream);
      for (int r = 0; r < repeats; ++r) once();
      stop.record(stream);
      stop.wait();
      const double time = stop.since(start);
      if (time < least) {
        least = time;
        best = i;
      }
    }
    return best;
  }

  static void execute(const cudnn_handle& handle, const detail::cudnn_descriptor& plan,
                      const void* x, const void* w, const void* y, void* workspace) {
    const std::array<std::int64_t, 3> ids{plans::x_id, plans::w_id, plans::y_id};
    const std::array<const void*, 3> pointers{x, w, y};
    detail::cudnn_descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.data(), 3)
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.data(), 3)
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace)
        .finish("pointers of a convolution");
    const auto& lib = detail::cudnn_library::get();
    lib.check(lib.execute(handle.get(), plan.get(), pack.get()), "cudnnBackendExecute");
  }

  plans plans_;
  candidate chosen_ = {};
};

}  // namespace slimming::inline v0::cuda
