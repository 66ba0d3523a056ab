// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/cost.hpp>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("cost counts what training learns, and elements times positions") {
  test::net n;
  const auto x = n.norm("bn", n.conv("conv", n.input(3), 8, 3, 100));
  n.output(n.linear("fc", x, 5));
  const sl::index_t conv = 8 * 3 * 9, bn = 8 + 8, fc = 5 * 8;
  CHECK(sl::cost_of(n.graph) == sl::cost{conv + bn + fc + 5, conv * 100 + fc});
}

TEST_CASE("a list of indices is no parameter") {
  test::net n;
  const auto x = n.input(4);
  (void)n.select("select", x, {0, 2});
  CHECK(sl::cost_of(n.graph) == sl::cost{0, 0});
}

TEST_CASE("cost follows the widths it is given") {
  test::net n;
  const auto in = n.input(3);
  const auto x = n.conv("conv", in, 8, 3, 100);
  const auto narrow = sl::cost_of(n.graph, [&](sl::channels c) { return c == x ? 5 : 3; });
  CHECK(narrow == sl::cost{5 * 3 * 9, 5 * 3 * 9 * 100});
}

TEST_CASE("the costs of the parameters add up to that of the network") {
  test::net n;
  n.output(n.norm("bn", n.conv("conv", n.input(3), 8, 3, 100)));
  sl::cost sum;
  for (std::int32_t p = 0; p < static_cast<std::int32_t>(n.graph.parameters().size()); ++p) {
    const sl::cost one = sl::cost_of(n.graph, sl::parameter_id{p});
    sum.parameters += one.parameters;
    sum.macs += one.macs;
  }
  CHECK(sum.parameters > 0);
  CHECK(sum == sl::cost_of(n.graph));
}
