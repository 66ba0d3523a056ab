// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/layer/traits.hpp>

#include <type_traits>

#include "tests/support/catch.hpp"

namespace {
struct unknown {};
}  // namespace

TEST_CASE("a type that nobody described has empty traits") {
  CHECK(std::is_empty_v<slimming::layer_traits<unknown>>);
}
