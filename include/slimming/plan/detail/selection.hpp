// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What each policy takes from the order of removal.
/// Area: plan.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_value, budget_unreachable
#include <slimming/graph/channel_graph.hpp>     // channel_graph
#include <slimming/graph/groups.hpp>            // channel_groups
#include <slimming/plan/cost.hpp>               // cost_of
#include <slimming/plan/detail/protection.hpp>  // protection
#include <slimming/plan/detail/removal.hpp>     // removal
#include <slimming/plan/policy.hpp>             // policy
#include <slimming/plan/scores.hpp>             // group_scores

#include <cstddef>  // std::size_t
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// Applies one policy to a fresh removal and notes which units would have gone on but for their
/// smallest width.
class selection {
 public:
  selection(const channel_graph& graph, const channel_groups& groups, const group_scores& scores,
            const protection& kept, const constraints& limits)
      : graph_(graph),
        groups_(groups),
        scores_(scores),
        limits_(limits),
        order_(groups, scores, kept, limits),
        is_at_minimum_(static_cast<std::size_t>(groups.unit_count()), 0) {}

  [[nodiscard]] const removal& order() const noexcept { return order_; }
  [[nodiscard]] bool is_at_minimum(index_t u) const {
    return is_at_minimum_[static_cast<std::size_t>(u)] != 0;
  }

  void operator()(const global_ratio& p) {
    index_t target = share_of(order_.candidates(), p.ratio);
    for (const auto& s : order_.steps())
      if (!take_towards(s, target)) break;
  }
  void operator()(const per_layer_ratio& p) {
    // A unit's own steps, unit by unit: the wide side of a selection comes before its narrow side.
    const ragged steps_of(static_cast<std::size_t>(groups_.unit_count()), order_.steps().size(),
                          [&](std::size_t k) { return order_.steps()[k].unit; });
    for (index_t u = 0; u < groups_.unit_count(); ++u) {
      const auto n = static_cast<index_t>(groups_.unit(u).size());
      const index_t gone = n - order_.left(u);
      index_t target = share_of(order_.candidates_of(u), p.ratio) - gone;
      for (const auto k : steps_of.row(static_cast<std::size_t>(u)))
        if (!take_towards(order_.steps()[static_cast<std::size_t>(k)], target)) break;
    }
  }
  void operator()(const score_threshold& p) {
    take_while([&](double score) { return score < p.threshold; });
  }
  void operator()(const compat::network_slimming& p) {
    if (order_.candidates() == 0) return;
    const double threshold = scores_[order_.candidate(share_of(order_.candidates(), p.percent))];
    take_while([&](double score) { return score <= threshold; });
  }
  void operator()(const parameter_budget& p) {
    meet("parameter_budget", &cost::parameters, p.share, p.at_most);
  }
  void operator()(const mac_budget& p) { meet("mac_budget", &cost::macs, p.share, p.at_most); }

  /// The cost after the first \p steps committed steps.
  [[nodiscard]] cost cost_after(std::size_t steps) const {
    std::vector<index_t> width;
    width.reserve(graph_.values().size());
    for (const auto& value : graph_.values()) width.push_back(value.size);
    const auto n = static_cast<std::size_t>(steps == 0 ? 0 : order_.boundaries()[steps - 1]);
    for (std::size_t r = 0; r < n; ++r) {
      const index_t g = order_.sequence()[r];
      for (index_t k = 0; k < groups_.member_count(g); ++k)
        --width[static_cast<std::size_t>(groups_.member_at(g, k).at.id)];
    }
    return cost_of(graph_, [&](channels c) { return width[static_cast<std::size_t>(c.id)]; });
  }
  [[nodiscard]] std::size_t steps_taken() const noexcept { return order_.boundaries().size(); }
  void take_all() {
    take_while([](double) { return true; });
  }

 private:
  static index_t share_of(index_t n, double ratio) {
    return static_cast<index_t>(static_cast<double>(n) * ratio);
  }

  // Takes the step if it fits into what is left of the target, and with rounding also if it ends
  // nearer to the target than stopping would. False: the target is reached.
  bool take_towards(const removal::step& s, index_t& target) {
    if (target <= 0) return false;
    const index_t n = take_size(s);
    if (n == 0) return true;
    if (n > target && !order_.has_rounding()) return true;  // a later, smaller step may fit
    if (n > 2 * target) return false;
    order_.commit();
    target -= n;
    return true;
  }
  template <class Wanted>
  void take_while(Wanted is_wanted) {
    for (const auto& s : order_.steps()) {
      if (!is_wanted(scores_[s.decisive])) return;
      if (take_size(s) > 0) order_.commit();
    }
  }
  index_t take_size(const removal::step& s) {
    const index_t n = order_.size_of(s);
    if (s.is_blocked) is_at_minimum_[static_cast<std::size_t>(s.unit)] = 1;
    return n;
  }

  void meet(const char* name, index_t cost::*amount, double share, index_t at_most) {
    const index_t before = cost_of(graph_).*amount;
    if (before == 0)
      throw bad_value(name, "the network has none; multiply-accumulates need the input's size");
    const index_t limit =
        at_most > 0 ? at_most : static_cast<index_t>(static_cast<double>(before) * share);
    if (before <= limit) return;
    take_all();
    const auto fits = [&](std::size_t steps) { return cost_after(steps).*amount <= limit; };
    if (!fits(steps_taken())) throw_unreachable(name, amount, limit);
    std::size_t low = 0, high = steps_taken();  // low does not fit, high does
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      (fits(middle) ? high : low) = middle;
    }
    order_.rewind(high);
    for (auto& u : is_at_minimum_) u = 0;
    const double last = scores_[order_.sequence().back()];
    for (const auto& s : order_.steps())
      if (s.is_blocked && scores_[s.decisive] <= last)
        is_at_minimum_[static_cast<std::size_t>(s.unit)] = 1;
  }

  // Names the first constraint that alone stands in the way.
  [[noreturn]] void throw_unreachable(const char* name, index_t cost::*amount,
                                      index_t limit) const {
    const auto smallest = [&](const constraints& limits) {
      const protection kept(graph_, groups_, limits);
      selection relaxed(graph_, groups_, scores_, kept, limits);
      relaxed.take_all();
      return relaxed.cost_after(relaxed.steps_taken()).*amount;
    };
    const auto describe = [&](const std::string& binding) {
      return "at most " + std::to_string(limit) + " asked, " +
             std::to_string(cost_after(steps_taken()).*amount) + " is the least: " + binding;
    };
    const auto try_without = [&](const std::string& binding, auto relax) {
      constraints relaxed = limits_;
      relax(relaxed);
      if (smallest(relaxed) <= limit) throw budget_unreachable(name, describe(binding + " binds"));
    };
    try_without("max_removed " + to_text(limits_.max_removed),
                [](constraints& c) { c.max_removed = 1; });
    try_without("round_to " + std::to_string(limits_.round_to),
                [](constraints& c) { c.round_to = 1; });
    try_without("keep_at_least " + std::to_string(limits_.keep_at_least),
                [](constraints& c) { c.keep_at_least = 1; });
    try_without("the ignore list", [](constraints& c) { c.ignore.clear(); });
    try_without("allow_approximate = false", [](constraints& c) { c.allow_approximate = true; });
    try_without("the constraints together", [](constraints& c) {
      c = {};
      c.allow_approximate = true;
    });
    throw budget_unreachable(name,
                             describe("pinned or unscored channels and one channel per unit bind"));
  }

  const channel_graph& graph_;
  const channel_groups& groups_;
  const group_scores& scores_;
  const constraints& limits_;
  removal order_;
  std::vector<char> is_at_minimum_;
};

}  // namespace slimming::inline v0::detail
