// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/crop.hpp>     // crop_of_slice, crop_of_pad, crops_of_split
#include <slimming/exec/network.hpp>  // make_network

#include "tests/exec/small_net.hpp"  // small_net
#include "tests/support/catch.hpp"   // TEST_CASE

#include <limits>  // std::numeric_limits
#include <vector>  // std::vector

namespace sl = slimming;
using test_support::small_net;

namespace {

sl::index_t as_is(sl::index_t c) { return c; }
constexpr sl::index_t all = std::numeric_limits<sl::index_t>::max();

template <class Of>
auto of_last_node(const sl::model& net, Of of) {
  const auto n = sl::exec::make_network(net, {}, {});
  return of(n.nodes.back(), n, as_is);
}
const auto slice = [](const auto&... a) { return sl::exec::crop_of_slice(a...); };
const auto pad = [](const auto&... a) { return sl::exec::crop_of_pad(a...); };
const auto split = [](const auto&... a) { return sl::exec::crops_of_split(a...); };

}  // namespace

TEST_CASE("a strided slice of the image maps rows and columns") {
  small_net b;
  const auto x = b.input({2, 3, 5, 6});
  const auto net = b.finish({b.node(
      "Slice",
      {x, b.integers({1, 0}), b.integers({all, all}), b.integers({2, 3}), b.integers({2, 3})},
      {2, 3, 2, 2})});
  const auto k = of_last_node(net, slice);
  REQUIRE(k);
  CHECK((k->from_row(0) == 1 && k->from_row(1) == 3));
  CHECK((k->from_column(0) == 0 && k->from_column(1) == 3));
  CHECK(k->channels == 3);
}

TEST_CASE("a slice may start from the end and run backwards over rows") {
  small_net b;
  const auto x = b.input({1, 4, 5, 6});
  const auto net = b.finish({b.node(
      "Slice",
      {x, b.integers({-3, -1}), b.integers({-1, -100}), b.integers({1, 2}), b.integers({1, -2})},
      {1, 2, 3, 6})});
  const auto k = of_last_node(net, slice);
  REQUIRE(k);
  CHECK((k->from_channel == 1 && k->to_channel == 0 && k->channels == 2));
  CHECK((k->from_row(0) == 4 && k->from_row(2) == 0));
}

TEST_CASE("padding channels shifts them, rows outside have no source") {
  small_net b;
  const auto x = b.input({1, 4, 3, 3});
  const auto net =
      b.finish({b.node("Pad", {x, b.integers({0, 2, 1, 0, 0, 3, 0, -1})}, {1, 9, 4, 2})});
  const auto k = of_last_node(net, pad);
  REQUIRE(k);
  CHECK((k->from_channel == 0 && k->to_channel == 2 && k->channels == 4));
  CHECK((k->from_row(0) == -1 && k->from_row(3) == 2));
}

TEST_CASE("a split is one crop per part") {
  small_net b;
  const auto x = b.input({1, 6, 3, 3});
  const auto first = b.net().add_value("first", sl::shape{1, 2, 3, 3});
  const auto second = b.net().add_value("second", sl::shape{1, 4, 3, 3});
  b.net().add_node({"Split", "split", {x}, {first, second}, {{"axis", sl::index_t{1}}}, {}});
  const auto net = b.finish({first, second});
  const auto parts = of_last_node(net, split);
  REQUIRE(parts.size() == 2);
  CHECK((parts[0].from_channel == 0 && parts[0].channels == 2));
  CHECK((parts[1].from_channel == 2 && parts[1].channels == 4));
}

TEST_CASE("what touches the batch or is not filled with zeros is not a crop") {
  small_net b;
  const auto x = b.input({2, 3, 5, 6});
  const auto net = b.finish(
      {b.node("Slice", {x, b.integers({1}), b.integers({2}), b.integers({0})}, {1, 3, 5, 6})});
  CHECK_FALSE(of_last_node(net, slice));
  small_net c;
  const auto y = c.input({1, 4, 3, 3});
  const auto one = c.parameter("one", {1}, 1.0, 1.0);
  const auto filled =
      c.finish({c.node("Pad", {y, c.integers({0, 0, 1, 0, 0, 0, 0, 0}), one}, {1, 4, 4, 3})});
  CHECK_FALSE(of_last_node(filled, pad));
}
