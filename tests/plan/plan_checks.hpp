// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What holds for every plan, and the networks on which the tests of plans ask it.

#include <slimming/plan/plan.hpp>

#include <map>
#include <string>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace test {

using maker = net (*)(std::uint64_t);
inline const std::map<std::string, maker> nets = {{"varied", varied_net},
                                                  {"selecting", selecting_net}};

// VGG with batch norm; widths per convolution, 3x3, then one linear layer.
inline net vgg(const std::vector<sl::index_t>& widths, std::uint64_t seed = 1) {
  net n(seed);
  auto x = n.input(3);
  for (std::size_t k = 0; k < widths.size(); ++k) {
    const auto name = std::to_string(k);
    x = n.norm("bn" + name, n.conv("conv" + name, x, widths[k]));
  }
  n.output(n.linear("fc", x, 10));
  return n;
}

// Groups that are gone, from the masks of the plan.
inline sl::index_t removed_groups(const sl::channel_groups& groups, const sl::prune_plan& p) {
  sl::index_t removed = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    const auto m = groups.member_at(g, 0);
    removed += !p.keep(m.at)[m.i];
  }
  return removed;
}

inline sl::index_t prunable_groups(const sl::channel_groups& groups,
                                   const sl::group_scores& scores) {
  sl::index_t n = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) n += scores.has(g);
  return n;
}

// Invariants of every plan: ties agree, pins hold, nothing is empty, cuts follow the masks.
inline void check_plan(const sl::channel_graph& graph, const sl::channel_groups& groups,
                       const sl::prune_plan& p) {
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    const auto first = groups.member_at(g, 0);
    const bool kept = p.keep(first.at)[first.i];
    for (sl::index_t k = 1; k < groups.member_count(g); ++k)
      REQUIRE(p.keep(groups.member_at(g, k).at)[groups.member_at(g, k).i] == kept);
    if (groups.is_pinned(g)) REQUIRE(kept);
  }
  for (sl::index_t v = 0; v < p.value_count(); ++v)
    REQUIRE(p.keep({static_cast<std::int32_t>(v)}).count() > 0);
  for (const auto& s : graph.selects())
    for (sl::index_t j = 0; j < graph.size(s.narrow); ++j)
      if (p.keep(s.narrow)[j]) REQUIRE(p.keep(s.wide)[s.indices[static_cast<std::size_t>(j)]]);
  for (const auto& b : graph.bindings()) {
    const auto* kept = p.cut(b.parameter).kept(b.axis);
    REQUIRE((kept ? *kept : sl::mask(graph.size(b.at)).indices()) == p.keep(b.at).indices());
  }
}

}  // namespace test
