// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Depthwise convolution: one channel per group, vectors run over channels.
/// Area: kernels/cpu. Weights are (tap, padded channel).

#include <slimming/core/config.hpp>                     // index_t
#include <slimming/kernels/cpu/detail/conv_output.hpp>  // conv_output
#include <slimming/kernels/cpu/detail/gather.hpp>       // gather
#include <slimming/kernels/cpu/vector.hpp>              // vec
#include <slimming/kernels/cpu/workspace.hpp>           // for_each_task

#include <algorithm>  // std::min, std::max

namespace slimming::inline v0::kernels::cpu::detail {

/// Result pixels whose moments make one record.
inline constexpr index_t depthwise_block = 64;

// Taps of one axis that stay inside the source for lattice index i: [first, last).
struct tap_range {
  index_t first, last;

  tap_range(const gather_axis& a, index_t i) : first(0), last(a.taps) {
    const auto inside = [&](index_t t) {
      const index_t at = i * a.step + a.first + t * a.tap_step;
      return at >= 0 && at < a.source;
    };
    while (first < last && !inside(first)) ++first;
    while (last > first && !inside(last - 1)) --last;
  }
};

// Sums over the taps of one result pixel, for Vectors vectors of channels from c on.
template <int Vectors>
SLIMMING_ALWAYS_INLINE void depthwise_pixel(const gather& g, index_t kernel_w, const float* image,
                                            const float* weights, const conv_output& out,
                                            const lattice_cursor& at, tap_range rows,
                                            tap_range columns, index_t pixel, index_t c) {
  const index_t stride = out.stride;
  vec sum[Vectors];
  for (int v = 0; v < Vectors; ++v)
    sum[v] = out.bias ? load(out.bias + c + v * vector_width) : vec{};
  for (index_t a = rows.first; a < rows.last; ++a) {
    const index_t y = at.i() * g.h.step + g.h.first + a * g.h.tap_step;
    const index_t ky = g.h.kernel_first + a * g.h.kernel_step;
    for (index_t b = columns.first; b < columns.last; ++b) {
      const index_t x = at.j() * g.w.step + g.w.first + b * g.w.tap_step;
      const index_t kx = g.w.kernel_first + b * g.w.kernel_step;
      const float* const from = image + (y * g.w.source + x) * stride + c;
      const float* const weight = weights + (ky * kernel_w + kx) * stride + c;
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v)
        sum[v] += load(from + v * vector_width) * load(weight + v * vector_width);
    }
  }
  for (int v = 0; v < Vectors; ++v) out.put(sum[v], pixel, c + v * vector_width);
}

/// out(pixel, c) = sum over taps of source(pixel, tap, c) * weights(tap, c).
inline void depthwise_multiply(const gather& g, index_t kernel_w, const float* source,
                               const float* weights, const conv_output& out) {
  const index_t stride = out.stride;
  for_each_block(g.pixels(), depthwise_block, [&](index_t begin, index_t end) {
    lattice_cursor at(g, begin);
    for (index_t p = begin; p < end; ++p, at.next()) {
      const float* const image = source + at.image() * g.h.source * g.w.source * stride;
      const tap_range rows(g.h, at.i()), columns(g.w, at.j());
      const index_t pixel = at.target();
      index_t c = 0;
      for (; c + 4 * vector_width <= stride; c += 4 * vector_width)
        depthwise_pixel<4>(g, kernel_w, image, weights, out, at, rows, columns, pixel, c);
      for (; c < stride; c += vector_width)
        depthwise_pixel<1>(g, kernel_w, image, weights, out, at, rows, columns, pixel, c);
    }
    if (!out.moments) return;
    const index_t record = begin / depthwise_block;
    out.moments.set_pixels(record, end - begin);
    for (index_t c = 0; c < stride; c += vector_width) {
      moment_accumulator moments;
      moments.start(load(out.y + begin * stride + c));
      for (index_t p = begin; p < end; ++p) moments.add(load(out.y + p * stride + c));
      out.moments.write(moments, record, c, end - begin);
    }
  });
}

/// Parts into which the result pixels are cut for the weight gradient.
[[nodiscard]] inline index_t depthwise_splits(index_t pixels) noexcept {
  return std::clamp<index_t>(pixels / 256, 1, 64);
}

/// dweights(tap, c) = sum over result pixels of source(pixel, tap, c) * dy(pixel, c).
/// \param partials  depthwise_splits() * taps * stride floats
inline void depthwise_weight_gradient(const gather& g, const float* source, const float* dy,
                                      index_t stride, float* dweights, float* partials) {
  const index_t pixels = g.pixels(), splits = depthwise_splits(pixels);
  const index_t size = g.taps() * stride;
  for_each_task(splits, [&](index_t split) {
    float* const sums = partials + split * size;
    std::fill_n(sums, size, 0.0f);
    const index_t begin = pixels * split / splits, end = pixels * (split + 1) / splits;
    lattice_cursor at(g, begin);
    for (index_t p = begin; p < end; ++p, at.next()) {
      const index_t i = at.i(), j = at.j();
      const float* const image = source + at.image() * g.h.source * g.w.source * stride;
      const tap_range rows(g.h, i), columns(g.w, j);
      for (index_t a = rows.first; a < rows.last; ++a)
        for (index_t b = columns.first; b < columns.last; ++b) {
          const index_t y = i * g.h.step + g.h.first + a * g.h.tap_step;
          const index_t x = j * g.w.step + g.w.first + b * g.w.tap_step;
          const float* from = image + (y * g.w.source + x) * stride;
          float* const to = sums + (a * g.w.taps + b) * stride;
          for (index_t c = 0; c < stride; c += vector_width)
            store(to + c, load(to + c) + load(from + c) * load(dy + p * stride + c));
        }
    }
  });
  for_each_block(size, 256, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      float sum = partials[i];
      for (index_t s = 1; s < splits; ++s) sum += partials[s * size + i];
      dweights[i] = sum;
    }
  });
}

}  // namespace slimming::inline v0::kernels::cpu::detail
