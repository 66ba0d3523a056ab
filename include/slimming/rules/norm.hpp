// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Normalisations: per channel (batch, instance), per group, over all channels.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/conv.hpp>           // group_policy
#include <slimming/rules/feature_map.hpp>    // feature_map

#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <string>    // std::string

namespace slimming::inline v0::rules {

/// Facts of a batch normalisation; without statistics, of an instance normalisation. Every channel
/// is normalised for itself, so removing others does not disturb it.
struct batch_norm_facts {
  std::string name = {};
  std::optional<parameter> gamma = {};
  std::optional<parameter> beta = {};
  std::optional<parameter> mean = {};
  std::optional<parameter> variance = {};
};

/// Facts of a normalisation over groups of consecutive channels.
struct group_norm_facts {
  std::string name = {};
  index_t groups = 1;
  std::optional<parameter> gamma = {};
  std::optional<parameter> beta = {};
  /// Cutting inside the groups changes what they are normalised by: approximate. Whole groups:
  /// exact.
  group_policy grouping = group_policy::same_positions;
};

/// Facts of a normalisation over all channels at once (LayerNorm, RMSNorm): approximate.
struct layer_norm_facts {
  std::string name = {};
  std::optional<parameter> gamma = {};
  std::optional<parameter> beta = {};
  std::size_t axis = 0;  ///< the axis of gamma and beta that is indexed by channels
};

namespace detail {

inline void bind_if(channel_graph& graph, const std::optional<parameter>& p, std::size_t axis,
                    channels c, role as) {
  if (p) graph.bind(graph.add(*p), axis, c, as);
}

/// The output of a norm is a value of its own, so that a selection behind it finds this norm's
/// gamma even where the input is shared with other norms.
inline channels same_channels(channel_graph& graph, const std::string& name, channels x) {
  const channels y = graph.add(graph.size(x), name);
  graph.tie(x, y);
  return y;
}

}  // namespace detail

inline feature_map connect(channel_graph& graph, const batch_norm_facts& f, const feature_map& x) {
  graph.enter(f.name);
  const channels y = detail::same_channels(graph, f.name, x.c);
  detail::bind_if(graph, f.gamma, 0, y, role::scale);
  detail::bind_if(graph, f.beta, 0, y, role::bias);
  detail::bind_if(graph, f.mean, 0, y, role::statistic);
  detail::bind_if(graph, f.variance, 0, y, role::statistic);
  return {y, x.spatial, x.has_size};
}

/// \throws bad_value  if the channels do not divide into the groups.
inline feature_map connect(channel_graph& graph, const group_norm_facts& f, const feature_map& x) {
  const index_t n = graph.size(x.c);
  if (f.groups < 1 || n % f.groups != 0)
    throw bad_value(f.name, std::to_string(n) + " channels do not divide into " +
                                std::to_string(f.groups) + " groups");
  const index_t per_group = n / f.groups;
  graph.enter(f.name);
  const channels y = detail::same_channels(graph, f.name, x.c);
  if (per_group > 1 && f.grouping == group_policy::whole_groups) {
    graph.tie_block(graph.add(f.groups, f.name + ".groups"), y, per_group);
  } else if (per_group > 1) {
    if (f.groups > 1) (void)detail::one_for_all(graph, y, per_group, f.name + ".group");
    graph.approximate(y, "mean and variance are taken over the channels of a group");
  }
  detail::bind_if(graph, f.gamma, 0, y, role::scale);
  detail::bind_if(graph, f.beta, 0, y, role::bias);
  return {y, x.spatial, x.has_size};
}

/// The number of groups once \p kept of \p n channels are left.
[[nodiscard]] inline index_t groups_after(const group_norm_facts& before, index_t n, index_t kept) {
  const index_t per_group = n / before.groups;
  if (per_group > 1 && before.grouping == group_policy::same_positions) return before.groups;
  return kept / per_group;
}

inline feature_map connect(channel_graph& graph, const layer_norm_facts& f, const feature_map& x) {
  graph.enter(f.name);
  const channels y = detail::same_channels(graph, f.name, x.c);
  graph.approximate(y, "mean and variance are taken over all channels");
  detail::bind_if(graph, f.gamma, f.axis, y, role::scale);
  detail::bind_if(graph, f.beta, f.axis, y, role::bias);
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
