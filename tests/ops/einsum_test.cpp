// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/einsum.hpp>

#include <slimming/model/infer.hpp>  // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::net_builder;
using sl::testing::prove;

namespace {

sl::value_id einsum(net_builder& b, const std::string& equation, std::vector<sl::value_id> x) {
  return b.op("Einsum", std::move(x), {{"equation", equation}});
}
void infer_einsum(const std::string& equation, const std::vector<sl::shape>& operands) {
  net_builder b;
  std::vector<sl::value_id> x;
  for (const auto& e : operands) x.push_back(b.input(e, "x" + std::to_string(x.size())));
  einsum(b, equation, x);
  (void)sl::infer(b.net, sl::testing::ops());
}

}  // namespace

TEST_CASE("a matrix of parameters in an Einsum costs and loses what a linear layer does") {
  const auto layer = [](bool is_einsum) {
    net_builder b;
    const auto x = b.reshape(b.conv(b.input({2, 3, 4, 4}), 8), {2, 8, 16});
    const auto y = is_einsum ? einsum(b, "bct,cd->btd", {x, b.weight({8, 6})})
                             : b.matmul(b.transpose(x, {0, 2, 1}), 6);
    return prove(b.out(b.linear(b.flatten(b.relu(y)), 4)), sl::global_ratio{0.5});
  };
  const auto p = layer(true), witness = layer(false);
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  CHECK(p.before.macs == witness.before.macs);
  CHECK(p.after.macs == witness.after.macs);
  CHECK(p.after.parameters == witness.after.parameters);
}

TEST_CASE("a label that all factors have is one set of channels") {
  net_builder b;
  const auto in = b.input({1, 3, 4, 4});
  const auto y = einsum(b, "bchw,bchw,c->bchw", {b.conv(in, 8), b.conv(in, 8), b.weight({8})});
  const auto p = prove(b.classify(b.conv(y, 8)), sl::global_ratio{0.5});
  CHECK(p.difference < 1e-12);
  std::vector<sl::index_t> left;
  for (const auto& node : p.pruned.nodes())
    if (node.op == "Conv") left.push_back(p.pruned.initializer(node.inputs[1])->extents()[0]);
  REQUIRE(left.size() == 3);
  CHECK(left[0] == left[1]);
  CHECK(left[0] < 8);
}

TEST_CASE("what is summed over stays unless a factor vanishes there") {
  net_builder b;
  const auto x = b.op("Sigmoid", {b.conv(b.input({1, 3, 4, 4}), 8)});  // 0.5 where it is removed
  const auto p = prove(b.out(b.linear(b.flatten(einsum(b, "bchw,bdhw->bhw", {x, x})), 4)),
                       sl::global_ratio{0.5});
  CHECK(p.removed == 0);
}

TEST_CASE("a diagonal stops pruning") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 8, 8}), 8);
  const auto p = prove(b.out(b.linear(einsum(b, "bcww->bc", {x}), 4)), sl::global_ratio{0.5});
  CHECK(p.removed == 0);
}

TEST_CASE("an equation that does not fit its factors names the node and what is wrong") {
  using slimming::testing::containing;
  CHECK_THROWS_WITH(infer_einsum("ab,bc->ac", {{2, 3}}), containing("more terms than"));
  CHECK_THROWS_WITH(infer_einsum("ab->a", {{2, 3}, {3, 4}}), containing("1 terms for 2 operands"));
  CHECK_THROWS_WITH(infer_einsum("ab->ac", {{2, 3}}), containing("a label that no factor has"));
  CHECK_THROWS_WITH(infer_einsum("ab->aa", {{2, 3}}), containing("twice"));
  CHECK_THROWS_WITH(infer_einsum("a1->a", {{2, 3}}), containing("has '1'"));
  CHECK_THROWS_WITH(infer_einsum("abc->a", {{2, 3}}), containing("expected 3, got 2"));
  CHECK_THROWS_WITH(infer_einsum("ab,bc->ac", {{2, 3}, {4, 5}}), containing("expected 3, got 4"));
}
