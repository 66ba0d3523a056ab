// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolution of any shape as a matrix product over gathered pixels, one cache-sized block at a
/// time. Area: kernels/cpu. A 1x1 kernel without stride reads the activations where they lie.

#include <slimming/core/config.hpp>                       // index_t
#include <slimming/kernels/cpu/conv_choice.hpp>           // goes_by_taps
#include <slimming/kernels/cpu/detail/conv_output.hpp>    // conv_output, write_block
#include <slimming/kernels/cpu/detail/gather.hpp>         // gather, gather_block
#include <slimming/kernels/cpu/detail/gemm.hpp>           // gemm_panel
#include <slimming/kernels/cpu/detail/tap_gemm.hpp>       // multiply_by_taps
#include <slimming/kernels/cpu/detail/weight_layout.hpp>  // weight_layout
#include <slimming/kernels/cpu/workspace.hpp>             // workspace, for_each_task

#include <algorithm>  // std::min, std::max
#include <array>      // std::array

namespace slimming::inline v0::kernels::cpu::detail {

/// Blocking of one gather-and-multiply pass, from its shape.
struct gemm_blocking {
  static constexpr index_t depth_block = 256;  ///< columns gathered at a time
  static constexpr index_t most_pixels = 60;   ///< a multiple of every register tile but AVX-512's
  static constexpr index_t tasks_wanted = 48;  ///< enough to keep any number of cores busy

  bool by_taps = false;     ///< nothing is gathered; a task is one panel
  index_t pixel_block = 1;  ///< rows of a task
  index_t panel_block = 1;  ///< panels of a task

  gemm_blocking(index_t pixels, const weight_layout& layout)
      : by_taps(goes_by_taps(pixels, layout.taps, layout.in)),
        pixel_block(by_taps ? pixels : std::min(pixels, most_pixels)),
        panel_block(by_taps ? 1 : layout.panels()) {
    if (by_taps) return;
    const index_t blocks = (pixels + pixel_block - 1) / pixel_block * layout.groups;
    if (blocks < tasks_wanted)
      panel_block = std::max<index_t>(1, panel_block * blocks / tasks_wanted);
  }
  [[nodiscard]] index_t pixel_blocks(index_t pixels) const noexcept {
    return (pixels + pixel_block - 1) / pixel_block;
  }
  [[nodiscard]] workspace_need need() const noexcept {
    const index_t gathered = by_taps ? 0 : gathered_stride(depth_block);
    return {0, pixel_block * (gathered + panel_block * panel_width)};
  }
};

/// out = sum over taps of gathered source rows times weight rows.
/// \param weights  panels of \p layout, whose taps are the kernel's, not only the gather's
inline void gather_multiply(const gather& g, index_t kernel_w, const float* source,
                            index_t source_stride, const weight_layout& layout,
                            const float* weights, const conv_output& out,
                            const gemm_blocking& blocking, const workspace& scratch) {
  if (blocking.by_taps)
    return multiply_by_taps(g, kernel_w, source, source_stride, layout, weights, out, scratch);
  const index_t pixels = g.pixels();
  const index_t chunks = (layout.panels() + blocking.panel_block - 1) / blocking.panel_block;
  const index_t depth = g.taps() * layout.in;
  const bool all_taps = g.taps() == layout.taps;
  const index_t ld = gathered_stride(gemm_blocking::depth_block);
  const index_t ldo = blocking.panel_block * panel_width;
  // Runs of weight rows that follow each other: all of them, or one tap of a strided gather.
  const index_t run = all_taps ? depth : layout.in;

  for_each_task(blocking.pixel_blocks(pixels) * layout.groups * chunks, [&](index_t task) {
    const index_t first_panel = task % chunks * blocking.panel_block;
    const index_t last_panel = std::min(first_panel + blocking.panel_block, layout.panels());
    const index_t group = task / chunks % layout.groups;
    const index_t record = task / chunks / layout.groups;
    const index_t begin = record * blocking.pixel_block;
    const index_t end = std::min(begin + blocking.pixel_block, pixels);
    const index_t first_channel = group * layout.in;
    float* const gathered = scratch.slot();
    float* const result = gathered + blocking.pixel_block * ld;
    std::array<index_t, gemm_blocking::most_pixels> targets;
    lattice_cursor at(g, begin);
    for (index_t p = begin; p < end; ++p, at.next())
      targets[static_cast<std::size_t>(p - begin)] = at.target();
    if (out.moments && group == 0 && first_panel == 0) out.moments.set_pixels(record, end - begin);
    if (depth == 0) std::fill_n(result, (end - begin) * ldo, 0.0f);
    // Whole vectors leave from registers; where a group ends within one, by way of memory.
    const auto leaves_whole = [&](index_t p) {
      const index_t channel = group * layout.out + p * panel_width;
      return channel % vector_width == 0 &&
             (group + 1 == layout.groups || layout.out - p * panel_width >= layout.width(p));
    };

    for (index_t run_begin = 0; run_begin < depth; run_begin += run) {
      const index_t tap = run_begin / layout.in;
      const index_t kernel_tap =
          all_taps ? 0
                   : (g.h.kernel_first + tap / g.w.taps * g.h.kernel_step) * kernel_w +
                         g.w.kernel_first + tap % g.w.taps * g.w.kernel_step;
      const index_t weight_row = kernel_tap * layout.in;
      for (index_t d = 0; d < run; d += gemm_blocking::depth_block) {
        const index_t n = std::min(gemm_blocking::depth_block, run - d);
        const float* a = gathered;
        index_t lda = ld;
        if (g.is_identity()) {
          a = source + begin * source_stride + first_channel + d;
          lda = source_stride;
        } else {
          gather_block(g, source, source_stride, first_channel, layout.in, begin, end,
                       run_begin + d, run_begin + d + n, gathered, ld);
        }
        const bool is_last = run_begin + run >= depth && d + n == run;
        for (index_t p = first_panel; p < last_panel; ++p) {
          const index_t width = layout.width(p), channel = group * layout.out + p * panel_width;
          const float* const b = weights + layout.panel_offset(group, p) + (weight_row + d) * width;
          float* const sums = result + (p - first_panel) * panel_width;
          const bool is_first = run_begin + d == 0;
          if (!is_last || !leaves_whole(p)) {
            gemm_panel<a_order::row>(a, lda, b, width, width, end - begin, n,
                                     tile_in_memory{sums, ldo, !is_first});
            continue;
          }
          moment_accumulator moments[2];
          gemm_panel<a_order::row>(a, lda, b, width, width, end - begin, n,
                                   tile_to_output{out, is_first ? nullptr : sums, ldo,
                                                  targets.data(), channel, moments});
          if (!out.moments) continue;
          for (index_t v = 0; v < width; v += vector_width)
            out.moments.write(moments[v / vector_width], record, channel + v, end - begin);
        }
      }
    }
    for (index_t p = first_panel; p < last_panel; ++p)
      if (depth == 0 || !leaves_whole(p))
        write_block(out, result + (p - first_panel) * panel_width, ldo, end - begin,
                    layout.width(p), group * layout.out + p * panel_width,
                    layout.out - p * panel_width, record, targets.data());
  });
}

/// Writes the panels of the transposed weights: backward data multiplies by them.
inline void transpose_weights(const weight_layout& layout, const float* weights, float* to) {
  const weight_layout t = layout.transposed();
  for_each_task(layout.groups * t.panels(), [&](index_t task) {
    const index_t group = task / t.panels(), p = task % t.panels();
    float* out = to + t.panel_offset(group, p);
    const index_t c0 = p * panel_width, width = t.width(p);
    for (index_t tap = 0; tap < layout.taps; ++tap)
      for (index_t k = 0; k < layout.out; ++k, out += width) {
        const float* from = weights + layout.offset(group, tap, 0, k);
        const index_t step = layout.width(k / panel_width);
        for (index_t c = 0; c < width; ++c)
          out[c] = c0 + c < layout.in ? from[(c0 + c) * step] : 0.0f;
      }
  });
}

/// Blocking of a weight gradient: tasks are (group, row block, panel block, split of the pixels).
struct gradient_blocking {
  static constexpr index_t pixel_block = 128;

  index_t row_block = 1, panel_block = 1, splits = 1;

  gradient_blocking(index_t pixels, const weight_layout& layout)
      : row_block(std::min<index_t>(layout.rows(), 96)),
        panel_block(std::min<index_t>(layout.panels(), 16)) {
    const index_t tasks = row_blocks(layout) * panel_blocks(layout) * layout.groups;
    const index_t most = std::max<index_t>(1, pixels / (2 * pixel_block));
    splits = std::min(most, (gemm_blocking::tasks_wanted + tasks - 1) / tasks);
  }
  [[nodiscard]] index_t row_blocks(const weight_layout& layout) const noexcept {
    return (layout.rows() + row_block - 1) / row_block;
  }
  [[nodiscard]] index_t panel_blocks(const weight_layout& layout) const noexcept {
    return (layout.panels() + panel_block - 1) / panel_block;
  }
  [[nodiscard]] workspace_need need(const weight_layout& layout) const noexcept {
    return {splits > 1 ? splits * layout.size() : 0,
            pixel_block * (gathered_stride(row_block) + panel_width)};
  }
};

/// Adds the splits' partial gradients in their order.
inline void sum_splits(const float* partials, index_t splits, index_t size, float* out) {
  for_each_block(size / vector_width, 1024, [&](index_t begin, index_t end) {
    for (index_t i = begin * vector_width; i < end * vector_width; i += vector_width) {
      vec sum = load(partials + i);
      for (index_t s = 1; s < splits; ++s) sum += load(partials + s * size + i);
      store(out + i, sum);
    }
  });
}

// Columns of n rows of dy, zeros behind the first \p lanes; \p padded says that they are there.
inline void copy_panel(const float* from, index_t stride, index_t n, index_t lanes, index_t width,
                       bool padded, float* to) {
  for (index_t i = 0; i < n; ++i, from += stride, to += width) {
    if (padded) {
      for (index_t v = 0; v < width; v += vector_width) store(to + v, load(from + v));
    } else {
      std::copy_n(from, lanes, to);
      std::fill_n(to + lanes, width - lanes, 0.0f);
    }
  }
}

/// dweights = gathered source, transposed, times dy.
inline void gather_weight_gradient(const gather& g, const float* source, index_t source_stride,
                                   const float* dy, index_t dy_stride, const weight_layout& layout,
                                   float* dweights, const gradient_blocking& blocking,
                                   const workspace& scratch) {
  const index_t pixels = g.pixels();
  const index_t row_blocks = blocking.row_blocks(layout);
  const index_t panel_blocks = blocking.panel_blocks(layout);
  const index_t ld = gathered_stride(blocking.row_block);
  float* const target = blocking.splits > 1 ? scratch.shared() : dweights;

  // Up to this many channels per pixel, rows of one block do not fall into the same cache sets.
  constexpr index_t in_place = 64;
  const index_t per_split = layout.groups * row_blocks * panel_blocks;
  for_each_task(per_split * blocking.splits, [&](index_t task) {
    const index_t split = task / per_split;
    const index_t first_panel = task % panel_blocks * blocking.panel_block;
    const index_t last_panel = std::min(first_panel + blocking.panel_block, layout.panels());
    const index_t row = task / panel_blocks % row_blocks * blocking.row_block;
    const index_t rows = std::min(blocking.row_block, layout.rows() - row);
    const index_t group = task / panel_blocks / row_blocks % layout.groups;
    const index_t begin = pixels * split / blocking.splits;
    const index_t end = pixels * (split + 1) / blocking.splits;
    float* const gathered = scratch.slot();
    float* const gradients = gathered + gradient_blocking::pixel_block * ld;

    for (index_t pixel = begin; pixel < end; pixel += gradient_blocking::pixel_block) {
      const index_t n = std::min(gradient_blocking::pixel_block, end - pixel);
      const float* a = gathered;
      index_t lda = ld;
      if (g.is_identity() && source_stride <= in_place) {
        a = source + pixel * source_stride + group * layout.in + row;
        lda = source_stride;
      } else {
        gather_block(g, source, source_stride, group * layout.in, layout.in, pixel, pixel + n, row,
                     row + rows, gathered, ld);
      }
      for (index_t p = first_panel; p < last_panel; ++p) {
        const index_t width = layout.width(p);
        const float* const from = dy + pixel * dy_stride + group * layout.out + p * panel_width;
        const float* b = gradients;
        index_t ldb = width;
        if (layout.groups == 1 && dy_stride <= in_place) {
          b = from;
          ldb = dy_stride;
        } else {
          copy_panel(from, dy_stride, n, std::min(width, layout.out - p * panel_width), width,
                     layout.groups == 1, gradients);
        }
        float* out = target + split * layout.size() + layout.panel_offset(group, p) + row * width;
        gemm_panel<a_order::column>(a, lda, b, ldb, width, rows, n,
                                    tile_in_memory{out, width, pixel > begin});
      }
    }
  });
  if (blocking.splits > 1) sum_splits(target, blocking.splits, layout.size(), dweights);
}

}  // namespace slimming::inline v0::kernels::cpu::detail
