// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the device tests share: random data, layout conversion, error measures.
/// Area: tests.

#include <slimming/core/config.hpp>      // index_t
#include <slimming/core/dtype.hpp>       // bfloat16, float16
#include <slimming/core/random.hpp>      // random_stream
#include <slimming/cuda/activation.cuh>  // padded_channels

#include <algorithm>    // std::max
#include <cmath>        // std::abs, std::sqrt
#include <limits>       // std::numeric_limits
#include <type_traits>  // std::is_same_v
#include <vector>       // std::vector

namespace slimming::testing {

/// Normally distributed numbers that \p T represents exactly, so that device and oracle start equal.
template <class T>
std::vector<double> normal_values(index_t n, random_stream& random, double mean = 0.0) {
  std::vector<double> values(static_cast<std::size_t>(n));
  for (double& v : values)
    v = static_cast<double>(static_cast<float>(T(static_cast<float>(random.normal() + mean))));
  return values;
}

template <class T>
std::vector<T> narrowed(const std::vector<double>& values) {
  std::vector<T> out;
  out.reserve(values.size());
  for (const double v : values) out.emplace_back(static_cast<float>(v));
  return out;
}

template <class T>
std::vector<double> widened(const std::vector<T>& values) {
  std::vector<double> out;
  out.reserve(values.size());
  for (const T v : values) out.push_back(static_cast<double>(static_cast<float>(v)));
  return out;
}

/// (n, c, area) to the padded (n, area, c) of the device.
template <class T>
std::vector<T> to_nhwc(const std::vector<double>& nchw, index_t n, index_t c, index_t area) {
  const index_t stride = cuda::padded_channels(c);
  std::vector<T> out(static_cast<std::size_t>(n * area * stride), T(0.0f));
  for (index_t i = 0; i < n; ++i)
    for (index_t k = 0; k < c; ++k)
      for (index_t p = 0; p < area; ++p)
        out[static_cast<std::size_t>((i * area + p) * stride + k)] =
            T(static_cast<float>(nchw[static_cast<std::size_t>((i * c + k) * area + p)]));
  return out;
}

template <class T>
std::vector<double> from_nhwc(const std::vector<T>& nhwc, index_t n, index_t c, index_t area) {
  const index_t stride = cuda::padded_channels(c);
  std::vector<double> out(static_cast<std::size_t>(n * c * area));
  for (index_t i = 0; i < n; ++i)
    for (index_t k = 0; k < c; ++k)
      for (index_t p = 0; p < area; ++p)
        out[static_cast<std::size_t>((i * c + k) * area + p)] = static_cast<double>(
            static_cast<float>(nhwc[static_cast<std::size_t>((i * area + p) * stride + k)]));
  return out;
}

/// Whether everything behind the last channel is zero.
template <class T>
bool has_clear_padding(const std::vector<T>& nhwc, index_t c) {
  const index_t stride = cuda::padded_channels(c);
  for (std::size_t i = 0; i < nhwc.size(); ++i)
    if (static_cast<index_t>(i) % stride >= c && static_cast<float>(nhwc[i]) != 0.0f) return false;
  return true;
}

/// The largest error over all elements, in units of 1 + |expected|; infinite if one is NaN.
inline double worst_error(const std::vector<double>& got, const std::vector<double>& expected) {
  if (got.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double worst = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double e = std::abs(got[i] - expected[i]) / (1.0 + std::abs(expected[i]));
    if (std::isnan(e)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, e);
  }
  return worst;
}

/// What rounding to T may cost, in units of 1 + |expected|.
template <class T>
inline constexpr double storage_error = std::is_same_v<T, float>     ? 2e-5
                                        : std::is_same_v<T, float16> ? 2e-3
                                                                     : 1e-2;

}  // namespace slimming::testing
