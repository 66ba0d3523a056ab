// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pad: of the map, and of the channels (the parameter-free shortcut of ResNet).
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch, unsupported
#include <slimming/core/mask.hpp>          // mask
#include <slimming/model/connect.hpp>      // layout_of, barrier
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_integers
#include <slimming/ops/detail/join.hpp>    // number_of
#include <slimming/ops/detail/naive.hpp>   // for_each_strided
#include <slimming/ops/detail/shapes.hpp>  // axis_of, integers_of
#include <slimming/rules/concat.hpp>       // channel_pad_facts, slice_facts

#include <algorithm>  // std::max
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// Elements before and after each axis; negative amounts cut.
struct pad_amounts {
  shape before, after;
};

/// \p read(i, attribute) yields an integer list. Empty if one is not known.
template <class Read>
std::optional<pad_amounts> read_pads(const op_node& node, std::size_t rank, const Read& read) {
  const auto pads = read(1, node.has("paddings") ? "paddings" : "pads");
  const auto axes = read(3, "");
  if (!pads || (!axes && node.input(3) != no_value)) return {};
  std::vector<std::size_t> which;
  if (axes) {
    which = axes_of(*axes, rank, node);
  } else {
    for (std::size_t axis = 0; axis < rank; ++axis) which.push_back(axis);
  }
  if (pads->size() != 2 * which.size())
    throw shape_mismatch(place_of(node) + ": entries of pads",
                         static_cast<index_t>(2 * which.size()),
                         static_cast<index_t>(pads->size()));
  pad_amounts p{shape(rank, 0), shape(rank, 0)};
  for (std::size_t i = 0; i < which.size(); ++i) {
    p.before[which[i]] = (*pads)[i];
    p.after[which[i]] = (*pads)[which.size() + i];
  }
  return p;
}
inline std::optional<pad_amounts> read_pads(const op_node& node, std::size_t rank,
                                            std::span<const value_facts> facts) {
  return read_pads(node, rank, [&](std::size_t i, std::string_view attribute) {
    return integers_of(node, facts, i, attribute);
  });
}

inline void infer_pad(infer_context& c) {
  shape y = extents_of(c, 0);
  const auto p = read_pads(c.node, y.size(), c.facts);
  if (!p) return;
  for (std::size_t axis = 0; axis < y.size(); ++axis) {
    y[axis] += p->before[axis] + p->after[axis];
    if (y[axis] < 0)
      throw shape_mismatch(place_of(c.node) + ": axis " + std::to_string(axis), 0, y[axis]);
  }
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

/// What new elements hold: an attribute before operator set 11, an input since, else 0.
inline std::optional<double> fill_of(const connect_context& c) {
  if (c.node.has("value")) return c.node.real("value", 0);
  const value_id v = c.node.input(2);
  return v == no_value ? 0.0 : number_of(c, v);
}

inline void connect_pad(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  const auto p = read_pads(c.node, x.size(), c.facts);
  if (!p) return barrier(c, "a pad by amounts that depend on data");
  const bool is_constant = c.node.text("mode", "constant") == "constant";
  const bool fills_zero = !is_constant || fill_of(c) == 0.0;
  channel_layout layout = slimming::layout_of(c, in);
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis) {
    auto& carried = layout.axes[axis];
    const index_t before = p->before[axis], after = p->after[axis];
    if (!carried.c) continue;
    carried.is_zero = carried.is_zero && fills_zero;
    if (before == 0 && after == 0) continue;
    c.graph.enter(label_of(c));
    if (!is_constant || x[axis] + std::min(before, index_t{0}) + std::min(after, index_t{0}) <= 0) {
      c.graph.pin(carried.c, "its channels are padded with copies of each other");
      carried = {};
      continue;
    }
    if (before < 0 || after < 0) {
      const index_t first = std::max(-before, index_t{0});
      const index_t count = x[axis] - first - std::max(-after, index_t{0});
      carried.c = rules::connect(c.graph, rules::slice_facts{label_of(c), first, count, 1},
                                 {carried.c, {}, false})
                      .c;
    }
    if (before > 0 || after > 0)
      carried.c = rules::connect(c.graph,
                                 rules::channel_pad_facts{label_of(c), std::max(before, index_t{0}),
                                                          std::max(after, index_t{0})},
                                 {carried.c, {}, false})
                      .c;
  }
  c.outputs[0] = std::move(layout);
}

/// How many of the channels [first, last) stay; as many are cut, or added, where the amount says
/// so.
inline index_t kept_between(const mask& keep, index_t first, index_t last) {
  index_t n = 0;
  for (index_t i = first; i < last; ++i) n += keep[i];
  return n;
}

inline void rewrite_pad(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0), out = node.outputs[0];
  const std::size_t rank = after_of(c, in).size();
  const auto before = read_pads(node, rank, c.before);
  const auto present = read_pads(node, rank, [&](std::size_t i, std::string_view attribute) {
    return integers_now(c, i, attribute);
  });
  if (!before || !present) return;
  pad_amounts wanted = *present;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const channels narrow = slimming::layout_of(c, in).on(axis),
                   wide = slimming::layout_of(c, out).on(axis);
    if (!narrow || !wide) continue;
    const mask keep_in = c.keep(narrow), keep_out = c.keep(wide);
    const index_t b = before->before[axis], a = before->after[axis];
    wanted.before[axis] = b < 0 ? -kept_between(keep_in, 0, -b) : kept_between(keep_out, 0, b);
    wanted.after[axis] = a < 0 ? -kept_between(keep_in, keep_in.size() + a, keep_in.size())
                               : kept_between(keep_out, keep_out.size() - a, keep_out.size());
  }
  if (wanted.before == present->before && wanted.after == present->after) return;
  std::vector<index_t> pads;
  const auto axes = integers_now(c, 3, "");
  std::vector<std::size_t> which;
  for (std::size_t axis = 0; axis < rank && !axes; ++axis) which.push_back(axis);
  if (axes) which = axes_of(*axes, rank, node);
  for (const std::size_t axis : which) pads.push_back(wanted.before[axis]);
  for (const std::size_t axis : which) pads.push_back(wanted.after[axis]);
  write_integers(c, 1, node.has("paddings") ? "paddings" : "pads", pads);
}

/// The element that position \p i of a padded axis repeats, or -1 for a new one.
inline index_t padded_source(index_t i, index_t n, const std::string& mode) {
  if (i >= 0 && i < n) return i;
  if (mode == "edge") return i < 0 ? 0 : n - 1;
  if (mode == "wrap") return (i % n + n) % n;
  if (mode != "reflect") return -1;
  if (n == 1) return 0;
  const index_t period = 2 * (n - 1);
  i = (i % period + period) % period;
  return i < n ? i : period - i;
}

inline void evaluate_pad(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto p = read_pads(c.node, x.rank(), [&](std::size_t i, std::string_view attribute) {
                   return integers_of(c, i, attribute);
                 }).value();
  const std::string mode = c.node.text("mode", "constant");
  shape extents = x.extents();
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    extents[axis] += p.before[axis] + p.after[axis];
  const shape from_strides = row_major_strides(x.extents()),
              to_strides = row_major_strides(extents);
  double fill = c.node.real("value", 0);
  if (has_input(c, 2) && c.inputs[2]->size() == 1) fill = reals_of(*c.inputs[2])[0];
  const reals in = reals_of(x);
  reals y(static_cast<std::size_t>(element_count(extents)));
  for (std::size_t i = 0; i < y.size(); ++i) {
    index_t source = 0;
    for (std::size_t axis = 0; axis < extents.size() && source >= 0; ++axis) {
      const index_t at = static_cast<index_t>(i) / to_strides[axis] % extents[axis];
      const index_t k = padded_source(at - p.before[axis], x.extents()[axis], mode);
      source = k < 0 ? -1 : source + k * from_strides[axis];
    }
    y[i] = source < 0 ? fill : in[static_cast<std::size_t>(source)];
  }
  c.outputs[0] = tensor_of(x.type(), std::move(extents), y);
}

}  // namespace detail

inline void add_pad(op_registry& ops) {
  ops.add("Pad",
          {detail::infer_pad, detail::connect_pad, detail::rewrite_pad, detail::evaluate_pad});
}

}  // namespace slimming::inline v0::ops
