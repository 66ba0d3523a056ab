// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/reduce.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;

TEST_CASE("a sum over channels is one channel that stays; its inputs are free and exact") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {8, 8}, true};
  const auto y = connect(g, rules::channel_reduce_facts{.name = "sum", .ignores_zeros = true}, x);
  CHECK(g.size(y.c) == 1);
  CHECK(y.spatial == x.spatial);
  CHECK(support::are_free(g, x.c));
  REQUIRE(g.pins().size() == 1);
  CHECK(g.pins()[0].at == y.c);
  CHECK(g.approximations().empty());
}

TEST_CASE("a mean over channels is approximate") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  (void)connect(g, rules::channel_reduce_facts{.name = "mean"}, x);
  REQUIRE(g.approximations().size() == 1);
  CHECK(g.approximations()[0].at == x.c);
}
