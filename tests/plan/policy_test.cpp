// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/policy.hpp>

#include <limits>

#include <slimming/plan/detail/glob.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("policies and constraints outside their domain are declined") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double ratio : {-0.1, 1.0, 1.5, nan}) {
    CHECK_THROWS_AS(sl::detail::require_valid(sl::global_ratio{ratio}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::per_layer_ratio{ratio}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::compat::network_slimming{ratio}), sl::bad_value);
  }
  CHECK_THROWS_AS(sl::detail::require_valid(sl::score_threshold{nan}), sl::bad_value);
  for (const double share : {-0.5, 0.0, 1.01, nan}) {
    CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.share = share}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::parameter_budget{.share = share}), sl::bad_value);
  }
  CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.at_most = -1}), sl::bad_value);
  CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.share = .5, .at_most = 1}),
                  sl::bad_value);
  CHECK_NOTHROW(sl::detail::require_valid(sl::mac_budget{.share = 1}));
  CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.keep_at_least = 0}), sl::bad_value);
  CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.round_to = 0}), sl::bad_value);
  for (const double cap : {-0.1, 1.1, nan})
    CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.max_removed = cap}), sl::bad_value);
}

TEST_CASE("patterns match whole names") {
  using sl::detail::glob_matches;
  static_assert(glob_matches("fc", "fc") && !glob_matches("fc", "fc2"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("layer?.*.conv1", "layer3.0.conv1"));
  CHECK_FALSE(glob_matches("layer?.*.conv1", "layer13.0.conv1"));
  CHECK(glob_matches("*a*b*", "xxaxxabyy"));
  CHECK_FALSE(glob_matches("*a*b", "xxaxxbyy"));
  CHECK_FALSE(glob_matches("", "x"));
}
