// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Labelled 8-bit images of one size, in memory.
/// Area: data. Readers make them, loaders turn them into batches.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // bad_value, shape_mismatch

#include <array>    // std::array
#include <cmath>    // std::sqrt
#include <cstdint>  // std::uint8_t
#include <span>     // std::span
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// The two parts that the published image sets come in.
enum class data_split { train, test };

/// Size of one image.
struct image_extents {
  index_t channels = 0;
  index_t height = 0;
  index_t width = 0;

  /// Number of values of one image.
  [[nodiscard]] constexpr index_t size() const noexcept { return channels * height * width; }
  friend constexpr bool operator==(const image_extents&, const image_extents&) = default;
};

/// Mean and standard deviation per channel, of values in [0, 1].
struct channel_statistics {
  std::vector<double> mean;
  std::vector<double> stddev;
};

/// Images (C, H, W) of `std::uint8_t`, each with a label below `classes()`. Immutable.
/// \invariant pixels hold `size() * extents().size()` values; `0 <= label(i) < classes()`.
class image_dataset {
 public:
  image_dataset() = default;

  /// \throws bad_value       if an extent is not positive, there are no classes, or a label is not
  ///                         that of a class.
  /// \throws shape_mismatch  if the numbers of pixels and labels disagree.
  image_dataset(image_extents extents, std::vector<std::string> class_names,
                std::vector<std::uint8_t> pixels, std::vector<index_t> labels)
      : extents_(extents),
        class_names_(std::move(class_names)),
        pixels_(std::move(pixels)),
        labels_(std::move(labels)) {
    for (const index_t e : {extents.channels, extents.height, extents.width})
      if (e <= 0) throw bad_value("image_dataset: extent of an image", e);
    if (class_names_.empty()) throw bad_value("image_dataset", "no class names");
    if (static_cast<index_t>(pixels_.size()) != size() * extents_.size())
      throw shape_mismatch("image_dataset: number of pixels", size() * extents_.size(),
                           static_cast<index_t>(pixels_.size()));
    for (const index_t label : labels_)
      if (label < 0 || label >= classes()) throw bad_value("image_dataset: label", label);
  }

  [[nodiscard]] index_t size() const noexcept { return static_cast<index_t>(labels_.size()); }
  [[nodiscard]] image_extents extents() const noexcept { return extents_; }
  [[nodiscard]] index_t classes() const noexcept {
    return static_cast<index_t>(class_names_.size());
  }
  [[nodiscard]] const std::vector<std::string>& class_names() const noexcept {
    return class_names_;
  }
  [[nodiscard]] std::span<const index_t> labels() const noexcept { return labels_; }
  [[nodiscard]] std::span<const std::uint8_t> pixels() const noexcept { return pixels_; }

  /// \pre `0 <= i < size()`.
  [[nodiscard]] index_t label(index_t i) const noexcept {
    return labels_[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] std::span<const std::uint8_t> image(index_t i) const noexcept {  // (C, H, W)
    const auto n = static_cast<std::size_t>(extents_.size());
    return std::span(pixels_).subspan(static_cast<std::size_t>(i) * n, n);
  }

  /// Number of images of each class.
  [[nodiscard]] std::vector<index_t> class_counts() const {
    std::vector<index_t> counts(class_names_.size());
    for (const index_t label : labels_) ++counts[static_cast<std::size_t>(label)];
    return counts;
  }

 private:
  image_extents extents_;
  std::vector<std::string> class_names_;
  std::vector<std::uint8_t> pixels_;  // (N, C, H, W)
  std::vector<index_t> labels_;       // (N)
};

/// Mean and (population) standard deviation of every channel over all pixels of all images.
///
/// Counts values in a histogram first, so that the sums are exact whatever the number of pixels.
/// \throws bad_value  if there are no images.
[[nodiscard]] inline channel_statistics statistics(const image_dataset& images) {
  if (images.size() == 0) throw bad_value("statistics", "the data set holds no images");
  const auto channels = static_cast<std::size_t>(images.extents().channels);
  const auto plane = static_cast<std::size_t>(images.extents().height * images.extents().width);
  std::vector<std::array<index_t, 256>> histogram(channels);
  for (index_t i = 0; i < images.size(); ++i)
    for (std::size_t c = 0; c < channels; ++c)
      for (const std::uint8_t value : images.image(i).subspan(c * plane, plane))
        ++histogram[c][value];

  channel_statistics result;
  const double n = static_cast<double>(images.size()) * static_cast<double>(plane);
  for (const auto& counts : histogram) {
    double sum = 0, deviation = 0;
    for (std::size_t v = 0; v < 256; ++v)
      sum += static_cast<double>(counts[v]) * static_cast<double>(v);
    const double mean = sum / n;
    for (std::size_t v = 0; v < 256; ++v) {
      const double d = static_cast<double>(v) - mean;
      deviation += static_cast<double>(counts[v]) * d * d;
    }
    result.mean.push_back(mean / 255);
    result.stddev.push_back(std::sqrt(deviation / n) / 255);
  }
  return result;
}

}  // namespace slimming::inline v0
