// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/gather.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("a permutation of the channels is renumbered") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  x = b.op("Gather", {x, b.constant({7, 0, -3, 2, 1, 4, 6, 3})}, {{"axis", sl::index_t{1}}});
  const auto p = prove(b.classify(b.conv(x, 6)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("one gathered channel stays, the others may go") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  const auto one = b.op("Gather", {x, b.scalar(sl::index_t{5})}, {{"axis", sl::index_t{1}}});
  const auto p =
      prove(b.classify(b.mul(x, b.op("Unsqueeze", {one, b.constant({1})}))), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("a selection narrows its consumers and leaves the wide side") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 6, 6}), 10);
  const auto narrow = b.conv(b.relu(b.select(b.bn(x), {0, 2, 3, 5, 6, 9})), 10);
  const auto p = prove(b.classify(b.add(x, narrow)), sl::global_ratio{0.4});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("a list that a gather or the caller reads, too, is not renumbered for the selection") {
  for (const int who : {0, 1, 2})
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      INFO("reader " << who << " seed " << seed);
      net_builder b;
      const auto in = b.input({1, 3, 6, 6});
      const auto x = b.conv(in, 8), y = b.conv(in, 9);
      const auto list = b.constant({1, 3, 7});
      const auto gather = [&] { return b.op("Gather", {y, list}, {{"axis", sl::index_t{1}}}); };
      const auto first = who == 0 ? gather() : y;
      const auto narrow = b.conv(b.op("ChannelSelect", {b.bn(x), list}, {}, "slimming"), 4);
      const auto second = who == 1 ? gather() : first;
      b.net.add_output(who == 2 ? list : y);  // y stays whole
      const auto net = b.classify(b.add(narrow, b.conv(second, 4)));
      const auto p = prove(net, sl::global_ratio{0.4}, {}, {}, seed);
      CHECK(p.removed > 0);
      CHECK(p.difference < 1e-12);
    }
}

TEST_CASE("copies of one element are as many as their consumers want") {
  for (const char* name : {"Expand", "Tile"}) {
    net_builder b;
    const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
    const auto gate = b.op("Sigmoid", {b.conv(x, 1)});
    const auto copies = b.op(name, {gate, b.constant({1, 8, 1, 1})});
    const auto p = prove(b.classify(b.mul(x, copies)), sl::global_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("an index that names no element is an error with the number") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 8);
  auto net = b.classify(b.op("Gather", {x, b.constant({8})}, {{"axis", sl::index_t{1}}}));
  CHECK_THROWS_WITH(sl::connect(net, sl::testing::ops()), sl::testing::containing("index 8 of 8"));
}
