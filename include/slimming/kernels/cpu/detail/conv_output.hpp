// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The way out of a convolution: bias, moments, a value to add, relu.
/// Area: kernels/cpu. Every algorithm hands its results over here, a vector of channels at a time.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/kernels/cpu/detail/gemm.hpp>  // load_tile
#include <slimming/kernels/cpu/moments.hpp>      // detail::moment_records
#include <slimming/kernels/cpu/vector.hpp>       // vec, load, store

#include <algorithm>  // std::copy_n, std::fill_n, std::min

namespace slimming::inline v0::kernels::cpu::detail {

// The first n floats, zeros behind them.
[[nodiscard]] inline vec load_lanes(const float* p, index_t n) noexcept {
  float buffer[vector_width] = {};
  std::copy_n(p, n, buffer);
  return load(buffer);
}

/// Destination of a pass, and what happens to a result on its way there.
struct conv_output {
  float* y = nullptr;
  index_t stride = 0;           ///< channels per pixel, padding included
  index_t channels = 0;         ///< real channels
  const float* bias = nullptr;  ///< per channel, or null
  const float* add = nullptr;   ///< shaped like y, or null
  bool relu = false;
  moment_records moments;  ///< one record per block of pixels, or none

  /// Stores an already biased result; what it stores is returned.
  SLIMMING_ALWAYS_INLINE vec put(vec value, index_t pixel, index_t channel) const noexcept {
    const index_t at = pixel * stride + channel;
    if (add) value += load(add + at);
    if (relu) value = max(value, vec{});
    store(y + at, value);
    return value;
  }
  /// The same for the first \p lanes channels only; \p padding more are zeroed.
  vec put_lanes(vec value, index_t lanes, index_t padding, index_t pixel,
                index_t channel) const noexcept {
    const index_t at = pixel * stride + channel;
    if (add) value += load_lanes(add + at, lanes);
    if (relu) value = max(value, vec{});
    float buffer[vector_width];
    store(buffer, value);
    std::copy_n(buffer, lanes, y + at);
    std::fill_n(y + at + lanes, padding, 0.0f);
    return value;
  }
};

/// A panel of a product that leaves through the epilogue: a target of gemm_panel().
struct tile_to_output {
  const conv_output& out;
  const float* partial = nullptr;  ///< what earlier products left, or null
  index_t ldp = 0;
  const index_t* targets = nullptr;  ///< each row's pixel
  index_t channel = 0;
  moment_accumulator* moments = nullptr;  ///< one per vector
  bool begins = true;                     ///< the first row is the first that they see

  template <int Rows, int Vectors>
  SLIMMING_ALWAYS_INLINE void start(index_t first, vec (&sum)[Rows][Vectors]) const {
    if (partial) load_tile(partial + first * ldp, ldp, sum);
  }
  template <int Rows, int Vectors>
  SLIMMING_ALWAYS_INLINE void finish(index_t first, const vec (&sum)[Rows][Vectors]) const {
    const conv_output to = out;  // a copy: stores to y cannot touch it
    index_t at[Rows];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) at[r] = targets[first + r] * to.stride + channel;
      // One question at a time for all of the tile, not all of them for every vector.
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const index_t c = v * vector_width;
      vec value[Rows];
      const vec bias = to.bias ? load(to.bias + channel + c) : vec{};
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) value[r] = sum[r][v] + bias;
      if (to.add)
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) value[r] += load(to.add + at[r] + c);
      if (to.relu)
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) value[r] = max(value[r], vec{});
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) store(to.y + at[r] + c, value[r]);
      if (!to.moments) continue;
      moment_accumulator seen = moments[v];
      if (begins && first == 0) seen.start(value[0]);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) seen.add(value[r]);
      moments[v] = seen;
    }
  }
};

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
    for (index_t r = 0; r < rows; ++r) {
      const vec result = load(block + r * ld + v) + bias;
      const vec value = whole ? out.put(result, targets[r], channel + v)
                              : out.put_lanes(result, here, padding, targets[r], channel + v);
      if (r == 0) moments.start(value);
      moments.add(value);
    }
    if (!out.moments) continue;
    if (whole)
      out.moments.write(moments, record, channel + v, rows);
    else
      out.moments.write_lanes(moments, record, channel + v, rows, here, padding);
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
