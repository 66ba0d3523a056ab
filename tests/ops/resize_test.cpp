// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/resize.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("resizing the map passes channels; stated sizes follow them") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  const auto up = b.op("Resize", {x, sl::no_value, sl::no_value, b.constant({1, 8, 7, 8})},
                       {{"mode", std::string("linear")}});
  x = b.op("Resize", {b.conv(up, 6), sl::no_value, b.vector({1, 1, 2, 0.5f})});
  const auto p = prove(b.classify(b.conv(x, 6)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  const auto& node = p.pruned.nodes()[1];
  CHECK(p.pruned.initializer(node.inputs[3])->converted<sl::index_t>() == ints{1, 4, 7, 8});
}

TEST_CASE("channels that are resized into each other stay") {
  net_builder b;
  const auto x =
      b.op("Resize", {b.conv(b.input({1, 3, 4, 4}), 8), sl::no_value, b.vector({1, 2, 1, 1})});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed == 0);
}
