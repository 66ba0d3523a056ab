// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowerings of the fused operators Normalization, SelectedNormalization, Moments and
/// ConcatMoments.
/// Area: exec.

#include <slimming/core/config.hpp>                // index_t
#include <slimming/exec/cpu_device.hpp>            // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>    // channel_vector, as_moments
#include <slimming/exec/fusion.hpp>                // fused
#include <slimming/exec/geometry.hpp>              // channels_in
#include <slimming/exec/lowering.hpp>              // lowering_context
#include <slimming/kernels/cpu/batch_norm.hpp>     // batch_norm_forward
#include <slimming/kernels/cpu/selected_norm.hpp>  // selected_norm_forward

#include <algorithm>  // std::copy_n, std::fill_n, std::transform
#include <numeric>    // std::accumulate
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

inline bool lower_moments(cpu_context& c) {
  const value_layout in = c.layout(c.node().inputs[0]);
  const auto need = kernels::cpu::moments_need(in.pixels(), in.channels);
  c.forward(
      "norm statistics",
      [in](cpu_run&, floats x, floats scratch, floats moments) {
        compute_moments(x.data(), in.pixels(), in.channels, as_moments(moments), scratch);
      },
      c.value(c.node().inputs[0]), c.scratch(c.device().workspace_size(need)),
      c.output(0, moments_size(in.channels)));
  return true;
}

inline bool lower_concat_moments(cpu_context& c) {
  const auto channels = c.node().integers("channels");
  std::vector<buffer_id> uses;
  for (const value_id v : c.node().inputs) uses.push_back(c.value(v));
  uses.push_back(
      c.output(0, moments_size(std::accumulate(channels.begin(), channels.end(), index_t{0}))));
  c.forward("norm statistics", uses, [channels](cpu_run&, std::span<const floats> memory) {
    auto to = as_moments(memory.back());
    std::fill_n(to.mean, memory.back().size() / 2, 0.0);  // padding, of both lists
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const auto from = as_moments(memory[i]);
      to.mean = std::copy_n(from.mean, channels[i], to.mean);
      to.variance = std::copy_n(from.variance, channels[i], to.variance);
    }
  });
  return true;
}

// What both operators share: the state that scales and shifts, in inference a constant, in training
// made by a step of the statistics.
struct normalization_lowering {
  cpu_context& c;
  const op_node& node;
  batch_norm_geometry g;
  buffer_id x, y, state;
  parameter_use gamma, beta;  // in training

  explicit normalization_lowering(cpu_context& context) : c(context), node(context.node()) {
    const value_layout in = c.layout(node.inputs[fused::x]);
    g.batch = in.batch;
    g.h = in.height;
    g.w = in.width;
    g.channels = in.channels;
    g.relu = node.integer("relu", 0) != 0;
    g.max_pool_2x2 = node.integer("pool", 0) != 0;
    g.x_room = in.stride;
    x = c.value(node.inputs[fused::x]);
    y = c.output(0);
    if (c.is_training())
      make_training_state();
    else
      make_inference_state();
  }
  [[nodiscard]] index_t stride() const { return cpu_device::channel_stride(g.channels); }

  void make_inference_state() {
    state = c.constant(4 * stride(), [g = g, stride = stride(), node = node, read = c.reader()](
                                         const model& m, float* to) {
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
  }

  void make_training_state() {
    const auto per_channel = [&](std::size_t i, parameter_kind kind) {
      return c.parameter(node.inputs[i], kind, channel_vector(g.channels));
    };
    gamma = per_channel(fused::gamma, parameter_kind::scale);
    beta = per_channel(fused::beta, parameter_kind::weight);
    const auto mean = per_channel(fused::mean, parameter_kind::statistic);
    const auto variance = per_channel(fused::variance, parameter_kind::statistic);
    state = c.scratch(4 * stride());
    const double epsilon = node.real("epsilon", 1e-5);
    const double momentum = 1.0 - node.real("momentum", 0.9);  // ONNX counts what is kept
    c.forward(
        "norm statistics",
        [g = g, epsilon, momentum](cpu_run&, floats moments, floats gamma, floats beta, floats mean,
                                   floats variance, floats state) {
          batch_norm_parameters p;
          p.gamma = gamma.data();
          p.beta = beta.data();
          p.running_mean = mean.data();
          p.running_variance = variance.data();
          p.epsilon = epsilon;
          p.momentum = momentum;
          batch_norm_training_state(p, g.channels, g.pixels(), as_moments(moments),
                                    as_norm_state(state));
        },
        c.value(node.input(fused::moments)), gamma.value, beta.value, mean.value, variance.value,
        state);
  }
  // Places for gradients, scratch for those that nobody wants.
  [[nodiscard]] gradient_target dx() {
    if (c.wants_gradient(fused::x)) return c.gradient(fused::x);
    return {c.scratch(g.pixels() * g.x_stride()), false};
  }
  [[nodiscard]] buffer_id gradient_of(const parameter_use& p) {
    return p.gradient ? p.gradient : c.scratch(stride());
  }
};

inline bool lower_normalization(cpu_context& c) {
  normalization_lowering norm(c);
  const batch_norm_geometry g = norm.g;
  const value_id added = norm.node.input(fused::norm_addend);
  const buffer_id addend = added == no_value ? buffer_id{} : c.value(added);
  c.forward(
      "norm forward",
      [g](cpu_run&, floats x, floats state, floats add, floats y) {
        batch_norm_forward(g, x.data(), as_norm_state(state), add.data(), y.data());
      },
      norm.x, norm.state, addend, norm.y);
  if (!c.needs_backward()) return true;

  const gradient_target dx = norm.dx();
  buffer_id dadd, y_used;
  if (addend) {
    if (g.relu) {
      y_used = norm.y;
      dadd = c.plain_gradient(fused::norm_addend);
    } else {
      c.pass_gradient(fused::norm_addend);
    }
  }
  const auto need = kernels::cpu::batch_norm_backward_need(g);
  c.backward(
      "norm backward",
      [g, accumulate = dx.accumulate](cpu_run&, floats x, floats y, floats dy, floats state,
                                      floats scratch, floats dx, floats dadd, floats dgamma,
                                      floats dbeta) {
        kernels::cpu::batch_norm_tape tape;
        tape.x = x.data();
        tape.y = y.data();
        tape.dy = dy.data();
        tape.has_add = !y.empty();
        batch_norm_backward(g, tape, as_norm_state(state),
                            {dx.data(), dadd.data(), dgamma.data(), dbeta.data(), accumulate},
                            scratch);
      },
      norm.x, y_used, c.output_gradient(0), norm.state, c.scratch(c.device().workspace_size(need)),
      dx.into, dadd, norm.gradient_of(norm.gamma), norm.gradient_of(norm.beta));
  return true;
}

inline bool lower_selected_normalization(cpu_context& c) {
  normalization_lowering norm(c);
  const batch_norm_geometry g = norm.g;
  const auto selected = *channels_in(c.net(), norm.node.input(fused::selection), g.channels);
  const auto count = static_cast<index_t>(selected.size());
  const auto forward_need = kernels::cpu::selected_norm_forward_need(count);
  c.forward(
      "norm forward",
      [g, selected](cpu_run&, floats x, floats state, floats scratch, floats y) {
        selected_norm_forward(g, selected, x.data(), as_norm_state(state), y.data(), scratch);
      },
      norm.x, norm.state, c.scratch(c.device().workspace_size(forward_need)), norm.y);
  if (!c.needs_backward()) return true;

  const gradient_target dx = norm.dx();
  const auto need = kernels::cpu::selected_norm_backward_need(g, count);
  c.backward(
      "norm backward",
      [g, selected, accumulate = dx.accumulate](cpu_run&, floats x, floats dy, floats state,
                                                floats scratch, floats dx, floats dgamma,
                                                floats dbeta) {
        selected_norm_backward(g, selected, x.data(), dy.data(), as_norm_state(state),
                               {dx.data(), accumulate, dgamma.data(), dbeta.data()}, scratch);
      },
      norm.x, c.output_gradient(0), norm.state, c.scratch(c.device().workspace_size(need)), dx.into,
      norm.gradient_of(norm.gamma), norm.gradient_of(norm.beta));
  return true;
}

}  // namespace slimming::inline v0::exec::detail
