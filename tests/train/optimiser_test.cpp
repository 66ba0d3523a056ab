// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include "tests/support/catch.hpp"  // TEST_CASE

namespace sl = slimming;

TEST_CASE("the L1 term is for scale factors only, everything else for all parameters") {
  sl::sgd_options o;
  o.learning_rate = 0.2;
  o.weight_decay = 1e-3;
  o.l1 = 1e-4;
  o.nesterov = true;
  const sl::sgd_rule rule(o);
  sl::exec::parameter weight, scale;
  scale.kind = sl::exec::parameter_kind::scale;
  CHECK(rule(weight).l1 == 0.0f);
  CHECK(rule(scale).l1 == 1e-4f);
  for (const auto& p : {weight, scale}) {
    CHECK(rule(p).learning_rate == 0.2f);
    CHECK(rule(p).weight_decay == 1e-3f);
    CHECK(rule(p).momentum == 0.9f);
    CHECK(rule(p).nesterov);
  }
}

TEST_CASE("options out of range are refused") {
  sl::sgd_options o;
  o.learning_rate = -1;
  CHECK_THROWS_AS(sl::sgd_rule(o), sl::bad_value);
}
