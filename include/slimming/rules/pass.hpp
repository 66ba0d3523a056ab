// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that keep every channel where it is: activations, parameters per channel, pools,
/// resizing, padding, and the barrier that keeps the channels of operators which nobody
/// understands.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/feature_map.hpp>    // feature_map
#include <slimming/rules/window.hpp>         // window, slide

#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <span>      // std::span
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0::rules {

/// Facts of an activation, dropout, cast or identity: out = in.
struct pass_facts {
  std::string name = {};
};

/// Facts of an operator that applies one number per channel: PReLU slopes (`role::slope`), a scale
/// (`role::scale`), a shift (`role::bias`). A parameter with one element is shared by all channels.
struct per_channel_facts {
  std::string name = {};
  std::optional<parameter> value = {};
  role as = role::slope;
  std::size_t axis = 0;  ///< the axis of the parameter that is indexed by channels
};

/// Facts of a pool. An empty kernel covers the whole map: global pooling; a single entry holds for
/// all axes.
struct pool_facts {
  std::string name = {};
  std::vector<index_t> kernel = {};
  rules::window window = {};
};

/// Facts of anything that leaves channels alone and gives the map known extents: resize, adaptive
/// pool, crop. Empty extents: unknown from here on.
struct resize_facts {
  std::string name = {};
  std::vector<index_t> spatial = {};
};

/// Facts of spatial padding; negative amounts crop.
struct pad_facts {
  std::string name = {};
  std::vector<index_t> before = {};
  std::vector<index_t> after = {};
};

/// Facts of an operator whose channels must all stay: softmax over channels, or an unknown one.
struct barrier_facts {
  std::string name = {};
  std::string reason = "unknown operator";
  /// Channels of the output; none if they are those of the first input.
  std::optional<index_t> out = {};
  std::vector<index_t> spatial = {};  ///< of the output, where `out` is set
};

inline feature_map connect(channel_graph& graph, const pass_facts& f, const feature_map& x) {
  graph.enter(f.name, x.c);
  return x;
}

/// \throws shape_mismatch  if the parameter has neither one element nor one per channel.
inline feature_map connect(channel_graph& graph, const per_channel_facts& f, const feature_map& x) {
  graph.enter(f.name, x.c);
  if (f.value && f.value->array.size() != 1) graph.bind(graph.add(*f.value), f.axis, x.c, f.as);
  return x;
}

inline feature_map connect(channel_graph& graph, const pool_facts& f, const feature_map& x) {
  feature_map y = x;
  const std::size_t rank = x.spatial.size();
  if (x.has_size && f.kernel.empty())
    y.spatial.assign(rank, 1);
  else if (x.has_size && f.kernel.size() == 1)
    y.spatial = slide(f.window, std::vector<index_t>(rank, f.kernel[0]), x.spatial, f.name);
  else if (x.has_size)
    y.spatial = slide(f.window, f.kernel, x.spatial, f.name);
  graph.enter(f.name, x.c);
  return y;
}

inline feature_map connect(channel_graph& graph, const resize_facts& f, const feature_map& x) {
  graph.enter(f.name, x.c);
  return {x.c, f.spatial, x.has_size && !f.spatial.empty()};
}

inline feature_map connect(channel_graph& graph, const pad_facts& f, const feature_map& x) {
  feature_map y = x;
  for (std::size_t axis = 0; axis < y.spatial.size(); ++axis)
    y.spatial[axis] = detail::require_positive(
        y.spatial[axis] + detail::entry(f.before, axis, y.spatial.size(), 0, f.name, "before") +
            detail::entry(f.after, axis, y.spatial.size(), 0, f.name, "after"),
        f.name);
  graph.enter(f.name, x.c);
  return y;
}

/// Pins all inputs and the output.
/// \pre \p inputs is not empty unless `out` is set.
inline feature_map connect(channel_graph& graph, const barrier_facts& f,
                           std::span<const feature_map> inputs) {
  if (inputs.empty() && !f.out) throw bad_value(f.name, "a barrier without inputs needs `out`");
  graph.enter(f.name, f.out ? channels{} : inputs.front().c);
  for (const feature_map& x : inputs) graph.pin(x.c, f.reason);
  if (!f.out) return inputs.front();
  const channels y = graph.add(*f.out, f.name);
  graph.pin(y, f.reason);
  return {y, f.spatial, !f.spatial.empty()};
}

inline feature_map connect(channel_graph& graph, const barrier_facts& f, const feature_map& x) {
  return connect(graph, f, std::span<const feature_map>(&x, 1));
}

}  // namespace slimming::inline v0::rules
