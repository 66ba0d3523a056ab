// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/record.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a cut names the slices that stay and the shape that results") {
  const sl::parameter_cut cut{"w", {4, 3, 5}, {{0, {1, 3}}, {2, {0}}}};
  CHECK(cut.after() == sl::shape{2, 3, 1});
  REQUIRE(cut.kept(0) != nullptr);
  CHECK(*cut.kept(0) == std::vector<sl::index_t>{1, 3});
  CHECK(cut.kept(1) == nullptr);
  CHECK_FALSE(cut.is_untouched());
  CHECK(sl::parameter_cut{"w", {4}}.is_untouched());
  CHECK_FALSE(sl::parameter_cut{"list", {4}, {}, sl::entry_cut{8, {1}}}.is_untouched());
}
