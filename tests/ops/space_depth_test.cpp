// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/space_depth.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("channels trade places with pixels, in both orders") {
  for (const char* mode : {"DCR", "CRD"}) {
    net_builder b;
    auto x = b.op("DepthToSpace", {b.conv(b.input({1, 3, 4, 4}), 16)},
                  {{"blocksize", sl::index_t{2}}, {"mode", std::string(mode)}});
    x = b.op("SpaceToDepth", {b.conv(x, 6)}, {{"blocksize", sl::index_t{2}}});
    const auto p = prove(b.classify(b.conv(x, 6)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}
