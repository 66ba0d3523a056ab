// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/op_node.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("attributes are read by kind, with a default where they are absent") {
  sl::op_node n{"Conv", "c1", {0, 1}, {2}, {{"group", sl::index_t{4}}, {"alpha", 0.5}}, ""};
  n.attributes["pads"] = std::vector<sl::index_t>{1, 1, 1, 1};
  CHECK(n.integer("group", 1) == 4);
  CHECK(n.integer("absent", 7) == 7);
  CHECK(n.real("alpha", 0) == 0.5);
  CHECK(n.integers("pads").size() == 4);
  CHECK(n.text("auto_pad", "NOTSET") == "NOTSET");
  CHECK_THROWS_WITH(n.integer("alpha", 0),
                    "slimming: bad_value: c1 (Conv): attribute 'alpha' is of an unexpected kind");
  CHECK(n.input(1) == 1);
  CHECK(n.input(2) == sl::no_value);
}
