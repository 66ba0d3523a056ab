// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/preresnet.hpp>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/network_costs.hpp"

namespace sl = slimming;
namespace models = slimming::models;
using test_support::count_costs;

TEST_CASE("PreResNet-164 has the published number of parameters and multiply-adds") {
  const auto costs = count_costs(models::preresnet(164));
  CHECK(costs.mega_parameters() == Approx(1.70).margin(0.01));
  CHECK(costs.mega_macs() == Approx(250).margin(5));
}

TEST_CASE("the cfg lists each block's three widths and the last one") {
  CHECK(models::preresnet_cfg(20) ==
        models::parse_cfg("16 16 16 64 16 16 64 32 32 128 32 32 128 64 64 256 64 64 256"));
  CHECK(models::cfg_of(models::preresnet(29)) == models::preresnet_cfg(29));
  const auto half = models::preresnet(20, {.multiplier = 0.5});
  CHECK(models::cfg_of(half) == models::preresnet_cfg(20, 0.5));
  CHECK(half.initializer(half.find("conv1.weight"))->extents() == sl::shape{8, 3, 3, 3});
}

TEST_CASE("parameters are named as in PyTorch, one projection per stage") {
  const auto names = test_support::state_names(models::preresnet(20));
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const char* name :
       {"conv1.weight", "layer1.0.bn1.weight", "layer1.0.conv1.weight", "layer1.1.bn3.running_var",
        "layer3.1.conv3.weight", "bn.running_mean", "fc.weight", "fc.bias"})
    CHECK(has(name));
  CHECK(std::count_if(names.begin(), names.end(), [](const std::string& n) {
          return n.ends_with(".downsample.0.weight");
        }) == 3);
  CHECK_FALSE(has("layer1.1.downsample.0.weight"));
}

TEST_CASE("a selection narrows what the convolution reads, not the stream") {
  auto widths = models::preresnet_cfg(20);
  widths.entries[3] = 10;  // second block, in front of its first convolution
  const auto net = models::preresnet(20, widths);
  CHECK(net.initializer(net.find("layer1.1.bn1.weight"))->extents() == sl::shape{64});
  CHECK(net.initializer(net.find("layer1.1.select.indices"))->extents() == sl::shape{10});
  CHECK(net.initializer(net.find("layer1.1.conv1.weight"))->extents() == sl::shape{16, 10, 1, 1});
  CHECK(net.initializer(net.find("layer1.1.conv3.weight"))->extents() == sl::shape{64, 16, 1, 1});
}

TEST_CASE("depths and widths that do not fit a PreResNet are refused") {
  for (const sl::index_t depth : {0, 2, 18, 163})
    CHECK_THROWS_AS(models::preresnet(depth), sl::bad_value);
  CHECK_THROWS_AS(models::preresnet(20, models::parse_cfg("16 16")), sl::shape_mismatch);
  auto wide = models::preresnet_cfg(20);
  wide.entries[0] = 17;
  CHECK_THROWS_AS(models::preresnet(20, wide), sl::bad_value);
  auto pooled = models::preresnet_cfg(20);
  pooled.entries[1] = models::cfg::pool;
  CHECK_THROWS_AS(models::preresnet(20, pooled), sl::bad_value);
}
