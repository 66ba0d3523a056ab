// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From numbers per index of a bound axis to numbers per channel group.
/// Area: plan.

#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/math.hpp>      // is_finite
#include <slimming/core/detail/ordering.hpp>  // larger
#include <slimming/core/error.hpp>            // bad_value
#include <slimming/graph/channel_graph.hpp>   // channel_graph
#include <slimming/graph/groups.hpp>          // channel_groups
#include <slimming/graph/parameter.hpp>       // role
#include <slimming/plan/scores.hpp>           // group_scores

#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// How the entries of a group become one score. An entry is one index of one counted axis: a group
/// around a residual stream has one per convolution that writes the stream.
enum class reduction { sum, mean, max, first };

namespace detail {

/// Which channels receive the entries of a binding: those of its own value, or, where a selection
/// reads that value, the selection's narrow side.
struct entry_source {
  std::int32_t binding;
  std::int32_t select = -1;
};

[[nodiscard]] inline bool is_counted(const std::vector<role>& roles, role as) {
  for (const role counted : roles)
    if (counted == as) return true;
  return false;
}

[[nodiscard]] inline bool is_all_pinned(const channel_graph& graph, const channel_groups& groups,
                                        channels c) {
  for (index_t i = 0; i < graph.size(c); ++i)
    if (!groups.is_pinned(groups.group_of(c, i))) return false;
  return true;
}

/// The bindings whose role counts and whose channels are not all pinned.
[[nodiscard]] inline std::vector<entry_source> sources_with_role(const channel_graph& graph,
                                                                 const channel_groups& groups,
                                                                 const std::vector<role>& roles) {
  std::vector<entry_source> sources;
  for (std::size_t b = 0; b < graph.bindings().size(); ++b)
    if (is_counted(roles, graph.bindings()[b].as) &&
        !is_all_pinned(graph, groups, graph.bindings()[b].at))
      sources.push_back({static_cast<std::int32_t>(b)});
  return sources;
}

/// The scale factors, each counted once. Behind a selection the narrow side has no scale factor of
/// its own; those at exactly the wide value (the norm in front of the selection) speak for it then,
/// and the wide side stays without.
[[nodiscard]] inline std::vector<entry_source> scale_sources(const channel_graph& graph,
                                                             const channel_groups& groups) {
  auto sources = sources_with_role(graph, groups, {role::scale});
  if (graph.selects().empty()) return sources;
  std::vector<char> is_scaled(static_cast<std::size_t>(groups.count()), 0);
  for (const auto& s : sources) {
    const channels c = graph.bindings()[static_cast<std::size_t>(s.binding)].at;
    for (index_t i = 0; i < graph.size(c); ++i)
      is_scaled[static_cast<std::size_t>(groups.group_of(c, i))] = 1;
  }
  const auto has_own = [&](channels narrow) {
    for (index_t j = 0; j < graph.size(narrow); ++j)
      if (is_scaled[static_cast<std::size_t>(groups.group_of(narrow, j))]) return true;
    return false;
  };
  const ragged selects_of(graph.values().size(), graph.selects().size(),
                          [&](std::size_t s) { return graph.selects()[s].wide.id; });
  // The wide side may be pinned as a whole: its scale factors still speak for the narrow side.
  std::vector<entry_source> routed;
  for (std::size_t b = 0; b < graph.bindings().size(); ++b) {
    const auto& binding = graph.bindings()[b];
    if (binding.as != role::scale) continue;
    bool speaks_for_narrow = false;
    for (const auto s : selects_of.row(static_cast<std::size_t>(binding.at.id))) {
      if (has_own(graph.selects()[static_cast<std::size_t>(s)].narrow)) continue;
      routed.push_back({static_cast<std::int32_t>(b), s});
      speaks_for_narrow = true;
    }
    if (!speaks_for_narrow && !is_all_pinned(graph, groups, binding.at))
      routed.push_back({static_cast<std::int32_t>(b)});
  }
  return routed;
}

/// \throws bad_value  naming parameter, axis and index if \p entry is NaN or infinite.
inline void require_finite(double entry, std::string_view parameter, std::size_t axis,
                           std::size_t index) {
  if (!is_finite(entry))
    throw bad_value(std::string(parameter) + " axis " + std::to_string(axis) + " index " +
                        std::to_string(index) + ": importance",
                    entry);
}

/// Collects entries in order of sources, then of indices.
class entry_reducer {
 public:
  entry_reducer(const channel_graph& graph, const channel_groups& groups, reduction over_group)
      : graph_(graph),
        groups_(groups),
        reduce_(over_group),
        value_(static_cast<std::size_t>(groups.count()), 0.0),
        count_(static_cast<std::size_t>(groups.count()), 0) {}

  /// \p entries: one number per index of the bound axis.
  /// \throws bad_value  naming parameter and index if one is NaN or infinite.
  void add(const entry_source& source, const std::vector<double>& entries) {
    const auto& binding = graph_.bindings()[static_cast<std::size_t>(source.binding)];
    for (std::size_t i = 0; i < entries.size(); ++i)
      require_finite(entries[i], graph_.at(binding.parameter).value.name, binding.axis, i);
    if (source.select < 0) {
      for (std::size_t i = 0; i < entries.size(); ++i)
        take(groups_.group_of(binding.at, static_cast<index_t>(i)), entries[i]);
      return;
    }
    const auto& select = graph_.selects()[static_cast<std::size_t>(source.select)];
    for (std::size_t j = 0; j < select.indices.size(); ++j)
      take(groups_.group_of(select.narrow, static_cast<index_t>(j)),
           entries[static_cast<std::size_t>(select.indices[j])]);
  }

  [[nodiscard]] group_scores scores() const {
    group_scores result(groups_.count());
    for (index_t g = 0; g < groups_.count(); ++g) {
      const auto k = static_cast<std::size_t>(g);
      if (count_[k] == 0 || groups_.is_pinned(g)) continue;
      set_score(result, graph_, groups_, g,
                reduce_ == reduction::mean ? value_[k] / count_[k] : value_[k]);
    }
    return result;
  }

 private:
  void take(index_t group, double entry) {
    const auto k = static_cast<std::size_t>(group);
    if (count_[k]++ == 0)
      value_[k] = entry;
    else if (reduce_ == reduction::max)
      value_[k] = larger(value_[k], entry);
    else if (reduce_ != reduction::first)
      value_[k] += entry;
  }

  const channel_graph& graph_;
  const channel_groups& groups_;
  reduction reduce_;
  std::vector<double> value_;
  std::vector<std::int32_t> count_;
};

}  // namespace detail
}  // namespace slimming::inline v0
