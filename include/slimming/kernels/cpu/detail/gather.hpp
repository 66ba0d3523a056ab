// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which source elements meet in one result pixel: the index arithmetic of implicit GEMM.
/// Area: kernels/cpu.
///
/// A forward pass and a strided backward-data pass differ only in these numbers. Result pixels form
/// a lattice (for backward data one lattice per residue of the stride); source rows and columns are
/// arithmetic in the lattice index and in the tap.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/kernels/cpu/vector.hpp>  // load, store, channel_block
#include <slimming/kernels/geometry.hpp>    // conv_geometry

#include <algorithm>  // std::copy_n, std::fill_n
#include <array>      // std::array

namespace slimming::inline v0::kernels::cpu::detail {

/// One axis: lattice index i and tap t read source position `i * step + first + t * tap_step`.
struct gather_axis {
  index_t source = 1;        ///< extent of the source
  index_t target = 1;        ///< extent of the result
  index_t count = 1;         ///< lattice positions
  index_t target_first = 0;  ///< lattice index i is result position target_first + i * target_step
  index_t target_step = 1;
  index_t taps = 1;
  index_t kernel_first = 0;  ///< tap t uses kernel position kernel_first + t * kernel_step
  index_t kernel_step = 1;
  index_t step = 1;
  index_t first = 0;
  index_t tap_step = 1;

  [[nodiscard]] bool reads_in_place() const noexcept {
    return taps == 1 && step == 1 && first == 0 && count == source && target_step == 1 &&
           target == source;
  }
};

/// Both axes, and the images of the batch.
struct gather {
  index_t images = 1;
  gather_axis h, w;

  [[nodiscard]] index_t pixels() const noexcept { return images * h.count * w.count; }
  [[nodiscard]] index_t taps() const noexcept { return h.taps * w.taps; }
  /// Whether result pixel i reads exactly source pixel i.
  [[nodiscard]] bool is_identity() const noexcept {
    return h.reads_in_place() && w.reads_in_place();
  }
};

/// Walks over lattice pixels in order, without a division per step.
class lattice_cursor {
 public:
  lattice_cursor(const gather& g, index_t pixel)
      : g_(&g),
        image_(pixel / g.w.count / g.h.count),
        i_(pixel / g.w.count % g.h.count),
        j_(pixel % g.w.count) {}
  void next() noexcept {
    if (++j_ < g_->w.count) return;
    j_ = 0;
    if (++i_ < g_->h.count) return;
    i_ = 0;
    ++image_;
  }
  [[nodiscard]] index_t image() const noexcept { return image_; }
  [[nodiscard]] index_t i() const noexcept { return i_; }
  [[nodiscard]] index_t j() const noexcept { return j_; }
  /// Index among all result pixels.
  [[nodiscard]] index_t target() const noexcept {
    return (image_ * g_->h.target + g_->h.target_first + i_ * g_->h.target_step) * g_->w.target +
           g_->w.target_first + j_ * g_->w.target_step;
  }

 private:
  const gather* g_;
  index_t image_, i_, j_;
};

/// The gather of a forward pass.
[[nodiscard]] inline gather forward_gather(const conv_geometry& g) noexcept {
  const auto axis = [](index_t in, index_t out, index_t kernel, index_t stride, index_t pad,
                       index_t dilation) {
    gather_axis a;
    a.source = in;
    a.target = a.count = out;
    a.taps = kernel;
    a.step = stride;
    a.first = -pad;
    a.tap_step = dilation;
    return a;
  };
  return {g.batch, axis(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.pad_top, g.dilation_h),
          axis(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.pad_left, g.dilation_w)};
}

/// The gather of backward data for input positions that are \p phase modulo the stride. Taps whose
/// contribution falls between output positions are left out; there may be none at all.
[[nodiscard]] inline gather_axis backward_axis(index_t in, index_t out, index_t kernel,
                                               index_t stride, index_t pad, index_t dilation,
                                               index_t phase) noexcept {
  gather_axis a;
  a.source = out;
  a.target = in;
  a.target_first = phase;
  a.target_step = stride;
  a.count = phase < in ? (in - phase + stride - 1) / stride : 0;
  a.taps = 0;
  // Output position = (input + pad - t * dilation) / stride where that is whole. Such t recur with
  // a period of stride / gcd(stride, dilation).
  index_t previous = -1;
  for (index_t t = 0; t < kernel; ++t) {
    if ((phase + pad - t * dilation) % stride != 0) continue;
    if (a.taps == 0) {
      a.kernel_first = t;
      a.first = (phase + pad - t * dilation) / stride;
    } else if (a.taps == 1) {
      a.kernel_step = t - previous;
      a.tap_step = -(a.kernel_step * dilation) / stride;
    }
    previous = t;
    ++a.taps;
  }
  return a;
}
[[nodiscard]] inline gather backward_gather(const conv_geometry& g, index_t phase_h,
                                            index_t phase_w) noexcept {
  return {
      g.batch,
      backward_axis(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.pad_top, g.dilation_h, phase_h),
      backward_axis(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.pad_left, g.dilation_w, phase_w)};
}

/// Leading dimension of a gathered block of \p columns: a line of slack, and never a multiple of a
/// page, so that rows fall into different cache sets.
[[nodiscard]] constexpr index_t gathered_stride(index_t columns) noexcept {
  return (columns + 15) / 16 * 16 + 16;
}

// Copies n floats; whole vectors where both sides have room. What is written behind the n-th float
// is overwritten by the next tap or lies in the row's slack.
inline void copy_run(const float* from, index_t n, index_t readable, float* to) noexcept {
  if (readable >= padded_channels(n)) {
    for (index_t c = 0; c < n; c += channel_block) store(to + c, load(from + c));
  } else {
    std::copy_n(from, n, to);
  }
}

// All columns where a pixel's channels fit into one vector, as in a first layer: each tap is a load
// and a store, whose tail the next tap overwrites.
inline void gather_narrow_block(const gather& g, const float* source, index_t source_stride,
                                index_t channels, index_t begin, index_t end, float* block,
                                index_t ld) {
  const index_t image_size = g.h.source * g.w.source * source_stride;
  lattice_cursor at(g, begin);
  for (index_t p = begin; p < end; ++p, block += ld, at.next()) {
    const float* const image = source + at.image() * image_size;
    const index_t left = at.j() * g.w.step + g.w.first;
    index_t y = at.i() * g.h.step + g.h.first;
    float* out = block;
    for (index_t a = 0; a < g.h.taps; ++a, y += g.h.tap_step) {
      const bool row_inside = y >= 0 && y < g.h.source;
      const float* const row = image + y * g.w.source * source_stride;
      index_t x = left;
      for (index_t b = 0; b < g.w.taps; ++b, x += g.w.tap_step, out += channels) {
        const bool inside = row_inside && x >= 0 && x < g.w.source;
        store(out, inside ? load(row + x * source_stride) : vec{});
      }
    }
  }
}

/// Gathers columns [column_begin, column_end) of the (pixels, taps * channels) matrix for lattice
/// pixels [begin, end) into \p block, row stride \p ld. The source has \p source_stride channels
/// per pixel, of which those from \p first_channel on are used.
inline void gather_block(const gather& g, const float* source, index_t source_stride,
                         index_t first_channel, index_t channels, index_t begin, index_t end,
                         index_t column_begin, index_t column_end, float* block, index_t ld) {
  if (source_stride == vector_width && first_channel == 0 && column_begin == 0 &&
      column_end == g.taps() * channels)
    return gather_narrow_block(g, source, source_stride, channels, begin, end, block, ld);
  const index_t first_tap = column_begin / channels;
  const index_t last_tap = (column_end + channels - 1) / channels;
  const index_t image_size = g.h.source * g.w.source * source_stride;
  lattice_cursor at(g, begin);
  for (index_t p = begin; p < end; ++p, block += ld, at.next()) {
    const float* const image = source + at.image() * image_size;
    const index_t top = at.i() * g.h.step + g.h.first, left = at.j() * g.w.step + g.w.first;
    float* out = block;
    index_t a = first_tap / g.w.taps, b = first_tap % g.w.taps;
    for (index_t tap = first_tap; tap < last_tap; ++tap) {
      const index_t y = top + a * g.h.tap_step, x = left + b * g.w.tap_step;
      const index_t c0 = tap == first_tap ? column_begin - tap * channels : 0;
      const index_t c1 = tap == last_tap - 1 ? column_end - tap * channels : channels;
      const bool inside = y >= 0 && y < g.h.source && x >= 0 && x < g.w.source;
      if (inside)
        copy_run(image + (y * g.w.source + x) * source_stride + first_channel + c0, c1 - c0,
                 source_stride - first_channel - c0, out);
      else
        std::fill_n(out, c1 - c0, 0.0f);
      out += c1 - c0;
      if (++b == g.w.taps) {
        b = 0;
        ++a;
      }
    }
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
