// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/schedule.hpp>  // schedule

#include "tests/support/catch.hpp"  // TEST_CASE

namespace sl = slimming;

TEST_CASE("the step schedule divides by ten at half and at three quarters of the epochs") {
  const sl::schedule s;
  CHECK(s({0, 0, 160, 10}) == 1.0);
  CHECK(s({79, 9, 160, 10}) == 1.0);
  CHECK(s({80, 0, 160, 10}) == Approx(0.1));
  CHECK(s({120, 0, 160, 10}) == Approx(0.01));
  CHECK(s({2, 0, 5, 10}) == Approx(0.1));  // 2.5 epochs: from epoch 2, as int(epochs * 0.5) says
  CHECK(s({3, 0, 5, 10}) == Approx(0.01));
}

TEST_CASE("a run too short for a milestone starts at the full rate") {
  const sl::schedule s;
  CHECK(s({0, 0, 1, 10}) == 1.0);
  CHECK(s({0, 9, 1, 10}) == 1.0);
  CHECK(s({0, 0, 2, 10}) == 1.0);
}

TEST_CASE("the cosine falls from one to its floor, batch by batch") {
  auto s = sl::schedule::by_name("cosine");
  s.floor = 0.1;
  CHECK(s({0, 0, 10, 4}) == Approx(1.0));
  CHECK(s({5, 0, 10, 4}) == Approx(0.55));
  CHECK(s({9, 3, 10, 4}) < 0.11);
  CHECK(s({3, 1, 10, 4}) < s({3, 0, 10, 4}));
}

TEST_CASE("a warm-up rises linearly to the full rate and starts above zero") {
  auto s = sl::schedule::by_name("constant");
  s.warmup_epochs = 2;
  CHECK(s({0, 0, 10, 4}) == Approx(1.0 / 8));
  CHECK(s({1, 0, 10, 4}) == Approx(5.0 / 8));
  CHECK(s({1, 3, 10, 4}) == Approx(1.0));
  CHECK(s({2, 0, 10, 4}) == 1.0);
}

TEST_CASE("an unknown schedule is refused") {
  CHECK_THROWS_AS(sl::schedule::by_name("stepp"), sl::bad_value);
}
