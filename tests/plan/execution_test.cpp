// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/execution.hpp>

#include <vector>

#include "tests/support/catch.hpp"

TEST_CASE("the sequential runner runs every task once, in order") {
  static_assert(slimming::task_runner<slimming::sequential>);
  std::vector<std::size_t> seen;
  slimming::sequential{}(4, [&](std::size_t i) { seen.push_back(i); });
  CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3});
  slimming::sequential{}(0, [&](std::size_t i) { seen.push_back(i); });
  CHECK(seen.size() == 4);
}
