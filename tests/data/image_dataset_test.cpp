// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/image_dataset.hpp>

#include <cmath>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a data set hands out its images, labels and class counts") {
  const sl::image_dataset d({1, 1, 2}, {"a", "b", "c"}, {1, 2, 3, 4, 5, 6}, {2, 0, 2});
  CHECK(d.size() == 3);
  CHECK(d.classes() == 3);
  CHECK(d.label(1) == 0);
  CHECK(d.image(2)[0] == 5);
  CHECK(d.image(2).size() == 2);
  CHECK(d.class_counts() == std::vector<sl::index_t>{1, 0, 2});
}

TEST_CASE("a data set whose parts disagree is refused") {
  CHECK_THROWS_AS(sl::image_dataset({1, 0, 2}, {"a"}, {}, {}), sl::bad_value);
  CHECK_THROWS_AS(sl::image_dataset({1, 1, 2}, {}, {}, {}), sl::bad_value);
  CHECK_THROWS_AS(sl::image_dataset({1, 1, 2}, {"a"}, {1, 2, 3}, {0}), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::image_dataset({1, 1, 2}, {"a"}, {1, 2}, {1}), sl::bad_value);
  CHECK_THROWS_AS(sl::image_dataset({1, 1, 2}, {"a"}, {1, 2}, {-1}), sl::bad_value);
}

TEST_CASE("statistics are those of all pixels of a channel") {
  const sl::image_extents e{2, 3, 5};
  sl::random_stream r{3, 0, 0};
  std::vector<std::uint8_t> pixels;
  for (sl::index_t i = 0; i < 7 * e.size(); ++i)
    pixels.push_back(static_cast<std::uint8_t>(r.below(256)));
  const sl::image_dataset d(e, {"x"}, pixels, std::vector<sl::index_t>(7, 0));
  const auto s = sl::statistics(d);
  REQUIRE(s.mean.size() == 2);
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < 7; ++i)
      for (std::size_t k = 0; k < 15; ++k) {
        const double v = pixels[i * 30 + c * 15 + k] / 255.0;
        sum += v;
        square += v * v;
      }
    const double n = 7 * 15, mean = sum / n;
    CHECK(s.mean[c] == Approx(mean).epsilon(1e-12));
    CHECK(s.stddev[c] == Approx(std::sqrt(square / n - mean * mean)).epsilon(1e-9));
  }
  CHECK_THROWS_AS(sl::statistics(sl::image_dataset(e, {"x"}, {}, {})), sl::bad_value);
}
