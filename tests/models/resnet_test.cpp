// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/resnet.hpp>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/network_costs.hpp"

namespace sl = slimming;
namespace models = slimming::models;
using test_support::count_costs;

TEST_CASE("every published depth has its published number of parameters") {
  // He et al., table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 million.
  const std::pair<sl::index_t, double> published[] = {
      {20, 0.27}, {32, 0.46}, {44, 0.66}, {56, 0.85}, {110, 1.73}};
  for (const auto& [depth, millions] : published)
    CHECK(count_costs(models::resnet(depth)).mega_parameters() == Approx(millions).margin(0.006));
  CHECK(count_costs(models::resnet(20)).mega_macs() == Approx(40.55).margin(0.05));
}

TEST_CASE("names are those of the published checkpoints, shortcuts have no parameters") {
  const auto names = test_support::state_names(models::resnet(20));
  CHECK(names.size() == 19 * 5 + 2);
  for (const char* name : {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight",
                           "layer3.2.bn2.bias", "linear.weight", "linear.bias"})
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
}

TEST_CASE("a shortcut into a wider stage is padded evenly in front and behind") {
  const auto net = models::resnet(20);
  const auto pads = net.initializer(net.find("layer2.0.shortcut.pads"))->values<sl::index_t>();
  CHECK(std::vector<sl::index_t>(pads.begin(), pads.end()) ==
        std::vector<sl::index_t>{0, 8, 0, 0, 0, 8, 0, 0});
}

TEST_CASE("a network is rebuilt from its cfg") {
  auto widths = models::resnet_cfg(20);
  widths.entries[1] = 3;   // inside the first block
  widths.entries[9] = 20;  // inside a block of the second stage
  CHECK(models::cfg_of(models::resnet(20, widths)) == widths);
  CHECK(models::cfg_of(models::resnet(20, {.multiplier = 0.5})) ==
        models::resnet_cfg(20).scaled(0.5));
}

TEST_CASE("depths and widths that do not fit a ResNet are refused") {
  for (const sl::index_t depth : {2, 21, -4}) CHECK_THROWS_AS(models::resnet(depth), sl::bad_value);
  CHECK_THROWS_AS(models::resnet(20, models::resnet_cfg(32)), sl::shape_mismatch);
  auto broken = models::resnet_cfg(20);
  broken.entries[2] = 15;  // joins a stream of 16
  CHECK_THROWS_AS(models::resnet(20, broken), sl::shape_mismatch);
  auto narrowing = models::resnet_cfg(20);
  narrowing.entries[8] = 15;  // opens a stage narrower than the one before
  CHECK_THROWS_AS(models::resnet(20, narrowing), sl::bad_value);
}
