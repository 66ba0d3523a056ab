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

#include <algorithm>  // std::clamp, std::min, std::max
#include <array>      // std::array

namespace slimming::inline v0::kernels::cpu::detail {

/// Blocking of one gather-and-multiply pass, from its shape.
struct gemm_blocking {
  static constexpr index_t depth_block = 256;  ///< columns gathered at a time
  static constexpr index_t most_pixels = 60;   ///< a multiple of every register tile but AVX-512's
  static constexpr index_t tasks_wanted = 48;  ///< enough to keep any number of cores busy
  static constexpr index_t task_size = 1 << 20;  ///< multiplications that outweigh a task's costs
  static constexpr index_t most_blocks = 8;
  static constexpr index_t most_panels = 8;  ///< whose moments are kept from block to block

  bool by_taps = false;     ///< nothing is gathered; a task is one panel
  index_t pixel_block = 1;  ///< rows gathered at a time
  index_t blocks = 1;       ///< blocks of pixels of a task, which leave one record of moments
  index_t panel_block = 1;  ///< panels of a task

  gemm_blocking(index_t pixels, const weight_layout& layout)
      : by_taps(goes_by_taps(pixels, layout.taps, layout.in)),
        pixel_block(by_taps ? pixels : std::clamp<index_t>(pixels, 1, most_pixels)),
        panel_block(by_taps ? 1 : layout.panels()) {
    if (by_taps) return;
    const index_t all = (pixels + pixel_block - 1) / pixel_block * layout.groups;
    if (all < tasks_wanted) panel_block = std::max<index_t>(1, panel_block * all / tasks_wanted);
    const index_t size = pixel_block * panel_block * panel_width * layout.rows();
    if (layout.groups == 1 && layout.panels() <= most_panels)
      blocks = std::clamp<index_t>(
          std::min(task_size / std::max<index_t>(1, size), all / tasks_wanted), 1, most_blocks);
  }
  /// Of the pixels, one after the other: tasks, or groups of them where panels are shared out.
  [[nodiscard]] index_t records(index_t pixels) const noexcept {
    return (pixels + blocks * pixel_block - 1) / (blocks * pixel_block);
  }
  [[nodiscard]] workspace_need need() const noexcept {
    const index_t gathered = by_taps ? 0 : gathered_stride(depth_block);
    return {0, pixel_block * (gathered + panel_block * panel_width)};
  }
};

/// out = sum over taps of gathered source rows times weight rows.
struct gather_product {
  gather g;
  index_t kernel_w;
  const float* source;
  index_t source_stride;
  weight_layout layout;
  const float* weights;  ///< panels of layout, whose taps are the kernel's, not only the gather's
  conv_output out;
  gemm_blocking blocking;

  void run(const workspace& scratch) const {
    if (blocking.by_taps)
      return multiply_by_taps(g, kernel_w, source, source_stride, layout, weights, out, scratch);
    const index_t chunks = (layout.panels() + blocking.panel_block - 1) / blocking.panel_block;
    const index_t records = blocking.records(g.pixels());
    for_each_task(records * layout.groups * chunks, [&](index_t i) {
      task t;
      t.first_panel = i % chunks * blocking.panel_block;
      t.last_panel = std::min(t.first_panel + blocking.panel_block, layout.panels());
      t.group = i / chunks % layout.groups;
      t.record = i / chunks / layout.groups;
      t.begin = t.record * blocking.blocks * blocking.pixel_block;
      t.end = std::min(t.begin + blocking.blocks * blocking.pixel_block, g.pixels());
      t.gathered = scratch.slot();
      t.sums = t.gathered + blocking.pixel_block * gathered_distance;
      if (out.moments && t.group == 0 && t.first_panel == 0)
        out.moments.set_pixels(t.record, t.end - t.begin);
      for (index_t p = t.begin; p < t.end; p += blocking.pixel_block)
        multiply_block(t, p, std::min(p + blocking.pixel_block, t.end));
    });
  }

 private:
  static constexpr index_t gathered_distance = gathered_stride(gemm_blocking::depth_block);

  struct task {
    index_t first_panel, last_panel, group, record;
    index_t begin, end;  // pixels
    float *gathered, *sums;
    std::array<std::array<moment_accumulator, 2>, gemm_blocking::most_panels> moments;
  };

  [[nodiscard]] index_t sums_distance() const { return blocking.panel_block * panel_width; }
  // Whole vectors leave from registers; where a group ends within one, by way of memory.
  [[nodiscard]] bool leaves_whole(const task& t, index_t panel) const {
    const index_t within = panel * panel_width;
    return (t.group * layout.out + within) % vector_width == 0 &&
           (t.group + 1 == layout.groups || layout.out - within >= layout.width(panel));
  }

  // Pixels [begin, end) through all taps and panels of the task.
  void multiply_block(task& t, index_t begin, index_t end) const {
    std::array<index_t, gemm_blocking::most_pixels> targets;
    lattice_cursor at(g, begin);
    for (index_t p = begin; p < end; ++p, at.next())
      targets[static_cast<std::size_t>(p - begin)] = at.target();
    const index_t depth = g.taps() * layout.in;
    if (depth == 0) std::fill_n(t.sums, (end - begin) * sums_distance(), 0.0f);
    // Runs of weight rows that follow each other: all of them, or one tap of a strided gather.
    const index_t run = g.taps() == layout.taps ? depth : layout.in;
    for (index_t first = 0; first < depth; first += run)
      for (index_t d = first; d < first + run; d += gemm_blocking::depth_block) {
        const index_t last = std::min(d + gemm_blocking::depth_block, first + run);
        multiply_columns(t, begin, end, d, last, last == depth, targets.data());
      }
    for (index_t p = t.first_panel; p < t.last_panel; ++p)
      if (depth == 0 || !leaves_whole(t, p))
        write_block(out, t.sums + (p - t.first_panel) * panel_width, sums_distance(), end - begin,
                    layout.width(p), t.group * layout.out + p * panel_width,
                    layout.out - p * panel_width, t.record, targets.data());
  }

  // Row of a panel that gathered column \p column is multiplied by.
  [[nodiscard]] index_t weight_row(index_t column) const {
    if (g.taps() == layout.taps) return column;
    const index_t tap = column / layout.in;
    const index_t kernel_tap = (g.h.kernel_first + tap / g.w.taps * g.h.kernel_step) * kernel_w +
                               g.w.kernel_first + tap % g.w.taps * g.w.kernel_step;
    return kernel_tap * layout.in + column % layout.in;
  }

  // Gathered columns [first, last), of which the last ones complete the sums.
  void multiply_columns(task& t, index_t begin, index_t end, index_t first, index_t last,
                        bool completes, const index_t* targets) const {
    const index_t first_channel = t.group * layout.in, row = weight_row(first);
    const float* a = t.gathered;
    index_t lda = gathered_distance;
    if (g.is_identity()) {
      a = source + begin * source_stride + first_channel + first;
      lda = source_stride;
    } else {
      gather_block(g, source, source_stride, first_channel, layout.in, begin, end, first, last,
                   t.gathered, gathered_distance);
    }
    for (index_t p = t.first_panel; p < t.last_panel; ++p) {
      const index_t width = layout.width(p), channel = t.group * layout.out + p * panel_width;
      const float* const b = weights + layout.panel_offset(t.group, p) + row * width;
      float* const sums = t.sums + (p - t.first_panel) * panel_width;
      if (!completes || !leaves_whole(t, p)) {
        gemm_panel<a_order::row>(a, lda, b, width, width, end - begin, last - first,
                                 tile_in_memory{sums, sums_distance(), first > 0});
        continue;
      }
      // A record of one block needs its moments no longer than the panel takes.
      const index_t kept = blocking.blocks == 1 ? 0 : p - t.first_panel;
      auto& moments = t.moments[static_cast<std::size_t>(kept)];
      gemm_panel<a_order::row>(a, lda, b, width, width, end - begin, last - first,
                               tile_to_output{out, first > 0 ? sums : nullptr, sums_distance(),
                                              targets, channel, moments.data(), begin == t.begin});
      if (!out.moments || end < t.end) continue;
      for (index_t v = 0; v < width; v += vector_width)
        out.moments.write(moments[static_cast<std::size_t>(v / vector_width)], t.record,
                          channel + v, t.end - t.begin);
    }
  }
};

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
