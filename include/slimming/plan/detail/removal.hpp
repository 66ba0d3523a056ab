// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The order in which groups go: steps that respect the constraints, so that every prefix is a
/// plan.
/// Area: plan.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/detail/ordering.hpp>    // smaller, larger
#include <slimming/graph/groups.hpp>            // channel_groups
#include <slimming/plan/detail/protection.hpp>  // protection
#include <slimming/plan/policy.hpp>             // constraints
#include <slimming/plan/scores.hpp>             // group_scores

#include <cstdint>  // std::int32_t
#include <vector>   // std::vector

namespace slimming::inline v0::detail {

/// Steps in ascending order of score. One step takes a unit from one allowed width to the next: a
/// single group, or a whole rounding step. Its rank is that of the group that would tip a width
/// without rounding over half of the step, so that cutting at any rank rounds to the nearest width.
class removal {
 public:
  struct step {
    std::int32_t unit;
    std::int32_t first, last;  // groups, as positions in the unit's ranking
    index_t decisive;          // the group whose score is the step's
    bool is_blocked;           // would go below the smallest width
  };

  removal(const channel_groups& groups, const group_scores& scores, const protection& kept,
          const constraints& limits)
      : groups_(groups),
        limits_(limits),
        has_selections_(has_selections(groups)),
        is_removed_(static_cast<std::size_t>(groups.count()), 0),
        left_(static_cast<std::size_t>(groups.unit_count())) {
    for (index_t u = 0; u < groups.unit_count(); ++u)
      left_[static_cast<std::size_t>(u)] = unit_size(u);
    rank(scores, kept);
    make_steps();
  }

  /// Prunable groups: scored and not protected.
  [[nodiscard]] index_t candidates() const noexcept { return candidates_; }
  [[nodiscard]] index_t candidates_of(index_t u) const {
    return scored_[static_cast<std::size_t>(u)];
  }
  /// The candidate at position \p k of the ascending order of scores.
  [[nodiscard]] index_t candidate(index_t k) const { return order_[static_cast<std::size_t>(k)]; }
  [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }
  [[nodiscard]] bool has_rounding() const noexcept { return limits_.round_to > 1; }

  /// How many groups the step would remove now, with all that depends on them; 0 if nothing is left
  /// to remove or a constraint forbids it.
  [[nodiscard]] index_t size_of(const step& s) {
    collect(s);
    return static_cast<index_t>(pending_.size());
  }
  /// Removes what size_of(), called just before, counted.
  void commit() {
    for (const auto g : pending_) {
      is_removed_[static_cast<std::size_t>(g)] = 1;
      --left_[static_cast<std::size_t>(groups_.unit_of(g))];
      sequence_.push_back(g);
    }
    if (!pending_.empty()) boundaries_.push_back(removed_count());
    pending_.clear();
  }

  [[nodiscard]] bool is_removed(index_t g) const {
    return is_removed_[static_cast<std::size_t>(g)] != 0;
  }
  [[nodiscard]] index_t removed_count() const noexcept {
    return static_cast<index_t>(sequence_.size());
  }
  [[nodiscard]] index_t left(index_t u) const { return left_[static_cast<std::size_t>(u)]; }
  /// Groups in the order of their removal, and how many were gone after each committed step.
  [[nodiscard]] const std::vector<std::int32_t>& sequence() const noexcept { return sequence_; }
  [[nodiscard]] const std::vector<index_t>& boundaries() const noexcept { return boundaries_; }
  /// Takes back all but the first \p steps committed steps.
  void rewind(std::size_t steps) {
    const auto n = static_cast<std::size_t>(steps == 0 ? 0 : boundaries_[steps - 1]);
    for (std::size_t k = n; k < sequence_.size(); ++k) {
      is_removed_[static_cast<std::size_t>(sequence_[k])] = 0;
      ++left_[static_cast<std::size_t>(groups_.unit_of(sequence_[k]))];
    }
    sequence_.resize(n);
    boundaries_.resize(steps);
  }

 private:
  static bool has_selections(const channel_groups& groups) {
    for (index_t g = 0; g < groups.count(); ++g)
      if (!groups.dependents(g).empty()) return true;
    return false;
  }
  [[nodiscard]] index_t unit_size(index_t u) const {
    return static_cast<index_t>(groups_.unit(u).size());
  }
  /// The smallest width that the constraints allow a unit.
  [[nodiscard]] index_t smallest_width(index_t u) const {
    const index_t n = unit_size(u), r = smaller(limits_.round_to, n);  // wider steps change nothing
    const auto cap = static_cast<index_t>(static_cast<double>(n) * limits_.max_removed);
    const index_t wanted = larger(smaller(limits_.keep_at_least, n), n - cap);
    return smaller(n, (wanted + r - 1) / r * r);
  }
  /// The next narrower allowed width, or \p width itself if there is none.
  [[nodiscard]] index_t next_width(index_t u, index_t width) const {
    const index_t next = (width - 1) / limits_.round_to * limits_.round_to;
    return next >= smallest_width(u) ? next : width;
  }

  void rank(const group_scores& scores, const protection& kept) {
    scored_.assign(static_cast<std::size_t>(groups_.unit_count()), 0);
    std::vector<ranked_group> ranked;
    std::vector<std::int32_t> unscored;
    for (index_t g = 0; g < groups_.count(); ++g) {
      if (kept.holds(g)) continue;
      const auto group = static_cast<std::int32_t>(g);
      if (scores.has(g)) {
        ++scored_[static_cast<std::size_t>(groups_.unit_of(g))];
        ranked.push_back({scores[g], group});
      } else {
        unscored.push_back(group);
      }
    }
    sort_by_score(ranked);
    candidates_ = static_cast<index_t>(ranked.size());
    order_.reserve(ranked.size() + unscored.size());
    for (const auto& r : ranked) order_.push_back(r.group);
    for (const auto g : unscored) order_.push_back(g);  // go only to complete a rounding step
    by_unit_ = ragged(scored_.size(), order_.size(),
                      [this](std::size_t k) { return groups_.unit_of(order_[k]); });
  }

  void make_steps() {
    steps_.assign(static_cast<std::size_t>(candidates_), {-1, 0, 0, -1, false});  // by rank
    for (index_t u = 0; u < groups_.unit_count(); ++u) {
      const auto ranks = by_unit_.row(static_cast<std::size_t>(u));
      const index_t n = unit_size(u), scored = candidates_of(u);
      const auto add = [&](index_t from, index_t to, bool is_blocked) {
        const index_t decisive = is_blocked ? from : from + (to - from - 1) / 2;
        const auto rank = static_cast<std::size_t>(ranks[static_cast<std::size_t>(decisive)]);
        steps_[rank] = {static_cast<std::int32_t>(u), static_cast<std::int32_t>(from),
                        static_cast<std::int32_t>(to), order_[rank], is_blocked};
      };
      index_t width = n, done = 0;
      for (index_t next = next_width(u, width); next < width && n - next <= scored;
           next = next_width(u, width)) {
        add(done, n - next, false);
        done = n - next;
        width = next;
      }
      if (done < scored) add(done, scored, true);
    }
    std::size_t count = 0;
    for (const step& s : steps_)
      if (s.unit >= 0) steps_[count++] = s;
    while (steps_.size() > count) steps_.pop_back();
  }

  void collect(const step& s) {
    pending_.clear();
    if (s.is_blocked) return;
    const auto ranks = by_unit_.row(static_cast<std::size_t>(s.unit));
    for (auto k = s.first; k < s.last; ++k) {
      const auto g = order_[static_cast<std::size_t>(ranks[static_cast<std::size_t>(k)])];
      if (!is_removed(g)) pending_.push_back(g);
    }
    if (has_selections_ && !close()) pending_.clear();
  }

  // Adds what reads the pending groups, and what brings every touched unit to an allowed width.
  bool close() {
    std::vector<std::int32_t> touched;
    const auto mark = [&](std::int32_t g) {
      is_removed_[static_cast<std::size_t>(g)] = 1;
      const auto u = static_cast<std::int32_t>(groups_.unit_of(g));
      --left_[static_cast<std::size_t>(u)];
      bool is_new = true;
      for (const auto other : touched) is_new = is_new && other != u;
      if (is_new) touched.push_back(u);
    };
    bool is_allowed = true;
    for (const auto g : pending_) mark(g);
    for (std::size_t done = 0; is_allowed && done < pending_.size();) {
      for (; done < pending_.size(); ++done)
        for (const auto reader : groups_.dependents(pending_[done]))
          if (!is_removed(reader)) {
            pending_.push_back(reader);
            mark(reader);
          }
      for (std::size_t t = 0; is_allowed && t < touched.size(); ++t)
        is_allowed = round_down(touched[t], mark);
    }
    for (const auto g : pending_) {  // commit() repeats this if the caller wants the step
      is_removed_[static_cast<std::size_t>(g)] = 0;
      ++left_[static_cast<std::size_t>(groups_.unit_of(g))];
    }
    return is_allowed;
  }

  template <class Mark>
  bool round_down(index_t u, const Mark& mark) {
    const index_t width = left(u);
    if (width < smallest_width(u)) return false;
    if (width == unit_size(u) || width % limits_.round_to == 0) return true;
    const index_t wanted = next_width(u, width);
    if (wanted == width) return false;
    for (const auto rank : by_unit_.row(static_cast<std::size_t>(u))) {
      if (left(u) <= wanted) break;
      const auto g = order_[static_cast<std::size_t>(rank)];
      if (is_removed(g)) continue;
      pending_.push_back(g);
      mark(g);
    }
    return left(u) == wanted;
  }

  const channel_groups& groups_;
  const constraints& limits_;
  bool has_selections_;
  index_t candidates_ = 0;
  std::vector<std::int32_t> order_;  // groups: the candidates by ascending score, then the unscored
  ragged by_unit_;                   // unit -> ranks, positions in order_
  std::vector<index_t> scored_;      // unit -> candidates
  std::vector<step> steps_;
  std::vector<char> is_removed_;
  std::vector<index_t> left_;
  std::vector<std::int32_t> pending_;
  std::vector<std::int32_t> sequence_;
  std::vector<index_t> boundaries_;
};

}  // namespace slimming::inline v0::detail
