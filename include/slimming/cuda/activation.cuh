// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What an activation looks like in device memory.
/// Area: cuda.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value

#include <limits>       // std::numeric_limits
#include <string_view>  // std::string_view

namespace slimming::inline v0::cuda {

/// Order of the axes of an activation in memory.
enum class layout : unsigned char { nchw, nhwc };

/// A contiguous activation.
struct activation_shape {
  index_t images = 0;
  index_t channels = 0;
  index_t pixels = 0;  ///< height * width
  layout order = layout::nhwc;

  [[nodiscard]] constexpr index_t size() const noexcept { return images * channels * pixels; }
  friend constexpr bool operator==(const activation_shape&, const activation_shape&) = default;
};

/// Channels of a pixel in memory are padded to a multiple of this; the padding holds zeros.
inline constexpr int channel_block = 8;

[[nodiscard]] constexpr index_t padded_channels(index_t channels) noexcept {
  return (channels + channel_block - 1) / channel_block * channel_block;
}

/// A padded NHWC activation as a list of pixels.
struct pixel_grid {
  index_t pixels = 0;  ///< of all images
  int channels = 0;
  int stride = 0;  ///< elements from pixel to pixel, a multiple of channel_block

  pixel_grid() = default;
  constexpr pixel_grid(index_t all_pixels, index_t channel_count)
      : pixels(all_pixels),
        channels(static_cast<int>(channel_count)),
        stride(static_cast<int>(padded_channels(channel_count))) {}
  [[nodiscard]] constexpr index_t size() const noexcept { return pixels * stride; }
};

/// The channels that take part, increasing, in device memory; the default is all of them.
struct live_channels {
  const int* index = nullptr;
  index_t count = 0;
};

/// Elements of the largest activation: kernels count in 32 bits, and the last threads of a grid count
/// on past the end before they see it.
inline constexpr index_t most_elements = std::numeric_limits<int>::max() - 0xffff;

/// \throws bad_value  naming \p place if an extent is negative, the activation has more than
///                    most_elements, or more channels are live than there are.
constexpr void validate(const activation_shape& shape, const live_channels& live,
                        std::string_view place) {
  constexpr index_t most = most_elements;
  for (const index_t extent : {shape.images, shape.channels, shape.pixels})
    if (extent < 0 || extent > most) throw bad_value(place, extent);
  if (shape.images > 0 && shape.channels > 0 && shape.pixels > most / shape.images / shape.channels)
    throw bad_value(place, "an activation of nearly 2^31 elements or more");
  if (live.index && (live.count < 0 || live.count > shape.channels))
    throw bad_value(place, live.count);
}

/// \throws bad_value  naming \p place if an extent is negative or there are more than most_elements.
constexpr void validate(const pixel_grid& g, std::string_view place) {
  if (g.channels < 0 || g.stride < g.channels) throw bad_value(place, g.channels);
  if (g.pixels < 0 || (g.stride > 0 && g.pixels > most_elements / g.stride))
    throw bad_value(place, g.pixels);
}

}  // namespace slimming::inline v0::cuda
