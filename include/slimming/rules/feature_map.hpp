// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What flows between rules: the channels of a value and its spatial size where that is known.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channels, channel_graph

#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Channels and spatial extents, outermost first: (h, w) of an image, empty for a vector of
/// features.
struct feature_map {
  channels c;
  std::vector<index_t> spatial;
  /// False if the size of the network's input was never given: MACs are not counted then.
  bool has_size = false;

  /// Number of places at which a channel has a value.
  [[nodiscard]] index_t positions() const noexcept {
    index_t n = 1;
    for (const index_t e : spatial) n *= e;
    return n;
  }
};

/// A network input of \p n channels, pinned because the caller feeds them; \p spatial as (h, w).
/// Without \p spatial the plan cannot count MACs.
[[nodiscard]] inline feature_map input(channel_graph& graph, index_t n,
                                       std::vector<index_t> spatial = {},
                                       std::string name = "input") {
  graph.enter(name);
  const channels c = graph.add(n, std::move(name));
  graph.pin(c, "network input");
  const bool has_size = !spatial.empty();
  return {c, std::move(spatial), has_size};
}

/// A network input without spatial axes: \p n features. The plan counts MACs, each weight once.
[[nodiscard]] inline feature_map vector_input(channel_graph& graph, index_t n,
                                              std::string name = "input") {
  feature_map x = input(graph, n, {}, std::move(name));
  x.has_size = true;
  return x;
}

/// Declares a network output: the caller reads its channels, so they stay.
inline void output(channel_graph& graph, const feature_map& x) { graph.pin(x.c, "network output"); }

}  // namespace slimming::inline v0
