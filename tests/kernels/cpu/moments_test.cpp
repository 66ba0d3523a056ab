// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/kernels/cpu/moments.hpp>

#include <tbb/global_control.h>

#include "tests/kernels/support.hpp"
#include "tests/support/catch.hpp"

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;

namespace {

struct statistics {
  std::vector<double> mean, variance;
  bool operator==(const statistics&) const = default;
};

statistics moments_of(const std::vector<float>& x, index_t pixels, index_t channels) {
  const auto stride = static_cast<std::size_t>(cpu::padded_channels(channels));
  statistics s{std::vector<double>(stride), std::vector<double>(stride)};
  std::vector<float> memory(
      static_cast<std::size_t>(cpu::moments_need(pixels, channels).floats(cpu::thread_slots())));
  cpu::compute_moments(x.data(), pixels, channels, {s.mean.data(), s.variance.data()}, memory);
  return s;
}

}  // namespace

TEST_CASE("moments survive a mean that is a thousand deviations away") {
  const index_t pixels = 1000, channels = 5;
  for (const double offset : {0.0, 3.0, 1000.0}) {
    const auto values = test::random_values(pixels * channels, 11, offset);
    const auto got = moments_of(test::to_nhwc(values, 1, channels, pixels), pixels, channels);
    for (index_t c = 0; c < channels; ++c) {
      double mean = 0, variance = 0;
      for (index_t p = 0; p < pixels; ++p) mean += values[static_cast<std::size_t>(c * pixels + p)];
      mean /= static_cast<double>(pixels);
      for (index_t p = 0; p < pixels; ++p) {
        const double d = values[static_cast<std::size_t>(c * pixels + p)] - mean;
        variance += d * d;
      }
      variance /= static_cast<double>(pixels);
      CHECK(got.mean[static_cast<std::size_t>(c)] == Approx(mean).margin(1e-4));
      CHECK(got.variance[static_cast<std::size_t>(c)] == Approx(variance).epsilon(2e-4));
    }
  }
}

TEST_CASE("moments do not depend on the number of threads") {
  const auto x = test::to_nhwc(test::random_values(5000 * 20, 3), 1, 20, 5000);
  const auto expected = moments_of(x, 5000, 20);
  for (const std::size_t threads : {1u, 3u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    CHECK(moments_of(x, 5000, 20) == expected);
  }
}
