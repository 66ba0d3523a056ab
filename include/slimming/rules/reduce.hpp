// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that make one map out of all channels: sums, means and maxima over the channels.
/// Area: rules.

#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/rules/feature_map.hpp>    // feature_map

#include <string>  // std::string

namespace slimming::inline v0::rules {

/// Facts of a reduction over the channels, to one channel.
struct channel_reduce_facts {
  std::string name = {};
  /// A channel of zeros changes nothing: true of sums and norms, not of means (they divide by the
  /// number of channels) nor of maxima (all others may be negative), unless the caller makes up for
  /// it.
  bool ignores_zeros = false;
};

/// The one channel stays: no parameter could be cut to leave it out.
inline feature_map connect(channel_graph& graph, const channel_reduce_facts& f,
                           const feature_map& x) {
  graph.enter(f.name);
  if (!f.ignores_zeros) graph.approximate(x.c, "a mean or maximum over all channels");
  const channels y = graph.add(1, f.name);
  graph.pin(y, "made of all channels");
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
