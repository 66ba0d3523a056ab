// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/reference/pool.hpp>

#include <vector>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace reference = slimming::kernels::reference;
using slimming::kernels::pool_geometry;

TEST_CASE("pooling worked by hand") {
  auto g = with_output_size(pool_geometry{
      .in_w = 5, .kernel_w = 3, .stride_w = 2, .pad_left = 1, .count_include_pad = true});
  REQUIRE(g.out_w == 2);
  const std::vector<double> x{3, 6, 1, 9, 5}, dy{1, 10};
  std::vector<double> y(2), dx(5);
  reference::max_pool_forward(g, x.data(), y.data());
  CHECK(y == std::vector<double>{6, 9});
  reference::max_pool_backward(g, x.data(), dy.data(), dx.data());
  CHECK(dx == std::vector<double>{0, 1, 0, 10, 0});
  reference::average_pool_forward(g, x.data(), y.data());
  CHECK(y[0] == Approx(3));
  g.count_include_pad = false;
  reference::average_pool_forward(g, x.data(), y.data());
  CHECK(y[0] == Approx(4.5));
}

TEST_CASE("average pooling's gradient is its adjoint") {
  for (const bool include : {false, true}) {
    const auto g = with_output_size(pool_geometry{.batch = 2,
                                                  .channels = 3,
                                                  .in_h = 6,
                                                  .in_w = 7,
                                                  .kernel_h = 3,
                                                  .kernel_w = 2,
                                                  .stride_h = 2,
                                                  .pad_top = 1,
                                                  .pad_right = 1,
                                                  .ceil_mode = true,
                                                  .count_include_pad = include});
    const auto x = test::random_values(2 * 3 * 6 * 7, 1);
    const auto dy = test::random_values(2 * 3 * g.out_h * g.out_w, 2);
    std::vector<double> y(dy.size()), dx(x.size());
    reference::average_pool_forward(g, x.data(), y.data());
    reference::average_pool_backward(g, dy.data(), dx.data());
    double left = 0, right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) left += y[i] * dy[i];
    for (std::size_t i = 0; i < x.size(); ++i) right += x[i] * dx[i];
    CHECK(left == Approx(right));
  }
}
