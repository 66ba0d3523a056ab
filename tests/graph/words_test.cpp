// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/words.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("every role has a word of its own") {
  CHECK(sl::name_of(sl::role::weight) == "weight");
  CHECK(sl::name_of(sl::role::weight_in) == "weight_in");
  CHECK(sl::name_of(sl::role::bias) == "bias");
  CHECK(sl::name_of(sl::role::scale) == "scale");
  CHECK(sl::name_of(sl::role::slope) == "slope");
  CHECK(sl::name_of(sl::role::statistic) == "statistic");
  CHECK(sl::name_of(sl::role::index) == "index");
}

TEST_CASE("runs of channels are written as runs") {
  CHECK(sl::detail::range_words({4}) == "4");
  CHECK(sl::detail::range_words({4, 5}) == "4, 5");
  CHECK(sl::detail::range_words({0, 3, 4, 5, 9, 10}) == "0, 3 to 5, 9, 10");
  sl::channel_graph g;
  const auto c = g.add(12, "conv1");
  CHECK(sl::detail::channel_words(g, c, {2}) == "channel 2 of 'conv1'");
  CHECK(sl::detail::channel_words(g, c, {2, 3, 4}) == "channels 2 to 4 of 'conv1'");
}
