// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From a stored record back to a plan of a graph: all masks, checked for contradictions.
/// Area: plan.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // plan_mismatch
#include <slimming/core/mask.hpp>               // mask
#include <slimming/graph/channel_graph.hpp>     // channel_graph
#include <slimming/graph/detail/key_index.hpp>  // key_index
#include <slimming/graph/groups.hpp>            // channel_groups
#include <slimming/plan/plan.hpp>               // prune_plan
#include <slimming/plan/record.hpp>             // plan_record

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int32_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// The plan of \p graph that cuts its parameters as \p record does. Groups that no parameter
/// carries stay, unless a selection reads them from a channel that goes.
///
/// \throws plan_mismatch  if a parameter is missing on either side or has another shape, if an axis
///                        is cut that no channels index, or if the cuts contradict the ties or
///                        selections of the graph.
/// \throws bad_value      if a pinned channel or the last one of a unit would go.
[[nodiscard]] inline prune_plan replay(const channel_graph& graph, const plan_record& record) {
  const auto name_of = [&](std::int32_t k) {
    return std::string_view(record.parameters[static_cast<std::size_t>(k)].name);
  };
  detail::key_index<std::string_view> by_name;
  for (std::int32_t k = 0; k < static_cast<std::int32_t>(record.parameters.size()); ++k)
    if (by_name.find_or_add(name_of(k), k, name_of) != k)
      throw plan_mismatch(name_of(k), "two parameters of the record have this name");
  const channel_groups groups(graph);
  std::vector<std::int32_t> decided(static_cast<std::size_t>(groups.count()), -1);
  std::vector<char> is_used(record.parameters.size(), 0);
  for (const auto& p : graph.parameters()) {
    const std::int32_t entry = by_name.find(p.value.name, name_of);
    if (entry < 0) throw plan_mismatch(p.value.name, "the record has no parameter of this name");
    if (std::exchange(is_used[static_cast<std::size_t>(entry)], 1))
      throw plan_mismatch(p.value.name, "two parameters of the network have this name");
    const parameter_cut& cut = record.parameters[static_cast<std::size_t>(entry)];
    const auto extents = p.value.array.extents();
    if (extents.size() != cut.before.size())
      throw plan_mismatch(cut.name, "recorded with rank " + std::to_string(cut.before.size()) +
                                        ", got " + std::to_string(extents.size()));
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      const std::string place = cut.name + " axis " + std::to_string(axis);
      if (extents[axis] != cut.before[axis])
        throw plan_mismatch(place, "recorded with " + std::to_string(cut.before[axis]) + ", got " +
                                       std::to_string(extents[axis]));
      const auto* kept = cut.kept(axis);
      const auto b = p.axis_binding[axis];
      if (b < 0 && kept) throw plan_mismatch(place, "no channels index it, and the record cuts it");
      if (b < 0) continue;
      const channels c = graph.bindings()[static_cast<std::size_t>(b)].at;
      const mask keep = kept ? mask::from_indices(extents[axis], *kept) : mask(extents[axis]);
      for (index_t i = 0; i < keep.size(); ++i) {
        auto& decision = decided[static_cast<std::size_t>(groups.group_of(c, i))];
        if (decision >= 0 && (decision == 1) != keep[i])
          throw plan_mismatch(place + " index " + std::to_string(i),
                              keep[i] ? "stays, and a channel that it is tied to goes"
                                      : "goes, and a channel that it is tied to stays");
        decision = keep[i];
      }
    }
  }
  for (std::size_t k = 0; k < is_used.size(); ++k)
    if (!is_used[k])
      throw plan_mismatch(record.parameters[k].name, "the network has no parameter of this name");
  mask keep(groups.count());
  for (index_t g = 0; g < groups.count(); ++g)
    if (decided[static_cast<std::size_t>(g)] == 0) keep.set(g, false);
  prune_plan plan(graph, groups, keep, record.skipped);
  for (const parameter_cut& cut :
       plan.record().parameters)  // what selections read follows from the rest
    if (cut != record.parameters[static_cast<std::size_t>(by_name.find(cut.name, name_of))])
      throw plan_mismatch(cut.name, "the graph cuts it otherwise than the record");
  return plan;
}

}  // namespace slimming::inline v0
