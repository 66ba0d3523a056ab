// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The exponential function of a vector.
/// Area: kernels/cpu.

#include <slimming/kernels/cpu/vector.hpp>  // vec

#include <bit>      // std::bit_cast
#include <cmath>    // std::exp
#include <cstdint>  // std::int32_t

namespace slimming::inline v0::kernels::cpu::detail {

#if defined(__GNUC__)
using int_vec = std::int32_t __attribute__((vector_size(vector_width * sizeof(std::int32_t))));

// exp(x) to two units in the last place, x held to [-87, 88]: x = n ln 2 + r with |r| <= ln 2 / 2,
// a polynomial for exp(r) (Cephes), and n added to the exponent field.
[[nodiscard]] SLIMMING_ALWAYS_INLINE vec exp(vec x) noexcept {
  x = max(min(x, broadcast(88.0f)), broadcast(-87.0f));
  const vec magic = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const vec shifted = 1.44269504f * x + magic;
  const vec n = shifted - magic;
  const vec r = x - 0.693359375f * n + 2.12194440e-4f * n;
  vec p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const auto exponent = (std::bit_cast<int_vec>(shifted) << 23) + 0x3f800000;
  return p * std::bit_cast<vec>(exponent);
}
#else
[[nodiscard]] inline vec exp(vec x) noexcept { return std::exp(x); }
#endif

}  // namespace slimming::inline v0::kernels::cpu::detail
