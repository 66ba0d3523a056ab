// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/reduce.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

namespace {

sl::testing::proof reduced_over_channels(const char* reduction, const char* before) {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  x = b.op(before, {x});
  return prove(b.classify(b.conv(b.op(reduction, {x, b.constant({1})}), 6)),
               sl::per_layer_ratio{0.5});
}

}  // namespace

TEST_CASE("sums over channels ignore zeros; means and extremes need every channel") {
  const auto first_width = [](const sl::testing::proof& p) {
    return p.pruned.initializer(p.pruned.nodes()[0].inputs[1])->extents()[0];
  };
  for (const char* name : {"ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare"}) {
    INFO(name);
    const auto p = reduced_over_channels(name, "Relu");
    CHECK(p.difference < 1e-12);
    CHECK(first_width(p) == 4);
    const auto q = reduced_over_channels(name, "Sigmoid");  // a removed channel holds 1/2
    CHECK(q.difference < 1e-12);
    CHECK(first_width(q) == 8);
  }
  for (const char* name :
       {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceLogSumExp"}) {
    const auto p = reduced_over_channels(name, "Sigmoid");
    CHECK(p.difference < 1e-12);
    CHECK(first_width(p) == 8);
    CHECK(p.removed > 0);
  }
}

TEST_CASE("reductions over places pass channels") {
  for (const char* name : {"ReduceMean", "ReduceMax", "ReduceSum", "ReduceL2"}) {
    net_builder b;
    auto x = b.op(name, {b.conv(b.input({1, 3, 6, 6}), 8), b.constant({2, 3})},
                  {{"keepdims", sl::index_t{0}}});
    const auto p = prove(b.out(b.linear(x, 4)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}
