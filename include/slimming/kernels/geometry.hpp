// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The shape facts of a two-dimensional convolution or pooling, shared by every kernel and device.
/// Area: kernels. ONNX terms; sizes in elements, no layout implied.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value, shape_mismatch

#include <string_view>  // std::string_view

namespace slimming::inline v0::kernels {

/// Shape of one convolution for one input size. Zero padding.
struct conv_geometry {
  index_t batch = 1;
  index_t in_channels = 1, out_channels = 1, groups = 1;
  index_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  index_t kernel_h = 1, kernel_w = 1;
  index_t stride_h = 1, stride_w = 1;
  index_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  index_t dilation_h = 1, dilation_w = 1;

  [[nodiscard]] constexpr index_t in_per_group() const noexcept { return in_channels / groups; }
  [[nodiscard]] constexpr index_t out_per_group() const noexcept { return out_channels / groups; }
  [[nodiscard]] constexpr index_t taps() const noexcept { return kernel_h * kernel_w; }
  [[nodiscard]] constexpr index_t in_pixels() const noexcept { return batch * in_h * in_w; }
  [[nodiscard]] constexpr index_t out_pixels() const noexcept { return batch * out_h * out_w; }

  friend constexpr bool operator==(const conv_geometry&, const conv_geometry&) = default;
};

/// Shape of one max or average pooling for one input size.
struct pool_geometry {
  index_t batch = 1, channels = 1;
  index_t in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  index_t kernel_h = 1, kernel_w = 1;
  index_t stride_h = 1, stride_w = 1;
  index_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool ceil_mode = false;          ///< round the output size up: the last window may overhang
  bool count_include_pad = false;  ///< average pooling: divide by the padded window's size

  [[nodiscard]] constexpr index_t in_pixels() const noexcept { return batch * in_h * in_w; }
  [[nodiscard]] constexpr index_t out_pixels() const noexcept { return batch * out_h * out_w; }

  friend constexpr bool operator==(const pool_geometry&, const pool_geometry&) = default;
};

/// Output extent of a window that slides over one axis; 0 or less if the window does not fit.
[[nodiscard]] constexpr index_t window_count(index_t in, index_t kernel, index_t stride,
                                             index_t pad_begin, index_t pad_end,
                                             index_t dilation = 1,
                                             bool ceil_mode = false) noexcept {
  const index_t span = in + pad_begin + pad_end - dilation * (kernel - 1) - 1;
  if (span < 0) return 0;
  index_t n = (span + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (n - 1) * stride >= in + pad_begin) --n;  // no window starts in the end padding
  return n;
}

namespace detail {

inline void require_positive(std::string_view what, index_t value) {
  if (value < 1) throw bad_value(what, value);
}
inline void require_not_negative(std::string_view what, index_t value) {
  if (value < 0) throw bad_value(what, value);
}

}  // namespace detail

/// \throws bad_value, shape_mismatch  if the numbers do not describe a convolution.
inline void validate(const conv_geometry& g) {
  using namespace kernels::detail;
  require_positive("conv_geometry: batch", g.batch);
  require_positive("conv_geometry: in_channels", g.in_channels);
  require_positive("conv_geometry: out_channels", g.out_channels);
  require_positive("conv_geometry: groups", g.groups);
  require_positive("conv_geometry: in_h", g.in_h);
  require_positive("conv_geometry: in_w", g.in_w);
  require_positive("conv_geometry: kernel_h", g.kernel_h);
  require_positive("conv_geometry: kernel_w", g.kernel_w);
  require_positive("conv_geometry: stride_h", g.stride_h);
  require_positive("conv_geometry: stride_w", g.stride_w);
  require_positive("conv_geometry: dilation_h", g.dilation_h);
  require_positive("conv_geometry: dilation_w", g.dilation_w);
  require_not_negative("conv_geometry: pad_top", g.pad_top);
  require_not_negative("conv_geometry: pad_left", g.pad_left);
  require_not_negative("conv_geometry: pad_bottom", g.pad_bottom);
  require_not_negative("conv_geometry: pad_right", g.pad_right);
  require_positive("conv_geometry: out_h", g.out_h);
  require_positive("conv_geometry: out_w", g.out_w);
  if (g.in_channels % g.groups != 0)
    throw bad_value("conv_geometry: in_channels must be a multiple of groups", g.in_channels);
  if (g.out_channels % g.groups != 0)
    throw bad_value("conv_geometry: out_channels must be a multiple of groups", g.out_channels);
  const index_t h =
      window_count(g.in_h, g.kernel_h, g.stride_h, g.pad_top, g.pad_bottom, g.dilation_h);
  const index_t w =
      window_count(g.in_w, g.kernel_w, g.stride_w, g.pad_left, g.pad_right, g.dilation_w);
  if (g.out_h != h) throw shape_mismatch("conv_geometry: out_h", h, g.out_h);
  if (g.out_w != w) throw shape_mismatch("conv_geometry: out_w", w, g.out_w);
}

/// \throws bad_value, shape_mismatch  if the numbers do not describe a pooling.
inline void validate(const pool_geometry& g) {
  using namespace kernels::detail;
  require_positive("pool_geometry: batch", g.batch);
  require_positive("pool_geometry: channels", g.channels);
  require_positive("pool_geometry: in_h", g.in_h);
  require_positive("pool_geometry: in_w", g.in_w);
  require_positive("pool_geometry: kernel_h", g.kernel_h);
  require_positive("pool_geometry: kernel_w", g.kernel_w);
  require_positive("pool_geometry: stride_h", g.stride_h);
  require_positive("pool_geometry: stride_w", g.stride_w);
  require_not_negative("pool_geometry: pad_top", g.pad_top);
  require_not_negative("pool_geometry: pad_left", g.pad_left);
  require_not_negative("pool_geometry: pad_bottom", g.pad_bottom);
  require_not_negative("pool_geometry: pad_right", g.pad_right);
  require_positive("pool_geometry: out_h", g.out_h);
  require_positive("pool_geometry: out_w", g.out_w);
  if (g.pad_top >= g.kernel_h || g.pad_bottom >= g.kernel_h)
    throw bad_value("pool_geometry: padding must be smaller than kernel_h", g.kernel_h);
  if (g.pad_left >= g.kernel_w || g.pad_right >= g.kernel_w)
    throw bad_value("pool_geometry: padding must be smaller than kernel_w", g.kernel_w);
  const index_t h =
      window_count(g.in_h, g.kernel_h, g.stride_h, g.pad_top, g.pad_bottom, 1, g.ceil_mode);
  const index_t w =
      window_count(g.in_w, g.kernel_w, g.stride_w, g.pad_left, g.pad_right, 1, g.ceil_mode);
  if (g.out_h != h) throw shape_mismatch("pool_geometry: out_h", h, g.out_h);
  if (g.out_w != w) throw shape_mismatch("pool_geometry: out_w", w, g.out_w);
}

/// The same geometry with `out_h` and `out_w` computed from the rest.
/// \throws bad_value  as validate() does.
[[nodiscard]] inline conv_geometry with_output_size(conv_geometry g) {
  kernels::detail::require_positive("conv_geometry: stride_h", g.stride_h);
  kernels::detail::require_positive("conv_geometry: stride_w", g.stride_w);
  g.out_h = window_count(g.in_h, g.kernel_h, g.stride_h, g.pad_top, g.pad_bottom, g.dilation_h);
  g.out_w = window_count(g.in_w, g.kernel_w, g.stride_w, g.pad_left, g.pad_right, g.dilation_w);
  validate(g);
  return g;
}
/// \copydoc with_output_size(conv_geometry)
[[nodiscard]] inline pool_geometry with_output_size(pool_geometry g) {
  kernels::detail::require_positive("pool_geometry: stride_h", g.stride_h);
  kernels::detail::require_positive("pool_geometry: stride_w", g.stride_w);
  g.out_h = window_count(g.in_h, g.kernel_h, g.stride_h, g.pad_top, g.pad_bottom, 1, g.ceil_mode);
  g.out_w = window_count(g.in_w, g.kernel_w, g.stride_w, g.pad_left, g.pad_right, 1, g.ceil_mode);
  validate(g);
  return g;
}

/// Multiply-accumulates of the direct algorithm, border taps counted like inner ones.
[[nodiscard]] constexpr index_t macs(const conv_geometry& g) noexcept {
  return g.out_pixels() * g.out_channels * g.in_per_group() * g.taps();
}

}  // namespace slimming::inline v0::kernels
