// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The widest float vector that the including program's flags allow, and the channel padding that
/// follows from it. Area: kernels/cpu.
///
/// GCC and Clang vector extensions: 16 lanes with AVX-512, 8 with AVX, 4 with any other vector
/// unit; one lane (plain float) with other compilers. Arithmetic, comparisons and `mask ? a : b`
/// read the same for a vector and for a float, so that every kernel is written once. A scalar is
/// broadcast by multiplying: `s * v`; `vec{} + s` would cost a shuffle.

#include <slimming/core/config.hpp>  // index_t

#include <cstring>  // std::memcpy

namespace slimming::inline v0::kernels::cpu {

#if defined(__GNUC__) && defined(__AVX512F__)
inline constexpr int vector_width = 16;
#elif defined(__GNUC__) && defined(__AVX__)
inline constexpr int vector_width = 8;
#elif defined(__GNUC__)
inline constexpr int vector_width = 4;
#else
inline constexpr int vector_width = 1;
#endif

#if defined(__GNUC__)
using vec = float __attribute__((vector_size(vector_width * sizeof(float))));
#define SLIMMING_ALWAYS_INLINE inline __attribute__((always_inline))
#else
using vec = float;
#define SLIMMING_ALWAYS_INLINE inline
#endif

/// Channels per block of an activation: its channel count is rounded up to a multiple of this.
inline constexpr index_t channel_block = vector_width;

/// Channel stride of a padded NHWC activation. Pad channels hold zeros.
[[nodiscard]] constexpr index_t padded_channels(index_t channels) noexcept {
  return (channels + channel_block - 1) / channel_block * channel_block;
}

/// Loads and stores need no alignment.
[[nodiscard]] SLIMMING_ALWAYS_INLINE vec load(const float* p) noexcept {
  vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
SLIMMING_ALWAYS_INLINE void store(float* p, vec v) noexcept { std::memcpy(p, &v, sizeof v); }
/// Asks for the cache line at \p p, which will be read soon.
SLIMMING_ALWAYS_INLINE void prefetch([[maybe_unused]] const float* p) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#endif
}
/// Every lane equal to \p s.
[[nodiscard]] SLIMMING_ALWAYS_INLINE vec broadcast(float s) noexcept {
  return s - vec{};  // s - 0 is exact and, unlike s + 0, keeps -0
}
[[nodiscard]] SLIMMING_ALWAYS_INLINE vec max(vec a, vec b) noexcept { return a > b ? a : b; }
[[nodiscard]] SLIMMING_ALWAYS_INLINE vec min(vec a, vec b) noexcept { return a < b ? a : b; }

}  // namespace slimming::inline v0::kernels::cpu
