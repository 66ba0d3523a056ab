// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a network costs: parameters and multiply-accumulates per sample.
/// Area: plan.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channel_graph

#include <concepts>  // std::invocable

namespace slimming::inline v0 {

/// Elements that training would learn, and multiply-accumulates for one sample.
struct cost {
  index_t parameters = 0;
  index_t macs = 0;  ///< 0 where the graph knows no spatial sizes

  friend constexpr bool operator==(const cost&, const cost&) = default;
};

/// The cost when every value has `width(channels)` channels left. Lists of indices and arrays that are
/// bound as statistics only are no parameters.
template <std::invocable<channels> Width>
[[nodiscard]] cost cost_of(const channel_graph& graph, Width width) {
  cost total;
  for (const auto& p : graph.parameters()) {
    index_t elements = 1;
    bool is_learned = true;
    for (std::size_t axis = 0; axis < p.value.array.rank; ++axis) {
      const auto b = p.axis_binding[axis];
      if (b < 0) {
        elements *= p.value.array.extent[axis];
        continue;
      }
      const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
      elements *= width(binding.at);
      is_learned = is_learned && binding.as != role::statistic && binding.as != role::index;
    }
    if (is_learned) total.parameters += elements;
    total.macs += elements * p.positions;
  }
  return total;
}

/// The cost of the network as it is.
[[nodiscard]] inline cost cost_of(const channel_graph& graph) {
  return cost_of(graph, [&](channels c) { return graph.size(c); });
}

}  // namespace slimming::inline v0
