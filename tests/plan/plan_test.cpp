// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/plan.hpp>

#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "tests/plan/plan_checks.hpp"
#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("the smallest scores go and ties go in order of value and channel") {
  test::net n = test::vgg({6, 4});
  for (const auto* name : {"bn0.gamma", "bn1.gamma"})
    for (float& g : n.tensor(name).values<float>()) g = 0.5f;
  n.tensor("bn1.gamma").values<float>()[1] = 0.25f;
  n.tensor("bn0.gamma").values<float>()[0] = 0.75f;
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.4});
  CHECK(p.end_mask("conv0.weight").indices() == std::vector<sl::index_t>{0, 4, 5});
  CHECK(p.end_mask("conv1.weight").indices() == std::vector<sl::index_t>{0, 2, 3});
}

TEST_CASE("planning is pure, and planning twice gives equal plans") {
  for (const auto& [name, make] : test::nets) {
    const test::net n = make(5);
    const auto before = n.bytes();
    const auto plan = [&] {
      return sl::make_plan(n.graph, sl::bn_gamma{}, sl::mac_budget{.share = 0.6}, {.round_to = 2});
    };
    const auto first = plan();
    CHECK(first == plan());
    CHECK(n.bytes() == before);
    CHECK_FALSE(first == sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.0}));
  }
}

TEST_CASE("a plan outlives the graph it was made of") {
  auto n = std::make_unique<test::net>(test::varied_net());
  const auto p = sl::make_plan(n->graph, sl::l2_norm{}, sl::global_ratio{0.5});
  n.reset();
  CHECK(p.value_name({0}) == "input");
  CHECK(p.end_mask("conv0.weight").size() == 16);
  CHECK(p.layers().front().name == "conv0.weight");
}

TEST_CASE("no ratio and no rounding ever empties a layer") {
  for (const auto& [name, make] : test::nets) {
    const test::net n = make(7);
    const sl::channel_groups groups(n.graph);
    for (const auto& scores : {sl::importance(n.graph, groups, sl::bn_gamma{}),
                               sl::importance(n.graph, groups, sl::random_choice{4}),
                               sl::importance(n.graph, groups, sl::l2_norm{})})
      for (const sl::index_t round_to : {1, 4, 8, 16, 32})
        for (int percent = 0; percent < 100; percent += 3) {
          const double ratio = percent / 100.0;
          for (const sl::policy& how :
               {sl::policy(sl::global_ratio{ratio}), sl::policy(sl::per_layer_ratio{ratio}),
                sl::policy(sl::compat::network_slimming{ratio})})
            test::check_plan(n.graph, groups,
                             sl::make_plan(n.graph, groups, scores, how, {.round_to = round_to}));
        }
  }
}

TEST_CASE("tied axes share one mask, a flattened channel goes with its whole run") {
  const test::net n = test::varied_net(9);
  const auto p = sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5});
  CHECK(p.end_mask("conv0.weight") == p.end_mask("conv2.weight"));
  CHECK(p.end_mask("conv4.weight") == p.end_mask("dw4.weight"));
  CHECK(p.start_mask("dw4.weight") == p.end_mask("dw4.weight"));
  const auto& conv = p.end_mask("conv5.weight");
  const auto& fc = p.start_mask("fc1.weight");
  for (sl::index_t i = 0; i < fc.size(); ++i) CHECK(fc[i] == conv[i / 4]);
  for (sl::index_t i = 0; i < 32; ++i) CHECK(conv[i] == conv[i % 8]);  // groups stay rectangular
  CHECK(p.start_mask("conv5.weight").size() == 8);
}

TEST_CASE("the cost after is the cost of the cut shapes") {
  const test::net n = test::varied_net(13);
  const auto p = sl::make_plan(n.graph, sl::l1_norm{}, sl::global_ratio{0.6});
  sl::cost expected;
  for (std::size_t k = 0; k < n.graph.parameters().size(); ++k) {
    const sl::parameter_id id{static_cast<std::int32_t>(k)};
    const auto elements = sl::element_count(p.cut(id).after());
    const auto& name = p.cut(id).name;
    if (!test::contains(name, ".mean") && !test::contains(name, ".variance"))
      expected.parameters += elements;
    expected.macs += elements * n.graph.at(id).positions;
  }
  CHECK(p.after() == expected);
  CHECK(p.before() == sl::cost_of(n.graph));
}

TEST_CASE("a plan can be made from any consistent choice and from no other") {
  const test::net n = test::selecting_net();
  const sl::channel_groups groups(n.graph);
  const auto complaint = [&](const std::function<void(sl::mask&)>& edit) {
    sl::mask keep(groups.count());
    edit(keep);
    return test::message_of([&] { (void)sl::prune_plan(n.graph, groups, keep); });
  };
  const auto& select = n.graph.selects()[0];
  const auto wide = groups.group_of(select.wide, 0), narrow = groups.group_of(select.narrow, 0);
  CHECK(complaint([&](sl::mask& m) { m.set(narrow, false); }).empty());
  CHECK(
      test::contains(complaint([&](sl::mask& m) { m.set(wide, false); }), "a selection reads it"));
  CHECK(test::contains(complaint([&](sl::mask& m) { m.set(0, false); }),
                       "is pinned (network input)"));
  CHECK(test::contains(complaint([&](sl::mask& m) {
                         for (sl::index_t j = 0; j < 16; ++j)
                           m.set(groups.group_of(select.narrow, j), false);
                       }),
                       "would lose everything"));
  CHECK_THROWS_AS(sl::prune_plan(n.graph, groups, sl::mask(3)), sl::shape_mismatch);
}

TEST_CASE("bad policies, constraints, scores and names are declined") {
  const test::net n = test::vgg({8, 8});
  const sl::channel_groups groups(n.graph);
  const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double ratio : {-0.1, 1.0, nan})
    CHECK_THROWS_AS(sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio}), sl::bad_value);
  CHECK_THROWS_AS(sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.1}, {.round_to = 0}),
                  sl::bad_value);
  CHECK_THROWS_AS(sl::make_plan(n.graph, groups, sl::group_scores(1), sl::global_ratio{0.1}),
                  sl::shape_mismatch);
  const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.1});
  CHECK_THROWS_AS(p.end_mask("nobody"), sl::bad_value);
  CHECK_THROWS_AS(p.keep(sl::channels{}), sl::bad_value);
  CHECK_THROWS_AS(p.cut({}), sl::bad_value);
  CHECK_THROWS_AS(p.end_mask(sl::parameter_id{99}), sl::bad_value);
}

TEST_CASE("a network with nothing to prune gives a plan that keeps all") {
  test::net n;
  n.output(n.input(3));
  for (const sl::policy& how :
       {sl::policy(sl::global_ratio{0.9}), sl::policy(sl::per_layer_ratio{0.9}),
        sl::policy(sl::compat::network_slimming{0.9}), sl::policy(sl::score_threshold{1})}) {
    const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, how);
    CHECK(p.keep({0}).keeps_all());
  }
}
