// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a network costs: parameters and multiply-accumulates per sample.
/// Area: plan.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter_id, role

#include <concepts>  // std::invocable
#include <cstddef>   // std::size_t
#include <cstdint>   // std::int32_t

namespace slimming::inline v0 {

/// Elements that training would learn, and multiply-accumulates for one sample.
struct cost {
  index_t parameters = 0;
  index_t macs = 0;  ///< 0 where the graph knows no spatial sizes

  friend constexpr bool operator==(const cost&, const cost&) = default;
};

/// What one parameter contributes when every value has `width(channels)` channels left. A list of
/// indices and an array that is bound as a statistic only are no parameters.
template <std::invocable<channels> Width>
[[nodiscard]] cost cost_of(const channel_graph& graph, parameter_id which, Width width) {
  const auto& p = graph.at(which);
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
  return {is_learned ? elements : 0, elements * p.positions};
}
/// What one parameter contributes as it is.
[[nodiscard]] inline cost cost_of(const channel_graph& graph, parameter_id which) {
  return cost_of(graph, which, [&](channels c) { return graph.size(c); });
}

/// The cost when every value has `width(channels)` channels left.
template <std::invocable<channels> Width>
[[nodiscard]] cost cost_of(const channel_graph& graph, Width width) {
  cost total;
  for (std::size_t p = 0; p < graph.parameters().size(); ++p) {
    const cost one = cost_of(graph, parameter_id{static_cast<std::int32_t>(p)}, width);
    total.parameters += one.parameters;
    total.macs += one.macs;
  }
  return total;
}

/// The cost of the network as it is.
[[nodiscard]] inline cost cost_of(const channel_graph& graph) {
  return cost_of(graph, [&](channels c) { return graph.size(c); });
}

}  // namespace slimming::inline v0
