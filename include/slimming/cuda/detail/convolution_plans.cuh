// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What cuDNN offers for one pass of a convolution: the request as a graph, and finished plans.
/// Area: cuda, internal. Asks the library, not a device: plans for a described device can be made
/// anywhere.

#include <slimming/core/dtype.hpp>                 // dtype
#include <slimming/core/error.hpp>                 // unsupported
#include <slimming/cuda/convolution.cuh>           // conv_request, convolution_choice
#include <slimming/cuda/detail/cudnn_library.cuh>  // cudnn_descriptor

#include <cudnn_graph.h>  // cudnnBackend*

#include <array>    // std::array
#include <cstdint>  // std::int64_t
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0::cuda::detail {

/// The device behind a connection, named to the descriptors that plans are made of.
struct connected_device {
  cudnnHandle_t handle;

  void name_in_graph(cudnn_descriptor& d) const {
    d.set(handle_of_graph, CUDNN_TYPE_HANDLE, handle);
  }
  void name_in_heuristic(cudnn_descriptor&) const {}  // it is in the graph
  void name_in_plan(cudnn_descriptor& d) const { d.set(handle_of_plan, CUDNN_TYPE_HANDLE, handle); }
};

/// The plans for a request. \p Device has the members of connected_device.
class convolution_plans {
 public:
  static constexpr std::int64_t x_id = 'x';
  static constexpr std::int64_t w_id = 'w';
  static constexpr std::int64_t y_id = 'y';

  struct candidate {
    cudnn_descriptor engine;  // kept as long as its plan
    cudnn_descriptor plan;
    std::size_t workspace;
  };

  template <class Device>
  convolution_plans(const Device& device, const conv_request& request) : request_(request) {
    build_graph(device);
  }

  [[nodiscard]] const conv_request& request() const noexcept { return request_; }

  /// The first \p most plans under the conditions, in the order in which the library recommends them.
  /// \throws unsupported  if there is none.
  template <class Device>
  [[nodiscard]] std::vector<candidate> candidates(const Device& device,
                                                  const convolution_choice& choice,
                                                  std::size_t most) const {
    std::vector<candidate> found;
    for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      for (descriptor& engine : recommended(device, mode)) {
        if (!is_allowed(engine, choice)) continue;
        descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        device.name_in_plan(plan);
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine);
        if (!plan.try_finish()) continue;
        std::int64_t bytes = 0;
        plan.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, &bytes, 1);
        if (static_cast<std::size_t>(bytes) > choice.workspace) continue;
        found.push_back({std::move(engine), std::move(plan), static_cast<std::size_t>(bytes)});
        if (found.size() == most) return found;
      }
      if (!found.empty()) return found;
    }
    throw unsupported("convolution", "cuDNN has no implementation that takes " + describe());
  }

 private:
  using descriptor = cudnn_descriptor;

  descriptor tensor(std::int64_t id, dtype type, const std::array<std::int64_t, 4>& extents,
                    const std::array<std::int64_t, 4>& strides) const {
    descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    const std::int64_t alignment = 16;
    d.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, cudnn_type(type))
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

  template <class Device>
  void build_graph(const Device& device) {
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
    device.name_in_graph(graph_);
    graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_).finish("graph of a convolution");
  }

  /// Implementations in the order in which the library recommends them.
  template <class Device>
  std::vector<descriptor> recommended(const Device& device, cudnnBackendHeurMode_t mode) const {
    descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    device.name_in_heuristic(heuristic);
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

  conv_request request_;
  descriptor x_, w_, y_, convolution_, operation_, graph_;
};

}  // namespace slimming::inline v0::cuda::detail
