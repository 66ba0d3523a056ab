// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Device lowerings of activations, arithmetic and dropout.
/// Area: cuda, internal.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/random.hpp>              // random_stream
#include <slimming/cuda/detail/node_values.cuh>  // node_values
#include <slimming/cuda/elementwise.cuh>         // activation_forward, add, multiply, ...
#include <slimming/exec/activation.hpp>          // activation_of

namespace slimming::inline v0::cuda::detail {

template <class Device>
bool lower_activation(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  node_values<Device> v(c);
  const auto f = exec::activation_of(c.node(), c.net());
  const value_id input = c.node().inputs[0];
  if (!f || !c.layout(input).channels_last) return false;
  const pixel_grid g = v.grid(input);
  const buffer_id x = v.in(0);
  c.forward(
      "activation forward",
      [g, f = *f](run& r, floats x, floats y) {
        activation_forward<T>(r.device.stream(), g, f, as<T>(x), as<T>(y));
      },
      x, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward(
      "activation backward",
      [g, f = *f](run& r, floats x, floats dy, floats dx) {
        activation_backward<T>(r.device.stream(), g, f, as<T>(x), as<T>(dy), as<T>(dx));
      },
      x, dy, v.din(0));
  v.finish_din(0);
  return true;
}

// Two values of one shape.
template <class Device>
bool has_equal_operands(const exec::lowering_context<Device>& c) {
  const op_node& node = c.node();
  return node.inputs.size() == 2 && c.layout(node.inputs[0]).channels_last &&
         c.net().at(node.inputs[0]).extents == c.net().at(node.inputs[1]).extents &&
         c.net().at(node.outputs[0]).type == dtype::float32;
}

template <class Device>
bool lower_add(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  if (!has_equal_operands(c)) return false;
  node_values<Device> v(c);
  const buffer_id a = v.in(0);
  const buffer_id b = v.in(1);
  c.forward(
      "add forward",
      [g = v.grid(c.node().outputs[0])](exec::run_context<Device>& r, floats a, floats b,
                                        floats y) {
        add<T>(r.device.stream(), g, as<T>(a), as<T>(b), as<T>(y));
      },
      a, b, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  v.pass_gradient(0);
  v.pass_gradient(1);
  return true;
}

template <class Device>
bool lower_sub(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  if (!has_equal_operands(c)) return false;
  node_values<Device> v(c);
  const pixel_grid g = v.grid(c.node().outputs[0]);
  const buffer_id a = v.in(0);
  const buffer_id b = v.in(1);
  c.forward(
      "add forward",
      [g](run& r, floats a, floats b, floats y) {
        subtract<T>(r.device.stream(), g, as<T>(a), as<T>(b), as<T>(y));
      },
      a, b, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  v.pass_gradient(0);
  if (!c.wants_gradient(1)) return true;
  const buffer_id dy = v.dout(0);
  c.backward(
      "add backward",
      [g](run& r, floats dy, floats db) {
        scale<T>(r.device.stream(), g, -1.0f, as<T>(dy), as<T>(db));
      },
      dy, v.din(1));
  v.finish_din(1);
  return true;
}

// (N, C, H, W) times (N, C, 1, 1): a squeeze-and-excitation gate. `image` is the input of full
// size.
template <class Device>
void lower_gate(exec::lowering_context<Device>& c, std::size_t image, std::size_t gate) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  node_values<Device> v(c);
  const exec::value_layout l = c.layout(c.node().inputs[image]);
  const pixel_grid g = v.grid(c.node().inputs[image]);
  const pixel_grid gates = v.grid(c.node().inputs[gate]);
  const index_t area = l.height * l.width;
  const buffer_id x = v.in(image);
  const buffer_id factor = v.in(gate);
  const auto times = [g, area](run& r, floats x, floats gate, floats y) {
    scale_images<T>(r.device.stream(), g, area, as<T>(x), as<T>(gate), as<T>(y));
  };
  c.forward("multiply forward", times, x, factor, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return;
  const buffer_id dy = v.dout(0);
  if (c.wants_gradient(image)) {
    c.backward("multiply backward", times, dy, factor, v.din(image));
    v.finish_din(image);
  }
  if (c.wants_gradient(gate)) {
    c.backward(
        "multiply backward",
        [gates, area](run& r, floats x, floats dy, floats dgate) {
          scale_images_gate_gradient<T>(r.device.stream(), gates, area, as<T>(x), as<T>(dy),
                                        as<T>(dgate));
        },
        x, dy, v.din(gate));
    v.finish_din(gate);
  }
}

template <class Device>
bool lower_mul(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  const op_node& node = c.node();
  if (has_equal_operands(c)) {
    node_values<Device> v(c);
    const buffer_id x[2] = {v.in(0), v.in(1)};
    const auto times = [g = v.grid(node.outputs[0])](exec::run_context<Device>& r, floats a,
                                                     floats b, floats y) {
      multiply<T>(r.device.stream(), g, as<T>(a), as<T>(b), as<T>(y));
    };
    c.forward("multiply forward", times, x[0], x[1], v.out(0));
    v.finish_out(0);
    if (!c.needs_backward()) return true;
    const buffer_id dy = v.dout(0);
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (!c.wants_gradient(i)) continue;
      c.backward("multiply backward", times, dy, x[1 - i], v.din(i));
      v.finish_din(i);
    }
    return true;
  }
  const exec::value_layout a = c.layout(node.inputs[0]);
  const exec::value_layout b = c.layout(node.inputs[1]);
  const auto gates = [](const exec::value_layout& x, const exec::value_layout& g) {
    return x.extents.size() == 4 && g.extents == shape{x.batch, x.channels, 1, 1};
  };
  if (gates(a, b))
    lower_gate(c, 0, 1);
  else if (gates(b, a))
    lower_gate(c, 1, 0);
  else
    return false;
  return true;
}

// The mask depends on (seed, node, training step, position) only and is drawn again when needed.
template <class Device>
bool lower_dropout(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  const op_node& node = c.node();
  node_values<Device> v(c);
  double ratio = node.real("ratio", 0.5);
  if (const any_tensor* t = c.tensor(node.input(1))) ratio = t->converted<double>().at(0);
  if (node.outputs.size() > 1 && node.outputs[1] != no_value &&
      !c.net().at(node.outputs[1]).consumers.empty())
    return false;
  if (!c.layout(node.inputs[0]).channels_last) return false;
  if (!c.is_training() || ratio == 0.0) {
    v.hand_on();
    return true;
  }
  const auto apply = [ratio, stream = c.index(), g = v.grid(node.inputs[0]),
                      iteration = c.device().iteration()](exec::run_context<Device>& r, floats from,
                                                          floats to) {
    dropout<T>(r.device.stream(), g, ratio, random_stream{r.seed, stream, 0}, iteration,
               as<T>(from), as<T>(to));
  };
  const buffer_id x = v.in(0);
  c.forward("dropout forward", apply, x, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward("dropout backward", apply, dy, v.din(0));
  v.finish_din(0);
  return true;
}

}  // namespace slimming::inline v0::cuda::detail
