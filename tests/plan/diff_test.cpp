// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/diff.hpp>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("equal plans do not differ") {
  const test::net n = test::varied_net();
  const auto p = sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5});
  CHECK(sl::diff(p, p).empty());
}

TEST_CASE("a difference names the value and the channels that only one plan keeps") {
  sl::channel_graph g;
  (void)g.add(3, "a");
  (void)g.add(2, "b");
  const sl::channel_groups groups(g);
  sl::mask first(5), second(5);
  first.set(0, false);
  second.set(2, false);
  const auto d = sl::diff(sl::prune_plan(g, groups, first), sl::prune_plan(g, groups, second));
  CHECK(d == std::vector<sl::mask_difference>{{"a", {2}, {0}}});
}

TEST_CASE("plans of different networks are not compared") {
  const test::net a = test::varied_net(), b = test::selecting_net();
  const auto plan = [](const test::net& n) {
    return sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5});
  };
  CHECK_THROWS_AS(sl::diff(plan(a), plan(b)), sl::plan_mismatch);
  sl::channel_graph g, h;
  (void)g.add(3, "a");
  (void)h.add(4, "a");
  CHECK_THROWS_AS(sl::diff(sl::prune_plan(g, sl::channel_groups(g), sl::mask(3)),
                           sl::prune_plan(h, sl::channel_groups(h), sl::mask(4))),
                  sl::plan_mismatch);
}
