// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowerings of activations, sums, products, dropout and the loss.
/// Area: exec.

#include <slimming/core/config.hpp>                        // index_t
#include <slimming/core/random.hpp>                        // random_stream
#include <slimming/exec/activation.hpp>                    // activation_of
#include <slimming/exec/cpu_device.hpp>                    // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>            // cpu_context
#include <slimming/exec/lowering.hpp>                      // lowering_context
#include <slimming/kernels/activation.hpp>                 // activation
#include <slimming/kernels/cpu/elementwise.hpp>            // activation_forward, add, multiply
#include <slimming/kernels/cpu/softmax_cross_entropy.hpp>  // softmax_cross_entropy

#include <algorithm>  // std::fill_n
#include <cstddef>    // std::size_t
#include <cstdint>    // std::int32_t
#include <optional>   // std::optional
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0::exec::detail {

inline bool lower_activation(cpu_context& c) {
  const auto f = activation_of(c.node(), c.net());
  const value_layout l = c.layout(c.node().inputs[0]);
  if (!f || !l.channels_last) return false;
  const buffer_id x = c.value(c.node().inputs[0]), y = c.output(0);
  const index_t pixels = l.pixels(), channels = l.channels;
  c.forward(
      "activation forward",
      [=, f = *f](cpu_run&, floats x, floats y) {
        kernels::cpu::activation_forward(f, x.data(), pixels, channels, y.data());
      },
      x, y);
  if (!c.needs_backward()) return true;
  c.backward(
      "activation backward",
      [=, f = *f](cpu_run&, floats x, floats dy, floats dx) {
        kernels::cpu::activation_backward(f, x.data(), dy.data(), pixels, channels, dx.data());
      },
      x, c.output_gradient(0), c.plain_gradient(0));
  return true;
}

// Two float values of one shape, at least one of them computed.
[[nodiscard]] inline bool has_equal_operands(const cpu_context& c) {
  const op_node& node = c.node();
  return node.inputs.size() == 2 && c.layout(node.inputs[0]).channels_last &&
         c.net().at(node.inputs[0]).extents == c.net().at(node.inputs[1]).extents &&
         c.net().at(node.outputs[0]).type == dtype::float32;
}

// y = scale x + shift: arithmetic with a constant of one element, which is no trained parameter.
struct line {
  std::size_t operand;  // the input that is x
  float scale, shift;
};
[[nodiscard]] inline std::optional<line> line_of(const cpu_context& c) {
  const op_node& node = c.node();
  if (node.inputs.size() != 2) return {};
  for (const std::size_t i : {0u, 1u}) {
    const any_tensor* t = c.tensor(node.inputs[1 - i]);
    const auto& x = c.net().at(node.inputs[i]);
    if (t == nullptr || t->size() != 1 || c.net().is_constant(node.inputs[i])) continue;
    if (x.type != dtype::float32 || x.extents != c.net().at(node.outputs[0]).extents) return {};
    const float k = t->converted<float>()[0];
    if (node.op == "Add") return line{i, 1, k};
    if (node.op == "Sub") return i == 0 ? line{i, 1, -k} : line{i, -1, k};
    if (node.op == "Mul") return line{i, k, 0};
    if (node.op == "Div" && i == 0) return line{i, 1 / k, 0};
  }
  return {};
}

inline bool lower_line(cpu_context& c) {
  const auto f = line_of(c);
  if (!f) return false;
  const value_layout l = c.layout(c.node().outputs[0]);
  if (!l.channels_last) return false;
  const auto constants = [&](float k) {
    std::vector<float> all(static_cast<std::size_t>(l.stride), 0.0f);  // the padding stays zero
    std::fill_n(all.begin(), l.channels, k);
    return all;
  };
  const index_t pixels = l.pixels(), channels = l.channels;
  c.forward(
      "line forward",
      [=, scale = constants(f->scale), shift = constants(f->shift)](cpu_run&, floats x, floats y) {
        kernels::cpu::scale_channels(x.data(), scale.data(), shift.data(), pixels, channels,
                                     y.data());
      },
      c.value(c.node().inputs[f->operand]), c.output(0));
  if (!c.needs_backward()) return true;
  c.backward(
      "line backward",
      [=, scale = constants(f->scale)](cpu_run&, floats dy, floats dx) {
        kernels::cpu::scale_channels(dy.data(), scale.data(), nullptr, pixels, channels, dx.data());
      },
      c.output_gradient(0), c.plain_gradient(f->operand));
  return true;
}

inline bool lower_add(cpu_context& c) {
  if (!has_equal_operands(c)) return lower_line(c);
  c.forward(
      "add forward",
      [](cpu_run&, floats a, floats b, floats y) {
        kernels::cpu::add(a.data(), b.data(), static_cast<index_t>(y.size()), y.data());
      },
      c.value(c.node().inputs[0]), c.value(c.node().inputs[1]), c.output(0));
  if (!c.needs_backward()) return true;
  c.pass_gradient(0);
  c.pass_gradient(1);
  return true;
}

inline bool lower_sub(cpu_context& c) {
  if (!has_equal_operands(c)) return lower_line(c);
  c.forward(
      "add forward",
      [](cpu_run&, floats a, floats b, floats y) {
        kernels::cpu::subtract(a.data(), b.data(), static_cast<index_t>(y.size()), y.data());
      },
      c.value(c.node().inputs[0]), c.value(c.node().inputs[1]), c.output(0));
  if (!c.needs_backward()) return true;
  c.pass_gradient(0);
  if (c.wants_gradient(1)) {
    const gradient_target g = c.gradient(1);
    c.backward(
        "add backward",
        [accumulate = g.accumulate](cpu_run& run, floats dy, floats db) {
          const auto n = static_cast<index_t>(db.size());
          if (!accumulate) run.device.clear(db.data(), n);
          kernels::cpu::subtract(db.data(), dy.data(), n, db.data());
        },
        c.output_gradient(0), g.into);
  }
  return true;
}

// (N, C, H, W) times (N, C, 1, 1): a squeeze-and-excitation gate. `image` is the input of full
// size.
inline void lower_gate(cpu_context& c, std::size_t image, std::size_t gate) {
  const value_layout l = c.layout(c.node().inputs[image]);
  const buffer_id x = c.value(c.node().inputs[image]), g = c.value(c.node().inputs[gate]);
  const index_t area = l.height * l.width;
  c.forward(
      "multiply forward",
      [=](cpu_run&, floats x, floats g, floats y) {
        kernels::cpu::scale_images(x.data(), g.data(), l.batch, area, l.channels, y.data());
      },
      x, g, c.output(0));
  if (!c.needs_backward()) return;
  const buffer_id dy = c.output_gradient(0);
  if (c.wants_gradient(image))
    c.backward(
        "multiply backward",
        [=](cpu_run&, floats dy, floats g, floats dx) {
          kernels::cpu::scale_images(dy.data(), g.data(), l.batch, area, l.channels, dx.data());
        },
        dy, g, c.plain_gradient(image));
  if (c.wants_gradient(gate))
    c.backward(
        "multiply backward",
        [=](cpu_run&, floats x, floats dy, floats dg) {
          kernels::cpu::scale_images_gate_gradient(x.data(), dy.data(), l.batch, area, l.channels,
                                                   dg.data());
        },
        x, dy, c.plain_gradient(gate));
}

inline bool lower_mul(cpu_context& c) {
  const op_node& node = c.node();
  if (has_equal_operands(c)) {
    const buffer_id x[2] = {c.value(node.inputs[0]), c.value(node.inputs[1])};
    const auto times = [](cpu_run&, floats a, floats b, floats y) {
      kernels::cpu::multiply(a.data(), b.data(), static_cast<index_t>(y.size()), y.data());
    };
    c.forward("multiply forward", times, x[0], x[1], c.output(0));
    if (!c.needs_backward()) return true;
    for (const std::size_t i : {0u, 1u})
      if (c.wants_gradient(i))
        c.backward("multiply backward", times, c.output_gradient(0), x[1 - i], c.plain_gradient(i));
    return true;
  }
  const value_layout a = c.layout(node.inputs[0]), b = c.layout(node.inputs[1]);
  const auto gates = [](const value_layout& x, const value_layout& g) {
    return x.extents.size() == 4 && g.extents == shape{x.batch, x.channels, 1, 1};
  };
  if (gates(a, b))
    lower_gate(c, 0, 1);
  else if (gates(b, a))
    lower_gate(c, 1, 0);
  else
    return lower_line(c);
  return true;
}

// The mask depends on (seed, node, training step, position) only and is drawn again when needed.
inline bool lower_dropout(cpu_context& c) {
  const op_node& node = c.node();
  double ratio = node.real("ratio", 0.5);
  if (const any_tensor* t = c.tensor(node.input(1))) ratio = t->converted<double>().at(0);
  if (node.outputs.size() > 1 && node.outputs[1] != no_value &&
      !c.net().at(node.outputs[1]).consumers.empty())
    return false;
  if (!c.is_training() || ratio == 0.0) {
    c.alias_output(0, node.inputs[0]);
    if (c.needs_backward()) c.pass_gradient(0);
    return true;
  }
  const auto apply = [ratio, stream = c.index()](cpu_run& run, floats from, floats to) {
    const random_stream random{run.seed, stream, 0};
    const auto keep = static_cast<float>(1.0 / (1.0 - ratio));
    const auto limit = static_cast<std::uint64_t>(ratio * 0x1.0p32);
    const auto first = run.iteration * to.size();
    kernels::cpu::for_each_block(
        static_cast<index_t>(to.size()), 4096, [&](index_t begin, index_t end) {
          for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
            to[i] = (random.at(first + i) >> 32) < limit ? 0.0f : from[i] * keep;
        });
  };
  c.forward("dropout forward", apply, c.value(node.inputs[0]), c.output(0));
  if (c.needs_backward())
    c.backward("dropout backward", apply, c.output_gradient(0), c.plain_gradient(0));
  return true;
}

// Loss and gradient in one step, which belongs to the forward pass: everything is in cache there.
inline bool lower_cross_entropy(cpu_context& c) {
  const op_node& node = c.node();
  const value_layout l = c.layout(node.inputs[0]);
  const double smoothing = node.real("label_smoothing", 0.0);
  const auto need = kernels::cpu::softmax_cross_entropy_need(l.batch);
  const buffer_id dlogits = c.needs_backward() ? c.plain_gradient(0) : buffer_id{};
  c.forward(
      "loss",
      [=](cpu_run&, floats logits, floats labels, floats scratch, floats dlogits, floats result) {
        const std::span<const std::int32_t> classes(
            reinterpret_cast<const std::int32_t*>(labels.data()), labels.size());
        result[0] = static_cast<float>(kernels::cpu::softmax_cross_entropy(
            logits.data(), classes, l.channels, smoothing, dlogits.data(), scratch));
        index_t correct = 0;
        for (index_t n = 0; n < l.batch; ++n) {
          const float* z = logits.data() + n * l.stride;
          correct +=
              std::max_element(z, z + l.channels) - z == classes[static_cast<std::size_t>(n)];
        }
        result[1] = static_cast<float>(correct);
      },
      c.value(node.inputs[0]), c.value(node.inputs[1]), c.scratch(c.device().workspace_size(need)),
      dlogits, c.output(0));
  return true;
}

}  // namespace slimming::inline v0::exec::detail
