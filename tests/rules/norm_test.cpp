// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/norm.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::bound_to;
using support::ties_exactly;

TEST_CASE("batch norm binds what it has at a value of its own") {
  sl::channel_graph g;
  support::arrays a;
  const sl::feature_map x{g.add(4, "x"), {5, 5}, true};
  const auto y = connect(g,
                         rules::batch_norm_facts{.name = "bn",
                                                 .gamma = a.make("g", {4}),
                                                 .beta = a.make("b", {4}),
                                                 .mean = a.make("m", {4}),
                                                 .variance = a.make("v", {4})},
                         x);
  CHECK(y.c != x.c);
  CHECK(y.spatial == x.spatial);
  CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return i == j; }));
  REQUIRE(g.bindings().size() == 4);
  for (std::size_t p = 0; p < 4; ++p) CHECK(bound_to(g, p, 0) == y.c);
  CHECK(g.bindings()[0].as == sl::role::scale);
  CHECK(g.bindings()[1].as == sl::role::bias);
  CHECK(g.bindings()[2].as == sl::role::statistic);
  CHECK(g.bindings()[3].as == sl::role::statistic);
  CHECK(g.approximations().empty());
}

TEST_CASE("two norms of one value keep their gammas apart") {
  sl::channel_graph g;
  support::arrays a;
  const sl::feature_map x{g.add(4, "stream"), {}, false};
  const auto p = connect(g, rules::batch_norm_facts{.name = "p", .gamma = a.make("gp", {4})}, x);
  const auto q = connect(g, rules::batch_norm_facts{.name = "q", .gamma = a.make("gq", {4})}, x);
  CHECK(bound_to(g, 0, 0) == p.c);
  CHECK(bound_to(g, 1, 0) == q.c);
  CHECK(ties_exactly(g, p.c, q.c, [](auto i, auto j) { return i == j; }));
}

TEST_CASE("group norm: equal positions, approximate; or whole groups, exact") {
  support::arrays a;
  sl::channel_graph narrow;
  const rules::group_norm_facts f{.name = "gn", .groups = 3, .gamma = a.make("g", {6})};
  const sl::feature_map x{narrow.add(6, "x"), {}, false};
  (void)connect(narrow, f, x);
  CHECK(ties_exactly(narrow, x.c, x.c, [](auto i, auto j) { return i % 2 == j % 2; }));
  REQUIRE(narrow.approximations().size() == 1);
  CHECK(narrow.approximations()[0].reason ==
        "mean and variance are taken over the channels of a group");
  CHECK(rules::groups_after(f, 6, 3) == 3);

  sl::channel_graph fewer;
  auto whole = f;
  whole.grouping = rules::group_policy::whole_groups;
  const sl::feature_map z{fewer.add(6, "z"), {}, false};
  (void)connect(fewer, whole, z);
  CHECK(ties_exactly(fewer, z.c, z.c, [](auto i, auto j) { return i / 2 == j / 2; }));
  CHECK(fewer.approximations().empty());
  CHECK(rules::groups_after(whole, 6, 4) == 2);
}

TEST_CASE("group norm with one channel per group is exact, with one group it ties nothing") {
  support::arrays a;
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {}, false};
  const rules::group_norm_facts each{.name = "gn", .groups = 6};
  (void)connect(g, each, x);
  CHECK(g.approximations().empty());
  CHECK(rules::groups_after(each, 6, 5) == 5);
  (void)connect(g, rules::group_norm_facts{.name = "gn1"}, x);
  CHECK(support::are_free(g, x.c));
  CHECK(g.approximations().size() == 1);
  CHECK_THROWS_AS(connect(g, rules::group_norm_facts{.name = "gn4", .groups = 4}, x),
                  sl::bad_value);
}

TEST_CASE("layer norm is approximate and binds the channel axis of its parameters") {
  support::arrays a;
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {2, 2}, true};
  const auto y = connect(
      g, rules::layer_norm_facts{.name = "ln", .gamma = a.make("g", {2, 2, 6}), .axis = 2}, x);
  CHECK(bound_to(g, 0, 2) == y.c);
  CHECK_FALSE(bound_to(g, 0, 0));
  CHECK(support::are_free(g, y.c));
  CHECK(g.approximations().size() == 1);
}
