// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The way out of a convolution: bias, moments, a value to add, relu.
/// Area: kernels/cpu. Every algorithm hands its results over here, a vector of channels at a time.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/kernels/cpu/moments.hpp>  // detail::moment_records
#include <slimming/kernels/cpu/vector.hpp>   // vec, load, store

#include <algorithm>  // std::min

namespace slimming::inline v0::kernels::cpu::detail {

/// Destination of a pass, and what happens to a result on its way there.
struct conv_output {
  float* y = nullptr;
  index_t stride = 0;           ///< channels per pixel, padding included
  index_t channels = 0;         ///< real channels
  const float* bias = nullptr;  ///< per channel, or null
  const float* add = nullptr;   ///< shaped like y, or null
  bool relu = false;
  moment_records moments;  ///< one record per block of pixels, or none

  /// Stores an already biased result.
  SLIMMING_ALWAYS_INLINE void put(vec value, index_t pixel, index_t channel) const noexcept {
    const index_t at = pixel * stride + channel;
    if (add) value += load(add + at);
    if (relu) value = max(value, vec{});
    store(y + at, value);
  }
  /// The same for the first \p lanes channels only; \p padding more are zeroed.
  void put_lanes(vec value, index_t lanes, index_t padding, index_t pixel,
                 index_t channel) const noexcept {
    float buffer[vector_width];
    store(buffer, value);
    const index_t at = pixel * stride + channel;
    for (index_t l = 0; l < lanes; ++l) {
      const float v = add ? buffer[l] + add[at + l] : buffer[l];
      y[at + l] = relu && !(v > 0.0f) ? 0.0f : v;
    }
    std::fill_n(y + at + lanes, padding, 0.0f);
  }
};

// The first n floats, zeros behind them.
[[nodiscard]] inline vec load_lanes(const float* p, index_t n) noexcept {
  float buffer[vector_width] = {};
  std::copy_n(p, n, buffer);
  return load(buffer);
}

/// Hands a (pixels, width) block of results over. \p targets holds each row's pixel, \p lanes is
/// the number of real channels among the columns, \p record the pixel block's moment record.
inline void write_block(const conv_output& out, const float* block, index_t ld, index_t rows,
                        index_t width, index_t channel, index_t lanes, index_t record,
                        const index_t* targets) {
  const bool is_last_group = channel + lanes == out.channels;
  for (index_t v = 0; v < width && v < lanes; v += vector_width) {
    const index_t here = std::min<index_t>(lanes - v, vector_width);
    // A vector's tail may be written where it is padding, not where the next group begins.
    const bool whole = here == vector_width || (is_last_group && (channel + v) % vector_width == 0);
    const index_t padding = is_last_group ? out.stride - out.channels : 0;
    vec bias{};
    if (out.bias)
      bias = whole ? load(out.bias + channel + v) : load_lanes(out.bias + channel + v, here);
    moment_accumulator moments;
    moments.start(load(block + v) + bias);
    for (index_t r = 0; r < rows; ++r) {
      const vec result = load(block + r * ld + v) + bias;
      if (out.moments) moments.add(result);
      if (whole)
        out.put(result, targets[r], channel + v);
      else
        out.put_lanes(result, here, padding, targets[r], channel + v);
    }
    if (!out.moments) continue;
    if (whole)
      out.moments.write(moments, record, channel + v, rows);
    else
      out.moments.write_lanes(moments, record, channel + v, rows, here, padding);
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
