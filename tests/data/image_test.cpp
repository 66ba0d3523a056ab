// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/image.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

sl::image pattern(sl::index_t h, sl::index_t w, sl::index_t c) {
  sl::image i{h, w, c, {}};
  for (sl::index_t y = 0; y < h; ++y)
    for (sl::index_t x = 0; x < w; ++x)
      for (sl::index_t k = 0; k < c; ++k)
        i.pixels.push_back(static_cast<std::uint8_t>((31 * y + 17 * x + 53 * k + 7 * y * x) % 256));
  return i;
}

int largest_difference(const sl::image& i, sl::index_t c, const std::vector<int>& expected) {
  int largest = 0;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const auto p = static_cast<sl::index_t>(k);
    largest = std::max(largest, std::abs(i.at(p / i.width, p % i.width, c) - expected[k]));
  }
  return largest;
}

}  // namespace

TEST_CASE("resizing agrees with Pillow's antialiased bilinear filter") {
  // Image.fromarray(pattern).resize((width, height), Image.BILINEAR), Pillow 13; it rounds between
  // the two passes, hence the difference of one level.
  const auto source = pattern(7, 9, 3);
  const auto smaller = sl::resize(source, 4, 5);
  CHECK(largest_difference(smaller, 0, {28,  60,  99, 135, 158, 83,  132, 174, 153, 104,
                                        143, 133, 98, 117, 148, 184, 85,  135, 126, 89}) <= 1);
  CHECK(largest_difference(smaller, 2, {134, 162, 167, 122, 154, 183, 138, 80,  100, 149,
                                        130, 80,  137, 156, 127, 58,  137, 113, 99,  175}) <= 1);
  const auto larger = sl::resize(source, 9, 12);
  CHECK(largest_difference(larger, 2, {106, 117, 129, 142, 155, 168, 180, 193, 206, 219,
                                       231, 242, 127, 140, 156, 173, 189, 205, 157, 67}) <= 1);
}

TEST_CASE("resizing to the same size changes nothing, and a constant image stays constant") {
  const auto source = pattern(5, 8, 3);
  CHECK(sl::resize(source, 5, 8).pixels == source.pixels);
  const sl::image flat{3, 4, 1, std::vector<std::uint8_t>(12, 200)};
  for (sl::index_t h = 1; h < 9; ++h)
    CHECK(sl::resize(flat, h, 2 * h).pixels ==
          std::vector<std::uint8_t>(static_cast<std::size_t>(2 * h * h), 200));
}

TEST_CASE("a crop is the middle of the image") {
  const auto source = pattern(6, 7, 1);
  const auto cropped = sl::center_crop(source, 2, 3);
  for (sl::index_t y = 0; y < 2; ++y)
    for (sl::index_t x = 0; x < 3; ++x) CHECK(cropped.at(y, x, 0) == source.at(y + 2, x + 2, 0));
  CHECK_THROWS_AS(sl::center_crop(source, 7, 3), sl::bad_value);
  CHECK_THROWS_AS(sl::center_crop(source, 2, 8), sl::bad_value);
}

TEST_CASE("resize_and_crop covers any size exactly and keeps the aspect ratio") {
  for (sl::index_t h = 1; h < 12; ++h)
    for (sl::index_t w = 1; w < 12; ++w) {
      const auto result = sl::resize_and_crop(pattern(7, 10, 3), h, w);
      CHECK(result.height == h);
      CHECK(result.width == w);
      CHECK(result.pixels.size() == static_cast<std::size_t>(h * w * 3));
    }
  // Twice as wide as high: a square takes the middle half.
  sl::image wide{4, 8, 1, {}};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) wide.pixels.push_back(x < 2 || x >= 6 ? 255 : 10);
  CHECK(sl::resize_and_crop(wide, 4, 4).pixels == std::vector<std::uint8_t>(16, 10));
}

TEST_CASE("resize_and_crop is the middle of the whole image resized, and no more is computed") {
  const auto source = pattern(7, 23, 3);
  for (const auto& [h, w, scaled_h, scaled_w] :
       std::vector<std::array<sl::index_t, 4>>{{4, 5, 4, 13}, {9, 3, 9, 30}, {3, 40, 12, 40}})
    CHECK(sl::resize_and_crop(source, h, w).pixels ==
          sl::center_crop(sl::resize(source, scaled_h, scaled_w), h, w).pixels);

  // Resized as a whole, this would be 10^6 times as wide as high: 675 GB of pixels.
  const sl::index_t n = 1'000'000;
  sl::image strip{1, n, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * n), 7)};
  CHECK(sl::resize_and_crop(strip, 474, 474).pixels == std::vector<std::uint8_t>(474 * 474 * 3, 7));
  std::swap(strip.height, strip.width);
  CHECK(sl::resize_and_crop(strip, 474, 474).pixels == std::vector<std::uint8_t>(474 * 474 * 3, 7));
}

TEST_CASE("extents that are not positive are refused") {
  CHECK_THROWS_AS(sl::resize(pattern(2, 2, 1), 0, 1), sl::bad_value);
  CHECK_THROWS_AS(sl::resize(pattern(2, 2, 1), 1, -1), sl::bad_value);
  CHECK_THROWS_AS(sl::resize({}, 1, 1), sl::bad_value);
  CHECK_THROWS_AS(sl::resize_and_crop({}, 1, 1), sl::bad_value);
}
