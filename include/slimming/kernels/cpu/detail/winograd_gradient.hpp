// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Weight gradients in the transformed domain: for each product, transformed inputs transposed times
/// transformed output gradients, summed over tiles. Area: kernels/cpu.
///
/// A task owns a block of input channels, a block of output channels and a share of the tiles. Where
/// few blocks would transform the same tile again, each task transforms its own; else all tiles are
/// transformed once beforehand.

#include <slimming/core/config.hpp>                          // index_t
#include <slimming/kernels/cpu/detail/gemm.hpp>              // gemm_panel
#include <slimming/kernels/cpu/detail/implicit_gemm.hpp>     // sum_splits
#include <slimming/kernels/cpu/detail/winograd_tiles.hpp>    // tile_grid, transform_input
#include <slimming/kernels/cpu/detail/winograd_weights.hpp>  // transform_weight_gradient
#include <slimming/kernels/cpu/workspace.hpp>                // workspace, for_each_task

#include <algorithm>  // std::min, std::max

namespace slimming::inline v0::kernels::cpu::detail {

/// How the gradient of Winograd weights is cut into tasks, from its shape.
template <class Transform>
struct winograd_gradient_blocking {
  static constexpr index_t products = Transform::products * Transform::products;
  static constexpr index_t channel_block = 64;
  static constexpr index_t panel_block = 64 / panel_width;
  static constexpr index_t tile_block = 32;
  static constexpr index_t tasks_wanted = 32;

  index_t tiles;
  weight_layout layout;
  index_t channel_blocks, panel_blocks, splits;
  bool transform_first;

  winograd_gradient_blocking(index_t tile_count, const weight_layout& l)
      : tiles(tile_count),
        layout(l),
        channel_blocks((l.in + channel_block - 1) / channel_block),
        panel_blocks((l.panels() + panel_block - 1) / panel_block),
        splits(std::clamp<index_t>(tasks_wanted / (channel_blocks * panel_blocks), 1,
                                   std::max<index_t>(1, tile_count / tile_block))),
        transform_first(channel_blocks + panel_blocks > 3) {}

  [[nodiscard]] index_t input_stride() const noexcept {
    return transformed_stride(transform_first ? layout.in : std::min(layout.in, channel_block));
  }
  [[nodiscard]] index_t gradient_stride() const noexcept {
    return transformed_stride(std::min(
        layout.padded_out(), transform_first ? layout.padded_out() : panel_block * panel_width));
  }
  /// Tiles whose transforms are kept at a time.
  [[nodiscard]] index_t kept_tiles() const noexcept { return transform_first ? tiles : tile_block; }
  [[nodiscard]] index_t input_distance() const noexcept {
    return product_stride(kept_tiles(), input_stride());
  }
  [[nodiscard]] index_t gradient_distance() const noexcept {
    return product_stride(kept_tiles(), gradient_stride());
  }
  [[nodiscard]] index_t kept_floats() const noexcept {
    return products * (input_distance() + gradient_distance());
  }
  /// Between the results of consecutive products of one panel.
  [[nodiscard]] index_t result_distance() const noexcept {
    return product_stride(std::min(layout.in, channel_block), panel_width);
  }
  [[nodiscard]] index_t zeros() const noexcept {
    return workspace_need::aligned(std::max(padded_channels(layout.in), layout.padded_out()));
  }
  [[nodiscard]] index_t partial_floats() const noexcept {
    return splits > 1 ? workspace_need::aligned(splits * layout.size()) : 0;
  }
  [[nodiscard]] workspace_need need() const noexcept {
    const index_t results = products * result_distance() * std::min(panel_block, layout.panels());
    const index_t common = zeros() + partial_floats();
    return transform_first ? workspace_need{common + kept_floats(), results}
                           : workspace_need{common, results + kept_floats()};
  }
};

/// dweights for one convolution.
template <class Transform>
struct winograd_gradient {
  tile_grid<Transform> grid;
  winograd_gradient_blocking<Transform> blocking;
  const float* x = nullptr;
  const float* dy = nullptr;
  float* dweights = nullptr;

  void run(const workspace& scratch) const {
    const auto& b = blocking;
    float* const zeros = scratch.shared();
    float* const partials = zeros + b.zeros();
    float* const shared_kept = partials + b.partial_floats();
    std::fill_n(zeros, b.zeros(), 0.0f);
    if (b.transform_first)
      for_each_block(b.tiles, 4, [&](index_t begin, index_t end) {
        transform(begin, end, 0, grid.source.stride, 0, grid.target.stride, zeros,
                  {shared_kept + begin * b.input_stride(),
                   shared_kept + products * b.input_distance() + begin * b.gradient_stride()});
      });

    const index_t per_split = b.channel_blocks * b.panel_blocks;
    for_each_task(per_split * b.splits, [&](index_t task) {
      const index_t split = task / per_split;
      const index_t first = task / b.panel_blocks % b.channel_blocks * b.channel_block;
      const index_t last = std::min(first + b.channel_block, b.layout.in);
      const index_t first_panel = task % b.panel_blocks * b.panel_block;
      const index_t last_panel = std::min(first_panel + b.panel_block, b.layout.panels());
      const index_t end = b.tiles * (split + 1) / b.splits;
      float* const results = scratch.slot();
      float* const own = results + products * b.result_distance() * (last_panel - first_panel);
      bool accumulate = false;
      for (index_t t = b.tiles * split / b.splits; t < end; t += b.tile_block) {
        const index_t n = std::min(b.tile_block, end - t);
        transformed from;
        if (b.transform_first) {
          from.inputs = shared_kept + t * b.input_stride() + first;
          from.gradients = shared_kept + products * b.input_distance() + t * b.gradient_stride() +
                           first_panel * panel_width;
        } else {
          from = {own, own + products * b.input_distance()};
          transform(t, t + n, first, padded_channels(last), first_panel * panel_width,
                    std::min(last_panel * panel_width, grid.target.stride), zeros, from);
        }
        multiply(from, n, last - first, first_panel, last_panel, results, accumulate);
        accumulate = true;
      }
      for (index_t p = first_panel; p < last_panel; ++p)
        transform_weight_gradient<Transform>(
            b.layout, p, first, last, results + (p - first_panel) * products * b.result_distance(),
            b.result_distance(), b.splits > 1 ? partials + split * b.layout.size() : dweights);
    });
    if (b.splits > 1) sum_splits(partials, b.splits, b.layout.size(), dweights);
  }

 private:
  static constexpr index_t products = winograd_gradient_blocking<Transform>::products;

  // Transformed tiles: one row per tile and product.
  struct transformed {
    float* inputs = nullptr;
    float* gradients = nullptr;
  };

  void transform(index_t begin, index_t end, index_t first, index_t last, index_t out_first,
                 index_t out_last, const float* zeros, transformed to) const {
    for (index_t t = begin; t < end; ++t) {
      transform_input(grid, x, t, first, last, zeros,
                      to.inputs + (t - begin) * blocking.input_stride(), blocking.input_distance());
      transform_output_gradient(grid, dy, t, out_first, out_last, zeros,
                                to.gradients + (t - begin) * blocking.gradient_stride(),
                                blocking.gradient_distance());
    }
  }

  void multiply(const transformed& from, index_t tiles, index_t channels, index_t first_panel,
                index_t last_panel, float* results, bool accumulate) const {
    for (index_t f = 0; f < products; ++f)
      for (index_t p = first_panel; p < last_panel; ++p) {
        const index_t width = blocking.layout.width(p);
        gemm_panel<a_order::column>(
            from.inputs + f * blocking.input_distance(), blocking.input_stride(),
            from.gradients + f * blocking.gradient_distance() + (p - first_panel) * panel_width,
            blocking.gradient_stride(), width, channels, tiles,
            results + ((p - first_panel) * products + f) * blocking.result_distance(), width,
            accumulate);
      }
  }
};

}  // namespace slimming::inline v0::kernels::cpu::detail
