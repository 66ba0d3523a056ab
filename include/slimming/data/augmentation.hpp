// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The augmentation of the CIFAR recipes: pad with black, crop at random, flip at random.
/// Area: data; usable in device code. Draws depend on (seed, epoch, image) only, never on threads
/// or on the batch.

#include <slimming/core/config.hpp>  // index_t, SLIMMING_HOST_DEVICE
#include <slimming/core/random.hpp>  // random_stream

#include <cstdint>  // std::uint64_t

namespace slimming::inline v0 {

/// What may happen to an image. The default leaves it alone.
struct augmentation {
  index_t pad = 0;    ///< black pixels on every side, before a crop of the old size
  bool flip = false;  ///< mirror left and right with probability 1/2

  /// Pad 4, crop, flip: what the network slimming paper does on CIFAR.
  [[nodiscard]] static constexpr augmentation cifar() noexcept { return {4, true}; }
  friend constexpr bool operator==(const augmentation&, const augmentation&) = default;
};

/// Where the crop lies in the image (both offsets in [-pad, pad]) and whether it is mirrored then.
struct placement {
  index_t top = 0;
  index_t left = 0;
  bool mirrored = false;
  friend constexpr bool operator==(const placement&, const placement&) = default;
};

namespace detail {

// Every use of random numbers in this room has a stream of its own below the user's seed.
enum class data_stream : std::uint64_t { shuffle = 0x5368'7566, augment = 0x4175'676d };

[[nodiscard]] SLIMMING_HOST_DEVICE constexpr random_stream epoch_stream(std::uint64_t seed,
                                                                        data_stream use,
                                                                        index_t epoch,
                                                                        index_t item) noexcept {
  const random_stream root{seed, static_cast<std::uint64_t>(use), 0};
  return {root.at(static_cast<std::uint64_t>(epoch)), static_cast<std::uint64_t>(item), 0};
}

}  // namespace detail

/// The placement of image number \p image of the data set in \p epoch.
[[nodiscard]] SLIMMING_HOST_DEVICE constexpr placement draw(const augmentation& what,
                                                            std::uint64_t seed, index_t epoch,
                                                            index_t image) noexcept {
  auto random = detail::epoch_stream(seed, detail::data_stream::augment, epoch, image);
  placement p;
  if (what.pad > 0) {
    p.top = random.below(2 * what.pad + 1) - what.pad;
    p.left = random.below(2 * what.pad + 1) - what.pad;
  }
  p.mirrored = what.flip && random.below(2) == 1;
  return p;
}

}  // namespace slimming::inline v0
