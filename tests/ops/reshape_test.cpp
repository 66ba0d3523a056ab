// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/reshape.hpp>

#include <slimming/model/infer.hpp>  // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("every target that keeps the order of elements is followed, per channel") {
  const auto proves = [](const char* what, auto build) {
    INFO(what);
    net_builder b;
    auto x = b.conv(b.input({1, 3, 4, 4}), 8);
    const auto p = prove(build(b, x), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  };
  proves("flatten", [](auto& b, auto x) { return b.out(b.linear(b.flatten(x), 4)); });
  proves("view", [](auto& b, auto x) { return b.out(b.linear(b.reshape(x, {1, 128}), 4)); });
  proves("channel shuffle", [](auto& b, auto x) { return b.classify(b.conv(b.shuffle(x, 2), 6)); });
  proves("shuffle of four", [](auto& b, auto x) { return b.classify(b.conv(b.shuffle(x, 4), 6)); });
  proves("squeeze", [](auto& b, auto x) {
    return b.out(b.linear(b.op("Squeeze", {b.mean(x), b.constant({2, 3})}), 4));
  });
  proves("unsqueeze", [](auto& b, auto x) {
    const auto gate = b.linear(b.flatten(b.mean(x)), 8);
    return b.classify(b.mul(x, b.op("Sigmoid", {b.op("Unsqueeze", {gate, b.constant({2, 3})})})));
  });
  proves("pixel shuffle by views", [](auto& b, auto x) {
    const auto v = b.transpose(b.reshape(x, {1, 2, 2, 2, 4, 4}), {0, 1, 4, 2, 5, 3});
    return b.classify(b.conv(b.reshape(v, {1, 2, 8, 8}), 6));
  });
  proves("focus by views", [](auto& b, auto x) {
    const auto v = b.transpose(b.reshape(x, {1, 8, 2, 2, 2, 2}), {0, 3, 5, 1, 2, 4});
    return b.classify(b.conv(b.reshape(v, {1, 32, 2, 2}), 6));
  });
  proves("places last", [](auto& b, auto x) {
    const auto v = b.transpose(b.reshape(x, {1, 8, 16}), {0, 2, 1});
    return b.classify(b.reshape(b.transpose(b.matmul(v, 6), {0, 2, 1}), {1, 6, 4, 4}));
  });
}

TEST_CASE("numbers in a target follow, zero and minus one stay") {
  net_builder b;
  const auto x = b.conv(b.input({-1, 3, 4, 4}), 8);
  const auto y = b.reshape(x, {0, 8, -1});
  auto net = b.out(b.linear(b.reshape(y, {-1, 128}), 4));
  const auto p = prove(net, sl::global_ratio{0.5});
  CHECK(p.difference < 1e-12);
  const auto target = [&](std::size_t node) {
    return p.pruned.initializer(p.pruned.nodes()[node].inputs[1])->converted<sl::index_t>();
  };
  CHECK(target(1) == ints{0, 4, -1});
  CHECK(target(2) == ints{-1, 64});
}

TEST_CASE("a target computed from shapes is replaced where it does not follow by itself") {
  // (batch, 8, -1) with the batch taken from the shape of x.
  net_builder b;
  const auto x = b.conv(b.input({-1, 3, 4, 4}), 8);
  const auto batch = b.op("Gather", {b.op("Shape", {x}), b.constant({0})});
  const auto y = b.op("Reshape", {x, b.concat({batch, b.constant({8}), b.constant({-1})}, 0)});
  auto net = b.out(b.linear(b.flatten(y), 4));
  const auto p = prove(net, sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  const auto facts = sl::infer(p.pruned, sl::testing::ops());
  CHECK(facts[static_cast<std::size_t>(y)].extents == sl::shape{-1, 4, 16});
}

TEST_CASE("two axes of channels cannot be merged: both stay") {
  net_builder b;
  const auto x = b.reshape(b.conv(b.input({1, 3, 4, 4}), 4), {1, 4, 16});
  const auto gram = b.op("MatMul", {x, b.transpose(x, {0, 2, 1})});
  auto net = b.out(b.linear(b.flatten(gram), 3));
  const auto of = sl::connect(net, sl::testing::ops());
  const sl::channel_groups groups(of.graph);
  CHECK(groups.is_pinned(groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(1), 0)));
}
