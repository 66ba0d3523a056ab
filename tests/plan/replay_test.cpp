// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/replay.hpp>

#include <algorithm>
#include <functional>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a record replayed on another copy of the network gives the same plan") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const test::net a = seed % 2 ? test::varied_net(seed) : test::selecting_net(seed);
    const test::net copy = seed % 2 ? test::varied_net(seed + 50) : test::selecting_net(seed + 50);
    const auto p = sl::make_plan(a.graph, sl::random_choice{seed}, sl::global_ratio{0.5});
    CHECK(sl::replay(copy.graph, p.record()) == p);
  }
}

TEST_CASE("a record that does not fit is declined by name and number") {
  const test::net n = test::varied_net();
  const auto p = sl::make_plan(n.graph, sl::l2_norm{}, sl::per_layer_ratio{0.5});
  const auto complaint = [&](const std::function<void(sl::plan_record&)>& edit) {
    sl::plan_record r = p.record();
    edit(r);
    return test::message_of([&] { (void)sl::replay(n.graph, r); });
  };
  const auto at = [](sl::plan_record& r, const std::string& name) -> sl::parameter_cut& {
    return *std::find_if(r.parameters.begin(), r.parameters.end(),
                         [&](const sl::parameter_cut& c) { return c.name == name; });
  };
  CHECK(complaint([](sl::plan_record&) {}).empty());
  CHECK(complaint([&](sl::plan_record& r) { at(r, "conv1.weight").before[0] = 25; }) ==
        "slimming: plan_mismatch: conv1.weight axis 0: recorded with 25, got 24");
  CHECK(complaint([&](sl::plan_record& r) { at(r, "fc1.bias").before.push_back(1); }) ==
        "slimming: plan_mismatch: fc1.bias: recorded with rank 2, got 1");
  CHECK(test::contains(complaint([&](sl::plan_record& r) { at(r, "fc1.bias").name = "x"; }),
                       "fc1.bias: the record has no parameter of this name"));
  CHECK(test::contains(complaint([&](sl::plan_record& r) { at(r, "fc1.bias").name = "fc2.bias"; }),
                       "two parameters of the record have this name"));
  CHECK(test::contains(complaint([](sl::plan_record& r) {
                         r.parameters.push_back({"x", {1}});
                       }),
                       "x: the network has no parameter of this name"));
  CHECK(test::contains(complaint([&](sl::plan_record& r) {
                         at(r, "conv1.weight").axes.push_back({3, {0}});
                       }),
                       "conv1.weight axis 3: no channels index it"));
  CHECK(test::contains(complaint([&](sl::plan_record& r) { at(r, "bn1.gamma").axes.clear(); }),
                       "a channel that it is tied to goes"));
  CHECK(test::contains(
      complaint([&](sl::plan_record& r) { at(r, "bn1.gamma").axes[0].kept.back() = 24; }),
      "bad_value"));
}
