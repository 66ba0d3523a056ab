// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A number per channel group: the smaller, the sooner the group goes.
/// Area: plan.

#include <slimming/core/config.hpp>           // index_t
#include <slimming/core/detail/math.hpp>      // is_finite
#include <slimming/core/detail/ordering.hpp>  // larger
#include <slimming/core/dtype.hpp>            // bit_cast
#include <slimming/core/error.hpp>            // bad_value, shape_mismatch
#include <slimming/graph/channel_graph.hpp>   // channel_graph
#include <slimming/graph/groups.hpp>          // channel_groups

#include <array>    // std::array
#include <cstdint>  // std::int32_t
#include <limits>   // std::numeric_limits
#include <string>   // std::to_string
#include <utility>  // std::exchange
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Scores of the groups of one channel_groups. A group may have none: no criterion counted anything
/// of it, or it is pinned. Such a group stays unless a group that it depends on goes.
/// \invariant every score is finite.
class group_scores {
 public:
  group_scores() = default;
  explicit group_scores(index_t groups) : score_(static_cast<std::size_t>(groups), none) {}

  [[nodiscard]] index_t size() const noexcept { return static_cast<index_t>(score_.size()); }
  [[nodiscard]] bool has(index_t g) const { return at(g) == at(g); }
  /// \pre has(g)
  [[nodiscard]] double operator[](index_t g) const { return at(g); }
  /// \throws bad_value  naming the group if \p score is NaN or infinite.
  void set(index_t g, double score) {
    if (!detail::is_finite(score)) throw bad_value("score of group " + std::to_string(g), score);
    score_[static_cast<std::size_t>(g)] = score;
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double at(index_t g) const { return score_[static_cast<std::size_t>(g)]; }

  std::vector<double> score_;
};

namespace detail {

/// A group as messages name it, by its first channel: "conv1 channel 3".
[[nodiscard]] inline std::string place_of(const channel_graph& graph, const channel_groups& groups,
                                          index_t g) {
  const auto m = groups.member_at(g, 0);
  return graph.name(m.at) + " channel " + std::to_string(m.i);
}

/// \throws bad_value  naming the group's first channel if \p score is NaN or infinite.
inline void set_score(group_scores& scores, const channel_graph& graph,
                      const channel_groups& groups, index_t g, double score) {
  if (!is_finite(score)) throw bad_value(place_of(graph, groups, g) + ": score", score);
  scores.set(g, score);
}

struct ranked_group {
  double score;
  std::int32_t group;
};

/// Integers in the order of the finite numbers they stand for; 0 and -0 are one.
[[nodiscard]] constexpr std::uint64_t ordered_bits(double x) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto bits = bit_cast<std::uint64_t>(x + 0.0);
  return bits & sign ? ~bits : bits | sign;
}

/// Ascending scores, ties in order of groups. \pre groups increase
/// \complexity O(n): digit by digit, from the last one, which keeps the order of equals.
inline void sort_by_score(std::vector<ranked_group>& groups) {
  constexpr std::size_t digits = 8, radix = 256;
  const auto digit = [](const ranked_group& g, std::size_t d) {
    return static_cast<std::size_t>(ordered_bits(g.score) >> (8 * d)) % radix;
  };
  std::array<std::array<std::size_t, radix>, digits> place{};  // first how many, then where they go
  for (const ranked_group& g : groups)
    for (std::size_t d = 0; d < digits; ++d) ++place[d][digit(g, d)];
  std::vector<ranked_group> sorted(groups.size());
  for (std::size_t d = 0; d < digits && !groups.empty(); ++d) {
    auto& to = place[d];
    if (to[digit(groups.front(), d)] == groups.size()) continue;  // all have this digit
    std::size_t first = 0;
    for (auto& at : to) first += std::exchange(at, first);
    for (const ranked_group& g : groups) sorted[to[digit(g, d)]++] = g;
    groups.swap(sorted);
  }
}

}  // namespace detail

/// What the scores of one unit are divided by, so that units of different scale compare.
enum class normaliser {
  none,
  mean,  ///< the unit's mean score
  max,   ///< the unit's largest score
  /// The sum of the scores that are not smaller, ties in order of groups (Lee et al., ICLR 2021,
  /// use squared magnitudes: score by l2_norm squared to get theirs). The best of a unit gets 1.
  lamp
};

/// Divides the scores of every unit. A unit whose divisor is 0 gets zeros.
/// \throws bad_value  if a quotient is not finite.
inline void normalise(group_scores& scores, const channel_groups& groups, normaliser by) {
  if (by == normaliser::none) return;
  if (scores.size() != groups.count())
    throw shape_mismatch("normalise: scores", groups.count(), scores.size());
  std::vector<detail::ranked_group> members;
  for (index_t u = 0; u < groups.unit_count(); ++u) {
    members.clear();
    for (const auto g : groups.unit(u))
      if (scores.has(g)) members.push_back({scores[g], g});
    if (members.empty()) continue;
    const auto divide = [&](const detail::ranked_group& m, double divisor) {
      const double quotient = divisor == 0 ? 0 : m.score / divisor;
      if (!detail::is_finite(quotient))
        throw bad_value("normalised score of group " + std::to_string(m.group), quotient);
      scores.set(m.group, quotient);
    };
    if (by == normaliser::lamp) {
      detail::sort_by_score(members);
      double not_smaller = 0;
      for (std::size_t k = members.size(); k-- > 0;)
        divide(members[k], not_smaller += members[k].score);
      continue;
    }
    double divisor = by == normaliser::max ? members.front().score : 0;
    for (const auto& m : members)
      divisor = by == normaliser::max ? detail::larger(divisor, m.score) : divisor + m.score;
    if (by == normaliser::mean) divisor /= static_cast<double>(members.size());
    for (const auto& m : members) divide(m, divisor);
  }
}

}  // namespace slimming::inline v0
