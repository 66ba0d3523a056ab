// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/convolution.cuh>               // padded_geometry, pack_weights
#include <slimming/kernels/reference/convolution.hpp>  // the oracle

#include <cmath>   // std::abs
#include <vector>  // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cuda_convolution.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using kernels::conv_geometry;

namespace {

conv_geometry geometry(index_t in, index_t out, index_t kernel, index_t stride, index_t groups) {
  conv_geometry g;
  g.batch = 2, g.in_channels = in, g.out_channels = out, g.groups = groups;
  g.in_h = 7, g.in_w = 6;
  g.kernel_h = g.kernel_w = kernel;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = kernel / 2;
  return kernels::with_output_size(g);
}

std::vector<conv_geometry> conv_geometries() {
  return {geometry(3, 13, 3, 1, 1), geometry(16, 24, 3, 2, 1), geometry(10, 8, 1, 1, 1),
          geometry(11, 11, 3, 1, 11), geometry(12, 6, 3, 1, 3)};
}

}  // namespace

TEST_CASE("packed weights come back, and their padding is zero", "[cuda.convolution]") {
  for (const conv_geometry& g : conv_geometries()) {
    random_stream random{1};
    const index_t n = g.out_channels * g.in_per_group() * g.taps();
    const auto file = testing::narrowed<float>(testing::normal_values<float>(n, random));
    std::vector<float> packed(static_cast<std::size_t>(gpu::weight_count(gpu::padded_geometry(g))),
                              7.0f);
    gpu::pack_weights(g, file.data(), packed.data());
    std::vector<float> back(file.size());
    gpu::unpack_weights(g, packed.data(), back.data());
    REQUIRE(back == file);
    double sum = 0.0;
    double packed_sum = 0.0;
    for (const float v : file) sum += std::abs(static_cast<double>(v));
    for (const float v : packed) packed_sum += std::abs(static_cast<double>(v));
    REQUIRE(packed_sum == Approx(sum).epsilon(1e-12));
  }
}

TEST_CASE("only a convolution whose groups are whole or single channels is padded",
          "[cuda.convolution]") {
  const auto plain = gpu::padded_geometry(geometry(3, 13, 3, 1, 1));
  REQUIRE(plain.in_channels == 8);
  REQUIRE(plain.out_channels == 16);
  const auto depthwise = gpu::padded_geometry(geometry(11, 11, 3, 1, 11));
  REQUIRE(depthwise.groups == 16);
  REQUIRE(depthwise.in_per_group() == 1);
  const auto grouped = gpu::padded_geometry(geometry(12, 6, 3, 1, 3));
  REQUIRE(grouped.in_channels == 12);
  REQUIRE(grouped.out_channels == 6);
}

TEST_CASE("a padded convolution computes the plain one in all passes", "[cuda.convolution]") {
  for (const conv_geometry& g : conv_geometries()) {
    random_stream random{2};
    const index_t in_area = g.in_h * g.in_w;
    const index_t out_area = g.out_h * g.out_w;
    const auto x = testing::normal_values<float>(g.batch * g.in_channels * in_area, random);
    const auto w =
        testing::normal_values<float>(g.out_channels * g.in_per_group() * g.taps(), random);
    const auto dy = testing::normal_values<float>(g.batch * g.out_channels * out_area, random);
    const kernels::reference::conv_shape shape(g);
    std::vector<double> y(dy.size());
    std::vector<double> dx(x.size());
    std::vector<double> dw(w.size());
    kernels::reference::conv_forward<double>(shape, x.data(), w.data(), nullptr, y.data());
    kernels::reference::conv_backward_data(shape, dy.data(), w.data(), dx.data());
    kernels::reference::conv_backward_weights<double>(shape, x.data(), dy.data(), dw.data(),
                                                      nullptr);

    gpu::conv_request request{gpu::padded_geometry(g), gpu::padded_channels(g.in_channels),
                              gpu::padded_channels(g.out_channels)};
    auto wide_x = testing::widened(testing::to_nhwc<float>(x, g.batch, g.in_channels, in_area));
    auto wide_y = testing::widened(testing::to_nhwc<float>(dy, g.batch, g.out_channels, out_area));
    std::vector<float> packed(static_cast<std::size_t>(gpu::weight_count(request.geometry)));
    gpu::pack_weights(g, testing::narrowed<float>(w).data(), packed.data());
    auto wide_w = testing::widened(packed);
    const auto planar = [](const std::vector<double>& v, index_t n, index_t c, index_t area) {
      return testing::from_nhwc<double>(v, n, c, area);
    };
    auto out = wide_y;
    testing::convolve(request, wide_x, wide_w, out);
    REQUIRE(testing::worst_error(planar(out, g.batch, g.out_channels, out_area), y) < 1e-6);
    request.pass = gpu::conv_pass::backward_data;
    auto in = wide_x;
    testing::convolve(request, in, wide_w, wide_y);
    REQUIRE(testing::worst_error(planar(in, g.batch, g.in_channels, in_area), dx) < 1e-6);
    request.pass = gpu::conv_pass::backward_weights;
    testing::convolve(request, wide_x, wide_w, wide_y);
    std::vector<float> weights(w.size());
    gpu::unpack_weights(g, testing::narrowed<float>(wide_w).data(), weights.data());
    REQUIRE(testing::worst_error(testing::widened(weights), dw) < 1e-5);
    gpu::pack_weights(g, weights.data(), packed.data());
    REQUIRE(testing::worst_error(wide_w, testing::widened(packed)) <
            1e-5);  // no gradient in padding
  }
}
