// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/config.hpp>

#include <type_traits>

#include "tests/support/catch.hpp"

TEST_CASE("index_t is signed and wide enough for any tensor") {
  STATIC_REQUIRE(std::is_signed_v<slimming::index_t>);
  STATIC_REQUIRE(sizeof(slimming::index_t) == 8);
}
