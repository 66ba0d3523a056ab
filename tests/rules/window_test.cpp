// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/window.hpp>

#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;
using sl::rules::slide;
using sl::rules::spread;
using sl::rules::window;
using extents = std::vector<sl::index_t>;

namespace {

// Counts the places of a window by walking, the definition of what slide() computes.
sl::index_t walk(sl::index_t in, sl::index_t kernel, sl::index_t stride, sl::index_t dilation,
                 sl::index_t before, sl::index_t after) {
  sl::index_t n = 0;
  for (sl::index_t at = -before; at + dilation * (kernel - 1) < in + after; at += stride) ++n;
  return n;
}

}  // namespace

TEST_CASE("slide counts the places of the window") {
  for (sl::index_t in = 5; in < 12; ++in)
    for (sl::index_t kernel = 1; kernel < 4; ++kernel)
      for (sl::index_t stride = 1; stride < 4; ++stride)
        for (sl::index_t dilation = 1; dilation < 3; ++dilation)
          for (sl::index_t before = 0; before < 2; ++before)
            for (sl::index_t after = 0; after < 2; ++after) {
              const window w{{stride}, {dilation}, {before}, {after}};
              CHECK(slide(w, extents{kernel}, extents{in}, "w") ==
                    extents{walk(in, kernel, stride, dilation, before, after)});
            }
}

TEST_CASE("a single entry holds for all axes, and pad_end follows pad_begin") {
  const window w{.stride = {2}, .pad_begin = {1, 0}};
  CHECK(slide(w, extents{3, 1}, extents{8, 8}, "w") == extents{4, 4});
  CHECK(slide({}, extents{3, 3, 3}, extents{5, 6, 7}, "w") == extents{3, 4, 5});
}

TEST_CASE("a pool that rounds up keeps no window that starts behind the input") {
  CHECK(slide({.stride = {2}, .round_up = true}, extents{2}, extents{7}, "p") == extents{4});
  CHECK(slide({.stride = {2}, .round_up = true}, extents{3}, extents{112}, "p") == extents{56});
  CHECK(slide({.stride = {3}, .pad_begin = {1}, .round_up = true}, extents{2}, extents{5}, "p") ==
        extents{2});  // torch.nn.MaxPool1d(2, 3, 1, ceil_mode=True) on 5
}

TEST_CASE("spread undoes slide up to what the stride swallows") {
  for (sl::index_t in = 3; in < 9; ++in)
    for (sl::index_t kernel = 1; kernel < 5; ++kernel)
      for (sl::index_t stride = 1; stride < 4; ++stride)
        for (sl::index_t extra = 0; extra < stride; ++extra) {
          const window w{.stride = {stride}};
          const auto wide = spread(w, {extra}, extents{kernel}, extents{in}, "t");
          CHECK(slide(w, extents{kernel}, wide, "c") == extents{in});
        }
}

TEST_CASE("windows that make no sense are declined with the place") {
  CHECK_THROWS_WITH(slide({}, extents{3, 3}, extents{8}, "conv1"),
                    "slimming: shape_mismatch: conv1: spatial axes: expected 2, got 1");
  CHECK_THROWS_AS(slide({}, extents{5}, extents{4}, "conv1"), sl::bad_value);
  CHECK_THROWS_AS(slide({.stride = {0}}, extents{1}, extents{4}, "conv1"), sl::bad_value);
  CHECK_THROWS_AS(slide({.dilation = {0}}, extents{1}, extents{4}, "conv1"), sl::bad_value);
  CHECK_THROWS_AS(slide({.stride = {1, 1, 1}}, extents{1, 1}, extents{4, 4}, "conv1"),
                  sl::shape_mismatch);
  CHECK_THROWS_AS(spread({.pad_begin = {4}}, {}, extents{1}, extents{4}, "t"), sl::bad_value);
}
