// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/reshape.hpp>

#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::are_free;
using support::ties_exactly;
using extents = std::vector<sl::index_t>;

TEST_CASE("flatten gives each channel its features, in either memory order") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(3, "x"), {2, 2}, true};
  const auto first = connect(g, rules::flatten_facts{"f"}, x);
  CHECK(g.size(first.c) == 12);
  CHECK(first.spatial.empty());
  CHECK(ties_exactly(g, x.c, first.c, [](auto i, auto j) { return i == j / 4; }));
  const auto last = connect(
      g, rules::flatten_facts{.name = "f", .order = rules::element_order::channels_last}, x);
  CHECK(ties_exactly(g, x.c, last.c, [](auto i, auto j) { return i == j % 3; }));
}

TEST_CASE("flatten of one position is the value itself") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(3, "x"), {1, 1}, true};
  const auto y = connect(g, rules::flatten_facts{"f"}, x);
  CHECK(y.c == x.c);
  CHECK(y.spatial.empty());
}

TEST_CASE("flatten needs to know how many positions there are") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3);
  CHECK_THROWS_AS(connect(g, rules::flatten_facts{"f"}, x), sl::bad_value);
  CHECK(g.size(connect(g, rules::flatten_facts{.name = "f", .block = 5}, x).c) == 15);
  const sl::feature_map sized{g.add(3, "x"), {2, 2}, true};
  CHECK_THROWS_AS(connect(g, rules::flatten_facts{.name = "f", .block = 5}, sized),
                  sl::shape_mismatch);
}

TEST_CASE("a reshape splits channels, joins them, or moves positions only") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {4, 4}, true};
  const auto keep = connect(g, rules::reshape_facts{"r", 6, {16}}, x);
  CHECK(keep.c == x.c);
  CHECK(keep.spatial == extents{16});
  const auto split = connect(g, rules::reshape_facts{"r", 12, {2, 4}}, x);
  CHECK(ties_exactly(g, x.c, split.c, [](auto i, auto j) { return i == j / 2; }));
  const auto join = connect(g, rules::reshape_facts{"r", 2, {3, 4, 4}}, x);
  CHECK(ties_exactly(g, join.c, x.c, [](auto i, auto j) { return i == j / 3; }));
  CHECK_THROWS_AS(connect(g, rules::reshape_facts{"r", 4, {6, 4}}, x), sl::unsupported);
  CHECK_THROWS_AS(connect(g, rules::reshape_facts{"r", 0, {}}, x), sl::unsupported);
  CHECK_THROWS_AS(connect(g, rules::reshape_facts{"r", 12, {4, 4}}, x), sl::shape_mismatch);
}

// The element at (channel, position) after a pixel shuffle, moved by the definition of the operator.
TEST_CASE("pixel shuffle and its inverse tie what the definitions move") {
  const sl::index_t r = 2, s = 3, n = 2;  // block (r, s), n channels after the shuffle
  for (const auto order : {rules::block_order::channel_major, rules::block_order::block_major}) {
    sl::channel_graph g;
    const sl::feature_map x{g.add(n * r * s, "x"), {4, 5}, true};
    const auto y = connect(g, rules::depth_to_space_facts{"d2s", {r, s}, order}, x);
    CHECK(y.spatial == extents{8, 15});
    const auto source = [&](sl::index_t c, sl::index_t i, sl::index_t j) {
      return order == rules::block_order::channel_major ? (c * r + i) * s + j : (i * s + j) * n + c;
    };
    const auto comes_from = [&](auto c, auto k) {
      for (sl::index_t i = 0; i < r; ++i)
        for (sl::index_t j = 0; j < s; ++j)
          if (source(c, i, j) == k) return true;
      return false;
    };
    CHECK(ties_exactly(g, y.c, x.c, comes_from));
    const auto back = connect(g, rules::space_to_depth_facts{"s2d", {r, s}, order}, y);
    CHECK(back.spatial == x.spatial);
    CHECK(ties_exactly(g, y.c, back.c, comes_from));
  }
}

TEST_CASE("blocks that do not divide are declined") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {4, 5}, true};
  CHECK_THROWS_AS(connect(g, rules::depth_to_space_facts{"d", {2, 2}}, x), sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::depth_to_space_facts{"d", {0, 2}}, x), sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::depth_to_space_facts{"d", {2}}, x), sl::shape_mismatch);
  CHECK_THROWS_AS(connect(g, rules::space_to_depth_facts{"s", {2, 2}}, x), sl::shape_mismatch);
  CHECK(g.values().size() == 1);
}

TEST_CASE("no channels, and products that would not fit, are declined") {
  sl::channel_graph g;
  const sl::feature_map none{g.add(0, "none"), {4, 4}, true}, x{g.add(4, "x"), {}, false};
  CHECK_THROWS_AS(connect(g, rules::reshape_facts{"r", 3}, none), sl::unsupported);
  constexpr auto huge = sl::index_t{1} << 62;
  CHECK_THROWS_WITH(
      connect(g, rules::flatten_facts{.name = "f", .block = huge}, x),
      "slimming: bad_value: f: 4 times 4611686018427387904 is more than a graph holds");
  CHECK_THROWS_AS(connect(g, rules::space_to_depth_facts{"s", {huge, huge}}, x), sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::space_to_depth_facts{"s", {huge}}, x), sl::bad_value);
  const sl::feature_map sized{x.c, {huge}, true};
  CHECK_THROWS_AS(connect(g, rules::reshape_facts{"r", 8, {huge / 2}}, sized), sl::bad_value);
  CHECK(g.ops().empty());
}

TEST_CASE("a channel shuffle moves (g, i) to (i, g), and what is left is a shuffle again") {
  const sl::index_t groups = 3, per_group = 4, n = groups * per_group;
  sl::channel_graph g;
  const sl::feature_map x{g.add(n, "x"), {}, false};
  const auto y = connect(g, rules::channel_shuffle_facts{"shuffle", groups}, x);
  const auto moved = [&](sl::index_t k) { return (k % per_group) * groups + k / per_group; };
  for (sl::index_t k = 0; k < n; ++k) CHECK(support::together(g, x.c, k, y.c, moved(k)));

  // Remove one channel and all that go with it; shuffling the rest gives the rest of the shuffled.
  for (sl::index_t gone = 0; gone < n; ++gone) {
    std::vector<sl::index_t> kept_in, kept_out;
    for (sl::index_t k = 0; k < n; ++k) {
      if (!support::together(g, x.c, gone, x.c, k)) kept_in.push_back(k);
      if (!support::together(g, x.c, gone, y.c, k)) kept_out.push_back(k);
    }
    REQUIRE(kept_in.size() == kept_out.size());
    REQUIRE(kept_in.size() % groups == 0);
    const auto left = static_cast<sl::index_t>(kept_in.size()) / groups;
    for (sl::index_t k = 0; k < left * groups; ++k) {
      const auto to = static_cast<std::size_t>((k % left) * groups + k / left);
      CHECK(kept_out[to] == moved(kept_in[static_cast<std::size_t>(k)]));
    }
  }
  CHECK_THROWS_AS(connect(g, rules::channel_shuffle_facts{"s", 5}, x), sl::bad_value);
}

TEST_CASE("a fold ties equal positions of all groups and moves nothing") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {}, false};
  CHECK(connect(g, rules::fold_facts{"fold", 1}, x).c == x.c);
  CHECK(are_free(g, x.c));
  CHECK(connect(g, rules::fold_facts{"fold", 2}, x).c == x.c);
  CHECK(ties_exactly(g, x.c, x.c, [](auto i, auto j) { return i % 3 == j % 3; }));
  CHECK_THROWS_AS(connect(g, rules::fold_facts{"fold", 4}, x), sl::bad_value);
}
