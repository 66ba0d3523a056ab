// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/densenet.hpp>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/network_costs.hpp"

namespace sl = slimming;
namespace models = slimming::models;
using test_support::count_costs;

TEST_CASE("DenseNet-40 has the published number of parameters") {
  const auto costs = count_costs(models::densenet(40));
  CHECK(costs.parameters == 1059298);
  CHECK(costs.mega_parameters() == Approx(1.045).margin(0.025));  // published: 1.02 to 1.07 million
}

TEST_CASE("the cfg grows by twelve and counts transitions and the end") {
  const auto c = models::densenet_cfg(40);
  REQUIRE(c.entries.size() == 39);
  CHECK(c.entries[0] == 24);
  CHECK(c.entries[11] == 156);
  CHECK(c.entries[12] == 168);  // transition
  CHECK(c.entries[13] == 168);
  CHECK(c.entries[38] == 456);
  CHECK(models::cfg_of(models::densenet(40)) == c);
  CHECK(models::cfg_of(models::densenet(22, {.multiplier = 0.5})) == models::densenet_cfg(22, 0.5));
}

TEST_CASE("parameters are named as in PyTorch") {
  const auto names = test_support::state_names(models::densenet(40));
  for (const char* name : {"conv1.weight", "dense1.0.bn1.weight", "dense3.11.conv1.weight",
                           "trans1.bn1.running_mean", "trans2.conv1.weight", "bn.bias", "fc.bias"})
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  CHECK(names.size() == 39 * 4 + 39 + 2);  // a norm before every convolution but the stem, and one
}

TEST_CASE("DenseNet-100 is the same recipe with more layers") {
  CHECK(models::densenet_cfg(100).entries.size() == 99);
  CHECK(models::cfg_of(models::densenet(100)).entries.back() == 24 + 96 * 12);
}

TEST_CASE("depths and widths that do not fit a DenseNet are refused") {
  for (const sl::index_t depth : {4, 41, 0})
    CHECK_THROWS_AS(models::densenet(depth), sl::bad_value);
  CHECK_THROWS_AS(models::densenet(40, models::densenet_cfg(22)), sl::shape_mismatch);
  auto wide = models::densenet_cfg(22);
  ++wide.entries[2];
  CHECK_THROWS_AS(models::densenet(22, wide), sl::bad_value);
}
