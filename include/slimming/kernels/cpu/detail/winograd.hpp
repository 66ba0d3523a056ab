// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Winograd convolution: the forward pass, and backward data as the forward pass of mirrored
/// weights.
/// Area: kernels/cpu.
///
/// Two shapes of task. *By tiles*, for many tiles and few weights: all weights are transformed once
/// and every task takes a block of tiles through all output channels, its transformed inputs
/// staying in the cache. *By panels*, for few tiles and many weights: all inputs are transformed
/// once and every task takes a block of tiles through one panel, transforming the panel's weights
/// as it goes, so that they never reach memory. Where all inputs fit into a core's own cache, each
/// thread transforms them for itself: fetching them from another core would take longer.

#include <slimming/core/config.hpp>                          // index_t
#include <slimming/kernels/cpu/detail/conv_output.hpp>       // conv_output
#include <slimming/kernels/cpu/detail/gemm.hpp>              // gemm_panel
#include <slimming/kernels/cpu/detail/winograd_tiles.hpp>    // tile_grid, transform_inputs
#include <slimming/kernels/cpu/detail/winograd_weights.hpp>  // weight_reader, transform_weights
#include <slimming/kernels/cpu/workspace.hpp>                // workspace, for_each_task

#include <algorithm>  // std::min

namespace slimming::inline v0::kernels::cpu::detail {

/// How a Winograd pass is cut into tasks, from its shape.
template <class Transform>
struct winograd_blocking {
  static constexpr index_t products = Transform::products * Transform::products;
  static constexpr index_t depth_block = 128;         ///< channels multiplied at a time
  static constexpr index_t own_inputs_limit = 98304;  ///< floats, three quarters of 512 KB
  static constexpr index_t own_inputs_header = 16;    ///< floats before a thread's own inputs

  index_t tiles;
  weight_layout panels;
  bool by_panels;
  bool own_inputs;  ///< by panels: each thread transforms all inputs for itself
  index_t tile_block;
  index_t chunk;  ///< by tiles: channels transformed at a time

  winograd_blocking(index_t tile_count, const weight_layout& layout)
      : tiles(tile_count), panels(layout), by_panels(tile_count < layout.out), chunk(layout.in) {
    // Whole register tiles of rows. By tiles, few enough for their transforms to stay in the second
    // cache, and for four cores to have work; by panels, many, since each block transforms the
    // weights again.
    constexpr index_t rows = tile_rows<2>;
    tile_block = by_panels ? 10 * rows : (24 + rows - 1) / rows * rows;
    tile_block = std::min(tile_block, by_panels ? tiles : (tiles + 3) / 4);
    // Many channels into few panels: sums take less room than transformed inputs, so that the sums
    // stay and the inputs pass by.
    if (!by_panels && layout.panels() <= 2) chunk = std::min<index_t>(chunk, 64);
    own_inputs = by_panels && blocks() == 1 && products * input_distance() <= own_inputs_limit;
  }
  [[nodiscard]] index_t blocks() const noexcept { return (tiles + tile_block - 1) / tile_block; }
  [[nodiscard]] index_t input_stride() const noexcept {
    return transformed_stride(by_panels ? panels.in : chunk);
  }
  /// Between the transformed inputs of consecutive products.
  [[nodiscard]] index_t input_distance() const noexcept {
    return product_stride(by_panels ? tiles : tile_block, input_stride());
  }
  [[nodiscard]] index_t result_distance() const noexcept {
    return product_stride(tile_block, panel_width);
  }
  [[nodiscard]] index_t weight_distance() const noexcept {
    return product_stride(depth_block, panel_width);
  }
  [[nodiscard]] index_t zeros() const noexcept { return padded_channels(panels.in); }
  [[nodiscard]] index_t record_floats() const noexcept {
    return workspace_need::aligned(moment_records::floats(blocks(), panels.padded_out()));
  }
  /// Shared: moment records, zeros, then transformed inputs or weights.
  [[nodiscard]] workspace_need need() const noexcept {
    const index_t inputs = products * input_distance();
    const index_t results =
        products * result_distance() * (chunk < panels.in ? panels.panels() : 1);
    const index_t common = record_floats() + workspace_need::aligned(zeros());
    if (!by_panels) return {common + transformed_size<Transform>(panels), results + inputs};
    const index_t per_task = results + products * weight_distance();
    return own_inputs ? workspace_need{common, own_inputs_header + inputs + per_task}
                      : workspace_need{common + inputs, per_task};
  }
};

/// One pass over a grid of tiles.
template <class Transform>
struct winograd_pass {
  tile_grid<Transform> grid;
  winograd_blocking<Transform> blocking;
  weight_reader reader;
  const float* source = nullptr;
  const float* prepared = nullptr;  ///< transformed weights, or null
  conv_output out;

  static constexpr index_t products = winograd_blocking<Transform>::products;

  void run(const workspace& scratch) const {
    float* const zeros = scratch.shared() + blocking.record_floats();
    float* const large = zeros + workspace_need::aligned(blocking.zeros());
    std::fill_n(zeros, blocking.zeros(), 0.0f);
    if (blocking.by_panels)
      run_by_panels(scratch, zeros, large);
    else
      run_by_tiles(scratch, zeros, large);
  }

 private:
  void run_by_tiles(const workspace& scratch, const float* zeros, float* weights) const {
    if (!prepared) transform_all_weights<Transform>(reader, weights);
    const float* const from = prepared ? prepared : weights;
    for_each_task(blocking.blocks(), [&](index_t block) {
      const index_t begin = block * blocking.tile_block;
      const index_t end = std::min(begin + blocking.tile_block, blocking.tiles);
      const index_t stride = blocking.input_stride(), distance = blocking.input_distance();
      float* const inputs = scratch.slot();
      float* const sums = inputs + products * distance;
      const index_t in = blocking.panels.in, chunk = blocking.chunk;
      for (index_t c = 0; c < in; c += chunk) {
        const bool is_last = c + chunk >= in;
        transform_inputs(grid, source, begin, end, c, is_last ? grid.source.stride : c + chunk,
                         zeros, {inputs, stride, distance});
        for (index_t p = 0; p < blocking.panels.panels(); ++p) {
          float* const results =
              chunk < in ? sums + p * products * blocking.result_distance() : sums;
          multiply(p, c, std::min(chunk, in - c), inputs, end - begin, from, results);
          if (is_last)
            transform_output(grid, results, blocking.result_distance(), begin, end,
                             blocking.panels.width(p), p * panel_width, block, out);
        }
      }
    });
  }

  // Channels [first, first + depth) of \p tiles tiles times panel p.
  void multiply(index_t p, index_t first, index_t depth, const float* inputs, index_t tile_count,
                const float* weights, float* results) const {
    const index_t width = blocking.panels.width(p);
    const float* const panel = weights + transformed_offset<Transform>(blocking.panels, p);
    for (index_t f = 0; f < products; ++f)
      for (index_t c = 0; c < depth; c += blocking.depth_block)
        gemm_panel<a_order::row>(
            inputs + f * blocking.input_distance() + c, blocking.input_stride(),
            panel + (f * blocking.panels.in + first + c) * width, width, width, tile_count,
            std::min(blocking.depth_block, depth - c),
            tile_in_memory{results + f * blocking.result_distance(), width, first + c > 0});
  }

  void run_by_panels(const workspace& scratch, const float* zeros, float* shared_inputs) const {
    const index_t stride = blocking.input_stride(), distance = blocking.input_distance();
    const auto transform = [&](float* to, index_t begin, index_t end) {
      transform_inputs(grid, source, begin, end, 0, grid.source.stride, zeros,
                       {to + begin * stride, stride, distance});
    };
    if (blocking.own_inputs)
      for (index_t i = 0; i < thread_slots(); ++i) *scratch.slot(i) = 0.0f;  // not transformed yet
    else
      for_each_block(blocking.tiles, 4,
                     [&](index_t begin, index_t end) { transform(shared_inputs, begin, end); });
    const index_t blocks = blocking.blocks(), in = blocking.panels.in;
    for_each_task(blocks * blocking.panels.panels(), [&](index_t task) {
      const index_t p = task / blocks, block = task % blocks;
      const index_t begin = block * blocking.tile_block;
      const index_t end = std::min(begin + blocking.tile_block, blocking.tiles);
      const index_t width = blocking.panels.width(p);
      float* results = scratch.slot();
      const float* inputs = shared_inputs;
      if (blocking.own_inputs) {
        float* const is_transformed = results;
        float* const own = results + blocking.own_inputs_header;
        if (*is_transformed == 0.0f) transform(own, 0, blocking.tiles);
        *is_transformed = 1.0f;
        inputs = own;
        results = own + products * distance;
      }
      float* const made = results + products * blocking.result_distance();
      const auto multiply_by = [&](const float* panel, index_t f, index_t c, index_t depth,
                                   auto from) {
        gemm_panel<a_order::row>(
            inputs + f * distance + begin * stride + c, stride, panel, width, width, end - begin,
            depth, tile_in_memory{results + f * blocking.result_distance(), width, c > 0}, from);
      };
      if (prepared) {  // from the first weight to the last, as they lie
        const float* panel = prepared + transformed_offset<Transform>(blocking.panels, p);
        for (index_t f = 0; f < products; ++f)
          for (index_t c = 0; c < in; c += blocking.depth_block) {
            const index_t depth = std::min(blocking.depth_block, in - c);
            multiply_by(panel, f, c, depth, b_from_memory{});
            panel += depth * width;
          }
      } else {
        const index_t between = blocking.weight_distance();
        for (index_t c = 0; c < in; c += blocking.depth_block) {
          const index_t depth = std::min(blocking.depth_block, in - c);
          transform_weights<Transform>(reader, p, c, c + depth, made, between);
          for (index_t f = 0; f < products; ++f)
            multiply_by(made + f * between, f, c, depth, b_in_cache{});
        }
      }
      transform_output(grid, results, blocking.result_distance(), begin, end, width,
                       p * panel_width, block, out);
    });
  }
};

}  // namespace slimming::inline v0::kernels::cpu::detail
