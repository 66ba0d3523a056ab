// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolution of a few pixels by many weights: tap after tap, on activations where they lie.
/// Area: kernels/cpu.
///
/// Such a pass takes as long as its weights take to come from memory. Each task streams one panel
/// once, from its first row to its last, and asks for what it will need next; a tap is multiplied
/// only by the pixels that it reaches, so that the zeros around a map cost nothing.

#include <slimming/core/config.hpp>                       // index_t
#include <slimming/kernels/cpu/conv_choice.hpp>           // most_pixels_by_taps
#include <slimming/kernels/cpu/detail/conv_output.hpp>    // conv_output, write_block
#include <slimming/kernels/cpu/detail/gather.hpp>         // gather, lattice_cursor
#include <slimming/kernels/cpu/detail/gemm.hpp>           // tile_rows, b_from_memory
#include <slimming/kernels/cpu/detail/weight_layout.hpp>  // weight_layout
#include <slimming/kernels/cpu/workspace.hpp>             // workspace, for_each_task

#include <algorithm>  // std::fill_n, std::min
#include <array>      // std::array
#include <utility>    // std::index_sequence

namespace slimming::inline v0::kernels::cpu::detail {

/// Channels multiplied while a panel's rows are near.
inline constexpr index_t tap_depth_block = 256;

/// Rows that lie anywhere: out[r] += sum over d of a[r][d] * b[d], for a panel of Vectors vectors.
template <int Vectors, int Rows>
void add_scattered_rows(const float* const* a, float* const* out, const float* b, index_t depth,
                        b_from_memory coming) {
  constexpr index_t width = Vectors * vector_width;
  const float* from[Rows];
  vec sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    from[r] = a[r];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v] = load(out[r] + v * vector_width);
  }
  index_t d = 0;
  do {  // a test before the first step would cost a copy of all sums
    coming.step<width>();
    vec row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) row[v] = load(b + v * vector_width);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] += from[r][d] * row[v];
    b += width;
  } while (++d < depth);
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(out[r] + v * vector_width, sum[r][v]);
}

using scattered_function = void (*)(const float* const*, float* const*, const float*, index_t,
                                    b_from_memory);

template <int Vectors, std::size_t... I>
constexpr auto make_scattered_table(std::index_sequence<I...>) {
  return std::array<scattered_function, sizeof...(I)>{
      add_scattered_rows<Vectors, static_cast<int>(I) + 1>...};
}
/// Entry r - 1 computes r rows.
template <int Vectors>
inline constexpr auto scattered_table =
    make_scattered_table<Vectors>(std::make_index_sequence<tile_rows<Vectors>>{});

/// The pixels that one tap reaches: where it reads them and where their sums are.
struct reached_pixels {
  std::array<const float*, most_pixels_by_taps> from;
  std::array<float*, most_pixels_by_taps> sums;
  index_t count = 0;

  /// Multiplies channels [first, first + depth) of all of them by rows of a panel.
  void multiply(index_t first, index_t depth, const float* rows, index_t width) {
    const bool wide = width > vector_width;
    const index_t most = wide ? tile_rows<2> : tile_rows<1>;
    const auto* table = wide ? scattered_table<2>.data() : scattered_table<1>.data();
    std::array<const float*, most_pixels_by_taps> at;
    for (index_t r = 0; r < count; ++r)
      at[static_cast<std::size_t>(r)] = from[static_cast<std::size_t>(r)] + first;
    // Tiles of nearly equal height, the lower ones first.
    const index_t tiles = (count + most - 1) / most;
    for (index_t t = 0, r = 0; t < tiles; ++t) {
      const index_t n = (count - r) / (tiles - t);
      table[n - 1](at.data() + r, sums.data() + r, rows, depth,
                   b_from_memory{}.share(rows, width, depth, t, tiles));
      r += n;
    }
  }
};

/// out = sum over taps of source pixels times weight rows.
/// \param weights  panels of \p layout, whose taps are the kernel's, not only the gather's
inline void multiply_by_taps(const gather& g, index_t kernel_w, const float* source,
                             index_t source_stride, const weight_layout& layout,
                             const float* weights, const conv_output& out,
                             const workspace& scratch) {
  const index_t pixels = g.pixels();
  if (out.moments) out.moments.set_pixels(0, pixels);
  for_each_task(layout.groups * layout.panels(), [&](index_t task) {
    const index_t group = task / layout.panels(), p = task % layout.panels();
    const index_t width = layout.width(p);
    float* const sums = scratch.slot();
    std::fill_n(sums, pixels * width, 0.0f);
    for (index_t tap = 0; tap < g.taps(); ++tap) {
      const index_t a = tap / g.w.taps, b = tap % g.w.taps;
      reached_pixels reached;
      lattice_cursor at(g, 0);
      for (index_t pixel = 0; pixel < pixels; ++pixel, at.next()) {
        const index_t y = at.i() * g.h.step + g.h.first + a * g.h.tap_step;
        const index_t x = at.j() * g.w.step + g.w.first + b * g.w.tap_step;
        if (y < 0 || y >= g.h.source || x < 0 || x >= g.w.source) continue;
        const auto n = static_cast<std::size_t>(reached.count++);
        reached.from[n] = source +
                          ((at.image() * g.h.source + y) * g.w.source + x) * source_stride +
                          group * layout.in;
        reached.sums[n] = sums + pixel * width;
      }
      const index_t kernel_tap = (g.h.kernel_first + a * g.h.kernel_step) * kernel_w +
                                 g.w.kernel_first + b * g.w.kernel_step;
      const float* const rows =
          weights + layout.panel_offset(group, p) + kernel_tap * layout.in * width;
      for (index_t d = 0; d < layout.in; d += tap_depth_block)
        reached.multiply(d, std::min(tap_depth_block, layout.in - d), rows + d * width, width);
    }
    std::array<index_t, most_pixels_by_taps> targets;
    lattice_cursor at(g, 0);
    for (index_t pixel = 0; pixel < pixels; ++pixel, at.next())
      targets[static_cast<std::size_t>(pixel)] = at.target();
    write_block(out, sums, width, pixels, width, group * layout.out + p * panel_width,
                layout.out - p * panel_width, 0, targets.data());
  });
}

}  // namespace slimming::inline v0::kernels::cpu::detail
