// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/batch.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

sl::image_dataset random_images(sl::image_extents e, sl::index_t n) {
  sl::random_stream r{11, 0, 0};
  std::vector<std::uint8_t> pixels;
  for (sl::index_t i = 0; i < n * e.size(); ++i)
    pixels.push_back(static_cast<std::uint8_t>(1 + r.below(255)));
  std::vector<sl::index_t> labels;
  for (sl::index_t i = 0; i < n; ++i) labels.push_back(i % 3);
  return {e, {"a", "b", "c"}, pixels, labels};
}

// What the placement means, said slowly: pad with black, cut, mirror.
float expected(const sl::image_dataset& d, sl::index_t i, sl::index_t c, sl::index_t y,
               sl::index_t x, sl::placement p, const sl::normalisation& n) {
  const auto e = d.extents();
  const sl::index_t column = p.mirrored ? e.width - 1 - x : x;
  const sl::index_t from_y = y + p.top, from_x = column + p.left;
  const bool inside = from_y >= 0 && from_y < e.height && from_x >= 0 && from_x < e.width;
  const auto at = static_cast<std::size_t>((c * e.height + from_y) * e.width + from_x);
  return n.table(c)[inside ? d.image(i)[at] : 0];
}

}  // namespace

TEST_CASE("both layouts hold the same pixels, wherever the crop lies") {
  const sl::image_extents e{3, 4, 5};
  const auto d = random_images(e, 3);
  const sl::normalisation n({{0.1, 0.2, 0.3}, {0.5, 0.6, 0.7}}, 3);
  for (const sl::index_t stride : {0, 3, 8})
    for (sl::index_t top = -5; top <= 5; ++top)
      for (sl::index_t left = -6; left <= 6; ++left)
        for (const bool mirrored : {false, true}) {
          const sl::placement p{top, left, mirrored};
          const auto nhwc = sl::batch_layout::nhwc(stride);
          const sl::index_t pixel = stride == 0 ? 3 : stride;
          sl::batch planar{sl::any_tensor(sl::dtype::float32, {2, 3, 4, 5}), {0, 0}};
          sl::batch packed{sl::any_tensor(sl::dtype::float32, {2, 4, 5, pixel}), {0, 0}};
          sl::write_image(d, 2, p, n, {}, planar, 1);
          sl::write_image(d, 2, p, n, nhwc, packed, 1);
          bool same = planar.labels[1] == 2 && packed.labels[1] == 2;
          const auto a = planar.images.values<float>(), b = packed.images.values<float>();
          for (sl::index_t c = 0; c < pixel; ++c)
            for (sl::index_t y = 0; y < 4; ++y)
              for (sl::index_t x = 0; x < 5; ++x) {
                const auto k = static_cast<std::size_t>(((4 + y) * 5 + x) * pixel + c);
                const auto j = static_cast<std::size_t>(((3 + c) * 4 + y) * 5 + x);
                const float want = c < 3 ? expected(d, 2, c, y, x, p, n) : 0.0f;
                same = same && b[k] == want && (c >= 3 || a[j] == want);
              }
          REQUIRE(same);
        }
}

TEST_CASE("make_batch takes the images that were asked for") {
  const auto d = random_images({1, 2, 2}, 6);
  const std::vector<sl::index_t> wanted{4, 0};
  const auto b = sl::make_batch(d, wanted, sl::normalisation(1));
  CHECK(b.size() == 2);
  CHECK(b.images.extents() == sl::shape{2, 1, 2, 2});
  CHECK(b.labels == std::vector<sl::index_t>{1, 0});
  CHECK(b.images.values<float>()[0] == static_cast<float>(d.image(4)[0] / 255.0));
}

TEST_CASE("make_batch refuses what does not fit") {
  const auto d = random_images({3, 2, 2}, 2);
  const std::vector<sl::index_t> low{-1}, high{2}, good{0};
  const sl::normalisation n(3);
  CHECK_THROWS_AS(sl::make_batch(d, low, n), sl::bad_value);
  CHECK_THROWS_AS(sl::make_batch(d, high, n), sl::bad_value);
  CHECK_THROWS_AS(sl::make_batch(d, good, sl::normalisation(1)), sl::shape_mismatch);
  CHECK_THROWS_AS(sl::make_batch(d, good, n, sl::batch_layout::nhwc(2)), sl::bad_value);
}
