// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Channel selection: the wide side stays, the consumers see a narrow copy (PreResNet and DenseNet
/// in network slimming; a gather along the channels).
/// Area: rules.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/detail/index_list.hpp>  // index_at
#include <slimming/core/error.hpp>              // bad_value
#include <slimming/graph/channel_graph.hpp>     // channel_graph
#include <slimming/graph/parameter.hpp>         // parameter, role
#include <slimming/rules/feature_map.hpp>       // feature_map

#include <optional>  // std::optional
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0::rules {

/// Facts of a channel selection. The list is an integer parameter, which surgery renumbers, or
/// plain numbers that the owner rewrites from the plan.
struct channel_select_facts {
  std::string name = {};
  std::optional<parameter> index_list = {};
  std::vector<index_t> indices = {};  ///< read where there is no `index_list`
};

namespace detail {

inline std::vector<index_t> read_indices(const parameter& p) {
  slimming::detail::require_index_list(p.array, p.name);
  const index_t n = p.array.extent[0];
  if (p.array.data == nullptr && n > 0) throw bad_value(p.name, "has no memory");
  std::vector<index_t> indices;
  for (index_t k = 0; k < n; ++k) indices.push_back(slimming::detail::index_at(p.array, k));
  return indices;
}

}  // namespace detail

/// New channels, one per index. Removing one of them leaves the wide channel; removing a wide
/// channel removes all that read it.
/// \throws bad_value  if an index names no channel of \p x.
inline feature_map connect(channel_graph& graph, const channel_select_facts& f,
                           const feature_map& x) {
  const auto indices = f.index_list ? detail::read_indices(*f.index_list) : f.indices;
  graph.enter(f.name);
  const channels y = graph.add(static_cast<index_t>(indices.size()), f.name);
  graph.select(x.c, y, indices);
  if (f.index_list) graph.bind(graph.add(*f.index_list), 0, y, role::index);
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
