// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/linear.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::bound_to;

TEST_CASE("a matrix binds both axes, in either order") {
  support::arrays a;
  for (const auto axes : {rules::out_in, rules::in_out}) {
    sl::channel_graph g;
    const sl::feature_map x{g.add(4, "x"), {}, true};
    const auto w = axes.out == 0 ? a.make("w", {7, 4}) : a.make("w", {4, 7});
    const auto y = connect(
        g, rules::linear_facts{.name = "fc", .weight = w, .bias = a.make("b", {7}), .axes = axes},
        x);
    CHECK(g.size(y.c) == 7);
    CHECK(bound_to(g, 0, axes.out) == y.c);
    CHECK(bound_to(g, 0, axes.in) == x.c);
    CHECK(bound_to(g, 1, 0) == y.c);
    CHECK(g.parameters()[0].positions == 1);
  }
}

TEST_CASE("a matrix over a map multiplies at every position and keeps them") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 4, {49});
  const auto y = connect(g, rules::linear_facts{.name = "fc", .weight = a.make("w", {7, 4})}, x);
  CHECK(y.spatial == x.spatial);
  CHECK(g.parameters()[0].positions == 49);
}

TEST_CASE("a matrix that does not fit leaves the graph as it was") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 4);
  CHECK_THROWS_WITH(
      connect(g, rules::linear_facts{.name = "fc", .weight = a.make("fc.w", {7, 5})}, x),
      "slimming: shape_mismatch: fc.w: input channels against 'input': expected 5, got 4");
  CHECK_THROWS_AS(connect(g, rules::linear_facts{.name = "fc", .weight = a.make("w", {4})}, x),
                  sl::shape_mismatch);
  CHECK_THROWS_AS(
      connect(g, rules::linear_facts{.name = "fc", .weight = a.make("w", {7, 4}), .axes = {1, 1}},
              x),
      sl::bad_value);
  CHECK(g.values().size() == 1);
  CHECK(g.parameters().empty());
}
