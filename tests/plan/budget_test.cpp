// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Budgets: the policies that aim at a cost.
#include <slimming/plan/plan.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/plan/plan_checks.hpp"
#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// The most that one step of any unit can take off, with all that depends on it: no later step takes
// off more than it would take off the whole network.
sl::cost largest_step(const sl::channel_graph& graph, const sl::channel_groups& groups,
                      sl::index_t round_to) {
  sl::cost most;
  for (sl::index_t start = 0; start < groups.unit_count(); ++start) {
    sl::mask keep(groups.count());
    std::vector<sl::index_t> touched{start};
    for (std::size_t t = 0; t < touched.size(); ++t) {
      sl::index_t left = round_to;
      for (const auto g : groups.unit(touched[t])) {
        if (left-- == 0) break;
        keep.set(g, false);
        for (const auto reader : groups.dependents(g)) {
          keep.set(reader, false);
          if (const auto u = groups.unit_of(reader);
              std::count(touched.begin(), touched.end(), u) == 0)
            touched.push_back(u);
        }
      }
    }
    const auto less = sl::cost_of(graph, [&](sl::channels c) {
      sl::index_t n = 0;
      for (sl::index_t i = 0; i < graph.size(c); ++i) n += keep[groups.group_of(c, i)];
      return n;
    });
    const auto whole = sl::cost_of(graph);
    most.parameters = std::max(most.parameters, whole.parameters - less.parameters);
    most.macs = std::max(most.macs, whole.macs - less.macs);
  }
  return most;
}

// Every network with both budgets, several shares and steps: `check(net, groups, scores, share,
// round_to, amount, budget)`.
template <class Check>
void for_each_budget(Check check) {
  for (const auto& [name, make] : test::nets) {
    const test::net n = make(2);
    const sl::channel_groups groups(n.graph);
    const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
    for (const double share : {0.4, 0.5, 0.75, 0.9, 1.0}) {
      if (name == "selecting" && share < 0.75) continue;  // the stream stays
      for (const sl::index_t round_to : {1, 2, 4}) {
        INFO(name << " " << share << " in steps of " << round_to);
        check(n, groups, scores, share, round_to, &sl::cost::parameters,
              sl::policy(sl::parameter_budget{.share = share}));
        check(n, groups, scores, share, round_to, &sl::cost::macs,
              sl::policy(sl::mac_budget{.share = share}));
      }
    }
  }
}

sl::index_t share_of(sl::index_t whole, double share) {
  return static_cast<sl::index_t>(std::floor(static_cast<double>(whole) * share));
}

}  // namespace

TEST_CASE("budgets are met, and undercut by no more than one step or 0.5 %") {
  for_each_budget([](const test::net& n, const sl::channel_groups& groups,
                     const sl::group_scores& scores, double share, sl::index_t round_to,
                     sl::index_t sl::cost::*amount, const sl::policy& budget) {
    const auto p = sl::make_plan(n.graph, groups, scores, budget, {.round_to = round_to});
    test::check_plan(n.graph, groups, p);
    const auto whole = p.before().*amount;
    const auto limit = share_of(whole, share);
    CHECK(p.after().*amount <= limit);
    const auto slack = largest_step(n.graph, groups, round_to).*amount;
    CHECK(limit - p.after().*amount <= std::max(slack, share_of(whole, 0.005)));
    if (share == 1.0) CHECK(p.after() == p.before());
  });
}

TEST_CASE("a budget's plan is the first on the way down that fits") {
  for_each_budget([](const test::net& n, const sl::channel_groups& groups,
                     const sl::group_scores& scores, double share, sl::index_t round_to,
                     sl::index_t sl::cost::*amount, const sl::policy& budget) {
    if (share == 1.0) return;
    const sl::constraints limits{.round_to = round_to};
    std::vector<double> thresholds;  // one step after the other, as all scores differ
    for (sl::index_t g = 0; g < groups.count(); ++g)
      if (scores.has(g)) thresholds.push_back(std::nextafter(scores[g], 2.0));
    std::sort(thresholds.begin(), thresholds.end());
    const auto after = [&](std::size_t k) {
      return sl::make_plan(n.graph, groups, scores, sl::score_threshold{thresholds[k]}, limits)
          .after();
    };
    const auto p = sl::make_plan(n.graph, groups, scores, budget, limits);
    const auto limit = share_of(p.before().*amount, share);
    std::size_t first = 0;
    while (after(first).*amount > limit) ++first;
    REQUIRE(first > 0);
    CHECK(p.after() == after(first));
  });
}

TEST_CASE("a budget may be a number as well as a share") {
  const test::net n = test::varied_net(4);
  const auto limit = sl::cost_of(n.graph).macs / 2;
  CHECK(sl::make_plan(n.graph, sl::bn_gamma{}, sl::mac_budget{.at_most = limit}) ==
        sl::make_plan(n.graph, sl::bn_gamma{}, sl::mac_budget{.share = 0.5}));
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
