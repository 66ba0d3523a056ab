// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that combine several values element by element, with broadcasting: residual additions,
/// squeeze-and-excitation gates, spatial gates.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value, shape_mismatch
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/rules/feature_map.hpp>    // feature_map

#include <cstddef>  // std::size_t
#include <span>     // std::span
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0::rules {

/// Facts of add, sub, mul, div, max, min, mean, where over several values.
struct join_facts {
  std::string name = {};
};

namespace detail {

/// Extents after broadcasting one-element axes; a value without spatial axes fits any other.
inline std::vector<index_t> broadcast(std::span<const feature_map> inputs,
                                      const std::string& place) {
  std::vector<index_t> out;
  for (const feature_map& x : inputs) {
    if (out.empty()) out = x.spatial;
    if (x.spatial.empty()) continue;
    if (x.spatial.size() != out.size())
      throw shape_mismatch(place + ": spatial axes", static_cast<index_t>(out.size()),
                           static_cast<index_t>(x.spatial.size()));
    for (std::size_t axis = 0; axis < out.size(); ++axis) {
      const index_t a = out[axis];
      const index_t b = x.spatial[axis];
      if (a != b && a != 1 && b != 1)
        throw shape_mismatch(place + ": spatial axis " + std::to_string(axis), a, b);
      out[axis] = a == 1 ? b : a;
    }
  }
  return out;
}

inline bool all_have_size(std::span<const feature_map> inputs) {
  for (const feature_map& x : inputs)
    if (!x.has_size) return false;
  return true;
}

}  // namespace detail

/// Ties all inputs, which may be broadcast over space. A value of one channel that is broadcast
/// over the channels of the others is not tied to them; its channel stays.
/// \throws shape_mismatch  if two inputs cannot be broadcast to each other.
/// \throws bad_value       if there are no inputs.
inline feature_map connect(channel_graph& graph, const join_facts& f,
                           std::span<const feature_map> inputs) {
  if (inputs.empty()) throw bad_value(f.name, "a join needs at least one input");
  const feature_map* widest = &inputs.front();
  for (const feature_map& x : inputs)
    if (graph.size(x.c) > graph.size(widest->c)) widest = &x;
  const index_t n = graph.size(widest->c);
  for (const feature_map& x : inputs)
    if (graph.size(x.c) != n && graph.size(x.c) != 1)
      throw shape_mismatch(f.name + ": channels of '" + graph.name(x.c) + "' against '" +
                               graph.name(widest->c) + "'",
                           n, graph.size(x.c));
  feature_map y{widest->c, {}, detail::all_have_size(inputs)};
  if (y.has_size) y.spatial = detail::broadcast(inputs, f.name);

  graph.enter(f.name, y.c);
  for (const feature_map& x : inputs) {
    if (graph.size(x.c) == n)
      graph.tie(y.c, x.c);
    else
      graph.pin(x.c, "the one channel is broadcast over " + std::to_string(n));
  }
  return y;
}

}  // namespace slimming::inline v0::rules
