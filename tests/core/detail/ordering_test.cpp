// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include <slimming/core/detail/math.hpp>
#include <slimming/core/detail/ordering.hpp>
#include <slimming/core/random.hpp>

#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace sl = slimming;

TEST_CASE("sorting gives what std::stable_sort gives, for any length and many ties") {
  sl::random_stream random{7};
  for (sl::index_t n = 0; n < 70; ++n) {
    std::vector<std::pair<sl::index_t, sl::index_t>> items;
    for (sl::index_t i = 0; i < n; ++i) items.emplace_back(random.below(1 + n / 2), i);
    auto expected = items;
    const auto is_less = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(expected.begin(), expected.end(), is_less);
    sl::detail::sort(items, is_less);
    CHECK(items == expected);
  }
}

TEST_CASE("the smaller, the larger and the finite are those of the standard library") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const double all[] = {0.0,      -0.0,     1.5, -2.25, 1e-310, std::numeric_limits<double>::max(),
                        infinity, -infinity};
  for (const double a : all) {
    CHECK(sl::detail::is_finite(a) == std::isfinite(a));
    CHECK(sl::detail::magnitude(a) == std::abs(a));
    for (const double b : all) {
      CHECK(sl::detail::smaller(a, b) == std::min(a, b));
      CHECK(sl::detail::larger(a, b) == std::max(a, b));
    }
  }
  CHECK_FALSE(sl::detail::is_finite(nan));
}

TEST_CASE("roots, logarithms and cosines are those of the standard library") {
  for (const double x : {0.25, 1.0, 2.0, 1e9}) {
    CHECK(sl::detail::square_root(x) == std::sqrt(x));
    CHECK(sl::detail::logarithm(x) == std::log(x));
    CHECK(sl::detail::cosine(x) == std::cos(x));
  }
}
