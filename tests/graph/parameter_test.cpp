// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/parameter.hpp>

#include <vector>

#include "tests/support/catch.hpp"

TEST_CASE("a default handle names nothing") {
  CHECK_FALSE(slimming::parameter_id{});
  CHECK(slimming::parameter_id{0});
  CHECK(slimming::parameter_owner{}.object == nullptr);
}

TEST_CASE("each owner of a parameter is added once") {
  int a = 0, b = 0;
  slimming::parameter p;
  p.add_owner({});
  p.add_owner({&a});
  p.add_owner({&b});
  p.add_owner({&a});
  p.add_owner({});
  p.add_owner({&b});
  std::vector<void*> objects;
  p.for_each_owner([&](const slimming::parameter_owner& o) { objects.push_back(o.object); });
  CHECK(objects == std::vector<void*>{&a, &b});
}
