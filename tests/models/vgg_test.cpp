// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/vgg.hpp>

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/network_costs.hpp"

namespace sl = slimming;
namespace models = slimming::models;
using test_support::count_costs;

TEST_CASE("VGG-19 has the published number of parameters and multiply-adds") {
  const auto costs = count_costs(models::vgg(19));
  CHECK(costs.parameters == 20035018);
  CHECK(costs.mega_parameters() == Approx(20.04).margin(0.005));
  CHECK(costs.mega_macs() == Approx(398).margin(0.5));
}

TEST_CASE("parameters are named as in PyTorch's feature list") {
  CHECK(test_support::state_names(models::vgg(models::parse_cfg("3 M 5"))) ==
        std::vector<std::string>{"feature.0.weight", "feature.1.weight", "feature.1.bias",
                                 "feature.1.running_mean", "feature.1.running_var",
                                 "feature.4.weight", "feature.5.weight", "feature.5.bias",
                                 "feature.5.running_mean", "feature.5.running_var",
                                 "classifier.weight", "classifier.bias"});
}

TEST_CASE("every depth has as many layers as its name says") {
  for (const sl::index_t depth : {11, 13, 16, 19}) {
    const auto c = models::vgg_cfg(depth);
    // The published nets have three linear layers, which the CIFAR form replaces by one.
    CHECK(static_cast<sl::index_t>(c.widths().size()) == depth - 3);
    CHECK(std::count(c.entries.begin(), c.entries.end(), models::cfg::pool) == 4);
    const auto net = models::vgg(depth, {.multiplier = 0.125});
    CHECK(models::cfg_of(net) == c.scaled(0.125));
    CHECK(net.metadata.at("architecture") == "vgg" + std::to_string(depth));
  }
  CHECK_THROWS_AS(models::vgg_cfg(12), sl::bad_value);
}

TEST_CASE("a quarter of the width has about a sixteenth of the parameters") {
  const auto full = count_costs(models::vgg(11)),
             quarter = count_costs(models::vgg(11, {.multiplier = 0.25}));
  CHECK(static_cast<double>(full.parameters) / static_cast<double>(quarter.parameters) ==
        Approx(16).epsilon(0.02));
}

TEST_CASE("the golden widths after five passes of multi-pass slimming") {
  const auto c = models::parse_cfg("22 62 M 83 119 M 193 168 85 40 M 32 32 32 32 M 32 32 32 38");
  sl::index_t left = 0, before = 0;
  for (const auto w : c.widths()) left += w;
  for (const auto w : models::vgg_cfg(19).widths()) before += w;
  CHECK(left == 1034);
  CHECK(before == 5504);
  CHECK(models::cfg_of(models::vgg(c)) == c);
}

TEST_CASE("classes, input channels and input size are the caller's") {
  const auto net = models::vgg(11, {.classes = 100, .channels = 1, .height = 16, .width = 48});
  CHECK(net.initializer(net.find("classifier.weight"))->extents() == sl::shape{100, 512});
  CHECK(net.initializer(net.find("feature.0.weight"))->extents() == sl::shape{64, 1, 3, 3});
}

TEST_CASE("an input that the pools would empty is refused") {
  CHECK_THROWS_AS(models::vgg(11, {.height = 15, .width = 32}), sl::bad_value);
  CHECK_THROWS_AS(models::vgg(models::parse_cfg("M M")), sl::bad_value);
}
