// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/feature_map.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("an input is pinned and knows its size if it was given one") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3, {32, 16});
  CHECK(g.size(x.c) == 3);
  CHECK(x.positions() == 512);
  CHECK(x.has_size);
  REQUIRE(g.pins().size() == 1);
  CHECK(g.pins()[0].reason == "network input");
  CHECK_FALSE(sl::input(g, 3).has_size);
  sl::output(g, x);
  CHECK(g.pins().back().reason == "network output");
}

TEST_CASE("a vector of features has a size without spatial axes") {
  sl::channel_graph g;
  const auto x = sl::vector_input(g, 784);
  CHECK(g.size(x.c) == 784);
  CHECK(x.has_size);
  CHECK(x.positions() == 1);
  CHECK(g.pins().size() == 1);
}
