// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pools over windows and over the whole map: maximum, average, p-norm.
/// Area: ops.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // shape_mismatch
#include <slimming/model/connect.hpp>       // map_on, fix_axis, barrier
#include <slimming/model/op_registry.hpp>   // op_registry
#include <slimming/ops/detail/naive.hpp>    // input_of, reals_of
#include <slimming/ops/detail/shapes.hpp>   // set_output
#include <slimming/ops/detail/windows.hpp>  // window_of
#include <slimming/rules/pass.hpp>          // pool_facts

#include <algorithm>  // std::max
#include <cmath>      // std::pow, std::abs
#include <cstddef>    // std::size_t
#include <limits>     // std::numeric_limits
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

inline bool is_global_pool(const op_node& node) { return node.op.starts_with("Global"); }

/// Kernel, window and output extents of a pool over a map.
struct pool_geometry {
  shape kernel, in, out;
  rules::window window;

  pool_geometry(const op_node& node, const shape& x) {
    if (x.size() < 3)
      throw shape_mismatch(place_of(node) + ": rank", 3, static_cast<index_t>(x.size()));
    in.assign(x.begin() + 2, x.end());
    kernel = is_global_pool(node) ? in : node.integers("kernel_shape");
    if (!is_global_pool(node)) window = window_of(node, kernel, in);
    window.round_up = node.integer("ceil_mode", 0) != 0;
    out = rules::slide(window, kernel, in, place_of(node));
  }
};

inline void infer_pool(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const pool_geometry g(c.node, x);
  shape y{x[0], x[1]};
  y.insert(y.end(), g.out.begin(), g.out.end());
  if (c.outputs.size() > 1) set_output(c, 1, y, dtype::int64);
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

inline void connect_pool(connect_context& c) {
  const value_id in = c.node.input(0);
  if (c.node.outputs.size() > 1 && c.node.outputs[1] != no_value &&
      c.use_count[static_cast<std::size_t>(c.node.outputs[1])] > 0)
    return barrier(c, "the indices of a pool count channels");
  const shape& extents = slimming::extents_of(c, in);
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    if (axis != 1) fix_axis(c, in, axis, "a pool slides along it");
  const pool_geometry g(c.node, extents);
  const bool is_zero = slimming::layout_of(c, in).is_zero(1);
  rules::pool_facts f{label_of(c), {}, {}};
  if (!is_global_pool(c.node)) {
    f.kernel = g.kernel;
    f.window = g.window;
  }
  const auto y = rules::connect(c.graph, f, map_on(c, in));
  for (channel_layout& layout : c.outputs) layout = layout_with(extents.size(), 1, y.c, false);
  c.outputs[0].axes[1].is_zero = is_zero;
}

/// Calls `visit(output, element)` for every element inside a window.
template <class Visit>
void for_each_window(const pool_geometry& g, index_t planes, const op_node& node,
                     const Visit& visit) {
  const std::size_t axes = g.in.size();
  std::vector<rules::detail::step> steps;
  for (std::size_t a = 0; a < axes; ++a)
    steps.push_back(rules::detail::along(g.window, a, axes, place_of(node)));
  const index_t in_size = element_count(g.in), out_size = element_count(g.out),
                taps = element_count(g.kernel);
  for (index_t o = 0; o < out_size; ++o)
    for (index_t t = 0; t < taps; ++t) {
      index_t element = 0, stride = 1, rest_o = o, rest_t = t;
      bool inside = true;
      for (std::size_t a = axes; a-- > 0;) {
        const index_t at = rest_o % g.out[a] * steps[a].stride - steps[a].before +
                           rest_t % g.kernel[a] * steps[a].dilation;
        rest_o /= g.out[a];
        rest_t /= g.kernel[a];
        inside = inside && at >= 0 && at < g.in[a];
        element += at * stride;
        stride *= g.in[a];
      }
      if (!inside) continue;
      for (index_t p = 0; p < planes; ++p) visit(p * out_size + o, p * in_size + element);
    }
}

/// Elements that an average divides by: those inside the map, or inside the map and its padding.
inline std::vector<index_t> window_sizes(const pool_geometry& g, const op_node& node) {
  const std::size_t axes = g.in.size();
  const bool with_padding = node.integer("count_include_pad", 0) != 0;
  std::vector<index_t> sizes;
  for (index_t o = 0; o < element_count(g.out); ++o) {
    index_t size = 1, rest = o;
    for (std::size_t a = axes; a-- > 0;) {
      const auto step = rules::detail::along(g.window, a, axes, place_of(node));
      const index_t first = rest % g.out[a] * step.stride - step.before;
      rest /= g.out[a];
      index_t inside = 0;
      for (index_t t = 0; t < g.kernel[a]; ++t) {
        const index_t at = first + t * step.dilation;
        inside += with_padding ? at < g.in[a] + step.after : at >= 0 && at < g.in[a];
      }
      size *= inside;
    }
    sizes.push_back(std::max(size, index_t{1}));
  }
  return sizes;
}

inline void evaluate_pool(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const pool_geometry g(c.node, x.extents());
  const index_t planes = x.extents()[0] * x.extents()[1];
  shape extents{x.extents()[0], x.extents()[1]};
  extents.insert(extents.end(), g.out.begin(), g.out.end());
  require_real(x, c.node);
  const bool is_max = c.node.op.ends_with("MaxPool"), is_norm = c.node.op.ends_with("LpPool");
  const double p = static_cast<double>(c.node.integer("p", 2));
  const reals in = reals_of(x);
  reals y(static_cast<std::size_t>(element_count(extents)),
          is_max ? std::numeric_limits<double>::lowest() : 0);
  for_each_window(g, planes, c.node, [&](index_t to, index_t from) {
    double& v = y[static_cast<std::size_t>(to)];
    const double value = in[static_cast<std::size_t>(from)];
    if (is_max)
      v = std::max(v, value);
    else
      v += is_norm ? std::pow(std::abs(value), p) : value;
  });
  if (!is_max) {
    const auto sizes = window_sizes(g, c.node);
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = is_norm ? std::pow(y[i], 1 / p) : y[i] / static_cast<double>(sizes[i % sizes.size()]);
  }
  c.outputs[0] = tensor_of(x.type(), std::move(extents), y);
}

}  // namespace detail

inline void add_pool(op_registry& ops) {
  const op_definition pool{detail::infer_pool, detail::connect_pool, {}, detail::evaluate_pool, 1};
  for (const char* name :
       {"MaxPool", "AveragePool", "LpPool", "GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"})
    ops.add(name, pool);
}

}  // namespace slimming::inline v0::ops
