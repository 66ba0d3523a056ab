// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/sgd.hpp>  // sgd_step, sgd_options

#include <limits>  // std::numeric_limits
#include <vector>  // std::vector

#include "tests/support/catch.hpp"

using namespace slimming;

namespace {

auto all(std::vector<double>& v) { return view(std::span(v)); }

}  // namespace

TEST_CASE("three steps give the values and momentum buffers of torch.optim.SGD", "[sgd]") {
  // torch.float64, lr 0.1, momentum 0.9, weight_decay 1e-2, gradient += 0.05 * sign(value)
  const auto run = [](bool nesterov) {
    std::vector<double> value = {0.5, -0.25, 1.5, 0.0};
    std::vector<double> velocity(4, 0.0);
    const sgd_options options{.learning_rate = 0.1,
                              .momentum = 0.9,
                              .weight_decay = 1e-2,
                              .l1 = 0.05,
                              .nesterov = nesterov};
    for (int step = 1; step <= 3; ++step) {
      std::vector<double> gradient = {0.1 * step, -0.2 * step, 0.3 * step, 0.4 * step};
      sgd_step(all(value), all(gradient), all(velocity), options, l1_term::with);
    }
    value.insert(value.end(), velocity.begin(), velocity.end());
    return value;
  };
  const std::vector<double> plain = {
      0.3741293845,       -0.030488674749999986, 1.1784401635, -0.36567304000000006,
      0.7093611550000001, -1.2631157525,         1.857463365,  2.1471304};
  const std::vector<double> nesterov = {0.3103920676855,    0.08301404618975006, 1.0115271916465,
                                        -0.55862760436,     0.7088809595500001,  -1.262300111525,
                                        1.8562745176500002, 2.145808444};
  const auto got_plain = run(false);
  const auto got_nesterov = run(true);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    REQUIRE(got_plain[i] == Approx(plain[i]).epsilon(1e-13));
    REQUIRE(got_nesterov[i] == Approx(nesterov[i]).epsilon(1e-13));
  }
}

TEST_CASE("the L1 term reaches only parameters that are marked as scale factors", "[sgd]") {
  const sgd_options with_l1{.learning_rate = 0.5, .momentum = 0.9, .weight_decay = 0.0, .l1 = 0.2};
  std::vector<double> value = {1.0, -1.0};
  std::vector<double> gradient = {0.0, 0.0};
  std::vector<double> velocity = {0.0, 0.0};
  sgd_step(all(value), all(gradient), all(velocity), with_l1);
  REQUIRE(value == std::vector<double>{1.0, -1.0});
  sgd_step(all(value), all(gradient), all(velocity), with_l1, l1_term::with);
  REQUIRE(value == std::vector<double>{0.9, -0.9});
}

TEST_CASE("a constant gradient drives the velocity to gradient / (1 - momentum)", "[sgd]") {
  std::vector<double> value = {0.0};
  std::vector<double> gradient = {3.0};
  std::vector<double> velocity = {0.0};
  for (int i = 0; i < 200; ++i)
    sgd_step(all(value), all(gradient), all(velocity), {.momentum = 0.75, .weight_decay = 0.0});
  REQUIRE(velocity[0] == Approx(12.0));
}

TEST_CASE("bad lengths and bad options are refused and write nothing", "[sgd]") {
  std::vector<double> value = {1.0, 2.0};
  std::vector<double> gradient = {1.0, 1.0};
  std::vector<double> velocity = {0.0, 0.0};
  std::vector<double> three(3, 0.0);
  REQUIRE_THROWS_AS(sgd_step(all(value), all(three), all(velocity), {}), shape_mismatch);
  REQUIRE_THROWS_AS(sgd_step(all(value), all(gradient), all(three), {}), shape_mismatch);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const sgd_options& bad :
       {sgd_options{.learning_rate = nan}, sgd_options{.momentum = 1.0}, sgd_options{.l1 = -1.0},
        sgd_options{.weight_decay = std::numeric_limits<double>::infinity()},
        sgd_options{.momentum = 0.0, .nesterov = true}})
    REQUIRE_THROWS_AS(sgd_step(all(value), all(gradient), all(velocity), bad), bad_value);
  REQUIRE(value == std::vector<double>{1.0, 2.0});
  REQUIRE(velocity == std::vector<double>{0.0, 0.0});
}
