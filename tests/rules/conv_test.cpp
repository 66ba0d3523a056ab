// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/conv.hpp>

#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::bound_to;
using support::ties_exactly;
using extents = std::vector<sl::index_t>;

namespace {

sl::role role_at(const sl::channel_graph& g, std::size_t p, std::size_t axis) {
  return g.bindings()[static_cast<std::size_t>(g.parameters()[p].axis_binding[axis])].as;
}

}  // namespace

TEST_CASE("a convolution makes new channels and binds both axes and the bias") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 3, {32, 32});
  const auto y = connect(g,
                         rules::conv_facts{.name = "conv1",
                                           .weight = a.make("w", {8, 3, 3, 3}),
                                           .bias = a.make("b", {8}),
                                           .window = {.stride = {2}, .pad_begin = {1}}},
                         x);
  CHECK(g.size(y.c) == 8);
  CHECK(y.spatial == extents{16, 16});
  CHECK(ties_exactly(g, x.c, y.c, [](auto, auto) { return false; }));
  CHECK(bound_to(g, 0, 0) == y.c);
  CHECK(bound_to(g, 0, 1) == x.c);
  CHECK_FALSE(bound_to(g, 0, 2));
  CHECK(role_at(g, 0, 0) == sl::role::weight);
  CHECK(role_at(g, 0, 1) == sl::role::weight_in);
  CHECK(bound_to(g, 1, 0) == y.c);
  CHECK(role_at(g, 1, 0) == sl::role::bias);
  CHECK(g.parameters()[0].positions == 256);
  CHECK(g.ops().back() == "conv1");
}

TEST_CASE("axes are data: OIHW, IOHW and HWIO bind the same channels") {
  support::arrays a;
  const auto check = [&](extents shape, rules::kernel_axes axes, extents out) {
    sl::channel_graph g;
    const auto x = sl::input(g, 4, {9, 9});
    const auto y =
        connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", shape), .axes = axes}, x);
    CHECK(bound_to(g, 0, axes.out) == y.c);
    CHECK(bound_to(g, 0, axes.in) == x.c);
    CHECK(y.spatial == out);
  };
  check({6, 4, 3, 5}, rules::oihw, {7, 5});
  check({4, 6, 3, 5}, rules::iohw, {7, 5});
  check({3, 5, 4, 6}, rules::hwio, {7, 5});
}

TEST_CASE("any number of spatial axes, dilated") {
  support::arrays a;
  for (std::size_t rank = 0; rank <= 4; ++rank) {
    sl::channel_graph g;
    const sl::feature_map x{g.add(2, "x"), extents(rank, 10), true};
    extents shape(rank + 2, 3);
    shape[0] = 5;
    shape[1] = 2;
    const auto y = connect(
        g,
        rules::conv_facts{.name = "c", .weight = a.make("w", shape), .window = {.dilation = {2}}},
        x);
    CHECK(y.spatial == extents(rank, 6));
    CHECK(g.parameters()[0].positions == y.positions());
  }
}

TEST_CASE("a transposed convolution multiplies at every place of its input") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 6, {4, 4});
  const auto y = connect(g,
                         rules::conv_facts{.name = "up",
                                           .weight = a.make("w", {6, 3, 2, 2}),
                                           .axes = rules::iohw,
                                           .window = {.stride = {2}},
                                           .transposed = true},
                         x);
  CHECK(g.size(y.c) == 3);
  CHECK(y.spatial == extents{8, 8});
  CHECK(g.parameters()[0].positions == 16);
  CHECK(bound_to(g, 0, 0) == x.c);
  CHECK(bound_to(g, 0, 1) == y.c);
}

TEST_CASE("grouped, same positions: equal places of all groups go together and the slab is bound") {
  support::arrays a;
  for (const bool transposed : {false, true}) {
    sl::channel_graph g;
    const auto x = sl::feature_map{g.add(6, "x"), {}, false};
    const rules::conv_facts f{
        .name = "grouped",
        .weight = a.make("w", transposed ? extents{6, 4, 1} : extents{12, 2, 1}),
        .axes = transposed ? rules::iohw : rules::oihw,
        .groups = 3,
        .transposed = transposed};
    const auto y = connect(g, f, x);
    CHECK(g.size(y.c) == 12);
    CHECK(ties_exactly(g, x.c, x.c, [](auto i, auto j) { return i % 2 == j % 2; }));
    CHECK(ties_exactly(g, y.c, y.c, [](auto i, auto j) { return i % 4 == j % 4; }));
    CHECK(ties_exactly(g, x.c, y.c, [](auto, auto) { return false; }));
    const auto in = bound_to(g, 0, f.axes.in);
    const auto out = bound_to(g, 0, f.axes.out);
    CHECK(ties_exactly(g, in, x.c, [](auto i, auto j) { return i % 2 == j % 2; }));
    CHECK(ties_exactly(g, out, y.c, [](auto i, auto j) { return i % 4 == j % 4; }));
    CHECK(g.size(in) == (transposed ? 6 : 2));
    CHECK(g.size(out) == (transposed ? 4 : 12));
    CHECK(rules::groups_after(f, transposed ? extents{3, 2, 1} : extents{6, 1, 1}) == 3);
  }
}

TEST_CASE("grouped, whole groups: inputs and outputs of a group go together and groups shrink") {
  support::arrays a;
  for (const bool transposed : {false, true}) {
    sl::channel_graph g;
    const auto x = sl::feature_map{g.add(6, "x"), {}, false};
    const rules::conv_facts f{
        .name = "grouped",
        .weight = a.make("w", transposed ? extents{6, 4, 1} : extents{12, 2, 1}),
        .axes = transposed ? rules::iohw : rules::oihw,
        .groups = 3,
        .grouping = rules::group_policy::whole_groups,
        .transposed = transposed};
    const auto y = connect(g, f, x);
    CHECK(ties_exactly(g, x.c, x.c, [](auto i, auto j) { return i / 2 == j / 2; }));
    CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return i / 2 == j / 4; }));
    CHECK(bound_to(g, 0, 0) == (transposed ? x.c : y.c));
    CHECK_FALSE(bound_to(g, 0, 1));
    CHECK(rules::groups_after(f, transposed ? extents{4, 4, 1} : extents{8, 2, 1}) == 2);
  }
}

TEST_CASE("depthwise: every channel takes its filters along") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::feature_map{g.add(5, "x"), {8, 8}, true};
  const rules::conv_facts f{.name = "dw", .weight = a.make("w", {15, 1, 3, 3}), .groups = 5};
  const auto y = connect(g, f, x);
  CHECK(ties_exactly(g, x.c, y.c, [](auto i, auto j) { return i == j / 3; }));
  CHECK(bound_to(g, 0, 0) == y.c);
  CHECK_FALSE(bound_to(g, 0, 1));
  CHECK(rules::groups_after(f, extents{9, 1, 3, 3}) == 3);
  CHECK(g.parameters()[0].positions == 36);
}

TEST_CASE("one group keeps its number whatever is cut") {
  support::arrays a;
  const rules::conv_facts f{.name = "c", .weight = a.make("w", {4, 1, 1})};
  CHECK(rules::groups_after(f, extents{2, 1, 1}) == 1);
}

TEST_CASE("a layer that is used twice ties its uses and counts both") {
  sl::channel_graph g;
  support::arrays a;
  const rules::conv_facts f{.name = "shared", .weight = a.make("w", {4, 4, 1, 1})};
  const sl::feature_map p{g.add(4, "p"), {8, 8}, true}, q{g.add(4, "q"), {4, 4}, true};
  const auto yp = connect(g, f, p), yq = connect(g, f, q);
  CHECK(ties_exactly(g, p.c, q.c, [](auto i, auto j) { return i == j; }));
  CHECK(ties_exactly(g, yp.c, yq.c, [](auto i, auto j) { return i == j; }));
  CHECK(g.parameters().size() == 1);
  CHECK(g.parameters()[0].positions == 80);
}

TEST_CASE("without a size nothing is counted") {
  sl::channel_graph g;
  support::arrays a;
  const auto y = connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 3, 3, 3})},
                         sl::input(g, 3));
  CHECK_FALSE(y.has_size);
  CHECK(g.parameters()[0].positions == 0);
}

TEST_CASE("a kernel that does not fit leaves the graph as it was") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 3, {8, 8});
  const auto values = g.values().size();
  const auto ops = g.ops().size();
  CHECK_THROWS_WITH(
      connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 5, 3, 3})}, x),
      "slimming: shape_mismatch: w: input channels against 'input': expected 5, got 3");
  CHECK_THROWS_AS(
      connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 1, 3, 3}), .groups = 3},
              x),
      sl::bad_value);
  CHECK_THROWS_AS(
      connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 3, 3, 3}), .groups = 0},
              x),
      sl::bad_value);
  CHECK_THROWS_AS(
      connect(g,
              rules::conv_facts{.name = "c", .weight = a.make("w", {4, 3, 3}), .axes = rules::hwio},
              x),
      sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 3, 3})}, x),
                  sl::shape_mismatch);
  CHECK_THROWS_AS(
      connect(g, rules::conv_facts{.name = "c", .weight = a.make("w", {4, 3, 9, 9})}, x),
      sl::bad_value);
  CHECK(g.values().size() == values);
  CHECK(g.ops().size() == ops);
  CHECK(g.parameters().empty());
}
