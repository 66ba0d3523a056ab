// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Moving channels: between layouts, into and out of concatenations, through a selection.
/// Area: kernels/cpu, padded NHWC.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/kernels/cpu/vector.hpp>     // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_block

#include <algorithm>  // std::copy_n, std::fill_n
#include <span>       // std::span

namespace slimming::inline v0::kernels::cpu {

/// (batch, channels, pixels) to (batch, pixels, padded channels).
inline void nchw_to_nhwc(const float* x, index_t batch, index_t channels, index_t pixels,
                         float* y) {
  const index_t stride = padded_channels(channels);
  for_each_block(batch * pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      const float* from = x + p / pixels * channels * pixels + p % pixels;
      for (index_t c = 0; c < channels; ++c) y[p * stride + c] = from[c * pixels];
      std::fill_n(y + p * stride + channels, stride - channels, 0.0f);
    }
  });
}

/// (batch, pixels, padded channels) to (batch, channels, pixels).
inline void nhwc_to_nchw(const float* x, index_t batch, index_t channels, index_t pixels,
                         float* y) {
  const index_t stride = padded_channels(channels);
  for_each_block(batch * pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      float* to = y + p / pixels * channels * pixels + p % pixels;
      for (index_t c = 0; c < channels; ++c) to[c * pixels] = x[p * stride + c];
    }
  });
}

/// Some consecutive channels of an activation.
template <class Float>
struct channel_range {
  Float* data = nullptr;  ///< of channel 0 of pixel 0
  index_t channels = 0;   ///< of the activation
  index_t first = 0;      ///< of the range
};

/// Copies \p count channels of every pixel: a concatenation is one call per input, its gradient one
/// per output. Touches no other channel and no padding.
inline void copy_channels(channel_range<const float> from, channel_range<float> to, index_t count,
                          index_t pixels) {
  const index_t from_stride = padded_channels(from.channels);
  const index_t to_stride = padded_channels(to.channels);
  for_each_block(pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p)
      std::copy_n(from.data + p * from_stride + from.first, count,
                  to.data + p * to_stride + to.first);
  });
}

/// The same, adding to what is there: a gradient with several uses.
inline void add_channels(channel_range<const float> from, channel_range<float> to, index_t count,
                         index_t pixels) {
  const index_t from_stride = padded_channels(from.channels);
  const index_t to_stride = padded_channels(to.channels);
  for_each_block(pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      const float* source = from.data + p * from_stride + from.first;
      float* target = to.data + p * to_stride + to.first;
      for (index_t c = 0; c < count; ++c) target[c] += source[c];
    }
  });
}

/// y(pixel, i) = x(pixel, indices[i]): channel_select. Padding of y becomes zero.
inline void gather_channels(const float* x, index_t channels, std::span<const index_t> indices,
                            index_t pixels, float* y) {
  const index_t stride = padded_channels(channels);
  const auto count = static_cast<index_t>(indices.size());
  const index_t out_stride = padded_channels(count);
  for_each_block(pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      float* const to = y + p * out_stride;
      for (std::size_t i = 0; i < indices.size(); ++i) to[i] = x[p * stride + indices[i]];
      std::fill_n(to + count, out_stride - count, 0.0f);
    }
  });
}

/// dx(pixel, indices[i]) += dy(pixel, i), all other channels zero: the gradient of
/// gather_channels().
inline void scatter_channels(const float* dy, index_t channels, std::span<const index_t> indices,
                             index_t pixels, float* dx) {
  const index_t stride = padded_channels(channels);
  const index_t in_stride = padded_channels(static_cast<index_t>(indices.size()));
  for_each_block(pixels, 256, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      float* const to = dx + p * stride;
      std::fill_n(to, stride, 0.0f);
      for (std::size_t i = 0; i < indices.size(); ++i)
        to[indices[i]] += dy[p * in_stride + static_cast<index_t>(i)];
    }
  });
}

}  // namespace slimming::inline v0::kernels::cpu
