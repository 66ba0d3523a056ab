// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Division by a number that is known before the launch.
/// Area: cuda, internal. Granlund and Montgomery, PLDI 1994.

#include <slimming/core/config.hpp>  // SLIMMING_HOST_DEVICE

#include <cstdint>  // std::uint32_t

namespace slimming::inline v0::cuda::detail {

/// `n / d` for 0 <= n < 2^31 and 1 <= d < 2^31 as a product and a shift.
struct divisor {
  std::uint32_t value = 1;
  std::uint32_t factor = 1;
  std::uint32_t shift = 0;

  divisor() = default;
  constexpr explicit divisor(int d) : value(static_cast<std::uint32_t>(d)) {
    while ((std::uint64_t{1} << shift) < value) ++shift;
    const std::uint64_t two32 = std::uint64_t{1} << 32;
    factor = static_cast<std::uint32_t>(two32 * ((std::uint64_t{1} << shift) - value) / value + 1);
  }

  [[nodiscard]] SLIMMING_HOST_DEVICE constexpr int quotient(int n) const noexcept {
    const auto wide = static_cast<std::uint32_t>(n);
    const auto high = static_cast<std::uint32_t>((std::uint64_t{wide} * factor) >> 32);
    return static_cast<int>((high + wide) >> shift);
  }
};

}  // namespace slimming::inline v0::cuda::detail
