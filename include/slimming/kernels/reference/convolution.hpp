// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolution and transposed convolution written plainly: the oracle of every quicker kernel.
/// Area: kernels/reference. Any scalar type, one to three spatial axes, NCHW and OIHW row-major.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/error.hpp>        // bad_value
#include <slimming/kernels/geometry.hpp>  // conv_geometry

#include <algorithm>  // std::fill_n
#include <array>      // std::array

namespace slimming::inline v0::kernels::reference {

/// Shape of a convolution over up to three spatial axes; unused leading axes keep their defaults.
struct conv_shape {
  using triple = std::array<index_t, 3>;

  index_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  triple in{1, 1, 1}, out{1, 1, 1}, kernel{1, 1, 1}, stride{1, 1, 1};
  triple pad{0, 0, 0};  ///< zeros before the first element; those behind the last follow from `out`
  triple dilation{1, 1, 1};

  conv_shape() = default;
  explicit conv_shape(const conv_geometry& g)
      : batch(g.batch),
        in_channels(g.in_channels),
        out_channels(g.out_channels),
        groups(g.groups),
        in{1, g.in_h, g.in_w},
        out{1, g.out_h, g.out_w},
        kernel{1, g.kernel_h, g.kernel_w},
        stride{1, g.stride_h, g.stride_w},
        pad{0, g.pad_top, g.pad_left},
        dilation{1, g.dilation_h, g.dilation_w} {}

  [[nodiscard]] index_t in_size() const { return in[0] * in[1] * in[2]; }
  [[nodiscard]] index_t out_size() const { return out[0] * out[1] * out[2]; }
  [[nodiscard]] index_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

namespace detail {

// Calls visit(x index, w index, y index) for every multiply-accumulate of the convolution.
template <class Visit>
void for_each_mac(const conv_shape& s, const Visit& visit) {
  if (s.groups < 1 || s.in_channels % s.groups != 0 || s.out_channels % s.groups != 0)
    throw bad_value("conv_shape: channels must be multiples of groups", s.groups);
  const index_t in_group = s.in_channels / s.groups;
  const index_t out_group = s.out_channels / s.groups;
  const auto visit_row = [&](index_t row_of_x, index_t w, index_t row_of_y, index_t t2) {
    for (index_t o2 = 0; o2 < s.out[2]; ++o2) {
      const index_t i2 = o2 * s.stride[2] - s.pad[2] + t2 * s.dilation[2];
      if (i2 >= 0 && i2 < s.in[2]) visit(row_of_x + i2, w, row_of_y + o2);
    }
  };
  const auto visit_plane = [&](index_t plane_of_x, index_t w, index_t plane_of_y, index_t tap) {
    const index_t t2 = tap % s.kernel[2], t1 = tap / s.kernel[2] % s.kernel[1],
                  t0 = tap / s.kernel[2] / s.kernel[1];
    for (index_t o0 = 0; o0 < s.out[0]; ++o0)
      for (index_t o1 = 0; o1 < s.out[1]; ++o1) {
        const index_t i0 = o0 * s.stride[0] - s.pad[0] + t0 * s.dilation[0];
        const index_t i1 = o1 * s.stride[1] - s.pad[1] + t1 * s.dilation[1];
        if (i0 < 0 || i1 < 0 || i0 >= s.in[0] || i1 >= s.in[1]) continue;
        visit_row(plane_of_x + (i0 * s.in[1] + i1) * s.in[2], w,
                  plane_of_y + (o0 * s.out[1] + o1) * s.out[2], t2);
      }
  };
  for (index_t n = 0; n < s.batch; ++n)
    for (index_t k = 0; k < s.out_channels; ++k)
      for (index_t c = 0; c < in_group; ++c)
        for (index_t tap = 0; tap < s.taps(); ++tap)
          visit_plane((n * s.in_channels + k / out_group * in_group + c) * s.in_size(),
                      (k * in_group + c) * s.taps() + tap, (n * s.out_channels + k) * s.out_size(),
                      tap);
}

}  // namespace detail

/// y = x * w (+ bias).
/// \param x     (batch, in_channels, in...)
/// \param w     (out_channels, in_channels / groups, kernel...)
/// \param bias  (out_channels), or null
/// \param y     (batch, out_channels, out...)
template <class T>
void conv_forward(const conv_shape& s, const T* x, const T* w, const T* bias, T* y) {
  for (index_t i = 0; i < s.batch * s.out_channels * s.out_size(); ++i)
    y[i] = bias ? bias[i / s.out_size() % s.out_channels] : T{0};
  detail::for_each_mac(s, [&](index_t xi, index_t wi, index_t yi) { y[yi] += x[xi] * w[wi]; });
}

/// dx: gradient with respect to x of sum(dy * conv(x, w)).
template <class T>
void conv_backward_data(const conv_shape& s, const T* dy, const T* w, T* dx) {
  std::fill_n(dx, s.batch * s.in_channels * s.in_size(), T{0});
  detail::for_each_mac(s, [&](index_t xi, index_t wi, index_t yi) { dx[xi] += dy[yi] * w[wi]; });
}

/// dw: gradient with respect to w, and dbias unless it is null.
template <class T>
void conv_backward_weights(const conv_shape& s, const T* x, const T* dy, T* dw, T* dbias) {
  std::fill_n(dw, s.out_channels * (s.in_channels / s.groups) * s.taps(), T{0});
  detail::for_each_mac(s, [&](index_t xi, index_t wi, index_t yi) { dw[wi] += x[xi] * dy[yi]; });
  if (!dbias) return;
  std::fill_n(dbias, s.out_channels, T{0});
  for (index_t i = 0; i < s.batch * s.out_channels * s.out_size(); ++i)
    dbias[i / s.out_size() % s.out_channels] += dy[i];
}

/// Transposed convolution: the adjoint of the convolution \p s, whose input plays the output here.
/// \param x     (batch, s.out_channels, s.out...)
/// \param w     (s.out_channels, s.in_channels / groups, kernel...): ONNX's (C, M / groups, ...)
/// \param bias  (s.in_channels), or null
/// \param y     (batch, s.in_channels, s.in...)
template <class T>
void conv_transpose_forward(const conv_shape& s, const T* x, const T* w, const T* bias, T* y) {
  for (index_t i = 0; i < s.batch * s.in_channels * s.in_size(); ++i)
    y[i] = bias ? bias[i / s.in_size() % s.in_channels] : T{0};
  detail::for_each_mac(s, [&](index_t yi, index_t wi, index_t xi) { y[yi] += x[xi] * w[wi]; });
}

}  // namespace slimming::inline v0::kernels::reference
