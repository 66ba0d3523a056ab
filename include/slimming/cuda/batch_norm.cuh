// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batch normalisation with ReLU and a residual addition in the same pass, over the live channels
/// of an activation (Ioffe and Szegedy, 2015; the conventions are those of torch.nn.BatchNorm2d).
/// Area: cuda.
///
/// Sums are fp32, added in an order that the shape fixes. Channels that are not live are neither
/// read nor written, in any array: their outputs keep what they hold, zeros as a rule. In NCHW
/// their memory is not touched at all; in NHWC the memory moves whole sectors, so masked training
/// compacts its activations instead and all of their channels are live.

#include <slimming/core/error.hpp>                     // bad_value
#include <slimming/cuda/activation.cuh>                // activation_shape, live_channels
#include <slimming/cuda/block.cuh>                     // grid, vector_lanes
#include <slimming/cuda/detail/batch_norm_bodies.cuh>  // batch_norm_arrays, the kernels
#include <slimming/cuda/reduction.cuh>                 // reduction_workspace

#include <cstdint>           // std::uintptr_t
#include <initializer_list>  // std::initializer_list
#include <type_traits>       // std::integral_constant

namespace slimming::inline v0::cuda {

struct batch_norm_options {
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< share of the new statistics in the running averages
  bool relu = true;
};

/// Activations of the forward pass; none overlaps another.
template <class T>
struct batch_norm_tensors {
  const T* x = nullptr;
  const T* residual = nullptr;  ///< null: nothing is added
  T* y = nullptr;
};

/// Activations of the backward pass. `dx` or `dresidual` may be `dy` itself.
template <class T>
struct batch_norm_gradients {
  const T* x = nullptr;
  const T* y = nullptr;  ///< needed where ReLU follows a residual addition; else better null
  const T* dy = nullptr;
  T* dx = nullptr;
  T* dresidual = nullptr;  ///< null: no residual
  float* dgamma = nullptr;
  float* dbeta = nullptr;
};

namespace detail {

inline bool are_vector_aligned(std::initializer_list<const void*> pointers) noexcept {
  for (const void* p : pointers)
    if (reinterpret_cast<std::uintptr_t>(p) % vector_bytes != 0) return false;
  return true;
}

/// Calls `run(lanes, order)` with the widest access that shape, pointers and live channels allow.
template <class T, class Run>
void with_access(const activation_shape& shape, const live_channels& live,
                 std::initializer_list<const void*> pointers, const Run& run) {
  constexpr int wide = vector_lanes<T>;
  const bool is_aligned = are_vector_aligned(pointers);
  const auto pick = [&](auto order) {
    const index_t run_length = order() == layout::nhwc ? shape.channels : shape.pixels;
    const bool has_gaps = order() == layout::nhwc && live.index;
    if (is_aligned && !has_gaps && run_length % wide == 0)
      run(std::integral_constant<int, wide>(), order);
    else
      run(std::integral_constant<int, 1>(), order);
  };
  if (shape.order == layout::nhwc)
    pick(std::integral_constant<layout, layout::nhwc>());
  else
    pick(std::integral_constant<layout, layout::nchw>());
}

[[nodiscard]] inline bool has_work(const activation_shape& shape, const live_channels& live) {
  return shape.size() > 0 && (!live.index || live.count > 0);
}

}  // namespace detail

/// `y = relu((x - mean) / sqrt(variance + epsilon) * gamma + beta + residual)` with the statistics
/// of this batch, which also enter the running averages. One launch where a block can hold a tile,
/// else two.
/// \throws bad_value  if the shape is out of range or a needed pointer is null.
template <class T, class Stream>
void batch_norm_forward(Stream&& stream, const activation_shape& shape, const live_channels& live,
                        const batch_norm_tensors<T>& tensors, const batch_norm_arrays& arrays,
                        const reduction_workspace& workspace,
                        const batch_norm_options& options = {}) {
  validate(shape, live, "batch_norm_forward");
  if (!detail::has_work(shape, live)) return;
  for (const void* p :
       {static_cast<const void*>(tensors.x), static_cast<const void*>(tensors.y),
        static_cast<const void*>(arrays.gamma), static_cast<const void*>(arrays.beta),
        static_cast<const void*>(arrays.mean), static_cast<const void*>(arrays.inv_std),
        static_cast<const void*>(workspace.partial), static_cast<const void*>(workspace.counters)})
    if (!p) throw bad_value("batch_norm_forward", "null pointer");
  detail::with_access<T>(shape, live, {tensors.x, tensors.residual, tensors.y},
                         [&](auto lanes, auto order) {
                           using body_type = detail::norm_forward_body<T, lanes(), order()>;
                           body_type body{detail::tiles_for<T, lanes(), order()>(shape, live),
                                          tensors.x,
                                          tensors.residual,
                                          tensors.y,
                                          arrays,
                                          static_cast<float>(options.epsilon),
                                          static_cast<float>(options.momentum),
                                          workspace.partial,
                                          workspace.counters,
                                          options.relu,
                                          body_type::pass::statistics};
                           detail::launch_passes(stream, body, body_type::pass::normalise);
                         });
}

/// The same with the running averages as statistics; one launch, which needs no workspace.
/// \throws bad_value  if the shape is out of range or a needed pointer is null.
template <class T, class Stream>
void batch_norm_inference(Stream&& stream, const activation_shape& shape, const live_channels& live,
                          const batch_norm_tensors<T>& tensors, const batch_norm_arrays& arrays,
                          const batch_norm_options& options = {}) {
  validate(shape, live, "batch_norm_inference");
  if (!detail::has_work(shape, live)) return;
  if (!tensors.x || !tensors.y || !arrays.gamma || !arrays.beta || !arrays.running_mean ||
      !arrays.running_variance)
    throw bad_value("batch_norm_inference", "null pointer");
  detail::with_access<T>(shape, live, {tensors.x, tensors.residual, tensors.y},
                         [&](auto lanes, auto order) {
                           using body_type = detail::norm_forward_body<T, lanes(), order()>;
                           body_type body{detail::tiles_for<T, lanes(), order()>(shape, live),
                                          tensors.x,
                                          tensors.residual,
                                          tensors.y,
                                          arrays,
                                          static_cast<float>(options.epsilon),
                                          0.0f,
                                          nullptr,
                                          nullptr,
                                          options.relu,
                                          body_type::pass::normalise_with_running};
                           detail::launch_applying(stream, body);
                         });
}

/// Gradients of batch_norm_forward(); \p options are those of the forward call.
/// \throws bad_value  if the shape is out of range or a needed pointer is null.
template <class T, class Stream>
void batch_norm_backward(Stream&& stream, const activation_shape& shape, const live_channels& live,
                         const batch_norm_gradients<T>& tensors, const batch_norm_arrays& arrays,
                         const reduction_workspace& workspace,
                         const batch_norm_options& options = {}) {
  validate(shape, live, "batch_norm_backward");
  if (!detail::has_work(shape, live)) return;
  const bool needs_y = options.relu && tensors.dresidual;
  if (!tensors.x || !tensors.dy || !tensors.dx || !tensors.dgamma || !tensors.dbeta ||
      (needs_y && !tensors.y) || !arrays.gamma || !arrays.beta || !arrays.mean || !arrays.inv_std ||
      !workspace.partial || !workspace.counters)
    throw bad_value("batch_norm_backward", "null pointer");
  detail::with_access<T>(
      shape, live, {tensors.x, tensors.y, tensors.dy, tensors.dx, tensors.dresidual},
      [&](auto lanes, auto order) {
        using body_type = detail::norm_backward_body<T, lanes(), order()>;
        using gate = typename body_type::gate;
        body_type body{detail::tiles_for<T, lanes(), order()>(shape, live),
                       tensors.x,
                       tensors.y,
                       tensors.dy,
                       tensors.dx,
                       tensors.dresidual,
                       arrays,
                       tensors.dgamma,
                       tensors.dbeta,
                       workspace.partial,
                       workspace.counters,
                       !options.relu ? gate::open : (tensors.y ? gate::from_y : gate::from_x),
                       body_type::pass::sums};
        detail::launch_passes(stream, body, body_type::pass::input_gradient);
      });
}

}  // namespace slimming::inline v0::cuda
