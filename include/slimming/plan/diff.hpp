// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where two plans of one network disagree.
/// Area: plan.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // plan_mismatch
#include <slimming/core/mask.hpp>            // mask
#include <slimming/graph/channel_graph.hpp>  // channels
#include <slimming/plan/plan.hpp>            // prune_plan

#include <cstdint>  // std::int32_t
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Channels of one value that only one of two plans keeps.
struct mask_difference {
  std::string value;
  std::vector<index_t> only_first, only_second;

  friend bool operator==(const mask_difference&, const mask_difference&) = default;
};

/// The values whose masks differ, in the order of the network; empty if the plans prune alike.
/// \throws plan_mismatch  if the plans are not of one network.
[[nodiscard]] inline std::vector<mask_difference> diff(const prune_plan& first,
                                                       const prune_plan& second) {
  if (first.value_count() != second.value_count())
    throw plan_mismatch("diff", "the plans have " + std::to_string(first.value_count()) + " and " +
                                    std::to_string(second.value_count()) + " values");
  std::vector<mask_difference> differences;
  for (std::int32_t v = 0; v < first.value_count(); ++v) {
    const channels c{v};
    const mask &a = first.keep(c), &b = second.keep(c);
    if (first.value_name(c) != second.value_name(c) || a.size() != b.size())
      throw plan_mismatch("diff", "value " + std::to_string(v) + " is '" + first.value_name(c) +
                                      "' of " + std::to_string(a.size()) + " channels and '" +
                                      second.value_name(c) + "' of " + std::to_string(b.size()));
    if (a == b) continue;
    mask_difference d{first.value_name(c), {}, {}};
    for (index_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) (a[i] ? d.only_first : d.only_second).push_back(i);
    differences.push_back(std::move(d));
  }
  return differences;
}

}  // namespace slimming::inline v0
