// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Weight gradients in the transformed domain: for each product, transformed inputs transposed
/// times transformed output gradients, summed over tiles. Area: kernels/cpu.
///
/// A task owns a block of input channels, a block of output channels and a share of the tiles,
/// whose transforms it makes itself: doing so again in another block costs less than keeping them
/// all.

#include <slimming/core/config.hpp>                          // index_t
#include <slimming/kernels/cpu/detail/gemm.hpp>              // gemm_panel
#include <slimming/kernels/cpu/detail/implicit_gemm.hpp>     // sum_splits
#include <slimming/kernels/cpu/detail/winograd_tiles.hpp>    // tile_grid, transform_inputs
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
  static constexpr index_t tile_block = 64;
  static constexpr index_t tasks_wanted = 32;

  index_t tiles;
  weight_layout layout;
  index_t channel_blocks, panel_blocks, splits;

  winograd_gradient_blocking(index_t tile_count, const weight_layout& l)
      : tiles(tile_count),
        layout(l),
        channel_blocks((l.in + channel_block - 1) / channel_block),
        panel_blocks((l.panels() + panel_block - 1) / panel_block),
        splits(std::clamp<index_t>(tasks_wanted / (channel_blocks * panel_blocks), 1,
                                   (tile_count + tile_block - 1) / tile_block)) {}

  [[nodiscard]] index_t input_stride() const noexcept {
    return transformed_stride(std::min(layout.in, channel_block));
  }
  [[nodiscard]] index_t gradient_stride() const noexcept {
    return transformed_stride(std::min(layout.padded_out(), panel_block * panel_width));
  }
  [[nodiscard]] index_t input_distance() const noexcept {
    return product_stride(tile_block, input_stride());
  }
  [[nodiscard]] index_t gradient_distance() const noexcept {
    return product_stride(tile_block, gradient_stride());
  }
  /// Between the results of consecutive products of one panel.
  [[nodiscard]] index_t result_distance() const noexcept {
    return product_stride(std::min(layout.in, channel_block), panel_width);
  }
  [[nodiscard]] index_t result_floats() const noexcept {
    return products * result_distance() * std::min(panel_block, layout.panels());
  }
  [[nodiscard]] index_t zeros() const noexcept {
    return workspace_need::aligned(std::max(padded_channels(layout.in), layout.padded_out()));
  }
  [[nodiscard]] workspace_need need() const noexcept {
    return {zeros() + (splits > 1 ? splits * layout.size() : 0),
            result_floats() + products * (input_distance() + gradient_distance())};
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
    std::fill_n(zeros, b.zeros(), 0.0f);
    const index_t per_split = b.channel_blocks * b.panel_blocks;
    for_each_task(per_split * b.splits, [&](index_t task) {
      const index_t split = task / per_split;
      share s;
      s.first = task / b.panel_blocks % b.channel_blocks * b.channel_block;
      s.last = std::min(s.first + b.channel_block, b.layout.in);
      s.first_panel = task % b.panel_blocks * b.panel_block;
      s.last_panel = std::min(s.first_panel + b.panel_block, b.layout.panels());
      s.results = scratch.slot();
      s.inputs = s.results + b.result_floats();
      s.gradients = s.inputs + products * b.input_distance();
      const index_t begin = b.tiles * split / b.splits, end = b.tiles * (split + 1) / b.splits;
      for (index_t t = begin; t < end; t += b.tile_block) {
        const index_t last = std::min(t + b.tile_block, end);
        transform(s, t, last, zeros);
        multiply(s, last - t, t > begin);
      }
      for (index_t p = s.first_panel; p < s.last_panel; ++p)
        transform_weight_gradient<Transform>(
            b.layout, p, s.first, s.last,
            s.results + (p - s.first_panel) * products * b.result_distance(), b.result_distance(),
            b.splits > 1 ? partials + split * b.layout.size() : dweights);
    });
    if (b.splits > 1) sum_splits(partials, b.splits, b.layout.size(), dweights);
  }

 private:
  static constexpr index_t products = winograd_gradient_blocking<Transform>::products;

  // What a task owns, and its scratch.
  struct share {
    index_t first, last;              // input channels
    index_t first_panel, last_panel;  // output channels
    float *results, *inputs, *gradients;
  };

  void transform(const share& s, index_t begin, index_t end, const float* zeros) const {
    const index_t first_out = s.first_panel * panel_width;
    const index_t last_out = std::min(s.last_panel * panel_width, grid.target.stride);
    transform_inputs(grid, x, begin, end, s.first, padded_channels(s.last), zeros,
                     {s.inputs, blocking.input_stride(), blocking.input_distance()});
    transform_output_gradients(
        grid, dy, begin, end, first_out, last_out, zeros,
        {s.gradients, blocking.gradient_stride(), blocking.gradient_distance()});
  }

  void multiply(const share& s, index_t tiles, bool accumulate) const {
    for (index_t f = 0; f < products; ++f)
      for (index_t p = s.first_panel; p < s.last_panel; ++p) {
        const index_t panel = p - s.first_panel, width = blocking.layout.width(p);
        gemm_panel<a_order::column>(
            s.inputs + f * blocking.input_distance(), blocking.input_stride(),
            s.gradients + f * blocking.gradient_distance() + panel * panel_width,
            blocking.gradient_stride(), width, s.last - s.first, tiles,
            tile_in_memory{s.results + (panel * products + f) * blocking.result_distance(), width,
                           accumulate});
      }
  }
};

}  // namespace slimming::inline v0::kernels::cpu::detail
