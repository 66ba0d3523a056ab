// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pooling written plainly, forward and backward.
/// Area: kernels/reference. Any scalar type, NCHW row-major; one-dimensional pooling has height 1.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/kernels/geometry.hpp>  // pool_geometry

#include <algorithm>  // std::fill_n, std::min, std::max

namespace slimming::inline v0::kernels::reference {

namespace detail {

/// One window, clipped to the map and to the padded map.
struct window {
  index_t plane, out;                ///< index of its plane, of its result
  index_t top, left, bottom, right;  ///< inside the map
  index_t padded_size;               ///< elements inside the padded map

  [[nodiscard]] index_t divisor(const pool_geometry& g) const {
    return g.count_include_pad ? padded_size : (bottom - top) * (right - left);
  }
};

template <class Visit>
void for_each_window(const pool_geometry& g, const Visit& visit) {
  for (index_t plane = 0; plane < g.batch * g.channels; ++plane)
    for (index_t i = 0; i < g.out_h; ++i)
      for (index_t j = 0; j < g.out_w; ++j) {
        const index_t y = i * g.stride_h - g.pad_top, x = j * g.stride_w - g.pad_left;
        const index_t end_y = std::min(y + g.kernel_h, g.in_h + g.pad_bottom);
        const index_t end_x = std::min(x + g.kernel_w, g.in_w + g.pad_right);
        visit(window{plane, (plane * g.out_h + i) * g.out_w + j, std::max<index_t>(y, 0),
                     std::max<index_t>(x, 0), std::min(end_y, g.in_h), std::min(end_x, g.in_w),
                     (end_y - y) * (end_x - x)});
      }
}

template <class Visit>
void for_each_element(const pool_geometry& g, const window& w, const Visit& visit) {
  for (index_t y = w.top; y < w.bottom; ++y)
    for (index_t x = w.left; x < w.right; ++x) visit((w.plane * g.in_h + y) * g.in_w + x);
}

// Index of the first of the window's equal maxima.
template <class T>
index_t argmax(const pool_geometry& g, const window& w, const T* x) {
  index_t best = -1;
  for_each_element(g, w, [&](index_t i) {
    if (best < 0 || x[i] > x[best]) best = i;
  });
  return best;
}

}  // namespace detail

template <class T>
void max_pool_forward(const pool_geometry& g, const T* x, T* y) {
  detail::for_each_window(g,
                          [&](const detail::window& w) { y[w.out] = x[detail::argmax(g, w, x)]; });
}

/// The gradient of each window goes to the first of its equal maxima.
template <class T>
void max_pool_backward(const pool_geometry& g, const T* x, const T* dy, T* dx) {
  std::fill_n(dx, g.batch * g.channels * g.in_h * g.in_w, T{0});
  detail::for_each_window(
      g, [&](const detail::window& w) { dx[detail::argmax(g, w, x)] += dy[w.out]; });
}

template <class T>
void average_pool_forward(const pool_geometry& g, const T* x, T* y) {
  detail::for_each_window(g, [&](const detail::window& w) {
    T sum{0};
    detail::for_each_element(g, w, [&](index_t i) { sum += x[i]; });
    y[w.out] = sum / static_cast<T>(w.divisor(g));
  });
}

template <class T>
void average_pool_backward(const pool_geometry& g, const T* dy, T* dx) {
  std::fill_n(dx, g.batch * g.channels * g.in_h * g.in_w, T{0});
  detail::for_each_window(g, [&](const detail::window& w) {
    const T share = dy[w.out] / static_cast<T>(w.divisor(g));
    detail::for_each_element(g, w, [&](index_t i) { dx[i] += share; });
  });
}

}  // namespace slimming::inline v0::kernels::reference
