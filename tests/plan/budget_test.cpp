// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Budgets: the policies that aim at a cost.
#include <slimming/plan/plan.hpp>

#include <cmath>
#include <string>

#include "tests/plan/plan_checks.hpp"
#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("budgets are met within one step") {
  for (const auto& [name, make] : test::nets) {
    const test::net n = make(2);
    const sl::channel_groups groups(n.graph);
    const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
    const auto whole = sl::cost_of(n.graph);
    for (const double share : {0.4, 0.5, 0.75, 0.9, 1.0})
      for (const sl::index_t round_to : {1, 2}) {
        INFO(name << " " << share << " " << round_to);
        const auto limit_of = [&](sl::index_t n_before) {
          return static_cast<sl::index_t>(std::floor(static_cast<double>(n_before) * share));
        };
        if (name == "selecting" && share < 0.75) continue;  // the stream stays: see the next case
        const auto p = sl::make_plan(n.graph, groups, scores, sl::parameter_budget{.share = share},
                                     {.round_to = round_to});
        test::check_plan(n.graph, groups, p);
        CHECK(p.after().parameters <= limit_of(whole.parameters));
        const auto q =
            sl::make_plan(n.graph, groups, scores, sl::mac_budget{.at_most = limit_of(whole.macs)},
                          {.round_to = round_to});
        CHECK(q.after().macs <= limit_of(whole.macs));
        if (share == 1.0) CHECK(q.after() == whole);
      }
  }
}

TEST_CASE("a budget's plan is the first on the way down that fits") {
  const test::net n = test::varied_net(4);
  const sl::channel_groups groups(n.graph);
  const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
  const auto total = test::prunable_groups(groups, scores);
  const auto limit = sl::cost_of(n.graph).macs / 2;
  const auto p = sl::make_plan(n.graph, groups, scores, sl::mac_budget{.share = 0.5});
  const auto removed = test::removed_groups(groups, p);
  const auto with = [&](sl::index_t count) {
    const double ratio = (static_cast<double>(count) + 0.5) / static_cast<double>(total);
    return sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio});
  };
  CHECK(with(removed).after() == p.after());
  CHECK(with(removed).after().macs <= limit);
  CHECK(with(removed - 1).after().macs > limit);
}

TEST_CASE("an unreachable budget names the constraint that binds") {
  const test::net n = test::vgg({16, 16, 16});
  const auto complaint = [&](const sl::constraints& limits, double share = 0.01) {
    return test::message_of([&] {
      (void)sl::make_plan(n.graph, sl::bn_gamma{}, sl::parameter_budget{.share = share}, limits);
    });
  };
  const auto is = [](const std::string& text, const std::string& binding) {
    INFO(text);
    CHECK(test::contains(text, "budget_unreachable: parameter_budget: at most"));
    CHECK(test::contains(text, binding));
  };
  is(complaint({.max_removed = 0.5}, 0.1), "max_removed 0.5 binds");
  is(complaint({.round_to = 8}, 0.1), "round_to 8 binds");
  is(complaint({.keep_at_least = 6}, 0.05), "keep_at_least 6 binds");
  is(complaint({.ignore = {"conv1"}}, 0.05), "the ignore list binds");
  is(complaint({.keep_at_least = 6, .max_removed = 0.5}, 0.05), "the constraints together binds");
  is(complaint({}, 0.001), "pinned or unscored channels and one channel per unit bind");
}

TEST_CASE("a budget on something that the network does not have is declined") {
  sl::channel_graph g;
  (void)g.add(3, "c");
  const sl::channel_groups groups(g);
  CHECK_THROWS_AS(sl::make_plan(g, groups, sl::group_scores(3), sl::mac_budget{.share = 0.5}),
                  sl::bad_value);
}
