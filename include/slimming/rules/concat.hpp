// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that put channels side by side or take some of them: concat, split, slice, channel
/// pad.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value, shape_mismatch
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/feature_map.hpp>    // feature_map
#include <slimming/rules/join.hpp>           // detail::all_have_size
#include <slimming/rules/window.hpp>         // detail::require_spatial_rank

#include <cstddef>   // std::size_t
#include <limits>    // std::numeric_limits
#include <optional>  // std::optional
#include <span>      // std::span
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0::rules {

/// Facts of a concatenation along the channels, or along the spatial axis that is named.
struct concat_facts {
  std::string name = {};
  std::optional<std::size_t> spatial_axis = {};
};

/// Facts of a split of the channels into consecutive parts.
struct split_facts {
  std::string name = {};
  std::vector<index_t> sizes = {};
  /// The owner cuts into a number of equal parts, whatever the width: equal positions go together.
  bool stays_even = false;
};

/// Facts of a slice: the channels `first`, `first + step`, ... (`count` of them).
struct slice_facts {
  std::string name = {};
  index_t first = 0;
  index_t count = 0;
  index_t step = 1;  ///< negative: in reverse
};

/// Facts of new constant channels before and after the present ones (the parameter-free shortcut of
/// ResNet). A new channel has no weights; it goes with the channels that a later operator ties it
/// to.
struct channel_pad_facts {
  std::string name = {};
  index_t before = 0;
  index_t after = 0;
  /// Hears how many are left: extents (before, after, 0), no elements.
  std::optional<parameter> amounts = {};
};

/// Channels: every input is tied to its part of the output. Spatial: the inputs are tied to each
/// other.
/// \throws bad_value       if there are no inputs.
/// \throws shape_mismatch  if the other extents differ.
inline feature_map connect(channel_graph& graph, const concat_facts& f,
                           std::span<const feature_map> inputs) {
  if (inputs.empty()) throw bad_value(f.name, "a concat needs at least one input");
  const feature_map& head = inputs.front();
  feature_map y{head.c, head.spatial, detail::all_have_size(inputs)};
  if (!y.has_size) y.spatial.clear();
  if (f.spatial_axis && y.has_size && *f.spatial_axis >= y.spatial.size())
    throw shape_mismatch(f.name + ": spatial axes", static_cast<index_t>(*f.spatial_axis) + 1,
                         static_cast<index_t>(y.spatial.size()));
  for (std::size_t k = 1; k < inputs.size() && y.has_size; ++k) {
    const feature_map& x = inputs[k];
    detail::require_spatial_rank(y.spatial.size(), x.spatial.size(), f.name);
    for (std::size_t axis = 0; axis < y.spatial.size(); ++axis) {
      if (f.spatial_axis == axis)
        y.spatial[axis] += x.spatial[axis];
      else if (x.spatial[axis] != y.spatial[axis])
        throw shape_mismatch(f.name + ": spatial axis " + std::to_string(axis), y.spatial[axis],
                             x.spatial[axis]);
    }
  }
  graph.enter(f.name, f.spatial_axis ? y.c : channels{});
  if (f.spatial_axis) {
    for (const feature_map& x : inputs) graph.tie(y.c, x.c);
    return y;
  }
  index_t n = 0;
  for (const feature_map& x : inputs) n += graph.size(x.c);
  y.c = graph.add(n, f.name);
  n = 0;
  for (const feature_map& x : inputs) {
    graph.tie_range(y.c, n, x.c, 0, graph.size(x.c));
    n += graph.size(x.c);
  }
  return y;
}

/// One value per part.
/// \throws shape_mismatch  if the sizes do not add up to the channels of \p x.
/// \throws bad_value       if a size is negative, or the parts differ although they stay even.
inline std::vector<feature_map> connect(channel_graph& graph, const split_facts& f,
                                        const feature_map& x) {
  for (const index_t size : f.sizes)
    if (size < 0) throw bad_value(f.name + ": size of a part", size);
  index_t left = graph.size(x.c);
  for (const index_t size : f.sizes) {
    if (size > left)
      throw shape_mismatch(f.name, "a part of " + std::to_string(size) + " channels, where " +
                                       std::to_string(left) + " of " +
                                       std::to_string(graph.size(x.c)) + " are left");
    if (f.stays_even && size != f.sizes.front())
      throw bad_value(f.name, "parts of " + std::to_string(f.sizes.front()) + " and " +
                                  std::to_string(size) + " channels are not even");
    left -= size;
  }
  if (left != 0)
    throw shape_mismatch(f.name + ": sum of the parts", graph.size(x.c), graph.size(x.c) - left);
  graph.enter(f.name);
  std::vector<feature_map> parts;
  index_t n = 0;
  for (const index_t size : f.sizes) {
    const channels part = graph.add(size, f.name + "." + std::to_string(parts.size()));
    graph.tie_range(part, 0, x.c, n, size);
    if (f.stays_even && !parts.empty()) graph.tie(parts.front().c, part);
    parts.push_back({part, x.spatial, x.has_size});
    n += size;
  }
  return parts;
}

/// \throws bad_value  if the slice leaves the channels of \p x or the step is 0.
inline feature_map connect(channel_graph& graph, const slice_facts& f, const feature_map& x) {
  const index_t n = graph.size(x.c);
  const auto fits = [&] {
    if (f.count <= 0 || f.first < 0 || f.first >= n) return f.count == 0;
    const index_t steps = (f.step > 0 ? n - 1 - f.first : f.first) / f.step;
    return f.count - 1 <= (steps < 0 ? -steps : steps);
  };
  if (f.step == 0 || !fits())
    throw bad_value(f.name, std::to_string(f.count) + " channels from " + std::to_string(f.first) +
                                " in steps of " + std::to_string(f.step) + " leave [0, " +
                                std::to_string(n) + ")");
  graph.enter(f.name);
  const channels y = graph.add(f.count, f.name);
  if (f.step == 1)
    graph.tie_range(y, 0, x.c, f.first, f.count);
  else
    graph.tie_each(y, x.c, [&f](index_t i) { return f.first + i * f.step; });
  return {y, x.spatial, x.has_size};
}

/// \throws bad_value  if an amount is negative, or larger than a graph can be.
inline feature_map connect(channel_graph& graph, const channel_pad_facts& f, const feature_map& x) {
  if (f.before < 0) throw bad_value(f.name + ": channels before", f.before);
  if (f.after < 0) throw bad_value(f.name + ": channels after", f.after);
  const index_t room = std::numeric_limits<index_t>::max() - graph.size(x.c);
  if (f.after > room || f.before > room - f.after)
    throw bad_value(f.name, std::to_string(f.before) + " channels before and " +
                                std::to_string(f.after) + " after are more than a graph holds");
  graph.enter(f.name);
  const index_t n = graph.size(x.c);
  const channels y = graph.add(f.before + n + f.after, f.name);
  graph.tie_range(y, f.before, x.c, 0, n);
  const parameter_id amounts = f.amounts ? graph.add(*f.amounts) : parameter_id{};
  // New channels are values of their own, like the other inputs of a concat: they can be counted.
  const auto add_part = [&](std::size_t axis, const char* side, index_t first, index_t count) {
    if (count == 0) return;
    const channels part = graph.add(count, f.name + side);
    graph.tie_range(part, 0, y, first, count);
    if (amounts) graph.bind(amounts, axis, part, role::statistic);
  };
  add_part(0, ".before", 0, f.before);
  add_part(1, ".after", f.before + n, f.after);
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
