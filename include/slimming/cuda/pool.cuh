// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Maximum, average and global pooling of padded NHWC activations, forward and backward.
/// Area: cuda. Twin of <slimming/kernels/cpu/pool.hpp>. Any kernel, stride and padding.

#include <slimming/cuda/activation.cuh>        // pixel_grid
#include <slimming/cuda/block.cuh>             // vector_lanes
#include <slimming/cuda/detail/divisor.cuh>    // divisor
#include <slimming/cuda/detail/pixel_map.cuh>  // launch_map, load_wide
#include <slimming/kernels/geometry.hpp>       // pool_geometry

namespace slimming::inline v0::cuda {

namespace detail {

/// pool_geometry in 32 bits, with what its kernels divide by.
struct pool_facts {
  int in_h, in_w, out_h, out_w;
  int kernel_h, kernel_w, stride_h, stride_w;
  int pad_top, pad_left, pad_bottom, pad_right;
  bool count_padding;
  int stride;  // elements per pixel
  divisor by_out_w, by_out_h, by_in_w, by_in_h, by_stride_h, by_stride_w;

  explicit pool_facts(const kernels::pool_geometry& g)
      : in_h(static_cast<int>(g.in_h)),
        in_w(static_cast<int>(g.in_w)),
        out_h(static_cast<int>(g.out_h)),
        out_w(static_cast<int>(g.out_w)),
        kernel_h(static_cast<int>(g.kernel_h)),
        kernel_w(static_cast<int>(g.kernel_w)),
        stride_h(static_cast<int>(g.stride_h)),
        stride_w(static_cast<int>(g.stride_w)),
        pad_top(static_cast<int>(g.pad_top)),
        pad_left(static_cast<int>(g.pad_left)),
        pad_bottom(static_cast<int>(g.pad_bottom)),
        pad_right(static_cast<int>(g.pad_right)),
        count_padding(g.count_include_pad),
        stride(static_cast<int>(padded_channels(g.channels))),
        by_out_w(out_w),
        by_out_h(out_h),
        by_in_w(in_w),
        by_in_h(in_h),
        by_stride_h(stride_h),
        by_stride_w(stride_w) {}

  struct place {
    int image, row, column;
  };
  SLIMMING_HOST_DEVICE static place split(int pixel, const divisor& width, const divisor& height) {
    const int rows = width.quotient(pixel);
    const int image = height.quotient(rows);
    return {image, rows - image * static_cast<int>(height.value),
            pixel - rows * static_cast<int>(width.value)};
  }

  /// The part of a window inside the map.
  struct window {
    int top, bottom, left, right;
    int elements;  // to divide an average by
  };
  SLIMMING_HOST_DEVICE window window_at(int i, int j) const {
    const int y = i * stride_h - pad_top;
    const int x = j * stride_w - pad_left;
    const auto least = [](int a, int b) { return a < b ? a : b; };
    window w;
    w.top = y > 0 ? y : 0;
    w.left = x > 0 ? x : 0;
    w.bottom = least(y + kernel_h, in_h);
    w.right = least(x + kernel_w, in_w);
    w.elements = count_padding ? (least(y + kernel_h, in_h + pad_bottom) - y) *
                                     (least(x + kernel_w, in_w + pad_right) - x)
                               : (w.bottom - w.top) * (w.right - w.left);
    return w;
  }
  /// First and last window that covers a row or column of the map.
  struct range {
    int first, last;
  };
  SLIMMING_HOST_DEVICE static range covering(int at, int pad, int kernel, const divisor& step,
                                             int windows) {
    const int begin = at + pad - kernel + 1;
    const int first = begin > 0 ? step.quotient(begin + static_cast<int>(step.value) - 1) : 0;
    const int last = step.quotient(at + pad);
    return {first, last < windows ? last : windows - 1};
  }
};

template <class T>
struct max_pool_forward_op {
  static constexpr const char* name = "max_pool_forward";
  static constexpr int lanes = vector_lanes<T>;
  pool_facts g;
  const T* x;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto at = pool_facts::split(pixel, g.by_out_w, g.by_out_h);
    const auto w = g.window_at(at.row, at.column);
    for (int i = w.top; i < w.bottom; ++i)
      for (int j = w.left; j < w.right; ++j) {
        float value[lanes];
        load_wide(block, x + ((at.image * g.in_h + i) * g.in_w + j) * g.stride + c, value);
        const bool is_first = i == w.top && j == w.left;
        for (int l = 0; l < lanes; ++l) v[l] = is_first || value[l] > v[l] ? value[l] : v[l];
      }
  }
};

// An element of the map takes the gradients of the windows whose first maximum it is.
template <class T>
struct max_pool_backward_op {
  static constexpr const char* name = "max_pool_backward";
  static constexpr int lanes = vector_lanes<T>;
  pool_facts g;
  const T* x;
  const T* y;
  const T* dy;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto at = pool_facts::split(pixel, g.by_in_w, g.by_in_h);
    float own[lanes];
    load_wide(block, x + pixel * g.stride + c, own);
    for (float& sum : v) sum = 0.0f;
    const auto rows = pool_facts::covering(at.row, g.pad_top, g.kernel_h, g.by_stride_h, g.out_h);
    const auto columns =
        pool_facts::covering(at.column, g.pad_left, g.kernel_w, g.by_stride_w, g.out_w);
    for (int i = rows.first; i <= rows.last; ++i)
      for (int j = columns.first; j <= columns.last; ++j) {
        const int out = ((at.image * g.out_h + i) * g.out_w + j) * g.stride + c;
        float best[lanes];
        float gradient[lanes];
        load_wide(block, y + out, best);
        load_wide(block, dy + out, gradient);
        bool takes[lanes];
        for (int l = 0; l < lanes; ++l) takes[l] = own[l] == best[l];
        const auto w = g.window_at(i, j);
        for (int row = w.top; row <= at.row; ++row)  // an equal element before it?
          for (int column = w.left; column < (row == at.row ? at.column : w.right); ++column) {
            float other[lanes];
            load_wide(block, x + ((at.image * g.in_h + row) * g.in_w + column) * g.stride + c,
                      other);
            for (int l = 0; l < lanes; ++l) takes[l] = takes[l] && other[l] != best[l];
          }
        for (int l = 0; l < lanes; ++l) v[l] += takes[l] ? gradient[l] : 0.0f;
      }
  }
};

template <class T>
struct average_pool_forward_op {
  static constexpr const char* name = "average_pool_forward";
  static constexpr int lanes = vector_lanes<T>;
  pool_facts g;
  const T* x;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto at = pool_facts::split(pixel, g.by_out_w, g.by_out_h);
    const auto w = g.window_at(at.row, at.column);
    for (float& sum : v) sum = 0.0f;
    for (int i = w.top; i < w.bottom; ++i)
      for (int j = w.left; j < w.right; ++j) {
        float value[lanes];
        load_wide(block, x + ((at.image * g.in_h + i) * g.in_w + j) * g.stride + c, value);
        for (int l = 0; l < lanes; ++l) v[l] += value[l];
      }
    const float share = 1.0f / static_cast<float>(w.elements);
    for (float& sum : v) sum *= share;
  }
};

template <class T>
struct average_pool_backward_op {
  static constexpr const char* name = "average_pool_backward";
  static constexpr int lanes = vector_lanes<T>;
  pool_facts g;
  const T* dy;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto at = pool_facts::split(pixel, g.by_in_w, g.by_in_h);
    for (float& sum : v) sum = 0.0f;
    const auto rows = pool_facts::covering(at.row, g.pad_top, g.kernel_h, g.by_stride_h, g.out_h);
    const auto columns =
        pool_facts::covering(at.column, g.pad_left, g.kernel_w, g.by_stride_w, g.out_w);
    for (int i = rows.first; i <= rows.last; ++i)
      for (int j = columns.first; j <= columns.last; ++j) {
        float gradient[lanes];
        load_wide(block, dy + ((at.image * g.out_h + i) * g.out_w + j) * g.stride + c, gradient);
        const float share = 1.0f / static_cast<float>(g.window_at(i, j).elements);
        for (int l = 0; l < lanes; ++l) v[l] += gradient[l] * share;
      }
  }
};

}  // namespace detail

/// y = maxima of the windows; padding never wins.
/// \throws bad_value, shape_mismatch  as validate() of the geometry.
template <class T, class Stream>
void max_pool_forward(Stream&& stream, const kernels::pool_geometry& g, const T* x, T* y) {
  kernels::validate(g);
  detail::launch_map(stream, pixel_grid(g.out_pixels(), g.channels), y,
                     detail::max_pool_forward_op<T>{detail::pool_facts(g), x});
}

/// dx: each window's gradient goes to the first of its equal maxima. \p y is what forward wrote.
template <class T, class Stream>
void max_pool_backward(Stream&& stream, const kernels::pool_geometry& g, const T* x, const T* y,
                       const T* dy, T* dx) {
  kernels::validate(g);
  detail::launch_map(stream, pixel_grid(g.in_pixels(), g.channels), dx,
                     detail::max_pool_backward_op<T>{detail::pool_facts(g), x, y, dy});
}

/// y = means of the windows.
template <class T, class Stream>
void average_pool_forward(Stream&& stream, const kernels::pool_geometry& g, const T* x, T* y) {
  kernels::validate(g);
  detail::launch_map(stream, pixel_grid(g.out_pixels(), g.channels), y,
                     detail::average_pool_forward_op<T>{detail::pool_facts(g), x});
}

/// dx of average_pool_forward().
template <class T, class Stream>
void average_pool_backward(Stream&& stream, const kernels::pool_geometry& g, const T* dy, T* dx) {
  kernels::validate(g);
  detail::launch_map(stream, pixel_grid(g.in_pixels(), g.channels), dx,
                     detail::average_pool_backward_op<T>{detail::pool_facts(g), dy});
}

}  // namespace slimming::inline v0::cuda
