// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/cfg.hpp>
#include <slimming/models/preresnet.hpp>
#include <slimming/models/vgg.hpp>

#include <limits>

#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace models = slimming::models;

TEST_CASE("text and cfg are two forms of the same list") {
  for (const char* text : {"64 M 128 M 256 256 M", "M", "", "500 300", "1"})
    CHECK(models::to_string(models::parse_cfg(text)) == text);
  const auto c = models::parse_cfg(" 64,  M\n128 ");
  CHECK(c.entries == std::vector<sl::index_t>{64, models::cfg::pool, 128});
  CHECK(c.widths() == std::vector<sl::index_t>{64, 128});
}

TEST_CASE("the published scripts' form is read too") {
  CHECK(models::parse_cfg("[64, 64, 'M', 128]") == models::parse_cfg("64 64 M 128"));
  CHECK(models::parse_cfg("[[16, 16], [64]]") == models::parse_cfg("16 16 64"));
}

TEST_CASE("words that are neither a width nor M are refused by name") {
  for (const char* text : {"64 m", "64 0", "-3", "12x4", "99999999999999999999", "1.5"})
    CHECK_THROWS_AS(models::parse_cfg(text), sl::bad_value);
  CHECK_THROWS_WITH(models::parse_cfg("64 MM 3"),
                    "slimming: bad_value: cfg: 'MM' is neither a width nor M");
}

TEST_CASE("scaling rounds every width, keeps at least one channel and leaves pools alone") {
  CHECK(models::parse_cfg("64 M 3 1").scaled(0.25) == models::parse_cfg("16 M 1 1"));
  CHECK(models::parse_cfg("10 M 3").scaled(1.5) == models::parse_cfg("15 M 5"));
  const auto c = models::parse_cfg("64 M");
  CHECK_THROWS_AS(c.scaled(0), sl::bad_value);
  CHECK_THROWS_AS(c.scaled(-1), sl::bad_value);
  CHECK_THROWS_AS(c.scaled(std::numeric_limits<double>::quiet_NaN()), sl::bad_value);
  CHECK_THROWS_AS(c.scaled(std::numeric_limits<double>::infinity()), sl::bad_value);
  CHECK_THROWS_AS(c.scaled(1e18), sl::bad_value);  // not one channel, as a number that overflows
}

TEST_CASE("the cfg of a network is the one that it was built from") {
  const auto narrow = models::parse_cfg("22 M 3 1 M 7");
  CHECK(models::cfg_of(models::vgg(narrow)) == narrow);
  auto widths = models::preresnet_cfg(20);
  widths.entries[0] = 5;  // what a selection lets through, not what is normalised
  widths.entries[4] = 9;
  CHECK(models::cfg_of(models::preresnet(20, widths)) == widths);
}
