// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the kernel tests share: random data, layout conversion, the two error measures.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/kernels/activation.hpp>  // activation
#include <slimming/kernels/cpu/vector.hpp>  // padded_channels

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <cstddef>    // std::size_t
#include <random>     // std::mt19937
#include <string>     // std::string
#include <vector>     // std::vector

#include "tests/support/catch.hpp"  // INFO, CHECK

namespace test {

using slimming::index_t;

/// Normally distributed values that float represents exactly, so that both precisions start equal.
inline std::vector<double> random_values(index_t n, unsigned seed, double mean = 0) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(static_cast<float>(mean), 1.0f);
  std::vector<double> values(static_cast<std::size_t>(n));
  for (double& v : values) v = static_cast<double>(normal(engine));
  return values;
}

inline std::vector<float> to_float(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

/// (n, c, pixels) to the padded (n, pixels, c) of the CPU kernels.
inline std::vector<float> to_nhwc(const std::vector<double>& nchw, index_t n, index_t c,
                                  index_t pixels) {
  const index_t stride = slimming::kernels::cpu::padded_channels(c);
  std::vector<float> out(static_cast<std::size_t>(n * pixels * stride), 0.0f);
  for (index_t i = 0; i < n; ++i)
    for (index_t k = 0; k < c; ++k)
      for (index_t p = 0; p < pixels; ++p)
        out[static_cast<std::size_t>((i * pixels + p) * stride + k)] =
            static_cast<float>(nchw[static_cast<std::size_t>((i * c + k) * pixels + p)]);
  return out;
}

inline std::vector<double> from_nhwc(const std::vector<float>& nhwc, index_t n, index_t c,
                                     index_t pixels) {
  const index_t stride = slimming::kernels::cpu::padded_channels(c);
  std::vector<double> out(static_cast<std::size_t>(n * c * pixels));
  for (index_t i = 0; i < n; ++i)
    for (index_t k = 0; k < c; ++k)
      for (index_t p = 0; p < pixels; ++p)
        out[static_cast<std::size_t>((i * c + k) * pixels + p)] =
            static_cast<double>(nhwc[static_cast<std::size_t>((i * pixels + p) * stride + k)]);
  return out;
}

/// Largest absolute value in the padding of an NHWC activation; NaN counts as large.
inline double padding_magnitude(const std::vector<float>& nhwc, index_t c) {
  const index_t stride = slimming::kernels::cpu::padded_channels(c);
  double worst = 0;
  for (std::size_t i = 0; i < nhwc.size(); ++i)
    if (static_cast<index_t>(i) % stride >= c && !(nhwc[i] == 0.0f)) worst = 1;
  return worst;
}

/// Every activation function, with parameters that show.
inline std::vector<slimming::kernels::activation> all_activations() {
  using enum slimming::kernels::activation_kind;
  return {{identity},
          {relu},
          {leaky_relu, 0.1f},
          {clip, -1.0f, 2.0f},
          {sigmoid},
          {tanh},
          {silu},
          {hard_sigmoid, 0.2f, 0.5f},
          {hard_swish},
          {elu, 0.7f},
          {gelu},
          {clip, 0.25f, 6.0f}};
}

/// Distance of a result from the oracle.
struct distance {
  double relative = 0;  ///< |got - expected| / |expected|, Euclidean
  double worst = 0;     ///< largest difference, in units of the oracle's root mean square
};

inline distance distance_between(const std::vector<double>& got,
                                 const std::vector<double>& expected) {
  double difference = 0, norm = 0, worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double d = got.at(i) - expected[i];
    if (std::isnan(d)) return {1e30, 1e30};
    difference += d * d;
    norm += expected[i] * expected[i];
    worst = std::max(worst, std::abs(d));
  }
  if (norm == 0) return {std::sqrt(difference), worst};
  const double rms = std::sqrt(norm / static_cast<double>(expected.size()));
  return {std::sqrt(difference / norm), worst / rms};
}

/// What every kernel promises: 1e-5 of the oracle in all, 2e-4 of its rms at the worst element.
inline void check_close(const std::string& what, const std::vector<double>& got,
                        const std::vector<double>& expected) {
  INFO(what);
  const distance d = distance_between(got, expected);
  CHECK(d.relative < 1e-5);
  CHECK(d.worst < 2e-4);
}

}  // namespace test
