// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolution by cuDNN 9's graph interface, which alone reaches the kernels of recent devices.
/// Area: cuda. Needs cuDNN's headers to compile; the library is opened at the first use, so that a
/// program starts, and says what is missing, where there is none.

#include <slimming/core/error.hpp>                 // unsupported
#include <slimming/cuda/convolution.cuh>           // conv_request
#include <slimming/cuda/detail/cudnn_library.cuh>  // cudnn_library, cudnn_descriptor
#include <slimming/cuda/error.cuh>                 // check
#include <slimming/cuda/memory.cuh>                // device_buffer
#include <slimming/cuda/stream.cuh>                // stream_ref, event

#include <cudnn_graph.h>  // cudnnBackend*

#include <algorithm>  // std::max
#include <array>      // std::array
#include <cstdint>    // std::int64_t
#include <limits>     // std::numeric_limits
#include <string>     // std::string
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

/// How an implementation of a convolution is chosen.
struct convolution_choice {
  bool tf32 = false;          ///< fp32 operands may lose mantissa bits on their way in
  bool deterministic = true;  ///< only implementations that give the same bits every time
  bool timed = false;         ///< time the candidates; a different one may win the next time
  std::size_t workspace = std::size_t{1} << 30;  ///< most scratch bytes
};

/// One pass of a convolution, ready to run.
class cudnn_convolution {
 public:
  /// \throws unsupported  if no implementation takes the request under the conditions.
  cudnn_convolution(const cudnn_handle& handle, stream_ref stream, const conv_request& request,
                    const convolution_choice& choice)
      : request_(request) {
    build_graph(handle);
    choose(handle, stream, choice);
  }

  [[nodiscard]] std::size_t workspace_bytes() const noexcept { return workspace_; }

  /// \p x, \p w and \p y are input, weights and output of the forward pass or, where the pass
  /// writes it, the gradient of that; in place of the others, what the pass reads.
  void run(const cudnn_handle& handle, const void* x, const void* w, const void* y,
           void* workspace) const {
    execute(handle, plan_, x, w, y, workspace);
  }

 private:
  using descriptor = detail::cudnn_descriptor;
  struct candidate {
    descriptor engine;  // kept as long as its plan
    descriptor plan;
    std::size_t workspace;
  };

  descriptor tensor(std::int64_t id, dtype type, const std::array<std::int64_t, 4>& extents,
                    const std::array<std::int64_t, 4>& strides) const {
    descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    const std::int64_t alignment = 16;
    d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, detail::cudnn_type(type))
        .set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, extents.data(), 4)
        .set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides.data(), 4)
        .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id)
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, alignment)
        .finish("tensor of a convolution");
    return d;
  }
  descriptor activation(std::int64_t id, index_t channels, index_t h, index_t w,
                        index_t stride) const {
    return tensor(id, request_.values, {request_.geometry.batch, channels, h, w},
                  {h * w * stride, 1, w * stride, stride});
  }

  void build_graph(const cudnn_handle& handle) {
    const kernels::conv_geometry& g = request_.geometry;
    x_ = activation(x_id, g.in_channels, g.in_h, g.in_w, request_.in_stride);
    y_ = activation(y_id, g.out_channels, g.out_h, g.out_w, request_.out_stride);
    const index_t in = g.in_per_group();
    const bool writes_weights = request_.pass == conv_pass::backward_weights;
    w_ = tensor(w_id, writes_weights ? request_.weights : request_.values,
                {g.out_channels, in, g.kernel_h, g.kernel_w},
                {g.taps() * in, 1, g.kernel_w * in, in});

    const std::array<std::int64_t, 2> stride{g.stride_h, g.stride_w};
    const std::array<std::int64_t, 2> dilation{g.dilation_h, g.dilation_w};
    const std::array<std::int64_t, 2> before{g.pad_top, g.pad_left};
    const std::array<std::int64_t, 2> after{g.pad_bottom, g.pad_right};
    const std::int64_t axes = 2;
    convolution_ = descriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    convolution_.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, axes)
        .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION)
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, before.data(), 2)
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, after.data(), 2)
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, stride.data(), 2)
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, dilation.data(), 2)
        .finish("convolution");

    struct names {
      cudnnBackendDescriptorType_t type;
      cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
    };
    static constexpr names of_pass[] = {
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
         CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};
    const names& n = of_pass[static_cast<std::size_t>(request_.pass)];
    const float one = 1.0f;
    const float zero = 0.0f;
    operation_ = descriptor(n.type);
    operation_.set(n.x, x_)
        .set(n.w, w_)
        .set(n.y, y_)
        .set(n.convolution, convolution_)
        .set(n.alpha, CUDNN_TYPE_FLOAT, one)
        .set(n.beta, CUDNN_TYPE_FLOAT, zero)
        .finish("operation of a convolution");
    graph_ = descriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph_.set(detail::handle_of_graph, CUDNN_TYPE_HANDLE, handle.get())
        .set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_)
        .finish("graph of a convolution");
  }

  /// Implementations in the order in which the library recommends them.
  std::vector<descriptor> recommended(cudnnBackendHeurMode_t mode) const {
    descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph_)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    if (!heuristic.try_finish()) return {};
    // All of them: tens that use tensor cores come before the first one in full fp32.
    const std::int64_t offered =
        heuristic.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
    std::vector<descriptor> engines;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (std::int64_t i = 0; i < offered; ++i) {
      engines.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
      handles.push_back(engines.back().get());
    }
    const std::int64_t count = heuristic.read(
        CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, handles.data(), offered);
    engines.resize(static_cast<std::size_t>(count));
    return engines;
  }

  [[nodiscard]] bool is_allowed(const descriptor& configuration,
                                const convolution_choice& choice) const {
    const descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cudnnBackendDescriptor_t handle = engine.get();
    configuration.read(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, &handle, 1);
    cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    const std::int64_t count =
        engine.read(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes,
                    CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
    const bool is_float = request_.values == dtype::float32;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto note = notes[i];
      if (choice.deterministic && note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) return false;
      if (note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) return false;
      const bool narrows = note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS;
      if (is_float && narrows && !choice.tf32) return false;
      if (is_float && !choice.tf32 && note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE) return false;
    }
    return true;
  }

  void choose(const cudnn_handle& handle, stream_ref stream, const convolution_choice& choice) {
    constexpr std::size_t most_timed = 8;
    std::vector<candidate> candidates;
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      for (descriptor& engine : recommended(mode)) {
        if (!is_allowed(engine, choice)) continue;
        descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        plan.set(detail::handle_of_plan, CUDNN_TYPE_HANDLE, handle.get())
            .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine);
        if (!plan.try_finish()) continue;
        std::int64_t bytes = 0;
        plan.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, &bytes, 1);
        if (static_cast<std::size_t>(bytes) > choice.workspace) continue;
        candidates.push_back({std::move(engine), std::move(plan), static_cast<std::size_t>(bytes)});
        if (!choice.timed || candidates.size() == most_timed) break;
      }
      if (!candidates.empty()) break;
    }
    if (candidates.empty())
      throw unsupported("convolution", "cuDNN has no implementation that takes " + describe());
    candidate& best = candidates[candidates.size() > 1 ? quickest(handle, stream, candidates) : 0];
    engine_ = std::move(best.engine);
    plan_ = std::move(best.plan);
    workspace_ = best.workspace;
  }

  /// Runs every candidate on memory of its own.
  std::size_t quickest(const cudnn_handle& handle, stream_ref stream,
                       const std::vector<candidate>& candidates) const {
    constexpr int repeats = 5;
    const kernels::conv_geometry& g = request_.geometry;
    const auto bytes = [](index_t elements) { return elements * 4; };
    const device_buffer<char> x(bytes(g.in_pixels() * request_.in_stride));
    const device_buffer<char> y(bytes(g.out_pixels() * request_.out_stride));
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

  static void execute(const cudnn_handle& handle, const descriptor& plan, const void* x,
                      const void* w, const void* y, void* workspace) {
    const std::array<std::int64_t, 3> ids{x_id, w_id, y_id};
    const std::array<const void*, 3> pointers{x, w, y};
    descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.data(), 3)
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.data(), 3)
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace)
        .finish("pointers of a convolution");
    const auto& lib = detail::cudnn_library::get();
    lib.check(lib.execute(handle.get(), plan.get(), pack.get()), "cudnnBackendExecute");
  }

  [[nodiscard]] std::string describe() const {
    const kernels::conv_geometry& g = request_.geometry;
    const auto by = [](index_t a, index_t b) {
      return std::to_string(a) + "x" + std::to_string(b);
    };
    return std::string(request_.pass == conv_pass::forward         ? "forward"
                       : request_.pass == conv_pass::backward_data ? "backward data"
                                                                   : "backward weights") +
           " of " + std::to_string(g.in_channels) + " to " + std::to_string(g.out_channels) +
           " channels, kernel " + by(g.kernel_h, g.kernel_w) + ", stride " +
           by(g.stride_h, g.stride_w) + ", map " + by(g.in_h, g.in_w) + ", groups " +
           std::to_string(g.groups) + ", " + std::string(name_of(request_.values)) + " to " +
           std::string(name_of(request_.weights));
  }

  static constexpr std::int64_t x_id = 'x';
  static constexpr std::int64_t w_id = 'w';
  static constexpr std::int64_t y_id = 'y';

  conv_request request_;
  descriptor x_, w_, y_, convolution_, operation_, graph_, engine_, plan_;
  std::size_t workspace_ = 0;
};

}  // namespace slimming::inline v0::cuda
