// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/pool.hpp>
#include <slimming/kernels/reference/pool.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

namespace cpu = slimming::kernels::cpu;
namespace reference = slimming::kernels::reference;
using slimming::index_t;
using slimming::kernels::pool_geometry;

namespace {

std::vector<pool_geometry> pool_shapes() {
  std::vector<pool_geometry> shapes;
  for (const index_t kernel : {1, 2, 3})
    for (const index_t stride : {1, 2, 3})
      for (const bool ceil_mode : {false, true})
        for (const bool padded : {false, true}) {
          pool_geometry g;
          g.batch = 2;
          g.channels = 2 * kernel + 9 * stride;
          g.in_h = 7;
          g.in_w = 10;
          g.kernel_h = g.kernel_w = kernel;
          g.stride_h = g.stride_w = stride;
          if (padded) g.pad_top = g.pad_right = kernel / 2;
          g.ceil_mode = ceil_mode;
          g.count_include_pad = padded && stride == 2;
          shapes.push_back(with_output_size(g));
        }
  shapes.push_back(cpu::global_pool(3, 70, 5, 4));
  return shapes;
}

}  // namespace

TEST_CASE("pooling agrees with the oracle, forward and backward") {
  for (const auto& g : pool_shapes()) {
    INFO("kernel " << g.kernel_h << " stride " << g.stride_h << " ceil " << g.ceil_mode << " pad "
                   << g.pad_top << " channels " << g.channels);
    const index_t in = g.in_h * g.in_w, out = g.out_h * g.out_w;
    auto x = test::random_values(g.batch * g.channels * in, 1);
    for (double& v : x) v = std::round(v * 2);  // many equal maxima
    const auto dy = test::random_values(g.batch * g.channels * out, 2);
    const auto nhwc = test::to_nhwc(x, g.batch, g.channels, in);
    const auto nhwc_dy = test::to_nhwc(dy, g.batch, g.channels, out);
    std::vector<double> y(dy.size()), dx(x.size());
    std::vector<float> got(nhwc_dy.size(), 1e30f), gradient(nhwc.size(), 1e30f);

    reference::max_pool_forward(g, x.data(), y.data());
    cpu::max_pool_forward(g, nhwc.data(), got.data());
    CHECK(test::from_nhwc(got, g.batch, g.channels, out) == y);
    CHECK(test::padding_magnitude(got, g.channels) == 0);
    reference::max_pool_backward(g, x.data(), dy.data(), dx.data());
    cpu::max_pool_backward(g, nhwc.data(), got.data(), nhwc_dy.data(), gradient.data());
    CHECK(test::distance_between(test::from_nhwc(gradient, g.batch, g.channels, in), dx).relative <
          1e-6);
    CHECK(test::padding_magnitude(gradient, g.channels) == 0);

    reference::average_pool_forward(g, x.data(), y.data());
    cpu::average_pool_forward(g, nhwc.data(), got.data());
    CHECK(test::distance_between(test::from_nhwc(got, g.batch, g.channels, out), y).relative <
          1e-6);
    reference::average_pool_backward(g, dy.data(), dx.data());
    cpu::average_pool_backward(g, nhwc_dy.data(), gradient.data());
    CHECK(test::distance_between(test::from_nhwc(gradient, g.batch, g.channels, in), dx).relative <
          1e-6);
    CHECK(test::padding_magnitude(gradient, g.channels) == 0);
  }
}
