// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/pad.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("the shortcut of ResNet: new channels go with those of the branch") {
  net_builder b;
  auto x = b.relu(b.bn(b.conv(b.input({1, 3, 8, 8}), 8)));
  const auto branch = b.bn(b.conv(b.conv_bn_relu(x, 16, {.stride = 2}), 16));
  auto shortcut = b.op("Slice", {x, b.constant({0, 0}), b.constant({100, 100}), b.constant({2, 3}),
                                 b.constant({2, 2})});
  shortcut = b.op("Pad", {shortcut, b.constant({0, 4, 0, 0, 0, 4, 0, 0})});
  const auto p = prove(b.classify(b.relu(b.add(branch, shortcut))), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("padding with a number, cutting and mirroring the map") {
  for (const char* mode : {"constant", "reflect", "edge"}) {
    net_builder b;
    auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    x = b.op("Pad", {x, b.constant({0, 0, 1, 2, 0, 0, 2, 1}), b.scalar(1.5f)},
             {{"mode", std::string(mode)}});
    const auto p = prove(b.classify(b.conv(x, 6)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
  net_builder b;
  auto x = b.op("Pad", {b.conv(b.input({1, 3, 6, 6}), 8), b.constant({0, -2, 0, 0, 0, -1, 0, 0})});
  const auto p = prove(b.classify(b.conv(x, 6)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("channels that are mirrored into each other stay") {
  net_builder b;
  const auto x =
      b.op("Pad", {b.conv(b.input({1, 3, 6, 6}), 8), b.constant({0, 1, 0, 0, 0, 1, 0, 0})},
           {{"mode", std::string("reflect")}});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed == 0);
}
