// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/pool.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("pools pass channels") {
  for (const char* name : {"MaxPool", "AveragePool", "LpPool"}) {
    net_builder b;
    auto x =
        b.op(name, {b.conv(b.input({1, 3, 7, 7}), 8)},
             {{"kernel_shape", ints{3, 3}}, {"strides", ints{2, 2}}, {"pads", ints{1, 1, 1, 1}}});
    const auto p = prove(b.classify(b.conv(x, 8)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("the indices of a maximum pool count channels: where they are read, the channels stay") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  const auto y = b.op_n("MaxPool", 2, {x}, {{"kernel_shape", ints{2, 2}}});
  b.net.add_output(b.op("Identity", {y[1]}));
  auto net = b.classify(y[0]);
  const auto of = sl::connect(net, sl::testing::ops());
  const sl::channel_groups groups(of.graph);
  CHECK(groups.is_pinned(groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(1), 0)));
}

TEST_CASE("indices that are a network output keep the channels, indices that nobody reads do not") {
  for (const bool is_output : {false, true}) {
    net_builder b;
    const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    const auto y = b.op_n("MaxPool", 2, {x}, {{"kernel_shape", ints{2, 2}}});
    if (is_output) b.net.add_output(y[1]);
    auto net = b.classify(y[0]);
    const auto of = sl::connect(net, sl::testing::ops());
    const sl::channel_groups groups(of.graph);
    const auto c = of.layouts[static_cast<std::size_t>(x)].on(1);
    CHECK(groups.is_pinned(groups.group_of(c, 0)) == is_output);
    CHECK(static_cast<bool>(of.layouts[static_cast<std::size_t>(y[1])].on(1)) != is_output);
  }
}
