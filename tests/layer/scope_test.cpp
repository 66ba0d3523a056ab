// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/layer/scope.hpp>

#include "tests/support/catch.hpp"

TEST_CASE("names are dotted, the root has none, and numbers go on") {
  slimming::channel_graph g;
  slimming::layer_scope root(g);
  CHECK(root.name().empty());
  CHECK(root.name("conv1") == "conv1");
  CHECK(root["block"].name("weight") == "block.weight");
  CHECK(root["block"]["0"].name() == "block.0");
  CHECK(root.next_number() == "0");
  CHECK(root.next_number() == "1");
  CHECK(root["block"].next_number() == "0");
  CHECK(&root["block"].graph() == &g);
}
