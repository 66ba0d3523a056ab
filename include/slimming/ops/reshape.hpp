// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that change axes and leave elements alone: Reshape, Flatten, Squeeze, Unsqueeze,
/// Transpose.
/// Area: ops. What channels do here follows from the shapes; see detail/fold.hpp.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // target_shape, write_integers
#include <slimming/ops/detail/fold.hpp>    // fold
#include <slimming/ops/detail/naive.hpp>   // reshaped, gather_strided
#include <slimming/ops/detail/shapes.hpp>  // axis_of, integers_of

#include <algorithm>  // std::find, std::sort
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// Extents behind a Reshape target: 0 copies (unless `allowzero`), -1 is what is left.
inline shape resolve_target(const shape& x, std::vector<index_t> target, const op_node& node) {
  const bool zero_copies = node.integer("allowzero", 0) == 0;
  index_t known = 1;
  std::optional<std::size_t> open;
  for (std::size_t axis = 0; axis < target.size(); ++axis) {
    if (target[axis] == 0 && zero_copies) {
      if (axis >= x.size())
        throw shape_mismatch(place_of(node), "its target copies axis " + std::to_string(axis) +
                                                 " of a value of rank " + std::to_string(x.size()));
      target[axis] = x[axis];
    }
    if (target[axis] == -1 && !open)
      open = axis;
    else
      known *= target[axis];
  }
  const index_t n = element_count(x);
  if (open) {
    if (known == 0 || n % known != 0)
      throw shape_mismatch(place_of(node) + ": elements of " + to_string(x) + " in rows of", n,
                           known);
    target[*open] = n / known;
  } else if (known != n) {
    throw shape_mismatch(place_of(node) + ": elements of " + to_string(x), n, known);
  }
  return target;
}

inline void infer_reshape(infer_context& c) {
  const auto target = integers_of(c.node, c.facts, 1, "shape");
  if (!target) return;
  set_output(c, 0, resolve_target(extents_of(c, 0), *target, c.node), facts_of(c, 0).type);
}

/// The rule of all operators of this file but Transpose.
inline void connect_reshape(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  const channel_layout& layout = slimming::layout_of(c, in);
  if (!layout) return;
  const value_id out = c.node.outputs[0];
  c.outputs[0] = fold(c.graph, layout, x, slimming::extents_of(c, out), label_of(c),
                      c.read_axis[static_cast<std::size_t>(out)]);
}

inline void rewrite_reshape(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0), out = node.outputs[0];
  if (!slimming::layout_of(c, in)) return;
  const auto present = integers_now(c, 1, "shape");
  const shape& x = after_of(c, in);
  const shape& wanted = after_of(c, out);
  if (!present || x.empty() || wanted.empty()) return;
  try {
    if (resolve_target(x, *present, node) == wanted) return;
  } catch (const shape_mismatch&) {  // the numbers in the target speak of the former channels
  }
  const bool zero_copies = node.integer("allowzero", 0) == 0;
  if (node.has("shape") || c.net.constant(node.input(1))) {
    std::vector<index_t> target = *present;
    for (std::size_t axis = 0; axis < target.size(); ++axis) {
      const index_t copied = zero_copies && axis < x.size() ? x[axis] : 0;
      if (target[axis] > 0 || (target[axis] == 0 && copied != wanted[axis]))
        target[axis] = wanted[axis];
    }
    // Extents that were stated and depend on a symbolic dimension stay as they were stated.
    const auto& symbolic = c.symbolic[static_cast<std::size_t>(out)].extents;
    for (std::size_t axis = 0; symbolic && axis < target.size(); ++axis)
      if ((*symbolic)[axis] < 0) target[axis] = (*present)[axis];
    return write_integers(c, 1, "shape", target);
  }
  write_integers(c, 1, "shape", target_shape(c, zero_copies));
}

inline void evaluate_reshape(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  c.outputs[0] =
      reshaped(x, resolve_target(x.extents(), integers_of(c, 1, "shape").value(), c.node));
}

inline shape flattened(const shape& x, const op_node& node) {
  const index_t axis = node.integer("axis", 1);
  const auto n = static_cast<index_t>(x.size());
  const index_t first = axis == n ? n : static_cast<index_t>(axis_of(axis, x.size(), node));
  shape y{1, 1};
  for (index_t a = 0; a < n; ++a) y[a < first ? 0 : 1] *= x[static_cast<std::size_t>(a)];
  return y;
}

inline shape squeezed(const shape& x, const std::optional<std::vector<index_t>>& axes,
                      const op_node& node) {
  std::vector<std::size_t> gone;
  if (axes) gone = axes_of(*axes, x.size(), node);
  shape y;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    const bool named = std::find(gone.begin(), gone.end(), axis) != gone.end();
    if (named && x[axis] != 1)
      throw shape_mismatch(place_of(node) + ": axis " + std::to_string(axis), 1, x[axis]);
    if (!(named || (!axes && x[axis] == 1))) y.push_back(x[axis]);
  }
  return y;
}

inline shape unsqueezed(const shape& x, const std::vector<index_t>& axes, const op_node& node) {
  const std::size_t rank = x.size() + axes.size();
  const auto fresh = axes_of(axes, rank, node);
  shape y;
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (std::find(fresh.begin(), fresh.end(), axis) != fresh.end())
      y.push_back(1);
    else if (next < x.size())
      y.push_back(x[next++]);
    else
      throw bad_value(place_of(node), "names an axis twice");
  return y;
}

/// The output's extents of the operators of this file but Transpose, from lists read by \p read.
template <class Read>
std::optional<shape> restated(const op_node& node, const shape& x, const Read& read) {
  if (node.op == "Flatten") return flattened(x, node);
  const auto list = read(1, "axes");
  if (!list && node.input(1) != no_value) return {};
  if (node.op == "Squeeze") return squeezed(x, list, node);
  if (!list) throw bad_value(place_of(node), "names no axes");
  return unsqueezed(x, *list, node);
}

inline void infer_restated(infer_context& c) {
  auto y = restated(c.node, extents_of(c, 0), [&](std::size_t i, std::string_view attribute) {
    return integers_of(c.node, c.facts, i, attribute);
  });
  if (y) set_output(c, 0, std::move(*y), facts_of(c, 0).type);
}
inline void evaluate_restated(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  auto y = restated(c.node, x.extents(), [&](std::size_t i, std::string_view attribute) {
    return integers_of(c, i, attribute);
  });
  c.outputs[0] = reshaped(x, std::move(y.value()));
}

/// Where each output axis comes from; reversed if the node does not say.
inline std::vector<std::size_t> permutation_of(const op_node& node, std::size_t rank) {
  std::vector<index_t> order = node.integers("perm");
  if (order.empty())
    for (std::size_t axis = rank; axis-- > 0;) order.push_back(static_cast<index_t>(axis));
  auto axes = axes_of(order, rank, node);
  auto sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != rank || sorted[i] != i)
      throw bad_value(place_of(node), "perm is not a permutation of its axes");
  return axes;
}

inline void infer_transpose(infer_context& c) {
  const shape& x = extents_of(c, 0);
  shape y;
  for (const std::size_t axis : permutation_of(c.node, x.size())) y.push_back(x[axis]);
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}
inline void connect_transpose(connect_context& c) {
  const value_id in = c.node.input(0);
  const channel_layout& layout = slimming::layout_of(c, in);
  if (!layout) return;
  channel_layout result;
  for (const std::size_t axis : permutation_of(c.node, layout.axes.size()))
    result.axes.push_back(layout.axes[axis]);
  c.outputs[0] = std::move(result);
}
inline void evaluate_transpose(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const shape own = row_major_strides(x.extents());
  shape extents, strides;
  for (const std::size_t axis : permutation_of(c.node, x.rank())) {
    extents.push_back(x.extents()[axis]);
    strides.push_back(own[axis]);
  }
  c.outputs[0] = gather_strided(x, extents, strides);
}

}  // namespace detail

inline void add_reshape(op_registry& ops) {
  ops.add("Reshape", {detail::infer_reshape, detail::connect_reshape, detail::rewrite_reshape,
                      detail::evaluate_reshape});
  const op_definition restated{
      detail::infer_restated, detail::connect_reshape, {}, detail::evaluate_restated};
  ops.add("Flatten", restated).add("Squeeze", restated).add("Unsqueeze", restated);
  ops.add("Transpose",
          {detail::infer_transpose, detail::connect_transpose, {}, detail::evaluate_transpose});
}

}  // namespace slimming::inline v0::ops
