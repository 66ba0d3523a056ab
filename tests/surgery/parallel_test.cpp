// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/parallel.hpp>

#include <slimming/surgery/apply.hpp>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Large enough that one array is split.
test::net wide_net() {
  test::net n(3);
  auto x = n.norm("bn", n.conv("conv", n.input(3), 256));
  x = n.linear("fc1", n.flatten("flat", x, 16), 1024);
  n.output(n.linear("fc2", x, 10));
  return n;
}

}  // namespace

TEST_CASE("every task runs exactly once on any number of threads") {
  static_assert(sl::task_runner<sl::parallel>);
  for (const int threads : {1, 2, 4}) {
    std::vector<std::atomic<int>> ran(1000);
    sl::parallel{threads}(1000, [&](std::size_t i) { ++ran[i]; });
    for (const auto& r : ran) REQUIRE(r == 1);
  }
  CHECK_THROWS_AS(sl::parallel{0}, sl::bad_value);
}

TEST_CASE("an exception of a task reaches the caller") {
  CHECK_THROWS_AS(sl::parallel{2}(10,
                                  [](std::size_t i) {
                                    if (i == 7) throw std::runtime_error("7");
                                  }),
                  std::runtime_error);
}

TEST_CASE("scores and surgery are the same bits for any number of threads") {
  const sl::importance_options both{.axes = {sl::role::weight, sl::role::weight_in}};
  test::net one = wide_net();
  const sl::channel_groups groups(one.graph);
  const auto scores = sl::importance(one.graph, groups, sl::l2_norm{}, both);
  const auto plan = sl::make_plan(one.graph, groups, scores, sl::global_ratio{0.5});
  sl::apply_in_place(one.graph, plan);
  for (const int threads : {1, 2, 3, 4}) {
    test::net many = wide_net();
    const sl::parallel run(threads);
    const auto same = sl::importance(many.graph, groups, sl::l2_norm{}, both, run);
    for (sl::index_t g = 0; g < groups.count(); ++g)
      if (scores.has(g)) REQUIRE(scores[g] == same[g]);
    auto log = sl::apply_undoable(many.graph, plan, run);
    CHECK(many.bytes() == one.bytes());
    log.restore();
    CHECK(many.bytes() == wide_net().bytes());
  }
}
