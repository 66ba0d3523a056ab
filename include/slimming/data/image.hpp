// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One 8-bit image of any size, and how it is brought to the size that a network wants.
/// Area: data.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value

#include <algorithm>  // std::min, std::max, std::clamp
#include <cmath>      // std::floor, std::ceil, std::abs, std::lround
#include <cstdint>    // std::uint8_t
#include <string>     // std::string
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// Interleaved pixels (H, W, C), as decoders write them.
struct image {
  index_t height = 0;
  index_t width = 0;
  index_t channels = 0;
  std::vector<std::uint8_t> pixels;

  [[nodiscard]] std::uint8_t at(index_t y, index_t x, index_t c) const noexcept {
    return pixels[static_cast<std::size_t>((y * width + x) * channels + c)];
  }
};

namespace detail {

/// Which inputs make one output along an axis, and their weights, which add up to 1.
struct resampling_window {
  index_t first = 0;
  std::vector<double> weights;
};

// A triangle as wide as the larger of the two pixel sizes: plain bilinear interpolation where the
// image grows, an average over every input (no aliasing) where it shrinks. Those of outputs
// [begin, begin + count).
[[nodiscard]] inline std::vector<resampling_window> bilinear_windows(index_t in, index_t out,
                                                                     index_t begin, index_t count) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double reach = std::max(scale, 1.0);
  std::vector<resampling_window> windows(static_cast<std::size_t>(count));
  for (index_t o = 0; o < count; ++o) {
    const double centre = (static_cast<double>(begin + o) + 0.5) * scale;
    const auto first = std::max<index_t>(0, static_cast<index_t>(std::floor(centre - reach)));
    const auto last = std::min<index_t>(in, static_cast<index_t>(std::ceil(centre + reach)));
    auto& window = windows[static_cast<std::size_t>(o)];
    window.first = first;
    double sum = 0;
    for (index_t i = first; i < last; ++i) {
      const double distance = std::abs(static_cast<double>(i) + 0.5 - centre) / reach;
      window.weights.push_back(std::max(0.0, 1 - distance));
      sum += window.weights.back();
    }
    for (double& w : window.weights) w /= sum;
  }
  return windows;
}

// Rows and columns of the result, each by its window into the source.
[[nodiscard]] inline image resample(const image& source, const std::vector<resampling_window>& down,
                                    const std::vector<resampling_window>& across) {
  const auto height = static_cast<index_t>(down.size()),
             width = static_cast<index_t>(across.size());
  const index_t c = source.channels, top = down.front().first;
  const index_t bottom = down.back().first + static_cast<index_t>(down.back().weights.size());
  std::vector<double> rows(static_cast<std::size_t>((bottom - top) * width * c));  // (H, width, C)
  for (index_t y = top, k = 0; y < bottom; ++y)
    for (const auto& window : across)
      for (index_t channel = 0; channel < c; ++channel, ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < window.weights.size(); ++i)
          sum += window.weights[i] * source.at(y, window.first + static_cast<index_t>(i), channel);
        rows[static_cast<std::size_t>(k)] = sum;
      }

  image result{height, width, c, {}};
  result.pixels.reserve(static_cast<std::size_t>(height * width * c));
  for (const auto& window : down)
    for (index_t k = 0; k < width * c; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < window.weights.size(); ++i) {
        const index_t y = window.first + static_cast<index_t>(i) - top;
        sum += window.weights[i] * rows[static_cast<std::size_t>(y * width * c + k)];
      }
      result.pixels.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(sum), 0l, 255l)));
    }
  return result;
}

inline void require_image(const char* who, const image& source, index_t height, index_t width) {
  if (height <= 0) throw bad_value(std::string(who) + ": height", height);
  if (width <= 0) throw bad_value(std::string(who) + ": width", width);
  if (source.pixels.empty()) throw bad_value(who, "the image is empty");
}

}  // namespace detail

/// \p source brought to \p height x \p width by bilinear interpolation (antialiased when it
/// shrinks).
/// \throws bad_value  if an extent is not positive or the image is empty.
[[nodiscard]] inline image resize(const image& source, index_t height, index_t width) {
  detail::require_image("resize", source, height, width);
  return detail::resample(source, detail::bilinear_windows(source.height, height, 0, height),
                          detail::bilinear_windows(source.width, width, 0, width));
}

/// The middle \p height x \p width pixels of \p source.
/// \throws bad_value  if the image is smaller than that.
[[nodiscard]] inline image center_crop(const image& source, index_t height, index_t width) {
  if (height <= 0 || height > source.height) throw bad_value("center_crop: height", height);
  if (width <= 0 || width > source.width) throw bad_value("center_crop: width", width);
  const index_t top = (source.height - height) / 2, left = (source.width - width) / 2;
  image result{height, width, source.channels, {}};
  for (index_t y = 0; y < height; ++y) {
    const auto row = source.pixels.begin() + ((top + y) * source.width + left) * source.channels;
    result.pixels.insert(result.pixels.end(), row, row + width * source.channels);
  }
  return result;
}

/// \p source scaled, aspect ratio kept, until it just covers \p height x \p width, then cropped
/// around the middle. Only what stays is computed: a narrow strip would grow beyond all memory.
/// \throws bad_value  as resize().
[[nodiscard]] inline image resize_and_crop(const image& source, index_t height, index_t width) {
  detail::require_image("resize_and_crop", source, height, width);
  const double scale = std::max(static_cast<double>(height) / static_cast<double>(source.height),
                                static_cast<double>(width) / static_cast<double>(source.width));
  const auto windows = [&](index_t from, index_t to) {
    const index_t scaled = std::max<index_t>(to, std::lround(static_cast<double>(from) * scale));
    return detail::bilinear_windows(from, scaled, (scaled - to) / 2, to);
  };
  return detail::resample(source, windows(source.height, height), windows(source.width, width));
}

}  // namespace slimming::inline v0
