// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Maximum, average and global pooling, forward and backward.
/// Area: kernels/cpu, padded NHWC. Any kernel, stride and padding.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/kernels/cpu/vector.hpp>     // vec
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_task
#include <slimming/kernels/geometry.hpp>       // pool_geometry

#include <algorithm>  // std::min, std::max, std::fill_n
#include <limits>     // std::numeric_limits

namespace slimming::inline v0::kernels::cpu {

namespace detail {

/// The part of one pooling window that lies inside the map.
struct pool_window {
  index_t top, bottom, left, right;
  index_t padded_size;  ///< elements when padding counts (what overhangs in ceil mode does not)

  pool_window(const pool_geometry& g, index_t i, index_t j) {
    const index_t y = i * g.stride_h - g.pad_top, x = j * g.stride_w - g.pad_left;
    top = std::max<index_t>(y, 0);
    left = std::max<index_t>(x, 0);
    bottom = std::min(y + g.kernel_h, g.in_h);
    right = std::min(x + g.kernel_w, g.in_w);
    padded_size = (std::min(y + g.kernel_h, g.in_h + g.pad_bottom) - y) *
                  (std::min(x + g.kernel_w, g.in_w + g.pad_right) - x);
  }
  [[nodiscard]] float weight(const pool_geometry& g) const noexcept {
    return 1.0f /
           static_cast<float>(g.count_include_pad ? padded_size : (bottom - top) * (right - left));
  }
};

// y(pixel, c) = body(offset of the image's first pixel, window, channel) for all output pixels.
template <class Body>
void for_each_pool_output(const pool_geometry& g, float* y, const Body& body) {
  const index_t stride = padded_channels(g.channels);
  for_each_block(g.out_pixels(), 32, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p) {
      const pool_window window(g, p / g.out_w % g.out_h, p % g.out_w);
      const index_t image = p / g.out_w / g.out_h * g.in_h * g.in_w * stride;
      for (index_t c = 0; c < stride; c += vector_width)
        store(y + p * stride + c, body(image, window, c));
    }
  });
}

// Windows may overlap, so a task owns whole images of a few channels and walks their windows in
// order: body(image offset, output offset, window, channel) adds to the zeroed dx.
template <class Body>
void for_each_pool_gradient(const pool_geometry& g, float* dx, const Body& body) {
  const index_t stride = padded_channels(g.channels);
  const index_t strip = std::min<index_t>(stride, 4 * vector_width);
  const index_t strips = (stride + strip - 1) / strip;
  for_each_task(g.batch * strips, [&](index_t task) {
    const index_t n = task / strips, c0 = task % strips * strip;
    const index_t c1 = std::min(c0 + strip, stride);
    const index_t image = n * g.in_h * g.in_w * stride;
    for (index_t p = 0; p < g.in_h * g.in_w; ++p)
      std::fill_n(dx + image + p * stride + c0, c1 - c0, 0.0f);
    for (index_t i = 0; i < g.out_h; ++i)
      for (index_t j = 0; j < g.out_w; ++j) {
        const pool_window window(g, i, j);
        const index_t out = ((n * g.out_h + i) * g.out_w + j) * stride;
        for (index_t c = c0; c < c1; c += vector_width) body(image, out, window, c);
      }
  });
}

}  // namespace detail

/// y = maxima of the windows; padding never wins.
inline void max_pool_forward(const pool_geometry& g, const float* x, float* y) {
  const index_t stride = padded_channels(g.channels);
  detail::for_each_pool_output(
      g, y, [&](index_t image, const detail::pool_window& window, index_t c) {
        vec best = broadcast(-std::numeric_limits<float>::infinity());
        for (index_t i = window.top; i < window.bottom; ++i)
          for (index_t j = window.left; j < window.right; ++j)
            best = max(load(x + image + (i * g.in_w + j) * stride + c), best);
        return best;
      });
}

/// dx: each window's gradient goes to the first of its equal maxima.
/// \param y  what max_pool_forward() wrote
inline void max_pool_backward(const pool_geometry& g, const float* x, const float* y,
                              const float* dy, float* dx) {
  const index_t stride = padded_channels(g.channels);
  detail::for_each_pool_gradient(
      g, dx, [&](index_t image, index_t out, const detail::pool_window& window, index_t c) {
        const vec best = load(y + out + c);
        vec rest = load(dy + out + c);
        for (index_t i = window.top; i < window.bottom; ++i)
          for (index_t j = window.left; j < window.right; ++j) {
            const index_t at = image + (i * g.in_w + j) * stride + c;
            const vec value = load(x + at);
            store(dx + at, load(dx + at) + (value == best ? rest : vec{}));
            rest = value == best ? vec{} : rest;
          }
      });
}

/// y = means of the windows.
inline void average_pool_forward(const pool_geometry& g, const float* x, float* y) {
  const index_t stride = padded_channels(g.channels);
  detail::for_each_pool_output(g, y,
                               [&](index_t image, const detail::pool_window& window, index_t c) {
                                 vec sum{};
                                 for (index_t i = window.top; i < window.bottom; ++i)
                                   for (index_t j = window.left; j < window.right; ++j)
                                     sum += load(x + image + (i * g.in_w + j) * stride + c);
                                 return window.weight(g) * sum;
                               });
}

/// dx of average_pool_forward().
inline void average_pool_backward(const pool_geometry& g, const float* dy, float* dx) {
  const index_t stride = padded_channels(g.channels);
  detail::for_each_pool_gradient(
      g, dx, [&](index_t image, index_t out, const detail::pool_window& window, index_t c) {
        const vec share = window.weight(g) * load(dy + out + c);
        for (index_t i = window.top; i < window.bottom; ++i)
          for (index_t j = window.left; j < window.right; ++j) {
            const index_t at = image + (i * g.in_w + j) * stride + c;
            store(dx + at, load(dx + at) + share);
          }
      });
}

/// The pooling of whole maps to one pixel.
[[nodiscard]] constexpr pool_geometry global_pool(index_t batch, index_t channels, index_t h,
                                                  index_t w) noexcept {
  pool_geometry g;
  g.batch = batch;
  g.channels = channels;
  g.in_h = g.kernel_h = h;
  g.in_w = g.kernel_w = w;
  return g;
}

}  // namespace slimming::inline v0::kernels::cpu
