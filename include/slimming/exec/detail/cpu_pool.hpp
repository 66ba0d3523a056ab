// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowerings of the poolings.
/// Area: exec.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/exec/cpu_device.hpp>          // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>  // cpu_context
#include <slimming/exec/geometry.hpp>            // pool_geometry_of
#include <slimming/exec/lowering.hpp>            // lowering_context
#include <slimming/kernels/cpu/pool.hpp>         // max_pool_forward, average_pool_forward

namespace slimming::inline v0::exec::detail {

[[nodiscard]] inline bool is_image_pool(const cpu_context& c) {
  const op_node& node = c.node();
  for (const index_t d : node.integers("dilations"))
    if (d != 1) return false;
  return c.net().at(node.inputs[0]).extents.size() == 4 &&
         (node.outputs.size() < 2 || node.outputs[1] == no_value);
}
[[nodiscard]] inline kernels::pool_geometry pool_of(const cpu_context& c) {
  return pool_geometry_of(c.node(), c.net().at(c.node().inputs[0]).extents,
                          c.net().at(c.node().outputs[0]).extents);
}

inline bool lower_max_pool(cpu_context& c) {
  if (!is_image_pool(c)) return false;
  const auto g = pool_of(c);
  const buffer_id x = c.value(c.node().inputs[0]), y = c.output(0);
  c.forward(
      "pool forward",
      [g](cpu_run&, floats x, floats y) { kernels::cpu::max_pool_forward(g, x.data(), y.data()); },
      x, y);
  if (!c.needs_backward()) return true;
  c.backward(
      "pool backward",
      [g](cpu_run&, floats x, floats y, floats dy, floats dx) {
        kernels::cpu::max_pool_backward(g, x.data(), y.data(), dy.data(), dx.data());
      },
      x, y, c.output_gradient(0), c.plain_gradient(0));
  return true;
}

inline bool lower_average_pool(cpu_context& c) {
  if (!is_image_pool(c)) return false;
  const auto g = pool_of(c);
  c.forward(
      "pool forward",
      [g](cpu_run&, floats x, floats y) {
        kernels::cpu::average_pool_forward(g, x.data(), y.data());
      },
      c.value(c.node().inputs[0]), c.output(0));
  if (!c.needs_backward()) return true;
  c.backward(
      "pool backward",
      [g](cpu_run&, floats dy, floats dx) {
        kernels::cpu::average_pool_backward(g, dy.data(), dx.data());
      },
      c.output_gradient(0), c.plain_gradient(0));
  return true;
}

}  // namespace slimming::inline v0::exec::detail
