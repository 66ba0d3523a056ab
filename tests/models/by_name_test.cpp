// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/models/by_name.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;
namespace models = slimming::models;

TEST_CASE("a name gives the network of that architecture and depth") {
  for (const char* name : {"vgg11", "vgg19", "preresnet20", "densenet22", "resnet20", "mlp"}) {
    const auto net = models::by_name(name, {.multiplier = 0.25});
    CHECK(net.metadata.at("architecture") == name);
    CHECK(net.metadata.at("cfg") == models::to_string(models::cfg_of(net)));
  }
}

TEST_CASE("a cfg replaces the network's own widths") {
  const auto c = models::parse_cfg("5 M 7");
  CHECK(models::cfg_of(models::by_name("vgg16", {}, c)) == c);
}

TEST_CASE("unknown names and depths are refused") {
  for (const char* name : {"", "vgg", "vgg12", "vgg11x", "VGG11", "preresnet21", "resnet",
                           "alexnet", "mlp3", "densenet"})
    CHECK_THROWS_AS(models::by_name(name), sl::bad_value);
}
