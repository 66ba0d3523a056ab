// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/conv.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("convolutions of every kind lose channels exactly") {
  const auto proves = [](auto build) {
    net_builder b;
    auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    const auto p = prove(b.classify(build(b, x)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
    return p;
  };
  proves([](auto& b, auto x) { return b.conv(x, 8, {.groups = 2}); });
  proves([](auto& b, auto x) { return b.conv(x, 6, {.stride = 2, .dilation = 2}); });
  proves([](auto& b, auto x) { return b.conv_transpose(x, 6); });
  proves([](auto& b, auto x) { return b.conv_transpose(x, 6, 2); });
  const auto depthwise = proves([](auto& b, auto x) { return b.depthwise(x, 2); });
  CHECK(depthwise.pruned.nodes()[1].integer("group", 1) < 8);
  CHECK(depthwise.pruned.nodes()[1].integer("group", 1) ==
        depthwise.pruned.initializer(depthwise.pruned.nodes()[0].inputs[1])->extents()[0]);
}

TEST_CASE("grouped convolutions lose positions or whole groups, as asked") {
  for (const auto policy :
       {sl::rules::group_policy::same_positions, sl::rules::group_policy::whole_groups}) {
    net_builder b;
    auto x = b.conv(b.input({1, 3, 6, 6}), 12);
    const auto p = prove(b.classify(b.conv(x, 12, {.groups = 4})), sl::global_ratio{0.5}, {},
                         {.grouping = policy});
    CHECK(p.difference < 1e-12);
    const bool whole = policy == sl::rules::group_policy::whole_groups;
    CHECK(p.pruned.nodes()[1].integer("group", 1) == (whole ? 2 : 4));
  }
}

TEST_CASE("a kernel that is computed from a parameter is cut through the computation") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  const auto kernel =
      b.op("Mul", {b.op("Transpose", {b.weight({3, 3, 8, 6})}, {{"perm", ints{3, 2, 0, 1}}}),
                   b.weight({6, 1, 1, 1})});
  x = b.op("Conv", {x, kernel}, {{"pads", ints{1, 1, 1, 1}}});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.after.parameters < p.before.parameters);
  CHECK(p.difference < 1e-12);
}

TEST_CASE(
    "convolutions that share a bias through an Identity lose the same channels and whole kernels "
    "stay") {
  net_builder b;
  const auto bias = b.weight({8});
  auto x = b.op("Conv", {b.input({1, 3, 6, 6}), b.weight({8, 3, 3, 3}), bias},
                {{"pads", ints{1, 1, 1, 1}}});
  const auto kernel = b.weight({8, 8, 3, 3});
  x = b.op("Conv", {x, kernel, b.op("Identity", {bias})}, {{"pads", ints{1, 1, 1, 1}}});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.pruned.initializer(kernel)->extents() == sl::shape{4, 4, 3, 3});
  CHECK(p.difference < 1e-12);
}
