// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Mean and variance of every channel of a padded NHWC activation.
/// Area: kernels/cpu.
///
/// Each block of pixels yields its mean and its sum of squared deviations in float, measured from
/// the block's first pixel so that a large mean cancels before it is squared. Blocks are merged in
/// their order, in double (Chan, Golub, LeVeque 1979): bit-identical for any number of threads.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/kernels/cpu/vector.hpp>     // vec, padded_channels
#include <slimming/kernels/cpu/workspace.hpp>  // workspace, for_each_block

#include <span>  // std::span

namespace slimming::inline v0::kernels::cpu {

/// Per-channel statistics of one batch, `padded_channels(channels)` doubles each.
struct channel_moments {
  double* mean = nullptr;
  double* variance = nullptr;  ///< biased: divided by the number of pixels
};

namespace detail {

// What one block of pixels says of one channel block: its mean and its sum of squared deviations.
class moment_accumulator {
 public:
  SLIMMING_ALWAYS_INLINE explicit moment_accumulator(vec first) noexcept : shift_(first) {}
  SLIMMING_ALWAYS_INLINE void add(vec value) noexcept {
    const vec d = value - shift_;
    sum_ += d;
    squares_ += d * d;
  }
  // Writes the mean to out[0...] and the squared deviations to out[stride...].
  SLIMMING_ALWAYS_INLINE void write(float* out, index_t stride, index_t pixels) const noexcept {
    const vec mean = (1.0f / static_cast<float>(pixels)) * sum_;
    store(out, shift_ + mean);
    store(out + stride, max(squares_ - mean * sum_, vec{}));
  }

 private:
  vec shift_;
  vec sum_{};
  vec squares_{};
};

// Merges the blocks' records in order. Block b covers pixels_of(b) pixels; its record lies at
// partials + b * 2 * stride: means, then squared deviations.
template <class PixelsOf>
void merge_moments(const float* partials, index_t blocks, index_t stride, const PixelsOf& pixels_of,
                   channel_moments out) {
  for_each_block(stride, 64, [&](index_t begin, index_t end) {
    for (index_t c = begin; c < end; ++c) {
      double mean = 0, deviations = 0, count = 0;
      for (index_t b = 0; b < blocks; ++b) {
        const float* record = partials + b * 2 * stride;
        const auto n = static_cast<double>(pixels_of(b));
        const double difference = static_cast<double>(record[c]) - mean;
        count += n;
        mean += difference * n / count;
        deviations += static_cast<double>(record[stride + c]) +
                      difference * difference * (count - n) * n / count;
      }
      out.mean[c] = mean;
      out.variance[c] = deviations / count;
    }
  });
}

}  // namespace detail

/// Scratch of compute_moments().
[[nodiscard]] constexpr workspace_need moments_need(index_t pixels, index_t channels) noexcept {
  constexpr index_t block = 256;
  return {(pixels + block - 1) / block * 2 * padded_channels(channels), 0};
}

/// Moments of an activation whose producer did not deliver them.
/// \param x  (pixels, padded_channels(channels))
inline void compute_moments(const float* x, index_t pixels, index_t channels, channel_moments out,
                            std::span<float> memory) {
  constexpr index_t block = 256;
  const index_t stride = padded_channels(channels);
  const workspace scratch("compute_moments", memory, moments_need(pixels, channels));
  float* partials = scratch.shared();
  for_each_block(pixels, block, [&](index_t begin, index_t end) {
    for (index_t c = 0; c < stride; c += channel_block) {
      detail::moment_accumulator moments(load(x + begin * stride + c));
      for (index_t p = begin; p < end; ++p) moments.add(load(x + p * stride + c));
      moments.write(partials + begin / block * 2 * stride + c, stride, end - begin);
    }
  });
  detail::merge_moments(
      partials, (pixels + block - 1) / block, stride,
      [&](index_t b) { return b * block + block < pixels ? block : pixels - b * block; }, out);
}

}  // namespace slimming::inline v0::kernels::cpu
