// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/data/normalisation.hpp>

#include <limits>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a pixel becomes (pixel / 255 - mean) / deviation of its channel") {
  const sl::normalisation n(sl::published_cifar_statistics(), 3);
  CHECK(n.channels() == 3);
  CHECK(n.table(0)[0] == Approx(-0.4914 / 0.2023));
  CHECK(n.table(1)[255] == Approx((1 - 0.4822) / 0.1994));
  CHECK(n.table(2)[100] == Approx((100 / 255.0 - 0.4465) / 0.2010));
}

TEST_CASE("without statistics a pixel is divided by 255") {
  const sl::normalisation n(2);
  for (std::size_t v = 0; v < 256; ++v)
    CHECK(n.table(1)[v] == static_cast<float>(static_cast<double>(v) / 255));
}

TEST_CASE("statistics that cannot divide are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(sl::normalisation({{0.5}, {0.2}}, 3), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::normalisation({{0.5, 0.5}, {0.2}}, 2), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::normalisation({{0.5}, {0.0}}, 1), sl::bad_value);
  CHECK_THROWS_AS(sl::normalisation({{0.5}, {-1.0}}, 1), sl::bad_value);
  CHECK_THROWS_AS(sl::normalisation({{nan}, {1.0}}, 1), sl::bad_value);
  CHECK_THROWS_AS(sl::normalisation({{0.5}, {nan}}, 1), sl::bad_value);
}
