// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The little that the headers behind <slimming/prune.hpp> need of <cmath>, which brings the
/// special functions of physics along: a tenth of what a compiler would spend on that umbrella. The
/// builtins are GCC's and Clang's.
/// Area: core.

#include <limits>  // std::numeric_limits

namespace slimming::inline v0::detail {

[[nodiscard]] constexpr double magnitude(double x) noexcept { return x < 0 ? -x : x; }
/// Neither NaN nor infinite.
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
  return magnitude(x) <= std::numeric_limits<double>::max();
}
[[nodiscard]] inline double square_root(double x) noexcept { return __builtin_sqrt(x); }
[[nodiscard]] inline double logarithm(double x) noexcept { return __builtin_log(x); }
[[nodiscard]] inline double cosine(double x) noexcept { return __builtin_cos(x); }

}  // namespace slimming::inline v0::detail
