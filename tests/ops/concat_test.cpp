// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/concat.hpp>

#include <slimming/model/infer.hpp>  // infer

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("concat, split and slice follow every channel, uneven parts included") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 6, 6}), 12);
  const auto parts = b.split(x, {3, 7, 2});
  x = b.concat({b.conv(parts[1], 5), parts[0], b.slice(x, 4, 11), parts[2]});
  const auto p = prove(b.classify(b.conv(x, 8)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("an even split without sizes gets them where the parts differ after surgery") {
  net_builder b;
  b.net.opsets[""] = 18;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 12);
  const auto parts =
      b.op_n("Split", 2, {x}, {{"axis", sl::index_t{1}}, {"num_outputs", sl::index_t{2}}});
  auto net = b.classify(b.concat({b.relu(parts[0]), b.conv(parts[1], 4)}));
  const auto p = prove(net, sl::global_ratio{0.4}, {}, {}, 5);
  CHECK(p.difference < 1e-12);
  const auto& split = p.pruned.nodes()[1];
  REQUIRE(split.op == "Split");
  CHECK_FALSE(split.has("num_outputs"));
  CHECK(p.pruned.initializer(split.input(1)) != nullptr);
}

TEST_CASE("a slice in steps loses whole strides, a reversed one any channel") {
  for (const sl::index_t step : {2, 3, -1}) {
    net_builder b;
    auto x = b.conv(b.input({1, 3, 6, 6}), 13);
    const auto y = step > 0 ? b.slice(x, 1, 13, step) : b.slice(x, -1, -100, step);
    const auto p = prove(b.classify(b.concat({b.conv(x, 4), y})), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("parts that do not add up name the node") {
  net_builder b;
  (void)b.split(b.input({1, 6, 2, 2}), {3, 2});
  CHECK_THROWS_WITH(sl::infer(b.net, sl::testing::ops()), sl::testing::containing("Split"));
}

TEST_CASE("a split into no parts is an error that names the node") {
  net_builder b;
  (void)b.op_n("Split", 0, {b.input({1, 6, 2, 2})});
  CHECK_THROWS_WITH(sl::infer(b.net, sl::testing::ops()),
                    sl::testing::containing("Split") && sl::testing::containing("no outputs"));
}

TEST_CASE("before operator set 18, parts that differ after surgery are stated") {
  for (const sl::index_t opset : {11, 13, 17}) {
    net_builder b;
    b.net.opsets[""] = opset;
    const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    const auto parts = b.op_n("Split", 2, {x}, {{"axis", sl::index_t{1}}});
    const auto net = b.classify(b.concat({b.conv(parts[0], 4), b.conv(parts[1], 4)}));
    bool was_uneven = false;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      const auto p = prove(net, sl::global_ratio{0.3}, {}, {}, seed);
      CHECK(p.difference < 1e-12);
      const auto& split = p.pruned.nodes()[1];
      REQUIRE(split.op == "Split");
      const auto facts = sl::infer(p.pruned, sl::testing::ops());
      const auto width = [&](std::size_t i) {
        return facts[static_cast<std::size_t>(split.outputs[i])].extents->at(1);
      };
      const bool is_stated = split.has("split") || split.input(1) != sl::no_value;
      was_uneven = was_uneven || width(0) != width(1);
      CHECK(is_stated == (width(0) != width(1)));
    }
    CHECK(was_uneven);
  }
}

TEST_CASE("an uneven split without sizes is refused before operator set 18") {
  for (const sl::index_t opset : {13, 18}) {
    net_builder b;
    b.net.opsets[""] = opset;
    const auto parts = b.op_n("Split", 2, {b.input({1, 7, 2, 2})}, {{"axis", sl::index_t{1}}});
    if (opset < 18)
      CHECK_THROWS_WITH(
          sl::infer(b.net, sl::testing::ops()),
          sl::testing::containing("axis 1: 7 elements do not divide into 2 equal parts"));
    else
      CHECK(b.extents(parts[1]) == sl::shape{1, 3, 2, 2});
  }
}
