// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Softmax and LogSoftmax.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/naive.hpp>   // reals_of
#include <slimming/ops/detail/shapes.hpp>  // axis_of, infer_same

#include <algorithm>  // std::max
#include <cmath>      // std::exp, std::log
#include <cstddef>    // std::size_t
#include <limits>     // std::numeric_limits
#include <utility>    // std::move

namespace slimming::inline v0::ops {

namespace detail {

/// The axes that are normalised together: one since operator set 13, before that all from `axis`
/// on.
struct softmax_axes {
  std::size_t first, last;

  softmax_axes(const op_node& node, std::size_t rank, index_t opset)
      : first(axis_of(node.integer("axis", opset < 13 ? 1 : -1), rank, node)),
        last(opset < 13 ? rank : first + 1) {}
};

inline void connect_softmax(connect_context& c) {
  const value_id in = c.node.input(0);
  channel_layout layout = slimming::layout_of(c, in);
  const softmax_axes together(c.node, slimming::extents_of(c, in).size(),
                              c.net.opset(c.node.domain));
  c.graph.enter(label_of(c));
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis) {
    auto& carried = layout.axes[axis];
    carried.is_zero = false;  // zeros become 1 / n
    if (!carried.c || axis < together.first || axis >= together.last) continue;
    c.graph.pin(carried.c, "a softmax is taken over it");
  }
  c.outputs[0] = std::move(layout);
}

inline void evaluate_softmax(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const softmax_axes together(c.node, x.rank(), c.opset);
  index_t outer = 1, n = 1, inner = 1;
  for (std::size_t a = 0; a < x.rank(); ++a)
    (a < together.first ? outer : a < together.last ? n : inner) *= x.extents()[a];
  const bool is_log = c.node.op == "LogSoftmax";
  reals y = reals_of(x);
  for (index_t o = 0; o < outer; ++o)
    for (index_t i = 0; i < inner; ++i) {
      const auto at = [&](index_t k) -> double& {
        return y[static_cast<std::size_t>((o * n + k) * inner + i)];
      };
      double highest = std::numeric_limits<double>::lowest(), sum = 0;
      for (index_t k = 0; k < n; ++k) highest = std::max(highest, at(k));
      for (index_t k = 0; k < n; ++k) sum += std::exp(at(k) - highest);
      for (index_t k = 0; k < n; ++k)
        at(k) = is_log ? at(k) - highest - std::log(sum) : std::exp(at(k) - highest) / sum;
    }
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

}  // namespace detail

inline void add_softmax(op_registry& ops) {
  const op_definition softmax{
      detail::infer_same, detail::connect_softmax, {}, detail::evaluate_softmax};
  ops.add("Softmax", softmax).add("LogSoftmax", softmax);
}

}  // namespace slimming::inline v0::ops
