// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/geometry.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;
using sl::kernels::conv_geometry;
using sl::kernels::pool_geometry;
using sl::kernels::window_count;

TEST_CASE("window counts are those of ONNX") {
  CHECK(window_count(32, 3, 1, 1, 1) == 32);
  CHECK(window_count(32, 3, 2, 1, 1) == 16);
  CHECK(window_count(7, 3, 1, 0, 0, 2) == 3);
  CHECK(window_count(2, 3, 1, 0, 0) == 0);
  CHECK(window_count(5, 2, 2, 0, 0) == 2);
  CHECK(window_count(5, 2, 2, 0, 0, 1, true) == 3);
  CHECK(window_count(4, 1, 3, 0, 1, 1, true) == 2);  // a third window would start in the padding
}

TEST_CASE("output size and MACs follow from the geometry") {
  const auto g = with_output_size(conv_geometry{.batch = 2,
                                                .in_channels = 4,
                                                .out_channels = 6,
                                                .groups = 2,
                                                .in_h = 8,
                                                .in_w = 6,
                                                .kernel_h = 3,
                                                .kernel_w = 3,
                                                .stride_h = 2,
                                                .pad_top = 1});
  CHECK(g.out_h == 4);
  CHECK(g.out_w == 4);
  CHECK(macs(g) == 2 * 4 * 4 * 6 * 2 * 9);
  CHECK_NOTHROW(validate(g));
}

TEST_CASE("numbers that describe no convolution or pooling are declined") {
  conv_geometry g{.in_channels = 3, .out_channels = 4, .groups = 2};
  CHECK_THROWS_AS(validate(g), sl::bad_value);
  g = {};
  g.stride_h = 0;
  CHECK_THROWS_AS(with_output_size(g), sl::bad_value);
  g = {};
  g.kernel_h = 5;
  CHECK_THROWS_AS(with_output_size(g), sl::bad_value);
  g = {};
  g.out_w = 2;
  CHECK_THROWS_AS(validate(g), sl::shape_mismatch);
  pool_geometry p{.in_h = 4, .in_w = 4, .kernel_h = 2, .kernel_w = 2, .pad_top = 2};
  CHECK_THROWS_AS(with_output_size(p), sl::bad_value);
}
