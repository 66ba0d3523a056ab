// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The plan: which channels of which value stay. Computed once, immutable, independent of the
/// graph.
/// Area: plan. Reads the graph, writes nothing.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_value, shape_mismatch
#include <slimming/core/mask.hpp>               // mask
#include <slimming/graph/channel_graph.hpp>     // channel_graph, channels
#include <slimming/graph/groups.hpp>            // channel_groups
#include <slimming/graph/parameter.hpp>         // parameter_id, role
#include <slimming/plan/cost.hpp>               // cost
#include <slimming/plan/detail/protection.hpp>  // protection
#include <slimming/plan/detail/selection.hpp>   // selection
#include <slimming/plan/importance.hpp>         // importance
#include <slimming/plan/policy.hpp>             // policy, constraints
#include <slimming/plan/record.hpp>             // plan_record
#include <slimming/plan/scores.hpp>             // group_scores

#include <cstdint>      // std::int32_t
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// One line of a report: channels that a layer writes, before and after.
struct layer_width {
  std::string name;
  index_t total = 0;
  index_t remaining = 0;

  friend bool operator==(const layer_width&, const layer_width&) = default;
};

/// The masks of all values and what follows for every parameter.
///
/// \invariant tied channels agree; pinned channels stay; a channel that reads a removed one through
/// a selection is removed; no unit is empty.
class prune_plan {
 public:
  /// From a decision per group: for criteria that search instead of rank.
  /// \throws bad_value       if \p keep_groups breaks the invariant; names the value.
  /// \throws shape_mismatch  if it has another length.
  prune_plan(const channel_graph& graph, const channel_groups& groups, const mask& keep_groups,
             std::vector<skipped_unit> skipped = {}) {
    require_consistent(graph, groups, keep_groups);
    record_.skipped = std::move(skipped);
    keep_values(graph, groups, keep_groups);
    cut_parameters(graph);
    list_layers(graph);
    record_.before = cost_of(graph);
    record_.after = cost_of(graph, [&](channels c) { return keep(c).count(); });
  }

  /// Number of values, as in the graph.
  [[nodiscard]] index_t value_count() const noexcept {
    return static_cast<index_t>(values_.size());
  }
  [[nodiscard]] const std::string& value_name(channels c) const { return at(c).name; }
  /// Which channels of a value stay.
  [[nodiscard]] const mask& keep(channels c) const { return at(c).keep; }

  /// Which of the channels that a layer reads stay, and which of those that it writes; the layer is
  /// named by its weight or scale. A layer with one bound axis answers both from it.
  [[nodiscard]] const mask& start_mask(parameter_id p) const { return keep(side(start_of_, p)); }
  [[nodiscard]] const mask& end_mask(parameter_id p) const { return keep(side(end_of_, p)); }
  [[nodiscard]] const mask& start_mask(std::string_view parameter) const {
    return start_mask(find(parameter));
  }
  [[nodiscard]] const mask& end_mask(std::string_view parameter) const {
    return end_mask(find(parameter));
  }
  /// \throws bad_value  if no parameter has that name.
  [[nodiscard]] parameter_id find(std::string_view parameter) const {
    for (std::size_t p = 0; p < record_.parameters.size(); ++p)
      if (record_.parameters[p].name == parameter) return {static_cast<std::int32_t>(p)};
    throw bad_value(parameter, "the plan knows no parameter of this name");
  }
  [[nodiscard]] const parameter_cut& cut(parameter_id p) const {
    return record_.parameters[index(p)];
  }

  [[nodiscard]] cost before() const noexcept { return record_.before; }
  [[nodiscard]] cost after() const noexcept { return record_.after; }
  /// Units that kept channels, and why.
  [[nodiscard]] const std::vector<skipped_unit>& skipped() const noexcept {
    return record_.skipped;
  }
  /// One line per kernel, in the order of the network.
  [[nodiscard]] const std::vector<layer_width>& layers() const noexcept { return layers_; }
  /// The part that surgery needs and files hold.
  [[nodiscard]] const plan_record& record() const noexcept { return record_; }

  friend bool operator==(const prune_plan&, const prune_plan&) = default;

 private:
  struct value {
    std::string name;
    mask keep;
    friend bool operator==(const value&, const value&) = default;
  };

  [[nodiscard]] const value& at(channels c) const {
    if (c.id < 0 || static_cast<std::size_t>(c.id) >= values_.size())
      throw bad_value("channels handle", c.id);
    return values_[static_cast<std::size_t>(c.id)];
  }
  [[nodiscard]] std::size_t index(parameter_id p) const {
    if (p.id < 0 || static_cast<std::size_t>(p.id) >= record_.parameters.size())
      throw bad_value("parameter handle", p.id);
    return static_cast<std::size_t>(p.id);
  }
  [[nodiscard]] channels side(const std::vector<std::int32_t>& values, parameter_id p) const {
    const channels c{values[index(p)]};
    if (!c) throw bad_value(cut(p).name, "no channels index this parameter");
    return c;
  }

  static void require_consistent(const channel_graph& graph, const channel_groups& groups,
                                 const mask& keep) {
    if (keep.size() != groups.count())
      throw shape_mismatch("prune_plan: one decision per group", groups.count(), keep.size());
    const auto place = [&](index_t g) { return detail::place_of(graph, groups, g); };
    for (index_t g = 0; g < groups.count(); ++g) {
      if (keep[g]) continue;
      if (groups.is_pinned(g))
        throw bad_value(place(g), "is pinned (" +
                                      graph.pins()[static_cast<std::size_t>(groups.pin(g))].reason +
                                      ") and cannot go");
      for (const auto reader : groups.dependents(g))
        if (keep[reader])
          throw bad_value(place(g), "cannot go: a selection reads it for " + place(reader));
    }
    for (index_t u = 0; u < groups.unit_count(); ++u) {
      bool is_empty = true;
      for (const auto g : groups.unit(u)) is_empty = is_empty && !keep[g];
      if (is_empty)
        throw bad_value(place(groups.unit(u).front()), "its unit would lose everything");
    }
  }

  void keep_values(const channel_graph& graph, const channel_groups& groups,
                   const mask& keep_groups) {
    values_.reserve(graph.values().size());
    for (std::size_t v = 0; v < graph.values().size(); ++v) {
      const channels c{static_cast<std::int32_t>(v)};
      mask keep(graph.size(c));
      for (index_t i = 0; i < keep.size(); ++i)
        if (!keep_groups[groups.group_of(c, i)]) keep.set(i, false);
      values_.push_back({graph.values()[v].name, std::move(keep)});
    }
  }

  void cut_parameters(const channel_graph& graph) {
    record_.parameters.reserve(graph.parameters().size());
    for (const auto& p : graph.parameters()) {
      const auto extents = p.value.array.extents();
      parameter_cut cut{p.value.name, {extents.begin(), extents.end()}};
      std::int32_t start = -1, end = -1;
      for (std::size_t axis = 0; axis < p.value.array.rank; ++axis) {
        const auto b = p.axis_binding[axis];
        if (b < 0) continue;
        const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
        (binding.as == role::weight_in ? start : end) = binding.at.id;
        const mask& keep = values_[static_cast<std::size_t>(binding.at.id)].keep;
        if (!keep.keeps_all()) cut.axes.push_back({axis, keep.indices()});
        if (binding.as == role::index) cut.entries = entries_of(graph, binding.at);
      }
      start_of_.push_back(start < 0 ? end : start);
      end_of_.push_back(end < 0 ? start : end);
      record_.parameters.push_back(std::move(cut));
    }
  }
  [[nodiscard]] std::optional<entry_cut> entries_of(const channel_graph& graph,
                                                    channels narrow) const {
    for (const auto& select : graph.selects()) {
      if (select.narrow != narrow) continue;
      const mask& wide = keep(select.wide);
      if (wide.keeps_all()) return {};
      return entry_cut{wide.size(), wide.indices()};
    }
    return {};
  }

  void list_layers(const channel_graph& graph) {
    for (const auto& b : graph.bindings()) {
      if (b.as != role::weight) continue;
      const mask& keep = values_[static_cast<std::size_t>(b.at.id)].keep;
      layers_.push_back({graph.at(b.parameter).value.name, keep.size(), keep.count()});
    }
  }

  std::vector<value> values_;
  std::vector<std::int32_t> start_of_, end_of_;  // parameter -> value, -1: none
  std::vector<layer_width> layers_;
  plan_record record_;
};

namespace detail {

[[nodiscard]] inline std::vector<skipped_unit> skipped_units(const channel_graph& graph,
                                                             const channel_groups& groups,
                                                             const group_scores& scores,
                                                             const protection& kept,
                                                             const selection& chosen) {
  std::vector<skipped_unit> skipped;
  for (index_t u = 0; u < groups.unit_count(); ++u) {
    // The first group that may not go speaks for all of the unit that may not.
    const std::string& name = graph.name(groups.member_at(groups.unit(u).front(), 0).at);
    index_t held = 0, unscored = 0, first_held = -1;
    for (const auto g : groups.unit(u)) {
      if (chosen.order().is_removed(g)) continue;
      if (kept.holds(g)) {
        if (held++ == 0) first_held = g;
      } else if (!scores.has(g)) {
        ++unscored;
      }
    }
    if (held > 0) skipped.push_back(kept.report(first_held, held));
    if (unscored > 0)
      skipped.push_back({name, unscored, skip_reason::no_score, "the criterion counts nothing"});
    if (chosen.is_at_minimum(u))
      skipped.push_back({name, chosen.order().left(u), skip_reason::minimum_width,
                         "the smallest width that the constraints allow"});
  }
  return skipped;
}

}  // namespace detail

/// Decides by rank: the policy says how much goes, the scores what.
/// \throws bad_value           for a ratio, budget or constraint outside its domain.
/// \throws budget_unreachable  naming the constraint that binds.
/// \complexity O(atoms + groups log groups); budgets take another factor log(groups).
[[nodiscard]] inline prune_plan make_plan(const channel_graph& graph, const channel_groups& groups,
                                          const group_scores& scores, const policy& how_much,
                                          const constraints& limits = {}) {
  detail::require_valid(limits);
  if (scores.size() != groups.count())
    throw shape_mismatch("make_plan: scores", groups.count(), scores.size());
  const detail::protection kept(graph, groups, limits);
  detail::selection chosen(graph, groups, scores, kept, limits);
  how_much.visit([&](const auto& p) {
    detail::require_valid(p);
    chosen(p);
  });
  mask keep(groups.count());
  for (const auto g : chosen.order().sequence()) keep.set(g, false);
  return {graph, groups, keep, detail::skipped_units(graph, groups, scores, kept, chosen)};
}

/// All in one: groups, scores, decision.
template <class Criterion>
[[nodiscard]] prune_plan make_plan(const channel_graph& graph, const Criterion& criterion,
                                   const policy& how_much, const constraints& limits = {},
                                   const importance_options& options = {}) {
  const channel_groups groups(graph);
  return make_plan(graph, groups, importance(graph, groups, criterion, options), how_much, limits);
}

}  // namespace slimming::inline v0
