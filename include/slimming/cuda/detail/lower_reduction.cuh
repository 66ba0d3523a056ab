// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Device lowerings of the loss and poolings.
/// Area: cuda, internal.

#include <slimming/core/config.hpp>                 // index_t
#include <slimming/cuda/detail/node_values.cuh>     // node_values
#include <slimming/cuda/pool.cuh>                   // max_pool_forward, average_pool_forward
#include <slimming/cuda/softmax_cross_entropy.cuh>  // softmax_cross_entropy
#include <slimming/exec/geometry.hpp>               // pool_geometry_of

#include <optional>  // std::optional

namespace slimming::inline v0::cuda::detail {

// Loss and gradient in one launch, which belongs to the forward pass. Logits are floats everywhere.
template <class Device>
bool lower_cross_entropy(exec::lowering_context<Device>& c) {
  const op_node& node = c.node();
  const exec::value_layout l = c.layout(node.inputs[0]);
  const buffer_id dlogits = c.needs_backward() ? c.plain_gradient(0) : buffer_id{};
  c.forward(
      "loss",
      [l, smoothing = node.real("label_smoothing", 0.0)](exec::run_context<Device>& r,
                                                         floats logits, floats labels,
                                                         floats dlogits, floats result) {
        softmax_cross_entropy(r.device.stream(), l.batch, l.channels, logits.data(),
                              as<const int>(labels), smoothing, dlogits.data(), result.data(),
                              r.device.reduction());
      },
      c.value(node.inputs[0]), c.value(node.inputs[1]), dlogits, c.output(0));
  return true;
}

template <class Device>
std::optional<kernels::pool_geometry> pool_of(const exec::lowering_context<Device>& c) {
  const op_node& node = c.node();
  for (const index_t d : node.integers("dilations"))
    if (d != 1) return {};
  const shape& x = c.net().at(node.inputs[0]).extents;
  if (x.size() != 4 || (node.outputs.size() > 1 && node.outputs[1] != no_value)) return {};
  return exec::pool_geometry_of(node, x, c.net().at(node.outputs[0]).extents);
}

template <class Device>
bool lower_max_pool(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const auto g = pool_of(c);
  if (!g) return false;
  node_values<Device> v(c);
  const buffer_id x = v.in(0);
  const buffer_id y = v.out(0);
  c.forward(
      "pool forward",
      [g = *g](run& r, floats x, floats y) {
        max_pool_forward<T>(r.device.stream(), g, as<T>(x), as<T>(y));
      },
      x, y);
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward(
      "pool backward",
      [g = *g](run& r, floats x, floats y, floats dy, floats dx) {
        max_pool_backward<T>(r.device.stream(), g, as<T>(x), as<T>(y), as<T>(dy), as<T>(dx));
      },
      x, y, dy, v.din(0));
  v.finish_din(0);
  return true;
}

template <class Device>
bool lower_average_pool(exec::lowering_context<Device>& c) {
  using T = typename Device::value_type;
  using run = exec::run_context<Device>;
  const auto g = pool_of(c);
  if (!g) return false;
  node_values<Device> v(c);
  const buffer_id x = v.in(0);
  c.forward(
      "pool forward",
      [g = *g](run& r, floats x, floats y) {
        average_pool_forward<T>(r.device.stream(), g, as<T>(x), as<T>(y));
      },
      x, v.out(0));
  v.finish_out(0);
  if (!c.needs_backward()) return true;
  const buffer_id dy = v.dout(0);
  c.backward(
      "pool backward",
      [g = *g](run& r, floats dy, floats dx) {
        average_pool_backward<T>(r.device.stream(), g, as<T>(dy), as<T>(dx));
      },
      dy, v.din(0));
  v.finish_din(0);
  return true;
}

}  // namespace slimming::inline v0::cuda::detail
