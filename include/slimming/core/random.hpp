// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A small counter-based generator: the k-th number of a stream depends on seed, stream and k only,
/// so that any thread may draw any number and a checkpoint needs three integers.
/// Area: core. Usable in device code. Source: SplitMix64 finaliser (Steele et al., OOPSLA 2014).

#include <slimming/core/config.hpp>       // SLIMMING_HOST_DEVICE, index_t
#include <slimming/core/detail/math.hpp>  // square_root, logarithm, cosine

#include <cstdint>  // std::uint64_t
#include <utility>  // std::swap
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Position in a stream of random 64-bit words.
struct random_stream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t counter = 0;

  /// Word number \p k of this stream; does not advance.
  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr std::uint64_t at(std::uint64_t k) const noexcept {
    return mix(mix(seed + 0x9e3779b97f4a7c15ull * (stream + 1)) + 0x9e3779b97f4a7c15ull * (k + 1));
  }
  SLIMMING_HOST_DEVICE constexpr std::uint64_t next() noexcept { return at(counter++); }
  /// Uniform in [0, 1), 53 bits.
  SLIMMING_HOST_DEVICE constexpr double uniform() noexcept {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
  }
  SLIMMING_HOST_DEVICE constexpr double uniform(double low, double high) noexcept {
    return low + (high - low) * uniform();
  }
  /// Uniform in [0, n), without modulo bias worth measuring for n < 2^32.
  SLIMMING_HOST_DEVICE constexpr index_t below(index_t n) noexcept {
    return static_cast<index_t>(((next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
  }
  /// Standard normal (Box-Muller, one of the pair).
  double normal() noexcept {
    const double u = 1.0 - uniform();
    const double v = uniform();
    return detail::square_root(-2.0 * detail::logarithm(u)) * detail::cosine(6.283185307179586 * v);
  }

  friend constexpr bool operator==(const random_stream&, const random_stream&) = default;

 private:
  SLIMMING_HOST_DEVICE static constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
};

/// Fisher-Yates; the permutation depends on the stream only.
template <class T>
void shuffle(std::vector<T>& items, random_stream& random) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[static_cast<std::size_t>(random.below(static_cast<index_t>(i)))]);
}

}  // namespace slimming::inline v0
