// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/activation.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("functions that map zero elsewhere do not disturb the proof: nobody reads the constant") {
  for (const char* name :
       {"Relu", "Sigmoid", "Exp", "Softplus", "Cos", "HardSwish", "Erf", "Mish"}) {
    INFO(name);
    net_builder b;
    auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    x = b.conv(b.op(name, {x}), 8);
    const auto p = prove(b.classify(x), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("a function that is infinite at zero keeps the channels that would be zero") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  auto net = b.classify(b.op("Reciprocal", {x}));
  const auto of = sl::connect(net, sl::testing::ops());
  const sl::channel_groups groups(of.graph);
  const auto c = of.layouts[static_cast<std::size_t>(x)].on(1);
  REQUIRE(groups.is_pinned(groups.group_of(c, 0)));
}
