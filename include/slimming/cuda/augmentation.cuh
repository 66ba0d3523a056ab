// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batches made on the device from 8-bit images that lie there: placed, normalised, padded NHWC.
/// Area: cuda. Twin of <slimming/data/batch.hpp>; the placement is that of
/// <slimming/data/augmentation.hpp>, so a batch equals the host's, bit for bit in fp32.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/error.hpp>             // bad_value
#include <slimming/cuda/activation.cuh>        // pixel_grid
#include <slimming/cuda/block.cuh>             // vector_lanes
#include <slimming/cuda/detail/divisor.cuh>    // divisor
#include <slimming/cuda/detail/pixel_map.cuh>  // launch_map
#include <slimming/data/augmentation.hpp>      // augmentation, draw

#include <cstdint>  // std::uint8_t

namespace slimming::inline v0::cuda {

/// A data set in device memory.
struct device_images {
  const std::uint8_t* pixels = nullptr;  ///< (images, channels, height, width)
  const int* labels = nullptr;           ///< (images)
  const float* table = nullptr;          ///< (channels, 256) the float of each pixel value
  int channels = 0;
  int height = 0;
  int width = 0;
};

/// Which images, and what happens to them.
struct batch_draw {
  const int* images = nullptr;  ///< (batch) numbers in the data set, in device memory
  index_t batch = 0;
  augmentation augment = {};
  std::uint64_t seed = 0;
  index_t epoch = 0;
};

namespace detail {

template <class T>
struct make_batch_op {
  static constexpr const char* name = "make_batch";
  static constexpr int lanes = vector_lanes<T>;
  device_images data;
  batch_draw how;
  int* labels;
  divisor area, width;

  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto n_area = static_cast<int>(area.value);
    const auto n_width = static_cast<int>(width.value);
    const int position = area.quotient(pixel);
    const int within = pixel - position * n_area;
    const int y = width.quotient(within);
    const int x = within - y * n_width;
    const int image = block.load(how.images + position);
    if (within == 0 && c == 0) block.store(labels + position, block.load(data.labels + image));
    const placement at = draw(how.augment, how.seed, how.epoch, image);
    const int row = y + static_cast<int>(at.top);
    const int column = (at.mirrored ? n_width - 1 - x : x) + static_cast<int>(at.left);
    const bool is_black = row < 0 || row >= data.height || column < 0 || column >= n_width;
    for (int l = 0; l < lanes; ++l) {
      if (c + l >= data.channels) {
        v[l] = 0.0f;
        continue;
      }
      const std::uint8_t* const plane =
          data.pixels + (static_cast<index_t>(image) * data.channels + c + l) * n_area;
      const int value = is_black ? 0 : block.load(plane + row * n_width + column);
      v[l] = block.load(data.table + (c + l) * 256 + value);
    }
  }
};

}  // namespace detail

/// Writes the images to \p out, (batch, height, width, padded channels), and their labels to
/// \p labels, (batch).
/// \throws bad_value  if an extent is not positive or the batch is out of range.
template <class T, class Stream>
void make_batch(Stream&& stream, const device_images& data, const batch_draw& how, T* out,
                int* labels) {
  for (const index_t extent : {data.channels, data.height, data.width})
    if (extent <= 0) throw bad_value("make_batch: extent of an image", extent);
  if (how.batch < 0) throw bad_value("make_batch: batch", how.batch);
  const index_t area = index_t{data.height} * data.width;
  detail::launch_map(
      stream, pixel_grid(how.batch * area, data.channels), out,
      detail::make_batch_op<T>{data, how, labels, detail::divisor(static_cast<int>(area)),
                               detail::divisor(data.width)});
}

}  // namespace slimming::inline v0::cuda
