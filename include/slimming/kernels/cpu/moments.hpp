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

#include <algorithm>  // std::copy_n, std::fill_n
#include <span>       // std::span

namespace slimming::inline v0::kernels::cpu {

/// Per-channel statistics of one batch, `padded_channels(channels)` doubles each.
struct channel_moments {
  double* mean = nullptr;
  double* variance = nullptr;  ///< biased: divided by the number of pixels
};

namespace detail {

// Sums over the pixels of one block, for one vector of channels.
class moment_accumulator {
 public:
  /// \p first becomes the origin of the deviations; it is yet to be added.
  SLIMMING_ALWAYS_INLINE void start(vec first) noexcept {
    *this = {};
    origin_ = first;
  }
  SLIMMING_ALWAYS_INLINE void add(vec value) noexcept {
    const vec d = value - origin_;
    sum_ += d;
    squares_ += d * d;
  }
  [[nodiscard]] SLIMMING_ALWAYS_INLINE vec mean(index_t pixels) const noexcept {
    return origin_ + (1.0f / static_cast<float>(pixels)) * sum_;
  }
  /// Sum of squared deviations from the mean.
  [[nodiscard]] SLIMMING_ALWAYS_INLINE vec deviations(index_t pixels) const noexcept {
    return max(squares_ - (1.0f / static_cast<float>(pixels)) * sum_ * sum_, vec{});
  }

 private:
  vec origin_{};
  vec sum_{};
  vec squares_{};
};

// What the blocks of pixels say of all channels. Record b: stride means, stride sums of squared
// deviations, the number of pixels.
class moment_records {
 public:
  moment_records() = default;
  moment_records(float* memory, index_t stride) : data_(memory), stride_(stride) {}
  [[nodiscard]] static constexpr index_t floats(index_t blocks, index_t stride) noexcept {
    return blocks * (2 * stride + line);
  }
  [[nodiscard]] explicit operator bool() const noexcept { return data_ != nullptr; }

  void set_pixels(index_t block, index_t pixels) const noexcept {
    record(block)[2 * stride_] = static_cast<float>(pixels);  // exact: blocks are small
  }
  /// Keeps what \p moments found for channels [channel, channel + vector_width).
  SLIMMING_ALWAYS_INLINE void write(const moment_accumulator& moments, index_t block,
                                    index_t channel, index_t pixels) const noexcept {
    store(record(block) + channel, moments.mean(pixels));
    store(record(block) + stride_ + channel, moments.deviations(pixels));
  }
  /// The same for the first \p lanes of them, with \p padding zeros behind.
  void write_lanes(const moment_accumulator& moments, index_t block, index_t channel,
                   index_t pixels, index_t lanes, index_t padding) const noexcept {
    float buffer[vector_width];
    for (const index_t half : {index_t{0}, stride_}) {
      store(buffer, half == 0 ? moments.mean(pixels) : moments.deviations(pixels));
      float* const to = record(block) + half + channel;
      std::copy_n(buffer, lanes, to);
      std::fill_n(to + lanes, padding, 0.0f);
    }
  }
  /// Merges \p blocks records in their order.
  void merge(index_t blocks, channel_moments out) const {
    for_each_block(stride_, merge_strip, [&](index_t begin, index_t end) {
      double mean[merge_strip] = {}, deviations[merge_strip] = {}, count = 0;
      const auto width = static_cast<std::size_t>(end - begin);
      for (index_t b = 0; b < blocks; ++b) {
        const float* const means = record(b) + begin;
        const auto n = static_cast<double>(record(b)[2 * stride_]);
        const double share = n / (count + n), both = count * share;
        for (std::size_t c = 0; c < width; ++c) {
          const double difference = static_cast<double>(means[c]) - mean[c];
          mean[c] += difference * share;
          deviations[c] += static_cast<double>(means[c + static_cast<std::size_t>(stride_)]) +
                           difference * difference * both;
        }
        count += n;
      }
      for (std::size_t c = 0; c < width; ++c) {
        out.mean[begin + static_cast<index_t>(c)] = mean[c];
        out.variance[begin + static_cast<index_t>(c)] = deviations[c] / count;
      }
    });
  }

 private:
  static constexpr index_t line = 16;         // floats for the pixel count, keeping records aligned
  static constexpr index_t merge_strip = 64;  // channels of a task

  [[nodiscard]] float* record(index_t block) const noexcept {
    return data_ + block * (2 * stride_ + line);
  }

  float* data_ = nullptr;
  index_t stride_ = 0;
};

/// Pixels of a record of compute_moments().
inline constexpr index_t moments_block = 256;

}  // namespace detail

/// Scratch of compute_moments().
[[nodiscard]] constexpr workspace_need moments_need(index_t pixels, index_t channels) noexcept {
  const index_t blocks = (pixels + detail::moments_block - 1) / detail::moments_block;
  return {detail::moment_records::floats(blocks, padded_channels(channels)), 0};
}

/// Moments of an activation whose producer did not deliver them.
/// \param x  (pixels, padded_channels(channels))
inline void compute_moments(const float* x, index_t pixels, index_t channels, channel_moments out,
                            std::span<float> memory) {
  constexpr index_t block = detail::moments_block;
  const index_t stride = padded_channels(channels);
  const workspace scratch("compute_moments", memory, moments_need(pixels, channels));
  const detail::moment_records records(scratch.shared(), stride);
  for_each_block(pixels, block, [&](index_t begin, index_t end) {
    records.set_pixels(begin / block, end - begin);
    for (index_t c = 0; c < stride; c += channel_block) {
      detail::moment_accumulator moments;
      moments.start(load(x + begin * stride + c));
      for (index_t p = begin; p < end; ++p) moments.add(load(x + p * stride + c));
      records.write(moments, begin / block, c, end - begin);
    }
  });
  records.merge((pixels + block - 1) / block, out);
}

}  // namespace slimming::inline v0::kernels::cpu
