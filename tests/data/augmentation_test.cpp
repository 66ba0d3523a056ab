// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/data/augmentation.hpp>

#include <array>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("no augmentation places an image where it is") {
  for (sl::index_t i = 0; i < 50; ++i) CHECK(sl::draw({}, 1, 2, i) == sl::placement{});
}

TEST_CASE("placements cover every offset and both directions evenly") {
  const auto what = sl::augmentation::cifar();
  std::array<int, 9> top{}, left{};
  int mirrored = 0;
  const int n = 9000;
  for (sl::index_t i = 0; i < n; ++i) {
    const auto p = sl::draw(what, 5, 0, i);
    REQUIRE(p.top >= -4);
    REQUIRE(p.top <= 4);
    REQUIRE(p.left >= -4);
    REQUIRE(p.left <= 4);
    ++top[static_cast<std::size_t>(p.top + 4)];
    ++left[static_cast<std::size_t>(p.left + 4)];
    mirrored += p.mirrored;
  }
  for (const int count : top) CHECK(count == Approx(1000).margin(150));  // five deviations
  for (const int count : left) CHECK(count == Approx(1000).margin(150));
  CHECK(mirrored == Approx(n / 2).margin(240));
}

TEST_CASE("a placement depends on seed, epoch and image, and on nothing else") {
  const auto what = sl::augmentation::cifar();
  const auto differ = [&](std::uint64_t seed, sl::index_t epoch) {
    int n = 0;
    for (sl::index_t i = 0; i < 100; ++i)
      n += sl::draw(what, seed, epoch, i) != sl::draw(what, 1, 1, i);
    return n;
  };
  CHECK(differ(1, 1) == 0);
  CHECK(differ(2, 1) > 90);
  CHECK(differ(1, 2) > 90);
}
