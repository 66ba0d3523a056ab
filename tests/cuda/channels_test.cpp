// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/channels.cuh>  // copy_channels, gather_channels, crop_forward, ...

#include <vector>  // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/cuda_backend.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using testing::backend;
using testing::from_nhwc;
using testing::to_nhwc;

TEMPLATE_TEST_CASE("concatenation and its gradient copy ranges of channels", "[cuda.channels]",
                   float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{3};
  constexpr index_t pixels = 37;
  for (const auto& [left, right] : {std::pair<int, int>{5, 6}, {8, 16}, {12, 3}, {16, 1}}) {
    const index_t both = left + right;
    const auto a = testing::normal_values<TestType>(left * pixels, random);
    const auto b = testing::normal_values<TestType>(right * pixels, random);
    const auto device_a = on.upload(to_nhwc<TestType>(a, 1, left, pixels));
    const auto device_b = on.upload(to_nhwc<TestType>(b, 1, right, pixels));
    const auto out = on.template allocate<TestType>(pixels * gpu::padded_channels(both));
    const auto stride = [](index_t c) { return static_cast<int>(gpu::padded_channels(c)); };
    gpu::copy_channels<TestType>(on.stream(), {device_a.data(), stride(left), 0},
                                 {out.data(), stride(both), 0}, left, pixels);
    gpu::copy_channels<TestType>(on.stream(), {device_b.data(), stride(right), 0},
                                 {out.data(), stride(both), left}, right, pixels);
    gpu::clear_padding(on.stream(), gpu::pixel_grid(pixels, both), out.data());
    auto expected = a;
    expected.insert(expected.end(), b.begin(), b.end());
    const auto got = on.download(out);
    REQUIRE(from_nhwc(got, 1, both, pixels) == expected);
    REQUIRE(testing::has_clear_padding(got, both));

    gpu::add_channels<TestType>(on.stream(), {out.data(), stride(both), left},
                                {device_b.data(), stride(right), 0}, right, pixels);
    auto doubled = b;
    for (double& v : doubled) v *= 2.0;
    const auto sum = on.download(device_b);
    REQUIRE(from_nhwc(sum, 1, right, pixels) == doubled);
    REQUIRE(testing::has_clear_padding(sum, right));
  }
}

TEMPLATE_TEST_CASE("a selection gathers channels, and its gradient gathers by the inverse list",
                   "[cuda.channels]", float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{4};
  constexpr index_t pixels = 51;
  constexpr index_t wide = 13;
  const std::vector<int> list = {0, 3, 4, 11, 12};
  const auto narrow = static_cast<index_t>(list.size());
  std::vector<int> inverse(wide, -1);
  for (std::size_t i = 0; i < list.size(); ++i)
    inverse[static_cast<std::size_t>(list[i])] = static_cast<int>(i);
  const auto x = testing::normal_values<TestType>(wide * pixels, random);
  const auto device_x = on.upload(to_nhwc<TestType>(x, 1, wide, pixels));
  const auto device_list = on.upload(list);
  const auto device_inverse = on.upload(inverse);
  const auto y = on.template allocate<TestType>(pixels * 8);
  const auto dx = on.template allocate<TestType>(pixels * 16);
  gpu::gather_channels<TestType>(on.stream(), gpu::pixel_grid(pixels, narrow), device_x.data(), 16,
                                 device_list.data(), y.data());
  gpu::gather_channels<TestType>(on.stream(), gpu::pixel_grid(pixels, wide), y.data(), 8,
                                 device_inverse.data(), dx.data());
  const auto got = from_nhwc(on.download(y), 1, narrow, pixels);
  const auto got_dx = from_nhwc(on.download(dx), 1, wide, pixels);
  for (std::size_t c = 0; c < wide; ++c)
    for (std::size_t p = 0; p < pixels; ++p) {
      const int to = inverse[c];
      if (to >= 0) REQUIRE(got[static_cast<std::size_t>(to) * pixels + p] == x[c * pixels + p]);
      REQUIRE(got_dx[c * pixels + p] == (to >= 0 ? x[c * pixels + p] : 0.0));
    }
  REQUIRE(testing::has_clear_padding(on.download(y), narrow));
}

TEMPLATE_TEST_CASE("a crop takes what lies inside, and its gradient is the adjoint",
                   "[cuda.channels]", float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{5};
  gpu::crop_facts strided;  // the shortcut without parameters: every second pixel, zeros around
  strided.batch = 2;
  strided.from_h = 7, strided.from_w = 6, strided.from_channels = 5;
  strided.to_h = 4, strided.to_w = 3, strided.to_channels = 11;
  strided.row_step = strided.column_step = 2;
  strided.first_channel = -3;
  gpu::crop_facts window;  // rows backwards, partly outside
  window.from_h = 5, window.from_w = 8, window.from_channels = 12;
  window.to_h = 6, window.to_w = 4, window.to_channels = 6;
  window.first_row = 5, window.row_step = -1;
  window.first_column = 6, window.first_channel = 4;
  for (const gpu::crop_facts& k : {strided, window}) {
    const index_t from_area = index_t{k.from_h} * k.from_w;
    const index_t to_area = index_t{k.to_h} * k.to_w;
    const auto x = testing::normal_values<TestType>(k.batch * k.from_channels * from_area, random);
    const auto dy = testing::normal_values<TestType>(k.batch * k.to_channels * to_area, random);
    const auto old =
        testing::normal_values<TestType>(k.batch * k.from_channels * from_area, random);
    std::vector<double> y(dy.size(), 0.0);
    std::vector<double> dx(x.size(), 0.0);
    for (index_t n = 0; n < k.batch; ++n)
      for (index_t c = 0; c < k.to_channels; ++c)
        for (index_t h = 0; h < k.to_h; ++h)
          for (index_t w = 0; w < k.to_w; ++w) {
            const index_t row = k.first_row + h * k.row_step;
            const index_t column = k.first_column + w * k.column_step;
            const index_t channel = k.first_channel + c;
            if (row < 0 || row >= k.from_h || column < 0 || column >= k.from_w || channel < 0 ||
                channel >= k.from_channels)
              continue;
            const auto to =
                static_cast<std::size_t>((n * k.to_channels + c) * to_area + h * k.to_w + w);
            const auto from = static_cast<std::size_t>((n * k.from_channels + channel) * from_area +
                                                       row * k.from_w + column);
            y[to] = x[from];
            dx[from] += dy[to];
          }
    const auto device_x = on.upload(to_nhwc<TestType>(x, k.batch, k.from_channels, from_area));
    const auto device_dy = on.upload(to_nhwc<TestType>(dy, k.batch, k.to_channels, to_area));
    const auto device_y = on.template allocate<TestType>(device_dy.size());
    const auto device_dx = on.upload(to_nhwc<TestType>(old, k.batch, k.from_channels, from_area));
    gpu::crop_forward<TestType>(on.stream(), k, device_x.data(), device_y.data());
    REQUIRE(from_nhwc(on.download(device_y), k.batch, k.to_channels, to_area) == y);
    gpu::crop_backward<TestType>(on.stream(), k, device_dy.data(), true, device_dx.data());
    auto sum = dx;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += old[i];
    REQUIRE(testing::worst_error(
                from_nhwc(on.download(device_dx), k.batch, k.from_channels, from_area), sum) <
            testing::storage_error<TestType>);
    gpu::crop_backward<TestType>(on.stream(), k, device_dy.data(), false, device_dx.data());
    REQUIRE(from_nhwc(on.download(device_dx), k.batch, k.from_channels, from_area) == dx);
  }
}

TEST_CASE("flattening orders features as files do, and its gradient undoes it", "[cuda.channels]") {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{6};
  constexpr index_t batch = 3;
  constexpr index_t channels = 5;
  constexpr index_t area = 6;
  const auto x = testing::normal_values<float>(batch * channels * area, random);
  const auto device_x = on.upload(to_nhwc<float>(x, batch, channels, area));
  const auto flat = on.allocate<float>(batch * gpu::padded_channels(channels * area));
  const auto back = on.allocate<float>(device_x.size());
  gpu::flatten_forward<float>(on.stream(), batch, area, channels, device_x.data(), flat.data());
  REQUIRE(from_nhwc(on.download(flat), batch, channels * area, 1) == x);
  gpu::flatten_backward<float>(on.stream(), batch, area, channels, flat.data(), back.data());
  REQUIRE(on.download(back) == on.download(device_x));
}

TEMPLATE_TEST_CASE("sums over pixels agree with the oracle under every schedule", "[cuda.channels]",
                   float, bfloat16) {
  backend on(GENERATE(from_range(backend::variants())));
  random_stream random{7};
  const auto partial = on.allocate<float>(gpu::reduction_workspace::partial_size);
  const auto counters =
      on.upload(std::vector<unsigned>(gpu::reduction_workspace::counters_size, 0));
  for (const auto& [pixels, channels] :
       {std::pair<index_t, index_t>{7, 3}, {9000, 13}, {300, 64}}) {
    const auto x = testing::normal_values<TestType>(pixels * channels, random);
    const auto device_x = on.upload(to_nhwc<TestType>(x, 1, channels, pixels));
    const auto sums = on.allocate<float>(gpu::padded_channels(channels));
    gpu::sum_channels<TestType>(on.stream(), gpu::pixel_grid(pixels, channels), device_x.data(),
                                sums.data(), {partial.data(), counters.data()});
    std::vector<double> expected(static_cast<std::size_t>(gpu::padded_channels(channels)), 0.0);
    for (std::size_t i = 0; i < x.size(); ++i)
      expected[i / static_cast<std::size_t>(pixels)] += x[i];
    REQUIRE(testing::worst_error(testing::widened(on.download(sums)), expected) < 1e-4);
  }
}
