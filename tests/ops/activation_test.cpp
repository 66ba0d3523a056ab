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

TEST_CASE("a bound that the network computes may lift zeros: a sum over them is declared inexact") {
  for (const bool is_computed : {false, true}) {
    INFO("the bound is computed: " << is_computed);
    net_builder b;
    const auto image = b.input({1, 3, 6, 6});
    const auto h = b.relu(b.conv(image, 8));
    const auto bound = is_computed
                           ? b.op("ReduceMax", {b.conv(image, 3)}, {{"keepdims", sl::index_t{0}}})
                           : b.scalar(0.0f);
    const auto sum = b.op("ReduceSum", {b.op("Clip", {h, bound}), b.constant({1})});
    b.net.add_output(sum);
    const auto p = prove(b.classify(b.conv(b.conv(h, 8), 8)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
    CHECK(p.approximate == is_computed);
  }
}

TEST_CASE("a type or a ratio that the network computes leaves zeros zero") {
  for (const char* name : {"CastLike", "Dropout"}) {
    INFO(name);
    net_builder b;
    const auto image = b.input({1, 3, 6, 6});
    const auto h = b.relu(b.conv(image, 8));
    const auto other = b.op("ReduceMax", {image}, {{"keepdims", sl::index_t{0}}});
    const auto sum = b.op("ReduceSum", {b.op(name, {h, other}), b.constant({1})});
    const auto p = prove(b.out(sum), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("the mask of a dropout has the channels of what it masks") {
  net_builder b;
  const auto h = b.op_n("Dropout", 2, {b.relu(b.conv(b.input({1, 3, 6, 6}), 8))});
  const auto mask = b.op("Cast", {h[1]}, {{"to", sl::index_t{1}}});
  const auto p = prove(b.classify(b.mul(h[0], mask)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}
