// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Tiles of a map, and their way into and out of the transformed domain.
/// Area: kernels/cpu. Maps need not be multiples of the tile: what lies outside counts as zero,
/// what would be written outside is dropped.

#include <slimming/core/config.hpp>                             // index_t
#include <slimming/kernels/cpu/detail/conv_output.hpp>          // conv_output
#include <slimming/kernels/cpu/detail/winograd_transforms.hpp>  // into_products
#include <slimming/kernels/cpu/vector.hpp>                      // vec
#include <slimming/kernels/geometry.hpp>                        // conv_geometry

#include <algorithm>  // std::min

namespace slimming::inline v0::kernels::cpu::detail {

/// An activation as the transforms see it.
struct tile_map {
  index_t h = 1, w = 1;
  index_t stride = 1;  ///< channels per pixel
};

/// The tiles that cover a result map, numbered through the batch.
template <class Transform>
struct tile_grid {
  index_t rows = 1, columns = 1;  ///< tiles per image
  index_t images = 1;
  tile_map source, target;
  index_t pad_top = 0, pad_left = 0;  ///< of the source

  tile_grid(index_t batch, tile_map from, tile_map to, index_t top, index_t left)
      : rows((to.h + Transform::out - 1) / Transform::out),
        columns((to.w + Transform::out - 1) / Transform::out),
        images(batch),
        source(from),
        target(to),
        pad_top(Transform::whole_map ? 0 : top),
        pad_left(Transform::whole_map ? 0 : left) {}

  [[nodiscard]] index_t tiles() const noexcept { return images * rows * columns; }
};

/// Walks over tiles in order, without a division per step.
template <class Transform>
class tile_cursor {
 public:
  tile_cursor(const tile_grid<Transform>& grid, index_t tile)
      : rows_(grid.rows),
        columns_(grid.columns),
        image_(tile / grid.columns / grid.rows),
        row_(tile / grid.columns % grid.rows),
        column_(tile % grid.columns) {}
  void next() noexcept {
    if (++column_ < columns_) return;
    column_ = 0;
    if (++row_ < rows_) return;
    row_ = 0;
    ++image_;
  }
  [[nodiscard]] index_t image() const noexcept { return image_; }
  /// First result pixel.
  [[nodiscard]] index_t y() const noexcept { return row_ * Transform::out; }
  [[nodiscard]] index_t x() const noexcept { return column_ * Transform::out; }

 private:
  index_t rows_, columns_, image_, row_, column_;
};

/// The forward pass's grid; backward data's is that of the mirrored convolution.
template <class Transform>
[[nodiscard]] tile_grid<Transform> forward_tiles(const conv_geometry& g) noexcept {
  return {g.batch,
          {g.in_h, g.in_w, padded_channels(g.in_channels)},
          {g.out_h, g.out_w, padded_channels(g.out_channels)},
          g.pad_top,
          g.pad_left};
}
template <class Transform>
[[nodiscard]] tile_grid<Transform> backward_tiles(const conv_geometry& g) noexcept {
  return {g.batch,
          {g.out_h, g.out_w, padded_channels(g.out_channels)},
          {g.in_h, g.in_w, padded_channels(g.in_channels)},
          2 - g.pad_top,
          2 - g.pad_left};
}

/// Row stride of a (tiles, channels) matrix in the transformed domain: no multiple of 512 bytes, so
/// that rows fall into different cache sets.
[[nodiscard]] constexpr index_t transformed_stride(index_t channels) noexcept {
  const index_t stride = (channels + 15) / 16 * 16;
  return stride % 128 == 0 ? stride + 16 : stride;
}
/// Distance between the matrices of consecutive products, no multiple of a page either.
[[nodiscard]] constexpr index_t product_stride(index_t rows, index_t stride) noexcept {
  return rows * stride + 16;
}

// The pixels (y + i, x + j), i and j < Extent, of one image; those outside point to zeros.
template <int Extent>
struct tile_pixels {
  const float* at[Extent][Extent];

  tile_pixels(const float* image, const tile_map& map, index_t y, index_t x, const float* zeros) {
    for (int i = 0; i < Extent; ++i)
      for (int j = 0; j < Extent; ++j) {
        const index_t row = y + i, column = x + j;
        const bool inside = row >= 0 && row < map.h && column >= 0 && column < map.w;
        at[i][j] = inside ? image + (row * map.w + column) * map.stride : zeros;
      }
  }
};

// Transforms channels [first, last) of one tile: product f goes to `to + f * distance`. Step is an
// input transform or the adjoint of an output transform; zeros are map.stride zeros.
template <int Extent, int Products, auto Step>
void transform_tile(const float* image, const tile_map& map, index_t y, index_t x, index_t first,
                    index_t last, const float* zeros, float* to, index_t distance) {
  if (y >= 0 && x >= 0 && y + Extent <= map.h && x + Extent <= map.w) {
    const float* const origin = image + (y * map.w + x) * map.stride;
    const index_t down = map.w * map.stride;
    // Tiles are too many streams for the hardware to follow: the next one of the row is asked for.
    const bool has_next = x + 2 * Extent <= map.w;
    for (index_t c = first; c < last; c += vector_width, to += vector_width) {
      if (has_next && c % 16 == 0)
        for (int i = 0; i < Extent; ++i)
          for (int j = 0; j < 4 && j < Extent; ++j)
            prefetch(origin + c + i * down + (Extent + j) * map.stride);
      into_products<Extent, Products, Step>(
          [&](int i, int j) { return load(origin + c + i * down + j * map.stride); }, to, distance);
    }
  } else {
    const tile_pixels<Extent> pixels(image, map, y, x, zeros);
    for (index_t c = first; c < last; c += vector_width, to += vector_width)
      into_products<Extent, Products, Step>([&](int i, int j) { return load(pixels.at[i][j] + c); },
                                            to, distance);
  }
}

/// Rows of transformed tiles: product f of the first tile lies at data + f * distance, the next
/// tile \p stride behind it.
struct transformed_tiles {
  float* data = nullptr;
  index_t stride = 0, distance = 0;
};

/// Input tiles [begin, end) of \p x, channels [first, last).
template <class Transform>
void transform_inputs(const tile_grid<Transform>& grid, const float* x, index_t begin, index_t end,
                      index_t first, index_t last, const float* zeros, transformed_tiles to) {
  const tile_map& map = grid.source;
  tile_cursor<Transform> at(grid, begin);
  for (index_t t = begin; t < end; ++t, at.next(), to.data += to.stride)
    transform_tile<Transform::in, Transform::products, &Transform::input>(
        x + at.image() * map.h * map.w * map.stride, map, at.y() - grid.pad_top,
        at.x() - grid.pad_left, first, last, zeros, to.data, to.distance);
}

/// Tiles [begin, end) of the gradient of the result.
template <class Transform>
void transform_output_gradients(const tile_grid<Transform>& grid, const float* dy, index_t begin,
                                index_t end, index_t first, index_t last, const float* zeros,
                                transformed_tiles to) {
  const tile_map& map = grid.target;
  tile_cursor<Transform> at(grid, begin);
  for (index_t t = begin; t < end; ++t, at.next(), to.data += to.stride)
    transform_tile<Transform::out, Transform::products, &Transform::output_adjoint>(
        dy + at.image() * map.h * map.w * map.stride, map, at.y(), at.x(), first, last, zeros,
        to.data, to.distance);
}

/// Products of tiles [begin, end), one panel of \p width channels from \p channel on, to pixels.
/// Product f of the block's tile t lies at `products + f * distance + t * width`.
template <class Transform>
void transform_output(const tile_grid<Transform>& grid, const float* products, index_t distance,
                      index_t begin, index_t end, index_t width, index_t channel, index_t record,
                      const conv_output out) {  // a copy: stores to y cannot touch it
  constexpr int extent = Transform::out, count = Transform::products;
  for (index_t v = 0; v < width; v += vector_width) {
    const vec bias = out.bias ? load(out.bias + channel + v) : vec{};
    moment_accumulator moments;
    index_t pixels = 0;
    tile_cursor<Transform> at(grid, begin);
    const float* from = products + v;
    for (index_t tile = begin; tile < end; ++tile, at.next(), from += width) {
      const index_t pixel = (at.image() * grid.target.h + at.y()) * grid.target.w + at.x();
      const index_t rows = std::min<index_t>(extent, grid.target.h - at.y());
      const index_t columns = std::min<index_t>(extent, grid.target.w - at.x());
      pixels += rows * columns;
      const auto finish = [&](int i, int j, vec value) {
        value = out.put(value + bias, pixel + i * grid.target.w + j, channel + v);
        if (!out.moments) return;
        if (i == 0 && j == 0 && tile == begin) moments.start(value);
        moments.add(value);
      };
      if (rows == extent && columns == extent)
        out_of_products<count, extent, &Transform::output>(from, distance, finish);
      else
        out_of_products<count, extent, &Transform::output>(from, distance,
                                                           [&](int i, int j, vec value) {
                                                             if (i < rows && j < columns)
                                                               finish(i, j, value);
                                                           });
    }
    if (!out.moments) continue;
    if (channel + v == 0) out.moments.set_pixels(record, pixels);
    out.moments.write(moments, record, channel + v, pixels);
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
