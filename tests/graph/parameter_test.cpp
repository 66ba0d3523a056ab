// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/parameter.hpp>

#include "tests/support/catch.hpp"

TEST_CASE("a default handle names nothing") {
  CHECK_FALSE(slimming::parameter_id{});
  CHECK(slimming::parameter_id{0});
  CHECK(slimming::parameter_owner{}.object == nullptr);
}
