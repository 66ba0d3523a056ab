// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What shape inference of many operators shares: axes, broadcasting, lists that are attributes in
/// old operator sets and inputs in new ones.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/op_node.hpp>      // op_node
#include <slimming/model/op_registry.hpp>  // infer_context, value_facts

#include <algorithm>    // std::max
#include <cstddef>      // std::size_t
#include <optional>     // std::optional
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::ops::detail {

inline std::string place_of(const op_node& node) {
  return (node.name.empty() ? "(unnamed)" : node.name) + " (" + node.op + ")";
}

inline const value_facts& facts_of(const infer_context& c, std::size_t i) {
  if (const value_facts* f = c.input(i)) return *f;
  throw bad_value(place_of(c.node), "input " + std::to_string(i) + " is missing");
}
inline const shape& extents_of(const infer_context& c, std::size_t i) {
  return *facts_of(c, i).extents;
}

inline void set_output(infer_context& c, std::size_t i, shape extents, dtype type) {
  if (i >= c.outputs.size()) return;
  c.outputs[i].extents = std::move(extents);
  c.outputs[i].type = type;
}

/// The outputs have the shape and type of the first input.
inline void infer_same(infer_context& c) {
  for (std::size_t i = 0; i < c.outputs.size(); ++i)
    set_output(c, i, extents_of(c, 0), facts_of(c, 0).type);
}

/// Counts a negative axis from the end. \throws bad_value  if there is no such axis.
inline std::size_t axis_of(index_t axis, std::size_t rank, const op_node& node) {
  const auto n = static_cast<index_t>(rank);
  if (axis < -n || axis >= n)
    throw bad_value(place_of(node),
                    "axis " + std::to_string(axis) + " of a value of rank " + std::to_string(n));
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}
inline std::vector<std::size_t> axes_of(std::span<const index_t> axes, std::size_t rank,
                                        const op_node& node) {
  std::vector<std::size_t> out;
  for (const index_t a : axes) out.push_back(axis_of(a, rank, node));
  return out;
}

/// An integer list that old operator sets state as an attribute and new ones as input \p i. Empty
/// if neither is there or the input is not known before the network runs.
inline std::optional<std::vector<index_t>> integers_of(const op_node& node,
                                                       std::span<const value_facts> facts,
                                                       std::size_t i, std::string_view attribute) {
  if (!attribute.empty() && node.has(attribute)) return node.integers(attribute);
  const value_id v = node.input(i);
  if (v == no_value) return {};
  const auto& constant = facts[static_cast<std::size_t>(v)].constant;
  if (!constant) return {};
  return constant->converted<index_t>();
}
/// The input is there, yet its values are not known.
inline bool is_unknown(const op_node& node, std::span<const value_facts> facts, std::size_t i) {
  const value_id v = node.input(i);
  return v != no_value && !facts[static_cast<std::size_t>(v)].constant;
}

/// Extents after numpy broadcasting.
inline shape broadcast(std::span<const shape> inputs, const op_node& node) {
  std::size_t rank = 0;
  for (const shape& s : inputs) rank = std::max(rank, s.size());
  shape out(rank, 1);
  for (const shape& s : inputs)
    for (std::size_t i = 0; i < s.size(); ++i) {
      index_t& extent = out[rank - s.size() + i];
      if (extent != s[i] && extent != 1 && s[i] != 1)
        throw shape_mismatch(place_of(node) + ": axis " + std::to_string(rank - s.size() + i),
                             extent, s[i]);
      if (extent == 1) extent = s[i];
    }
  return out;
}
/// \throws shape_mismatch  if a value of extents \p in does not broadcast to one of \p out, which
/// stays as it is.
inline void require_broadcasts(const shape& in, const shape& out, const std::string& place) {
  if (in.size() > out.size())
    throw shape_mismatch(place + ": rank", "expected at most " + std::to_string(out.size()) +
                                               ", got " + std::to_string(in.size()));
  const std::size_t shift = out.size() - in.size();
  for (std::size_t axis = 0; axis < in.size(); ++axis)
    if (in[axis] != 1 && in[axis] != out[shift + axis])
      throw shape_mismatch(place + ": axis " + std::to_string(axis), out[shift + axis], in[axis]);
}
/// Input \p i is there only to be broadcast to \p out. It may be missing.
inline void require_broadcasts(const infer_context& c, std::size_t i, const shape& out) {
  if (c.input(i))
    require_broadcasts(extents_of(c, i), out, place_of(c.node) + ": input " + std::to_string(i));
}
inline void infer_broadcast(infer_context& c, dtype type) {
  std::vector<shape> inputs;
  for (std::size_t i = 0; i < c.node.inputs.size(); ++i)
    if (c.node.inputs[i] != no_value) inputs.push_back(extents_of(c, i));
  set_output(c, 0, broadcast(inputs, c.node), type);
}

}  // namespace slimming::inline v0::ops::detail
