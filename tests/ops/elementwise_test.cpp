// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/elementwise.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("a constant per channel is cut with the channels, in any shape that broadcasts") {
  for (const auto& extents :
       {sl::shape{8, 1, 1}, sl::shape{1, 8, 1, 1}, sl::shape{8, 6, 6}, sl::shape{1}})
    for (const char* name : {"Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Pow"}) {
      INFO(name);
      net_builder b;
      auto x = b.conv(b.input({1, 3, 6, 6}), 8);
      if (std::string(name) == "Pow") x = b.op("Sigmoid", {x});
      const auto w = b.weight(extents, 0.5, 2);
      const auto p = prove(b.classify(b.conv(b.op(name, {x, w}), 8)), sl::global_ratio{0.5});
      CHECK(p.removed > 0);
      CHECK(p.difference < 1e-12);
      const auto left = p.pruned.initializer(w)->extents();
      CHECK((left == extents) == (extents == sl::shape{1}));
    }
}

TEST_CASE("values that meet a fixed axis keep its channels") {
  net_builder b;
  const auto in = b.input({1, 8, 6, 6});
  const auto x = b.conv(in, 8);
  auto net = b.classify(b.add(x, in));
  const auto of = sl::connect(net, sl::testing::ops());
  const sl::channel_groups groups(of.graph);
  CHECK(groups.is_pinned(groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(1), 3)));
}

TEST_CASE("nothing is divided by a channel that would be zero") {
  net_builder b;
  const auto in = b.input({1, 3, 6, 6});
  const auto x = b.conv(in, 8), y = b.conv(in, 8);
  const auto p = prove(b.classify(b.op("Div", {x, y})), sl::global_ratio{0.5});
  CHECK(p.removed == 0);
  net_builder safe;
  const auto z = safe.conv(safe.input({1, 3, 6, 6}), 8);
  const auto q =
      prove(safe.classify(safe.op("Div", {z, safe.op("Exp", {z})})), sl::global_ratio{0.5});
  CHECK(q.removed > 0);
  CHECK(q.difference < 1e-12);
}
