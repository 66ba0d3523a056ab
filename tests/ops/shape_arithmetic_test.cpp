// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/shape_arithmetic.hpp>

#include <slimming/model/infer.hpp>  // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("a filled tensor has as many channels as its consumers want") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  const auto zeros = b.op("ConstantOfShape", {b.constant({1, 4, 4, 4})});
  const auto y = b.add(b.concat({x, zeros}), b.conv(x, 12));
  const auto p = prove(b.classify(y), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("arithmetic on shapes folds through gathers, products and casts") {
  net_builder b;
  const auto x = b.input({2, 6, 8, 10});
  const auto size =
      b.op("Slice", {b.op("Shape", {x}), b.constant({2}), b.constant({4}), b.constant({0})});
  const auto half =
      b.op("Cast",
           {b.op("Floor",
                 {b.op("Mul", {b.op("Cast", {size}, {{"to", sl::index_t{1}}}), b.scalar(0.5f)})})},
           {{"to", sl::index_t{7}}});
  const auto facts = sl::infer(b.net, sl::testing::ops());
  REQUIRE(facts[static_cast<std::size_t>(half)].constant);
  CHECK(facts[static_cast<std::size_t>(half)].constant->converted<sl::index_t>() == ints{4, 5});
}

TEST_CASE("a Constant node holds a parameter like an initialiser does") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  const auto w = b.op("Constant", {}, {{"value", b.tensor({6, 8, 1, 1})}});
  const auto p = prove(b.classify(b.relu(b.op("Conv", {x, w}))), sl::global_ratio{0.5});
  CHECK(p.difference < 1e-12);
  CHECK(p.pruned.constant(w)->extents()[0] < 6);
  CHECK(p.pruned.constant(w)->extents()[1] < 8);
}
