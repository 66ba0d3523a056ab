// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which groups no policy may remove, and why.
/// Area: plan.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/groups.hpp>         // channel_groups
#include <slimming/graph/parameter.hpp>      // role
#include <slimming/plan/detail/glob.hpp>     // glob_matches
#include <slimming/plan/policy.hpp>          // constraints
#include <slimming/plan/record.hpp>          // skip_reason, skipped_unit

#include <cstdint>  // std::int32_t
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// First reason per group, in the order pinned, ignored, approximate, selected.
class protection {
 public:
  protection(const channel_graph& graph, const channel_groups& groups, const constraints& limits)
      : graph_(graph), groups_(groups), of_(static_cast<std::size_t>(groups.count()), -1) {
    std::vector<std::int32_t> of_pin(graph.pins().size(), -1);
    for (index_t g = 0; g < groups.count(); ++g) {
      if (!groups.is_pinned(g)) continue;
      auto& reason = of_pin[static_cast<std::size_t>(groups.pin(g))];
      if (reason < 0) {
        const auto& pin = graph.pins()[static_cast<std::size_t>(groups.pin(g))];
        reason = add_reason(skip_reason::pinned, pin.reason);
      }
      of_[static_cast<std::size_t>(g)] = reason;
    }
    for (const std::string& pattern : limits.ignore) ignore(pattern);
    if (!limits.allow_approximate)
      for (const auto& a : graph.approximations())
        protect(a.at, add_reason(skip_reason::approximate, a.reason));
    if (!graph.selects().empty()) protect_what_is_read();
  }

  [[nodiscard]] bool holds(index_t g) const { return of_[static_cast<std::size_t>(g)] >= 0; }
  /// The unit of \p g as reports name it. \pre holds(g)
  [[nodiscard]] skipped_unit report(index_t g, index_t channels) const {
    skipped_unit unit = reasons_[static_cast<std::size_t>(of_[static_cast<std::size_t>(g)])];
    unit.at = graph_.name(groups_.member_at(g, 0).at);
    unit.channels = channels;
    return unit;
  }

 private:
  std::int32_t add_reason(skip_reason why, std::string text) {
    reasons_.push_back({{}, 0, why, std::move(text)});
    return static_cast<std::int32_t>(reasons_.size()) - 1;
  }
  void protect(channels c, std::int32_t reason) {
    for (index_t i = 0; i < graph_.size(c); ++i) {
      auto& r = of_[static_cast<std::size_t>(groups_.group_of(c, i))];
      if (r < 0) r = reason;
    }
  }
  void ignore(const std::string& pattern) {
    const auto reason = add_reason(skip_reason::ignored, "ignored by '" + pattern + "'");
    bool has_match = false, names_any_op = false;
    const auto names_op = [&](std::int32_t op) {
      return op >= 0 && glob_matches(pattern, graph_.ops()[static_cast<std::size_t>(op)]);
    };
    for (std::size_t v = 0; v < graph_.values().size(); ++v)
      if (glob_matches(pattern, graph_.values()[v].name) || names_op(graph_.values()[v].op)) {
        has_match = true;
        protect({static_cast<std::int32_t>(v)}, reason);
      }
    for (const auto& b : graph_.bindings()) {
      if (!glob_matches(pattern, graph_.at(b.parameter).value.name) && !names_op(b.op)) continue;
      has_match = true;
      if (b.as != role::weight_in) protect(b.at, reason);
    }
    for (std::size_t op = 0; op < graph_.ops().size(); ++op) {
      if (!names_op(static_cast<std::int32_t>(op))) continue;
      names_any_op = true;
      const channels c = graph_.handed_on()[op];
      if (!c) continue;
      has_match = true;
      protect(c, reason);
    }
    if (!has_match)
      throw bad_value("constraints::ignore",
                      "'" + pattern +
                          (names_any_op ? "' matches only operators that write no channels: name "
                                          "the values that they read, or those that write them"
                                        : "' matches no operator, value or parameter"));
  }
  // The wide side of a selection stays where a narrow channel that reads it must. Selections may
  // read one another in any order, so this runs until nothing changes; each round settles one
  // level.
  void protect_what_is_read() {
    std::int32_t reason = -1;
    for (bool changed = true; changed;) {
      changed = false;
      for (index_t g = 0; g < groups_.count(); ++g) {
        if (holds(g)) continue;
        for (const auto reader : groups_.dependents(g)) {
          if (!holds(reader)) continue;
          if (reason < 0)
            reason =
                add_reason(skip_reason::selected, "a selection reads it for channels that stay");
          of_[static_cast<std::size_t>(g)] = reason;
          changed = true;
          break;
        }
      }
    }
  }

  const channel_graph& graph_;
  const channel_groups& groups_;
  std::vector<std::int32_t> of_;       // group -> reason
  std::vector<skipped_unit> reasons_;  // of no unit yet
};

}  // namespace slimming::inline v0::detail
