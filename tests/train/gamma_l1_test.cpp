// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/train/gamma_l1.hpp>  // add_l1_subgradient, l1_penalty

#include <cmath>   // std::abs
#include <limits>  // std::numeric_limits
#include <vector>  // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;

TEMPLATE_TEST_CASE("the sub-gradient is lambda times the sign, and zero at zero", "[gamma_l1]",
                   float, double) {
  const std::vector<TestType> gamma = {TestType(0.5), TestType(-2), TestType(0), TestType(-0.0)};
  std::vector<TestType> grad = {1, 1, 1, 1};
  add_l1_subgradient(view(gamma.data(), 4), view(grad.data(), 4), l1_strength(0.25));
  REQUIRE(grad == std::vector<TestType>{TestType(1.25), TestType(0.75), 1, 1});
}

TEST_CASE("away from zero the sub-gradient is the slope of the penalty", "[gamma_l1]") {
  random_stream random{7};
  std::vector<double> gamma(33);
  for (auto& g : gamma) g = random.uniform(0.1, 1.0) * (random.below(2) ? 1 : -1);
  std::vector<double> grad(gamma.size(), 0.0);
  const l1_strength strength(3e-2);
  const auto all = [](std::vector<double>& v) { return view(std::span(v)); };
  add_l1_subgradient(all(gamma), all(grad), strength);
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    const double h = 1e-4;
    auto up = gamma;
    auto down = gamma;
    up[c] += h;
    down[c] -= h;
    const double slope =
        (l1_penalty(all(up), strength) - l1_penalty(all(down), strength)) / (2 * h);
    REQUIRE(grad[c] == Approx(slope).epsilon(1e-9));
  }
}

TEST_CASE("strided views reach the scale factors inside a wider array", "[gamma_l1]") {
  std::vector<float> interleaved = {1, 9, -1, 9, 0, 9};  // (channel, {gamma, beta})
  std::vector<float> grad = {0, 0, 0};
  const tensor_view<const float, 1> gamma(interleaved.data(), {3}, {2});
  add_l1_subgradient(gamma, view(grad.data(), 3), l1_strength(1.0));
  REQUIRE(grad == std::vector<float>{1, -1, 0});
  REQUIRE(l1_penalty(gamma, l1_strength(0.5)) == 1.0);
}

TEST_CASE("a wrong length or strength is refused and writes nothing", "[gamma_l1]") {
  std::vector<float> gamma = {1, 2, 3};
  std::vector<float> grad = {0, 0};
  REQUIRE_THROWS_AS(
      add_l1_subgradient(view(gamma.data(), 3), view(grad.data(), 2), l1_strength(1.0)),
      shape_mismatch);
  REQUIRE(grad == std::vector<float>{0, 0});
  REQUIRE_THROWS_AS(l1_strength(-1e-9), bad_value);
  REQUIRE_THROWS_AS(l1_strength(std::numeric_limits<double>::infinity()), bad_value);
  REQUIRE_THROWS_AS(l1_strength(std::numeric_limits<double>::quiet_NaN()), bad_value);
}
