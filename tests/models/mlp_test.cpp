// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/mlp.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/network_costs.hpp"

namespace sl = slimming;
namespace models = slimming::models;

TEST_CASE("the MNIST network is 784-500-300-10") {
  const auto net = models::mlp();
  const auto extents = [&](const char* name) { return net.initializer(net.find(name))->extents(); };
  CHECK(extents("fc1.weight") == sl::shape{500, 784});
  CHECK(extents("fc2.weight") == sl::shape{300, 500});
  CHECK(extents("fc3.weight") == sl::shape{10, 300});
  CHECK(extents("bn2.weight") == sl::shape{300});
  CHECK(net.find("fc1.bias") == sl::no_value);  // a normalisation follows
  CHECK(test_support::count_costs(net).macs == 784 * 500 + 500 * 300 + 300 * 10);
  CHECK(models::cfg_of(net) == models::mlp_cfg());
}

TEST_CASE("hidden layers are as many and as wide as the cfg says") {
  const auto c = models::parse_cfg("9 8 7");
  CHECK(models::cfg_of(models::mlp(c, {.classes = 3})) == c);
  CHECK(models::mlp(models::cfg{}).nodes().size() == 2);  // flatten and one linear layer
  CHECK_THROWS_AS(models::mlp(models::parse_cfg("9 M 7")), sl::bad_value);
}
