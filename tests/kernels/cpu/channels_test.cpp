// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/channels.hpp>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;

TEST_CASE("NCHW goes to padded NHWC and back unchanged") {
  const index_t batch = 3, channels = 11, pixels = 130;
  const auto x = test::random_values(batch * channels * pixels, 1);
  const auto nchw = test::to_float(x);
  auto nhwc = test::to_nhwc(x, batch, channels, pixels);
  const auto expected = nhwc;
  std::fill(nhwc.begin(), nhwc.end(), 1e30f);
  cpu::nchw_to_nhwc(nchw.data(), batch, channels, pixels, nhwc.data());
  CHECK(nhwc == expected);
  std::vector<float> back(nchw.size());
  cpu::nhwc_to_nchw(nhwc.data(), batch, channels, pixels, back.data());
  CHECK(back == nchw);
}

TEST_CASE("a concatenation is copied together and taken apart") {
  const index_t pixels = 300, left = 5, right = 9;
  const auto a = test::to_nhwc(test::random_values(left * pixels, 1), 1, left, pixels);
  const auto b = test::to_nhwc(test::random_values(right * pixels, 2), 1, right, pixels);
  std::vector<float> joined(static_cast<std::size_t>(pixels * cpu::padded_channels(left + right)));
  cpu::copy_channels({a.data(), left, 0}, {joined.data(), left + right, 0}, left, pixels);
  cpu::copy_channels({b.data(), right, 0}, {joined.data(), left + right, left}, right, pixels);
  CHECK(test::padding_magnitude(joined, left + right) == 0);
  std::vector<float> again(b.size());
  cpu::copy_channels({joined.data(), left + right, left}, {again.data(), right, 0}, right, pixels);
  CHECK(again == b);
  cpu::add_channels({joined.data(), left + right, left}, {again.data(), right, 0}, right, pixels);
  for (std::size_t i = 0; i < b.size(); ++i) REQUIRE(again[i] == 2 * b[i]);
}

TEST_CASE("a selection gathers, and its gradient scatters and adds") {
  const index_t pixels = 40, channels = 12;
  const auto x = test::to_nhwc(test::random_values(channels * pixels, 1), 1, channels, pixels);
  const std::vector<index_t> indices{11, 0, 3, 3};
  const auto stride = static_cast<std::size_t>(cpu::padded_channels(4));
  const auto wide = static_cast<std::size_t>(cpu::padded_channels(channels));
  std::vector<float> y(static_cast<std::size_t>(pixels) * stride, 1e30f), dx(x.size(), 1e30f);
  cpu::gather_channels(x.data(), channels, indices, pixels, y.data());
  CHECK(test::padding_magnitude(y, 4) == 0);
  cpu::scatter_channels(y.data(), channels, indices, pixels, dx.data());
  for (std::size_t p = 0; p < static_cast<std::size_t>(pixels); ++p) {
    for (std::size_t i = 0; i < indices.size(); ++i)
      CHECK(y[p * stride + i] == x[p * wide + static_cast<std::size_t>(indices[i])]);
    CHECK(dx[p * wide + 3] == 2 * x[p * wide + 3]);
    CHECK(dx[p * wide + 0] == x[p * wide + 0]);
    CHECK(dx[p * wide + 5] == 0.0f);
  }
}
