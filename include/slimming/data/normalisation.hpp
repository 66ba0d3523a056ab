// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From 8-bit pixels to the floats that a network sees: `(pixel / 255 - mean) / stddev` per
/// channel.
/// Area: data.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // bad_value, shape_mismatch
#include <slimming/data/image_dataset.hpp>  // channel_statistics

#include <array>   // std::array
#include <cmath>   // std::isfinite
#include <vector>  // std::vector

namespace slimming::inline v0 {

/// The statistics that the published CIFAR-10 recipes use (the deviation is the mean over images of
/// each image's own, which is why it is smaller than that of all pixels).
[[nodiscard]] inline channel_statistics published_cifar_statistics() {
  return {{0.4914, 0.4822, 0.4465}, {0.2023, 0.1994, 0.2010}};
}

/// The statistics that the published MNIST recipes use.
[[nodiscard]] inline channel_statistics published_mnist_statistics() {
  return {{0.1307}, {0.3081}};
}

/// A table of 256 floats per channel.
class normalisation {
 public:
  /// \throws shape_mismatch  if \p s has not one mean and one deviation for each of \p channels.
  /// \throws bad_value       if a number is not finite or a deviation is not positive.
  normalisation(const channel_statistics& s, index_t channels) {
    const auto expect = [&](const char* what, const std::vector<double>& numbers) {
      if (static_cast<index_t>(numbers.size()) != channels)
        throw shape_mismatch(what, channels, static_cast<index_t>(numbers.size()));
    };
    expect("normalisation: number of means", s.mean);
    expect("normalisation: number of deviations", s.stddev);
    for (std::size_t c = 0; c < s.mean.size(); ++c) {
      if (!std::isfinite(s.mean[c])) throw bad_value("normalisation: mean", s.mean[c]);
      if (!std::isfinite(s.stddev[c]) || s.stddev[c] <= 0)
        throw bad_value("normalisation: standard deviation", s.stddev[c]);
      for (std::size_t v = 0; v < 256; ++v)
        table_.emplace_back(
            static_cast<float>((static_cast<double>(v) / 255 - s.mean[c]) / s.stddev[c]));
    }
  }
  /// Pixels divided by 255, nothing else.
  explicit normalisation(index_t channels)
      : normalisation({std::vector<double>(static_cast<std::size_t>(channels), 0.0),
                       std::vector<double>(static_cast<std::size_t>(channels), 1.0)},
                      channels) {}

  [[nodiscard]] index_t channels() const noexcept {
    return static_cast<index_t>(table_.size() / 256);
  }
  /// The 256 floats of channel \p c. \pre `0 <= c < channels()`.
  [[nodiscard]] const float* table(index_t c) const noexcept {
    return table_.data() + static_cast<std::size_t>(c) * 256;
  }

 private:
  std::vector<float> table_;  // (C, 256)
};

}  // namespace slimming::inline v0
