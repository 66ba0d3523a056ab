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

TEST_CASE("sums over channels ignore zeros; nothing ignores what is not zero") {
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

TEST_CASE(
    "means and extremes over channels are repaired: they speak of the former number of zeros") {
  for (const char* name : {"ReduceMean", "ReduceMax", "ReduceMin"})
    for (const char* before : {"Relu", "Tanh", "Neg"})
      for (const auto opset : {17, 18}) {
        INFO(name << " behind " << before << " in operator set " << opset);
        net_builder b;
        b.net.opsets[""] = opset;
        auto x = b.op(before, {b.relu(b.conv(b.input({1, 3, 6, 6}), 8))});
        x = opset == 17 ? b.op(name, {x}, {{"axes", ints{1}}}) : b.op(name, {x, b.constant({1})});
        const auto p = prove(b.classify(b.conv(x, 6)), sl::per_layer_ratio{0.5});
        CHECK(p.difference < 1e-12);
        CHECK(p.pruned.initializer(p.pruned.nodes()[0].inputs[1])->extents()[0] == 4);
        CHECK_FALSE(p.approximate);
        const std::string repair = p.pruned.nodes()[4].op;
        CHECK(
            ("Reduce" + repair == name || (repair == "Mul" && name == std::string("ReduceMean"))));
      }
}

TEST_CASE("a reduction that lost nothing stays as it is, and surgery may come twice") {
  net_builder b;
  const auto x = b.relu(b.conv(b.input({1, 3, 6, 6}), 8));
  const auto net = b.classify(b.conv(b.op("ReduceMean", {x, b.constant({1})}), 6));
  CHECK(prove(net, sl::per_layer_ratio{0}).pruned.nodes().size() == net.nodes().size());
  const auto once = prove(net, sl::per_layer_ratio{0.3});
  const auto twice = prove(once.pruned, sl::per_layer_ratio{0.5});
  CHECK(twice.removed > 0);
  CHECK(twice.difference < 1e-12);
}

TEST_CASE("the position of an extreme counts channels: they stay") {
  for (const char* name : {"ArgMax", "ArgMin"}) {
    net_builder b;
    const auto x = b.conv(b.relu(b.conv(b.input({1, 3, 6, 6}), 8)), 6);
    const auto p = prove(b.out(b.op(name, {x}, {{"axis", sl::index_t{1}}})),
                         sl::per_layer_ratio{0.5}, {.allow_approximate = true});
    CHECK(p.difference < 1e-12);
    CHECK(p.pruned.initializer(p.pruned.nodes()[0].inputs[1])->extents()[0] == 4);
    CHECK(p.pruned.initializer(p.pruned.nodes()[2].inputs[1])->extents()[0] == 6);
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
