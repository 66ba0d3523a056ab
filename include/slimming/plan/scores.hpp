// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A number per channel group: the smaller, the sooner the group goes.
/// Area: plan.

#include <slimming/core/config.hpp>   // index_t
#include <slimming/core/error.hpp>    // bad_value, shape_mismatch
#include <slimming/graph/groups.hpp>  // channel_groups

#include <algorithm>    // std::sort
#include <cmath>        // std::isfinite
#include <limits>       // std::numeric_limits
#include <string>       // std::to_string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// Scores of the groups of one channel_groups. A group may have none: no criterion counted anything of
/// it, or it is pinned. Such a group stays unless a group that it depends on goes.
/// \invariant every score is finite.
class group_scores {
 public:
  group_scores() = default;
  explicit group_scores(index_t groups) : score_(static_cast<std::size_t>(groups), none) {}

  [[nodiscard]] index_t size() const noexcept { return static_cast<index_t>(score_.size()); }
  [[nodiscard]] bool has(index_t g) const { return !std::isnan(at(g)); }
  /// \pre has(g)
  [[nodiscard]] double operator[](index_t g) const { return at(g); }
  /// \throws bad_value  naming \p place if \p score is NaN or infinite.
  void set(index_t g, double score, std::string_view place = "score") {
    if (!std::isfinite(score)) throw bad_value(place, score);
    score_[static_cast<std::size_t>(g)] = score;
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double at(index_t g) const { return score_[static_cast<std::size_t>(g)]; }

  std::vector<double> score_;
};

/// What the scores of one unit are divided by, so that units of different scale compare.
enum class normaliser {
  none,
  mean,  ///< the unit's mean score
  max,   ///< the unit's largest score
  /// The sum of the scores that are not smaller, ties in order of groups (Lee et al., ICLR 2021, use
  /// squared magnitudes: score by l2_norm squared to get theirs). The best of a unit gets 1.
  lamp
};

/// Divides the scores of every unit. A unit whose divisor is 0 gets zeros.
/// \throws bad_value  if a quotient is not finite.
inline void normalise(group_scores& scores, const channel_groups& groups, normaliser by) {
  if (by == normaliser::none) return;
  if (scores.size() != groups.count())
    throw shape_mismatch("normalise: scores", groups.count(), scores.size());
  std::vector<index_t> members;
  for (index_t u = 0; u < groups.unit_count(); ++u) {
    members.clear();
    for (const auto g : groups.unit(u))
      if (scores.has(g)) members.push_back(g);
    if (members.empty()) continue;
    const auto divide = [&](index_t g, double divisor) {
      scores.set(g, divisor == 0 ? 0 : scores[g] / divisor,
                 "normalised score of group " + std::to_string(g));
    };
    if (by == normaliser::lamp) {
      std::sort(members.begin(), members.end(), [&](index_t a, index_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a > b;
      });
      double not_smaller = 0;
      for (const index_t g : members) divide(g, not_smaller += scores[g]);
      continue;
    }
    double divisor = by == normaliser::max ? scores[members.front()] : 0;
    for (const index_t g : members)
      divisor = by == normaliser::max ? std::max(divisor, scores[g]) : divisor + scores[g];
    if (by == normaliser::mean) divisor /= static_cast<double>(members.size());
    for (const index_t g : members) divide(g, divisor);
  }
}

}  // namespace slimming::inline v0
