// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowering of the fused operator Normalization.
/// Area: exec.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/exec/cpu_device.hpp>          // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>  // channel_vector, as_moments
#include <slimming/exec/fusion.hpp>              // fused
#include <slimming/exec/lowering.hpp>            // lowering_context
#include <slimming/kernels/cpu/batch_norm.hpp>   // batch_norm_forward

#include <algorithm>  // std::transform
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

using kernels::cpu::batch_norm_geometry;
using kernels::cpu::batch_norm_parameters;
using kernels::cpu::batch_norm_state;

// What forward leaves for backward, in one buffer.
[[nodiscard]] inline batch_norm_state as_norm_state(floats buffer) {
  const std::size_t part = buffer.size() / 4;
  float* const p = buffer.data();
  return {p, p + part, p + 2 * part, p + 3 * part};
}

inline void lower_norm_inference(cpu_context& c, const batch_norm_geometry& g, buffer_id x,
                                 buffer_id addend, buffer_id y) {
  const op_node& node = c.node();
  const index_t stride = cpu_device::channel_stride(g.channels);
  const buffer_id state =
      c.constant(4 * stride, [g, stride, node, read = c.reader()](const model& m, float* to) {
        const auto vector = [&](std::size_t i) {
          const auto values = read(m, node.inputs[i]);
          std::vector<float> padded(static_cast<std::size_t>(stride), 0.0f);
          std::transform(values.begin(), values.end(), padded.begin(),
                         [](double v) { return static_cast<float>(v); });
          return padded;
        };
        auto gamma = vector(fused::gamma), beta = vector(fused::beta), mean = vector(fused::mean),
             variance = vector(fused::variance);
        batch_norm_parameters p;
        p.gamma = gamma.data();
        p.beta = beta.data();
        p.running_mean = mean.data();
        p.running_variance = variance.data();
        p.epsilon = node.real("epsilon", 1e-5);
        batch_norm_inference_state(p, g.channels,
                                   as_norm_state({to, static_cast<std::size_t>(4 * stride)}));
      });
  c.forward(
      "norm forward",
      [g](cpu_run&, floats x, floats state, floats add, floats y) {
        batch_norm_forward(g, x.data(), as_norm_state(state), add.data(), y.data());
      },
      x, state, addend, y);
}

inline void lower_norm_training(cpu_context& c, const batch_norm_geometry& g, buffer_id x,
                                buffer_id addend, buffer_id y) {
  const op_node& node = c.node();
  const auto per_channel = [&](std::size_t i, parameter_kind kind) {
    return c.parameter(node.inputs[i], kind, channel_vector(g.channels));
  };
  const auto gamma = per_channel(fused::gamma, parameter_kind::scale);
  const auto beta = per_channel(fused::beta, parameter_kind::weight);
  const auto mean = per_channel(fused::mean, parameter_kind::statistic);
  const auto variance = per_channel(fused::variance, parameter_kind::statistic);

  buffer_id moments;
  if (const value_id v = node.input(fused::moments); v != no_value) {
    moments = c.value(v);
  } else {
    moments = c.scratch(moments_size(g.channels));
    const auto need = kernels::cpu::moments_need(g.pixels(), g.channels);
    c.forward(
        "norm statistics",
        [g](cpu_run&, floats x, floats scratch, floats moments) {
          compute_moments(x.data(), g.pixels(), g.channels, as_moments(moments), scratch);
        },
        x, c.scratch(c.device().workspace_size(need)), moments);
  }
  const buffer_id state = c.scratch(4 * cpu_device::channel_stride(g.channels));
  const double epsilon = node.real("epsilon", 1e-5);
  const double momentum = 1.0 - node.real("momentum", 0.9);  // ONNX counts what is kept
  c.forward(
      "norm forward",
      [g, epsilon, momentum](cpu_run&, floats x, floats moments, floats gamma, floats beta,
                             floats mean, floats variance, floats state, floats add, floats y) {
        batch_norm_parameters p;
        p.gamma = gamma.data();
        p.beta = beta.data();
        p.running_mean = mean.data();
        p.running_variance = variance.data();
        p.epsilon = epsilon;
        p.momentum = momentum;
        batch_norm_training_state(p, g.channels, g.pixels(), as_moments(moments),
                                  as_norm_state(state));
        batch_norm_forward(g, x.data(), as_norm_state(state), add.data(), y.data());
      },
      x, moments, gamma.value, beta.value, mean.value, variance.value, state, addend, y);
  if (!c.needs_backward()) return;

  const buffer_id dy = c.output_gradient(0);
  const auto scratch_for = [&](index_t n) { return c.scratch(n); };
  const index_t stride = cpu_device::channel_stride(g.channels);
  const buffer_id dx =
      c.wants_gradient(fused::x) ? c.plain_gradient(fused::x) : scratch_for(g.pixels() * stride);
  buffer_id dadd, y_used;
  if (addend) {
    if (g.relu) {
      y_used = y;
      dadd = c.plain_gradient(fused::norm_addend);
    } else {
      c.pass_gradient(fused::norm_addend);
    }
  }
  const buffer_id dgamma = gamma.gradient ? gamma.gradient : scratch_for(stride);
  const buffer_id dbeta = beta.gradient ? beta.gradient : scratch_for(stride);
  const auto need = kernels::cpu::batch_norm_backward_need(g);
  c.backward(
      "norm backward",
      [g](cpu_run&, floats x, floats y, floats dy, floats state, floats scratch, floats dx,
          floats dadd, floats dgamma, floats dbeta) {
        kernels::cpu::batch_norm_tape tape;
        tape.x = x.data();
        tape.y = y.data();
        tape.dy = dy.data();
        tape.has_add = !y.empty();
        batch_norm_backward(g, tape, as_norm_state(state),
                            {dx.data(), dadd.data(), dgamma.data(), dbeta.data()}, scratch);
      },
      x, y_used, dy, state, c.scratch(c.device().workspace_size(need)), dx, dadd, dgamma, dbeta);
}

inline bool lower_normalization(cpu_context& c) {
  const op_node& node = c.node();
  const value_layout in = c.layout(node.inputs[fused::x]);
  batch_norm_geometry g;
  g.batch = in.batch;
  g.h = in.height;
  g.w = in.width;
  g.channels = in.channels;
  g.relu = node.integer("relu", 0) != 0;
  g.max_pool_2x2 = node.integer("pool", 0) != 0;
  const buffer_id x = c.value(node.inputs[fused::x]);
  const value_id added = node.input(fused::norm_addend);
  const buffer_id addend = added == no_value ? buffer_id{} : c.value(added);
  const buffer_id y = c.output(0);
  if (c.is_training())
    lower_norm_training(c, g, x, addend, y);
  else
    lower_norm_inference(c, g, x, addend, y);
  return true;
}

}  // namespace slimming::inline v0::exec::detail
