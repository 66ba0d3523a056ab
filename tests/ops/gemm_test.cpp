// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/gemm.hpp>

#include <slimming/core/error.hpp>      // shape_mismatch
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/infer.hpp>     // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("linear layers lose rows and columns whichever way the matrix lies") {
  for (const sl::index_t transposed : {0, 1}) {
    net_builder b;
    auto x = b.flatten(b.mean(b.conv(b.input({1, 3, 6, 6}), 8)));
    const auto w = transposed ? b.weight({6, 8}) : b.weight({8, 6});
    x = b.relu(b.op("Gemm", {x, w, b.weight({6})}, {{"transB", transposed}}));
    x = b.op("Add", {b.matmul(x, 6), b.weight({6})});
    const auto p = prove(b.out(b.linear(x, 4)), sl::global_ratio{0.5});
    CHECK(p.after.parameters < p.before.parameters);
    CHECK(p.difference < 1e-12);
    CHECK(p.before.macs > 6 * 8 + 6 * 6 + 6 * 4);
  }
}

TEST_CASE("a bias of any shape that broadcasts joins the product") {
  for (const auto& extents : {sl::shape{6}, sl::shape{1, 6}, sl::shape{1}, sl::shape{2, 1}}) {
    net_builder b;
    auto x = b.flatten(b.mean(b.conv(b.input({2, 3, 6, 6}), 8)));
    x = b.op("Gemm", {x, b.weight({8, 6}), b.weight(extents)});
    const auto p = prove(b.out(b.linear(b.relu(x), 4)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("a sum over channels of two values ties them") {
  net_builder b;
  const auto in = b.input({1, 3, 4, 4});
  const auto q = b.reshape(b.conv(in, 8), {1, 8, 16}), k = b.reshape(b.conv(in, 8), {1, 8, 16});
  const auto attention = b.op("Softmax", {b.op("MatMul", {b.transpose(q, {0, 2, 1}), k})},
                              {{"axis", sl::index_t{-1}}});
  const auto v = b.transpose(b.reshape(b.conv(in, 6), {1, 6, 16}), {0, 2, 1});
  const auto y = b.reshape(b.transpose(b.op("MatMul", {attention, v}), {0, 2, 1}), {1, 6, 4, 4});
  const auto p = prove(b.classify(b.conv(y, 8)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  for (const auto& node : p.pruned.nodes())
    if (node.op == "Conv") CHECK(p.pruned.initializer(node.inputs[1])->extents()[0] < 8);
}

TEST_CASE("factors that do not fit name the node") {
  net_builder b;
  b.op("MatMul", {b.input({2, 3}), b.weight({4, 5})});
  CHECK_THROWS_WITH(sl::infer(b.net, sl::testing::ops()),
                    sl::testing::containing("expected 3, got 4"));
}

TEST_CASE("a bias that does not broadcast to the product names the node and the axis") {
  for (const auto& extents : {sl::shape{2}, sl::shape{3, 5}, sl::shape{1, 1, 5}}) {
    net_builder b;
    const auto y = b.op("Gemm", {b.input({2, 3}), b.weight({3, 5}), b.weight(extents)});
    CHECK_THROWS_WITH(
        sl::infer(b.net, sl::testing::ops()),
        sl::testing::containing("(Gemm): input 2: ") && sl::testing::containing("expected"));
    const auto net = b.out(y);
    CHECK_THROWS_AS(sl::evaluate(net, sl::testing::ops(),
                                 sl::testing::random_inputs(net, sl::random_stream{1})),
                    sl::shape_mismatch);
  }
}
