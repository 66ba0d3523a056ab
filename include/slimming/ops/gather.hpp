// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that pick or repeat elements along axes: Gather, channel_select, Expand, Tile.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch
#include <slimming/core/mask.hpp>          // mask
#include <slimming/model/connect.hpp>      // layout_of, map_on, barrier
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_constant, write_integers
#include <slimming/ops/detail/join.hpp>    // number_of
#include <slimming/ops/detail/naive.hpp>   // axis_split, broadcast_to
#include <slimming/ops/detail/shapes.hpp>  // axis_of, integers_of
#include <slimming/rules/select.hpp>       // channel_select_facts

#include <algorithm>  // std::copy_n, std::count_if, std::max
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

// --- Gather
// ---------------------------------------------------------------------------------------

inline bool is_select(const op_node& node) { return node.op == "ChannelSelect"; }
inline std::size_t gather_axis(const op_node& node, std::size_t rank) {
  return axis_of(node.integer("axis", is_select(node) ? 1 : 0), rank, node);
}

/// \throws bad_value  if an index names no element; negative ones count from the end.
inline index_t checked_index(index_t i, index_t n, const op_node& node) {
  if (i < -n || i >= n)
    throw bad_value(place_of(node), "index " + std::to_string(i) + " of " + std::to_string(n));
  return i < 0 ? i + n : i;
}

inline void infer_gather(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const shape& indices = extents_of(c, 1);
  const auto axis = static_cast<std::ptrdiff_t>(gather_axis(c.node, x.size()));
  shape y(x.begin(), x.begin() + axis);
  y.insert(y.end(), indices.begin(), indices.end());
  y.insert(y.end(), x.begin() + axis + 1, x.end());
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

inline void connect_gather(connect_context& c) {
  const value_id in = c.node.input(0), list = c.node.input(1);
  const std::size_t rank = slimming::extents_of(c, in).size();
  const std::size_t axis = gather_axis(c.node, rank);
  const std::size_t fresh = slimming::extents_of(c, list).size();
  fix(c, list, "its values are indices");
  const channel_layout layout = slimming::layout_of(c, in);
  if (!layout) return;
  channel_layout result(rank - 1 + fresh);
  for (std::size_t a = 0; a < rank; ++a)
    if (a != axis) result.axes[a < axis ? a : a - 1 + fresh] = layout.axes[a];
  if (const channels wide = layout.on(axis)) {
    c.graph.enter(label_of(c));
    const auto& indices = c.facts[static_cast<std::size_t>(list)].constant;
    if (!indices || fresh > 1) {
      c.graph.pin(wide, "it is gathered by indices that are not a constant list");
    } else {
      auto which = indices->converted<index_t>();
      for (index_t& i : which) i = checked_index(i, c.graph.size(wide), c.node);
      if (fresh == 0) {
        c.graph.pin(wide, which.at(0), "it is the one channel that is taken");
      } else {
        const channels y = c.graph.add(static_cast<index_t>(which.size()), label_of(c));
        c.graph.tie_each(y, wide, [&](index_t i) { return which[static_cast<std::size_t>(i)]; });
        result.axes[axis] = {y, layout.is_zero(axis)};
      }
    }
  }
  c.outputs[0] = std::move(result);
}

/// The numbers after surgery of those \p indices that \p taken keeps, where \p keep says what is
/// left of the axis that they point into.
inline std::vector<index_t> renumbered(const std::vector<index_t>& indices, const mask& keep,
                                       const mask& taken, const op_node& node) {
  std::vector<index_t> rank(1, 0), after;  // how many before each element stay
  for (index_t i = 0; i < keep.size(); ++i) rank.push_back(rank.back() + keep[i]);
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (taken[static_cast<index_t>(i)])
      after.push_back(rank[static_cast<std::size_t>(checked_index(indices[i], keep.size(), node))]);
  return after;
}

inline void rewrite_gather(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0), out = node.outputs[0], list = node.input(1);
  const std::size_t axis = gather_axis(node, after_of(c, in).size());
  const channels wide = slimming::layout_of(c, in).on(axis);
  const auto& indices = c.before[static_cast<std::size_t>(list)].constant;
  if (!wide || !indices) return;
  const mask keep = c.keep(wide);
  const channels narrow = indices->rank() == 1 ? slimming::layout_of(c, out).on(axis) : channels{};
  if (indices->rank() == 1 && !narrow) return;
  const mask taken = narrow ? c.keep(narrow) : mask(1);
  if (keep.keeps_all() && taken.keeps_all()) return;
  require_static(c, 1);
  const auto after = renumbered(indices->converted<index_t>(), keep, taken, node);
  const shape extents = indices->rank() == 0 ? shape{} : shape{static_cast<index_t>(after.size())};
  write_constant(c, 1, slimming::detail::tensor_of<index_t>(indices->type(), extents, after));
}

inline void evaluate_gather(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const std::size_t axis = gather_axis(c.node, x.rank());
  const auto indices = input_of(c, 1).converted<index_t>();
  const axis_split s(x.extents(), axis);
  const auto at = static_cast<std::ptrdiff_t>(axis);
  shape extents(x.extents().begin(), x.extents().begin() + at);
  extents.insert(extents.end(), input_of(c, 1).extents().begin(), input_of(c, 1).extents().end());
  extents.insert(extents.end(), x.extents().begin() + at + 1, x.extents().end());
  any_tensor y(x.type(), std::move(extents));
  const index_t row = s.inner * static_cast<index_t>(size_of(x.type()));
  std::byte* to = y.bytes().data();
  for (index_t o = 0; o < s.outer; ++o)
    for (const index_t i : indices) {
      std::copy_n(x.bytes().data() + (o * s.n + checked_index(i, s.n, c.node)) * row, row, to);
      to += row;
    }
  c.outputs[0] = std::move(y);
}

// --- channel_select
// -------------------------------------------------------------------------------

/// Surgery renumbers the list of a selection where it lies; nobody else may read it then.
inline bool is_read_by_others(const connect_context& c, value_id list) {
  const index_t uses = c.use_count[static_cast<std::size_t>(list)];
  return uses > 1 &&
         uses > std::count_if(c.net.nodes().begin(), c.net.nodes().end(),
                              [&](const op_node& n) { return is_select(n) && n.input(1) == list; });
}

inline void connect_select(connect_context& c) {
  const value_id in = c.node.input(0), list = c.node.input(1);
  if (!c.net.constant(list)) return barrier(c, "a channel selection by computed indices");
  if (is_read_by_others(c, list))
    return barrier(c, "a channel selection by a list that other operators read too");
  const std::size_t rank = slimming::extents_of(c, in).size();
  const std::size_t axis = gather_axis(c.node, rank);
  const feature_map x = map_on(c, in, axis);
  const auto y = rules::connect(
      c.graph, rules::channel_select_facts{label_of(c), parameter_of(c.net, list), {}}, x);
  channel_layout layout = c.layouts[static_cast<std::size_t>(in)];
  layout.axes[axis] = {y.c, false};  // the wide channel that it reads may live on
  c.outputs[0] = std::move(layout);
}

// --- Expand, Tile
// ---------------------------------------------------------------------------------

/// Repeats per axis of Expand and Tile, aligned at the last axes of an output of \p out.
inline shape repeats_of(const shape& x, const shape& out) {
  shape repeats(out.size());
  const std::size_t shift = out.size() - x.size();
  for (std::size_t axis = 0; axis < out.size(); ++axis) {
    const index_t n = axis < shift ? 1 : x[axis - shift];
    repeats[axis] = n == 0 ? 1 : out[axis] / n;
  }
  return repeats;
}

inline void infer_repeat(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const auto list = integers_of(c.node, c.facts, 1, "");
  if (!list) return;
  if (c.node.op == "Expand") {
    const shape both[] = {x, *list};
    return set_output(c, 0, broadcast(both, c.node), facts_of(c, 0).type);
  }
  if (list->size() != x.size())
    throw shape_mismatch(place_of(c.node) + ": repeats", static_cast<index_t>(x.size()),
                         static_cast<index_t>(list->size()));
  shape y = x;
  for (std::size_t axis = 0; axis < y.size(); ++axis) y[axis] *= (*list)[axis];
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

// Copies of one element are channels that nothing binds: as many stay as the consumers want.
inline void connect_repeat(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  const shape& out = slimming::extents_of(c, c.node.outputs[0]);
  const channel_layout layout = slimming::layout_of(c, in);
  const std::size_t shift = out.size() - x.size();
  channel_layout result(out.size());
  c.graph.enter(label_of(c));
  for (std::size_t axis = 0; axis < out.size(); ++axis) {
    const index_t n = axis < shift ? 1 : x[axis - shift];
    if (out[axis] == n) {
      if (axis >= shift && !layout.axes.empty()) result.axes[axis] = layout.axes[axis - shift];
    } else if (n == 1) {
      result.axes[axis] = {c.graph.add(out[axis], label_of(c)), number_of(c, in) == 0.0};
    } else if (const channels wide = layout.on(axis - shift)) {
      const channels y = c.graph.add(out[axis], label_of(c));
      c.graph.tie_each(y, wide, [n](index_t i) { return i % n; });
      result.axes[axis] = {y, layout.is_zero(axis - shift)};
    }
  }
  c.outputs[0] = std::move(result);
}

inline void rewrite_repeat(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0), out = node.outputs[0];
  const auto present = integers_now(c, 1, "");
  if (!present || !slimming::layout_of(c, out)) return;
  const shape& x = after_of(c, in);
  const shape& wanted = after_of(c, out);
  const bool is_expand = node.op == "Expand";
  const shape list = is_expand ? wanted : repeats_of(x, wanted);
  std::vector<index_t> target = *present;
  const std::size_t shift = list.size() - target.size();
  bool changed = false;
  for (std::size_t axis = 0; axis < target.size(); ++axis) {
    if (!slimming::layout_of(c, out).on(axis + shift)) continue;
    const bool copies_input = is_expand && target[axis] == 1;
    if (copies_input || target[axis] == list[axis + shift]) continue;
    target[axis] = list[axis + shift];
    changed = true;
  }
  if (!changed) return;
  require_static(c, 1);
  write_integers(c, 1, "", target);
}

inline void evaluate_repeat(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto list = integers_of(c, 1, "").value();
  if (c.node.op == "Expand") {
    const shape both[] = {x.extents(), list};
    c.outputs[0] = broadcast_to(x, broadcast(both, c.node));
    return;
  }
  // An axis that repeats is split in two, of which the first does not move.
  shape extents, fine, strides;
  const shape own = row_major_strides(x.extents());
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    extents.push_back(x.extents()[axis] * list.at(axis));
    fine.insert(fine.end(), {list[axis], x.extents()[axis]});
    strides.insert(strides.end(), {0, own[axis]});
  }
  c.outputs[0] = reshaped(gather_strided(x, fine, strides), std::move(extents));
}

}  // namespace detail

inline void add_gather(op_registry& ops) {
  ops.add("Gather", {detail::infer_gather, detail::connect_gather, detail::rewrite_gather,
                     detail::evaluate_gather});
  ops.add("ChannelSelect",
          {detail::infer_gather, detail::connect_select, {}, detail::evaluate_gather}, "slimming");
  const op_definition repeat{detail::infer_repeat, detail::connect_repeat, detail::rewrite_repeat,
                             detail::evaluate_repeat};
  ops.add("Expand", repeat).add("Tile", repeat);
}

}  // namespace slimming::inline v0::ops
