// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/concat.hpp>

#include <array>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::are_free;
using support::ties_exactly;
using extents = std::vector<sl::index_t>;

TEST_CASE("concat ties every input to its slice of the output") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(2, "a"), {8, 8}, true},
                      sl::feature_map{g.add(3, "b"), {8, 8}, true}};
  const auto y = connect(g, rules::concat_facts{"cat"}, in);
  CHECK(g.size(y.c) == 5);
  CHECK(y.spatial == extents{8, 8});
  CHECK(ties_exactly(g, in[0].c, y.c, [](auto i, auto j) { return j == i; }));
  CHECK(ties_exactly(g, in[1].c, y.c, [](auto i, auto j) { return j == i + 2; }));
  CHECK(are_free(g, y.c));
}

TEST_CASE("the same value twice in a concat goes twice") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(2, "x"), {}, false};
  const auto y = connect(g, rules::concat_facts{"cat"}, std::array{x, x});
  CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return j % 2 == i; }));
}

TEST_CASE("a concat along space adds extents and ties channels") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(2, "a"), {8, 3}, true},
                      sl::feature_map{g.add(2, "b"), {8, 5}, true}};
  const auto y = connect(g, rules::concat_facts{.name = "cat", .spatial_axis = 1}, in);
  CHECK(y.spatial == extents{8, 8});
  CHECK(g.size(y.c) == 2);
  CHECK(ties_exactly(g, in[0].c, in[1].c, [](auto i, auto j) { return i == j; }));
  CHECK_THROWS_AS(connect(g, rules::concat_facts{"cat"}, in), sl::shape_mismatch);
  CHECK_THROWS_AS(connect(g, rules::concat_facts{.name = "cat", .spatial_axis = 2}, in),
                  sl::shape_mismatch);
}

TEST_CASE("an uneven split gives every part its own run of channels") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(7, "x"), {4}, true};
  const auto parts = connect(g, rules::split_facts{.name = "s", .sizes = {1, 4, 2}}, x);
  REQUIRE(parts.size() == 3);
  CHECK(ties_exactly(g, parts[0].c, x.c, [](auto i, auto j) { return j == i; }));
  CHECK(ties_exactly(g, parts[1].c, x.c, [](auto i, auto j) { return j == i + 1; }));
  CHECK(ties_exactly(g, parts[2].c, x.c, [](auto i, auto j) { return j == i + 5; }));
  CHECK(are_free(g, x.c));
  CHECK(parts[2].spatial == extents{4});
  CHECK_THROWS_WITH(connect(g, rules::split_facts{.name = "s", .sizes = {1, 4}}, x),
                    "slimming: shape_mismatch: s: sum of the parts: expected 7, got 5");
  CHECK_THROWS_AS(connect(g, rules::split_facts{.name = "s", .sizes = {8, -1}}, x), sl::bad_value);
}

TEST_CASE("a split that its owner does by number of parts stays even") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {}, false};
  (void)connect(g, rules::split_facts{.name = "chunk", .sizes = {3, 3}, .stays_even = true}, x);
  CHECK(ties_exactly(g, x.c, x.c, [](auto i, auto j) { return i % 3 == j % 3; }));
  CHECK_THROWS_AS(
      connect(g, rules::split_facts{.name = "chunk", .sizes = {4, 2}, .stays_even = true}, x),
      sl::bad_value);
}

TEST_CASE("split, then concat in another order, routes every channel") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(5, "x"), {}, false};
  const auto p = connect(g, rules::split_facts{.name = "s", .sizes = {2, 3}}, x);
  const auto y = connect(g, rules::concat_facts{"cat"}, std::array{p[1], p[0]});
  CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return j == (i + 3) % 5; }));
}

TEST_CASE("slices take a run, every second, or the reverse") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {}, false};
  const auto run = connect(g, rules::slice_facts{.name = "r", .first = 2, .count = 3}, x);
  CHECK(ties_exactly(g, run.c, x.c, [](auto i, auto j) { return j == i + 2; }));
  const auto odd =
      connect(g, rules::slice_facts{.name = "o", .first = 1, .count = 3, .step = 2}, x);
  CHECK(ties_exactly(g, odd.c, x.c, [](auto i, auto j) { return j == 2 * i + 1; }));
  const auto back =
      connect(g, rules::slice_facts{.name = "b", .first = 5, .count = 6, .step = -1}, x);
  CHECK(ties_exactly(g, back.c, x.c, [](auto i, auto j) { return j == 5 - i; }));
  CHECK(g.size(connect(g, rules::slice_facts{.name = "none"}, x).c) == 0);
  CHECK_THROWS_AS(connect(g, rules::slice_facts{.name = "s", .first = 4, .count = 3}, x),
                  sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::slice_facts{.name = "s", .first = -1, .count = 1}, x),
                  sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::slice_facts{.name = "s", .count = 2, .step = 0}, x),
                  sl::bad_value);
}

TEST_CASE("numbers whose sum or product would not fit are declined by value") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(6, "x"), {}, false};
  constexpr auto most = std::numeric_limits<sl::index_t>::max();
  constexpr auto least = std::numeric_limits<sl::index_t>::min();
  CHECK_THROWS_WITH(
      connect(g, rules::slice_facts{.name = "s", .count = sl::index_t{1} << 62, .step = 4}, x),
      "slimming: bad_value: s: 4611686018427387904 channels from 0 in steps of 4 leave [0, 6)");
  for (const auto step : {least, most})
    for (const auto first : {least, most, sl::index_t{0}, sl::index_t{5}})
      CHECK_THROWS_AS(
          connect(g, rules::slice_facts{.name = "s", .first = first, .count = 2, .step = step}, x),
          sl::bad_value);
  CHECK(g.size(connect(g, rules::slice_facts{.name = "s", .count = 1, .step = least}, x).c) == 1);
  CHECK_THROWS_AS(connect(g, rules::split_facts{.name = "s", .sizes = {most, most, 8}}, x),
                  sl::shape_mismatch);
  CHECK_THROWS_AS(
      connect(g, rules::channel_pad_facts{.name = "p", .before = most, .after = most}, x),
      sl::bad_value);
}

TEST_CASE("the amounts of a pad are counted by a parameter without elements") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  int owner = 0;
  const sl::parameter amounts{
      "pad.extents", {nullptr, sl::dtype::float32, std::vector<sl::index_t>{2, 3, 0}}, {&owner}};
  const auto y = connect(
      g, rules::channel_pad_facts{.name = "pad", .before = 2, .after = 3, .amounts = amounts}, x);
  REQUIRE(g.bindings().size() == 2);
  const auto before = g.bindings()[0].at, after = g.bindings()[1].at;
  CHECK(ties_exactly(g, before, y.c, [](auto i, auto j) { return i == j; }));
  CHECK(ties_exactly(g, after, y.c, [](auto i, auto j) { return j == i + 6; }));
  CHECK(g.bindings()[0].axis == 0);
  CHECK(g.bindings()[1].axis == 1);
  CHECK(g.at(g.bindings()[1].parameter).value.name == "pad.extents");
}

TEST_CASE("padded channels go with the convolution that they are added to") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {}, false}, branch{g.add(8, "branch"), {}, false};
  const auto y = connect(g, rules::channel_pad_facts{.name = "pad", .before = 2, .after = 2}, x);
  CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return j == i + 2; }));
  CHECK(g.pins().empty());
  (void)connect(g, rules::join_facts{"add"}, std::array{branch, y});
  CHECK(ties_exactly(g, branch.c, y.c, [](auto i, auto j) { return i == j; }));
  CHECK(ties_exactly(g, branch.c, x.c, [](auto i, auto j) { return i == j + 2; }));
  CHECK_THROWS_AS(connect(g, rules::channel_pad_facts{.name = "pad", .before = -1}, x),
                  sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::channel_pad_facts{.name = "pad", .after = -1}, x),
                  sl::bad_value);
}
