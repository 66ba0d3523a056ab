// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The one file that includes Catch2: version 3 where it is installed, else version 2.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>  // std::string

#if CATCH_VERSION_MAJOR >= 3
using Catch::Approx;
#endif

namespace slimming::testing {

/// Matches text that contains \p part: for CHECK_THROWS_WITH.
[[nodiscard]] inline auto containing(const std::string& part) {
#if CATCH_VERSION_MAJOR >= 3
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Contains(part);
#endif
}
/// Matches text that ends with \p part.
[[nodiscard]] inline auto ending_with(const std::string& part) {
#if CATCH_VERSION_MAJOR >= 3
  return Catch::Matchers::EndsWith(part);
#else
  return Catch::EndsWith(part);
#endif
}

}  // namespace slimming::testing
