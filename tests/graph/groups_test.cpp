// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/groups.hpp>

#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("groups partition the channels and are numbered by their smallest atom") {
  sl::channel_graph g;
  const auto a = g.add(3, "a"), b = g.add(3, "b"), c = g.add(2, "c");
  g.tie(a, b);
  const sl::channel_groups groups(g);
  CHECK(groups.count() == 5);
  sl::index_t members = 0;
  for (sl::index_t k = 0; k < groups.count(); ++k) members += groups.member_count(k);
  CHECK(members == g.atom_count());
  for (sl::index_t i = 0; i < 3; ++i) {
    CHECK(groups.group_of(a, i) == i);
    CHECK(groups.group_of(b, i) == i);
    CHECK(groups.member_at(i, 1).at == b);
    CHECK(groups.member_at(i, 1).i == i);
  }
  CHECK(groups.group_of(c, 0) == 3);
}

TEST_CASE("a unit is what one decision can exchange") {
  sl::channel_graph g;
  const auto a = g.add(2, "a"), b = g.add(3, "b"), y = g.add(5, "y");
  g.tie_range(y, 0, a, 0, 2);
  g.tie_range(y, 2, b, 0, 3);
  const sl::channel_groups groups(g);
  CHECK(groups.unit_count() == 2);  // the concat does not couple its inputs
  CHECK(groups.unit(groups.unit_of(groups.group_of(y, 0))).size() == 2);
  CHECK(groups.unit(groups.unit_of(groups.group_of(y, 4))).size() == 3);
}

TEST_CASE("a pin holds the whole group and, through a selection, what it reads") {
  sl::channel_graph g;
  const auto wide = g.add(4, "wide"), narrow = g.add(2, "narrow"), out = g.add(2, "out");
  const std::vector<sl::index_t> indices{3, 1};
  g.select(wide, narrow, indices);
  g.tie(narrow, out);
  g.pin(out, 0, "read outside");
  const sl::channel_groups groups(g);
  CHECK(groups.is_pinned(groups.group_of(narrow, 0)));
  CHECK_FALSE(groups.is_pinned(groups.group_of(narrow, 1)));
  CHECK(groups.is_pinned(groups.group_of(wide, 3)));
  CHECK_FALSE(groups.is_pinned(groups.group_of(wide, 1)));
  const auto gone = groups.dependents(groups.group_of(wide, 1));
  REQUIRE(gone.size() == 1);
  CHECK(gone[0] == groups.group_of(narrow, 1));
  CHECK(groups.dependents(groups.group_of(wide, 0)).empty());
}
