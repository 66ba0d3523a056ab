// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/dtype.hpp>

#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("every binary16 value survives a trip through float") {
  for (unsigned b = 0; b < 0x10000; ++b) {
    const auto h = sl::float16::from_bits(static_cast<std::uint16_t>(b));
    const float f = h;
    if (std::isnan(f)) {
      CHECK(std::isnan(static_cast<float>(sl::float16(f))));
      continue;
    }
    REQUIRE(sl::float16(f).bits == h.bits);
  }
}

TEST_CASE("float to binary16 rounds to the nearest, ties to even") {
  // Between two neighbours of the grid the midpoint goes to the even one, anything else to the closer.
  for (unsigned b = 0; b < 0x7bff; ++b) {
    const float low = sl::float16::from_bits(static_cast<std::uint16_t>(b));
    const float high = sl::float16::from_bits(static_cast<std::uint16_t>(b + 1));
    const float middle = (low + high) / 2;
    REQUIRE(sl::float16(middle).bits == (b % 2 ? b + 1 : b));
    REQUIRE(sl::float16(std::nextafter(middle, low)).bits == b);
    REQUIRE(sl::float16(std::nextafter(middle, high)).bits == b + 1);
  }
  CHECK(std::isinf(static_cast<float>(sl::float16(65520.0f))));
  CHECK(static_cast<float>(sl::float16(65519.0f)) == 65504.0f);
}

TEST_CASE("bfloat16 keeps the upper half, rounded to nearest even") {
  CHECK(static_cast<float>(sl::bfloat16(1.0f)) == 1.0f);
  CHECK(sl::bfloat16(1.00390625f).bits == 0x3f80);  // midpoint, even below
  CHECK(sl::bfloat16(1.01171875f).bits == 0x3f82);  // midpoint, even above
  CHECK(std::isnan(static_cast<float>(sl::bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("visiting a tag finds the C++ type again") {
  for (int t = 0; t <= static_cast<int>(sl::dtype::boolean); ++t) {
    const auto type = static_cast<sl::dtype>(t);
    sl::visit_dtype(type, [&]<class T>() {
      CHECK(sl::dtype_of<T>() == type);
      CHECK(sizeof(T) == sl::size_of(type));
    });
  }
  CHECK_THROWS_AS(sl::visit_floating(sl::dtype::int8, "w", []<class T>() {}), sl::unsupported);
}
