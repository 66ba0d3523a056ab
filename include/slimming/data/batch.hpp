// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Images chosen from a data set, augmented, normalised and laid out as a network wants them.
/// Area: data.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>         // any_tensor, shape
#include <slimming/data/augmentation.hpp>   // placement
#include <slimming/data/image_dataset.hpp>  // image_dataset
#include <slimming/data/normalisation.hpp>  // normalisation

#include <algorithm>  // std::clamp, std::fill_n
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// Order of the axes of a batch, and for NHWC the distance between two pixels.
struct batch_layout {
  enum class order { nchw, nhwc };

  order axes = order::nchw;
  index_t channel_stride = 0;  ///< NHWC: floats per pixel, the tail zero; 0 means the channels

  [[nodiscard]] static constexpr batch_layout nchw() noexcept { return {}; }
  [[nodiscard]] static constexpr batch_layout nhwc(index_t channel_stride = 0) noexcept {
    return {order::nhwc, channel_stride};
  }

  /// Extents of \p n images: (N, C, H, W) or (N, H, W, channel stride).
  /// \throws bad_value  if the channel stride is smaller than the number of channels.
  [[nodiscard]] shape extents(index_t n, image_extents image) const {
    if (axes == order::nchw) return {n, image.channels, image.height, image.width};
    if (channel_stride != 0 && channel_stride < image.channels)
      throw bad_value("batch_layout: channel stride", channel_stride);
    return {n, image.height, image.width, channel_stride == 0 ? image.channels : channel_stride};
  }
  friend constexpr bool operator==(const batch_layout&, const batch_layout&) = default;
};

/// Float images and their labels.
struct batch {
  any_tensor images;            // (N, C, H, W) or (N, H, W, channel stride)
  std::vector<index_t> labels;  // (N)

  [[nodiscard]] index_t size() const noexcept { return static_cast<index_t>(labels.size()); }
};

namespace detail {

// Writes one image. `pixel` and `plane` are the distances, in floats, of neighbours in a row and of
// two channels; a row follows the previous one without a gap.
inline void write_image(std::span<const std::uint8_t> source, image_extents e, placement at,
                        const normalisation& normalise, float* out, index_t pixel, index_t plane) {
  // Columns [first, last) of the crop come from the image, the others are black.
  const index_t first = std::clamp<index_t>(-at.left, 0, e.width);
  const index_t last = std::clamp<index_t>(e.width - at.left, first, e.width);
  for (index_t c = 0; c < e.channels; ++c) {
    const float* value = normalise.table(c);
    for (index_t y = 0; y < e.height; ++y) {
      float* row = out + c * plane + y * e.width * pixel;
      const index_t from = y + at.top;
      const auto put = [&](index_t x, float v) {
        row[(at.mirrored ? e.width - 1 - x : x) * pixel] = v;
      };
      if (from < 0 || from >= e.height) {
        for (index_t x = 0; x < e.width; ++x) put(x, value[0]);
        continue;
      }
      const index_t base = (c * e.height + from) * e.width + at.left;
      for (index_t x = 0; x < first; ++x) put(x, value[0]);
      for (index_t x = first; x < last; ++x)
        put(x, value[source[static_cast<std::size_t>(base + x)]]);
      for (index_t x = last; x < e.width; ++x) put(x, value[0]);
    }
  }
}

}  // namespace detail

/// Writes image \p i of \p images, placed and normalised, at position \p position of \p into.
/// \pre `into.images` has the extents that \p layout gives for these images, and room for
///      `position`; the channel tail of an NHWC batch is zero already.
inline void write_image(const image_dataset& images, index_t i, placement at,
                        const normalisation& normalise, const batch_layout& layout, batch& into,
                        index_t position) {
  const image_extents e = images.extents();
  const bool planar = layout.axes == batch_layout::order::nchw;
  const index_t pixel = planar ? 1 : into.images.extents()[3];
  const index_t stride = planar ? e.size() : e.height * e.width * pixel;
  detail::write_image(images.image(i), e, at, normalise,
                      into.images.values<float>().data() + position * stride, pixel,
                      planar ? e.height * e.width : 1);
  into.labels[static_cast<std::size_t>(position)] = images.label(i);
}

/// The images of \p indices as they are, without augmentation.
/// \throws bad_value       if an index is not that of an image.
/// \throws shape_mismatch  if \p normalise is made for another number of channels.
[[nodiscard]] inline batch make_batch(const image_dataset& images, std::span<const index_t> indices,
                                      const normalisation& normalise,
                                      const batch_layout& layout = {}) {
  if (normalise.channels() != images.extents().channels)
    throw shape_mismatch("make_batch: channels of the normalisation", images.extents().channels,
                         normalise.channels());
  for (const index_t i : indices)
    if (i < 0 || i >= images.size()) throw bad_value("make_batch: index of an image", i);
  const auto n = static_cast<index_t>(indices.size());
  batch result{any_tensor(dtype::float32, layout.extents(n, images.extents())),
               std::vector<index_t>(indices.size())};
  for (index_t k = 0; k < n; ++k)
    write_image(images, indices[static_cast<std::size_t>(k)], {}, normalise, layout, result, k);
  return result;
}

}  // namespace slimming::inline v0
