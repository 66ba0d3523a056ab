// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Device lowering of the fused operator Normalization.
/// Area: cuda, internal.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/cuda/batch_norm.cuh>          // batch_norm_forward
#include <slimming/cuda/detail/node_values.cuh>  // node_values
#include <slimming/cuda/pool.cuh>                // max_pool_forward
#include <slimming/exec/fusion.hpp>              // fused
#include <slimming/kernels/geometry.hpp>         // pool_geometry

namespace slimming::inline v0::cuda::detail {

template <class Device>
class normalization_lowering {
 public:
  explicit normalization_lowering(exec::lowering_context<Device>& c)
      : values_(c), c_(c), in_(c.layout(c.node().inputs[exec::fused::x])) {
    const op_node& node = c.node();
    shape_ = {1, padded_channels(in_.channels), in_.pixels(), layout::nhwc};
    how_.epsilon = node.real("epsilon", 1e-5);
    how_.momentum = 1.0 - node.real("momentum", 0.9);  // ONNX counts what is kept
    how_.relu = node.integer("relu", 0) != 0;
    if (node.integer("pool", 0) != 0) {
      pool_.batch = in_.batch, pool_.channels = in_.channels;
      pool_.in_h = in_.height, pool_.in_w = in_.width;
      pool_.kernel_h = pool_.kernel_w = pool_.stride_h = pool_.stride_w = 2;
      pool_ = kernels::with_output_size(pool_);
      has_pool_ = true;
    }
    x_ = values_.in(exec::fused::x);
    addend_ = values_.in(exec::fused::norm_addend);
    gamma_ = per_channel(exec::fused::gamma, exec::parameter_kind::scale);
    beta_ = per_channel(exec::fused::beta, exec::parameter_kind::weight);
    mean_ = per_channel(exec::fused::mean, exec::parameter_kind::statistic);
    variance_ = per_channel(exec::fused::variance, exec::parameter_kind::statistic);
    state_ = c_.scratch(2 * shape_.channels);  // mean and inverse deviation of the batch
  }

  void forward() {
    y_ = values_.out(0);
    normalised_ = has_pool_ ? c_.scratch(in_.floats()) : y_;
    c_.forward(
        "norm forward",
        [shape = shape_, how = how_, is_training = c_.is_training()](
            run& r, floats x, floats add, floats gamma, floats beta, floats mean, floats variance,
            floats state, floats y) {
          const batch_norm_tensors<T> tensors{as<T>(x), add.empty() ? nullptr : as<T>(add),
                                              as<T>(y)};
          const auto a = arrays(gamma, beta, mean, variance, state);
          if (is_training)
            batch_norm_forward<T>(r.device.stream(), shape, {}, tensors, a, r.device.reduction(),
                                  how);
          else
            batch_norm_inference<T>(r.device.stream(), shape, {}, tensors, a, how);
        },
        x_, addend_, gamma_.value, beta_.value, mean_.value, variance_.value, state_, normalised_);
    if (has_pool_)
      c_.forward(
          "pool forward",
          [g = pool_](run& r, floats x, floats y) {
            max_pool_forward<T>(r.device.stream(), g, as<T>(x), as<T>(y));
          },
          normalised_, y_);
    values_.finish_out(0);
  }

  void backward() {
    buffer_id dy = values_.dout(0);
    if (has_pool_) {
      const buffer_id wide = c_.scratch(in_.floats());
      c_.backward(
          "pool backward",
          [g = pool_](run& r, floats x, floats y, floats dy, floats dx) {
            max_pool_backward<T>(r.device.stream(), g, as<T>(x), as<T>(y), as<T>(dy), as<T>(dx));
          },
          normalised_, y_, dy, wide);
      dy = wide;
    }
    const buffer_id dx =
        c_.wants_gradient(exec::fused::x) ? values_.din(exec::fused::x) : c_.scratch(in_.floats());
    // Behind a residual addition ReLU's gate is only in its output, and the addend's gradient is
    // what comes through it.
    const bool gated_by_y = addend_ && how_.relu;
    buffer_id dadd;
    if (gated_by_y)
      dadd = c_.wants_gradient(exec::fused::norm_addend) ? addend_gradient()
                                                         : c_.scratch(in_.floats());
    else if (addend_)
      values_.pass_gradient(exec::fused::norm_addend);
    const auto sums = [&](const exec::parameter_use& p) {
      return p.gradient ? p.gradient : c_.scratch(shape_.channels);
    };
    c_.backward(
        "norm backward",
        [shape = shape_, how = how_](run& r, floats x, floats y, floats dy, floats gamma,
                                     floats beta, floats state, floats dx, floats dadd,
                                     floats dgamma, floats dbeta) {
          const auto maybe = [](floats b) { return b.empty() ? nullptr : as<T>(b); };
          batch_norm_backward<T>(
              r.device.stream(), shape, {},
              {as<T>(x), maybe(y), as<T>(dy), as<T>(dx), maybe(dadd), dgamma.data(), dbeta.data()},
              arrays(gamma, beta, {}, {}, state), r.device.reduction(), how);
        },
        x_, gated_by_y ? y_ : buffer_id{}, dy, gamma_.value, beta_.value, state_, dx, dadd,
        sums(gamma_), sums(beta_));
    if (c_.wants_gradient(exec::fused::x)) values_.finish_din(exec::fused::x);
  }

 private:
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;

  exec::parameter_use per_channel(std::size_t input, exec::parameter_kind kind) {
    return c_.parameter(c_.node().inputs[input], kind, channel_vector(in_.channels));
  }
  buffer_id addend_gradient() {
    if (values_.is_float(c_.node().inputs[exec::fused::norm_addend]))
      c_.refuse(
          "adds an input or output of the network, which cannot be trained through in half "
          "precision");
    return c_.plain_gradient(exec::fused::norm_addend);
  }
  static batch_norm_arrays arrays(floats gamma, floats beta, floats mean, floats variance,
                                  floats state) {
    return {gamma.data(),    beta.data(),  mean.data(),
            variance.data(), state.data(), state.data() + state.size() / 2};
  }

  node_values<Device> values_;
  exec::lowering_context<Device>& c_;
  exec::value_layout in_;
  activation_shape shape_;
  batch_norm_options how_;
  kernels::pool_geometry pool_;
  bool has_pool_ = false;
  exec::parameter_use gamma_, beta_, mean_, variance_;
  buffer_id x_, addend_, state_, normalised_, y_;
};

template <class Device>
bool lower_normalization(exec::lowering_context<Device>& c) {
  normalization_lowering<Device> node(c);
  node.forward();
  if (c.needs_backward()) node.backward();
  return true;
}

}  // namespace slimming::inline v0::cuda::detail
