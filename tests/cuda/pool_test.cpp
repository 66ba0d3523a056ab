// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/pool.cuh>               // max_pool_forward, average_pool_forward
#include <slimming/kernels/reference/pool.hpp>  // the oracle

#include <vector>  // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using kernels::pool_geometry;
using testing::backend;

namespace {

std::vector<pool_geometry> pool_geometries() {
  std::vector<pool_geometry> all;
  const auto add = [&](pool_geometry g) { all.push_back(kernels::with_output_size(g)); };
  pool_geometry g;
  g.batch = 2, g.channels = 13, g.in_h = 6, g.in_w = 8;
  g.kernel_h = g.kernel_w = g.stride_h = g.stride_w = 2;
  add(g);
  g.kernel_h = g.kernel_w = 3;  // overlapping, padded, odd sizes
  g.in_h = 7, g.in_w = 9, g.channels = 16;
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = 1;
  add(g);
  g.count_include_pad = true;
  add(g);
  g.ceil_mode = true;
  g.pad_bottom = g.pad_right = 0;
  g.in_h = 8;
  add(g);
  pool_geometry whole;
  whole.batch = 3, whole.channels = 5;
  whole.in_h = whole.kernel_h = 4, whole.in_w = whole.kernel_w = 5;
  add(whole);
  pool_geometry sparse;  // windows that leave gaps
  sparse.channels = 8, sparse.in_h = 9, sparse.in_w = 7;
  sparse.kernel_h = 1, sparse.kernel_w = 2, sparse.stride_h = 3, sparse.stride_w = 3;
  add(sparse);
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("pooling agrees with the oracle in both directions", "[cuda.pool]", float,
                   bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  const bool is_max = GENERATE(true, false);
  for (const pool_geometry& g : pool_geometries()) {
    random_stream random{static_cast<std::uint64_t>(g.in_h * g.channels)};
    const index_t in_area = g.in_h * g.in_w;
    const index_t out_area = g.out_h * g.out_w;
    auto x = testing::normal_values<TestType>(g.batch * g.channels * in_area, random);
    if (is_max)  // ties are frequent
      for (double& v : x) v = static_cast<double>(static_cast<int>(v * 2.0)) / 2.0;
    const auto dy = testing::normal_values<TestType>(g.batch * g.channels * out_area, random);
    std::vector<double> y(dy.size());
    std::vector<double> dx(x.size());
    if (is_max) {
      kernels::reference::max_pool_forward(g, x.data(), y.data());
      kernels::reference::max_pool_backward(g, x.data(), dy.data(), dx.data());
    } else {
      kernels::reference::average_pool_forward(g, x.data(), y.data());
      kernels::reference::average_pool_backward(g, dy.data(), dx.data());
    }
    const auto device_x = on.upload(testing::to_nhwc<TestType>(x, g.batch, g.channels, in_area));
    const auto device_dy = on.upload(testing::to_nhwc<TestType>(dy, g.batch, g.channels, out_area));
    const auto device_y = on.template allocate<TestType>(device_dy.size());
    const auto device_dx = on.template allocate<TestType>(device_x.size());
    if (is_max) {
      gpu::max_pool_forward<TestType>(on.stream(), g, device_x.data(), device_y.data());
      gpu::max_pool_backward<TestType>(on.stream(), g, device_x.data(), device_y.data(),
                                       device_dy.data(), device_dx.data());
    } else {
      gpu::average_pool_forward<TestType>(on.stream(), g, device_x.data(), device_y.data());
      gpu::average_pool_backward<TestType>(on.stream(), g, device_dy.data(), device_dx.data());
    }
    const auto got_y = on.download(device_y);
    const auto got_dx = on.download(device_dx);
    CAPTURE(g.kernel_h, g.stride_h, g.in_h, g.ceil_mode, g.count_include_pad);
    CHECK(testing::worst_error(testing::from_nhwc(got_y, g.batch, g.channels, out_area), y) <
          testing::storage_error<TestType>);
    CHECK(testing::worst_error(testing::from_nhwc(got_dx, g.batch, g.channels, in_area), dx) <
          testing::storage_error<TestType>);
    CHECK(testing::has_clear_padding(got_y, g.channels));
    CHECK(testing::has_clear_padding(got_dx, g.channels));
  }
}

TEST_CASE("a geometry that is none is refused", "[cuda.pool]") {
  backend on(backend::variants().front());
  pool_geometry g;
  g.in_h = 4, g.out_h = 3, g.kernel_h = 2, g.stride_h = 2;
  REQUIRE_THROWS_AS(gpu::max_pool_forward<float>(on.stream(), g, nullptr, nullptr), shape_mismatch);
}
