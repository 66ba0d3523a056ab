// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/softmax.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("a softmax over channels keeps them all, one over places passes them") {
  for (const sl::index_t axis : {1, 3}) {
    net_builder b;
    const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
    const auto p = prove(b.classify(b.op("Softmax", {x}, {{"axis", axis}})), sl::global_ratio{0.5});
    CHECK((p.removed > 0) == (axis == 3));
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("before operator set 13 all axes from the stated one on are normalised together") {
  net_builder b;
  b.net.opsets[""] = 11;
  const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  CHECK(prove(b.classify(b.op("Softmax", {x})), sl::global_ratio{0.5}).removed == 0);
}
