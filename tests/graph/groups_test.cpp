// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/graph/groups.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// A graph of random ties, and the smallest atom of every atom's group, found the slow way.
struct random_ties {
  sl::channel_graph graph;
  std::vector<sl::index_t> smallest;
  sl::random_stream random;

  explicit random_ties(std::uint64_t seed) : random{seed} {
    for (const auto n : {pick(5), pick(5), pick(5)}) grow(n);
    for (int step = 0; step < 12; ++step) {
      if (pick(3) == 0) grow(pick(2) ? 6 : pick(13));
      state_something();
    }
  }

  sl::index_t pick(sl::index_t n) { return random.below(n); }

 private:
  void grow(sl::index_t n) {
    (void)graph.add(n, "v" + std::to_string(graph.values().size()));
    while (static_cast<sl::index_t>(smallest.size()) < graph.atom_count())
      smallest.push_back(static_cast<sl::index_t>(smallest.size()));
  }
  void expect_tie(sl::channels a, sl::index_t i, sl::channels b, sl::index_t j) {
    const auto x = smallest[static_cast<std::size_t>(graph.atom(a, i))];
    const auto y = smallest[static_cast<std::size_t>(graph.atom(b, j))];
    std::replace(smallest.begin(), smallest.end(), std::max(x, y), std::min(x, y));
  }
  void state_something() {
    const auto value = [this] {
      return sl::channels{static_cast<int>(pick(static_cast<sl::index_t>(graph.values().size())))};
    };
    const sl::channels a = value(), b = value();
    const sl::index_t n = graph.size(a), m = graph.size(b);
    if (n == 0 || m == 0) return;
    switch (pick(5)) {
      case 0: {
        const sl::index_t length = 1 + pick(std::min(n, m));
        const sl::index_t i = pick(n - length + 1), j = pick(m - length + 1);
        graph.tie_range(a, i, b, j, length);
        for (sl::index_t k = 0; k < length; ++k) expect_tie(a, i + k, b, j + k);
        break;
      }
      case 1: {
        const sl::index_t step = pick(m), shift = pick(m);
        const auto map = [&](sl::index_t i) { return (i * step + shift) % m; };
        graph.tie_each(a, b, map);
        for (sl::index_t i = 0; i < n; ++i) expect_tie(a, i, b, map(i));
        break;
      }
      case 2:
        if (pick(4) == 0) graph.pin(a, "test");
        graph.pin(b, pick(m), "test");
        break;
      default:
        if (m % n != 0) break;
        if (m == n)
          graph.tie(a, b);
        else
          graph.tie_block(a, b, m / n);
        for (sl::index_t j = 0; j < m; ++j) expect_tie(a, j / (m / n), b, j);
    }
  }
};

}  // namespace

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

// Paths to the representatives are as long as there are ties here: walking each to its end would
// take a few seconds.
TEST_CASE("parts that are tied from the last value to the first are still few groups") {
  constexpr sl::index_t length = 50'000;
  sl::channel_graph g;
  std::vector<sl::channels> values;
  for (sl::index_t i = 0; i < length; ++i) values.push_back(g.add(3, "v"));
  for (std::size_t i = values.size(); i-- > 1;) g.tie_range(values[i - 1], 0, values[i], 0, 2);
  const sl::channel_groups groups(g);
  CHECK(groups.count() == 2 + length);  // the third channels stay alone
  CHECK(groups.member_count(1) == length);
  CHECK(groups.group_of(values.back(), 1) == groups.group_of(values.front(), 1));
}

TEST_CASE("however ties are stated, groups and units are those of the tied channels") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    const random_ties net(seed);
    const sl::channel_groups groups(net.graph);

    std::vector<std::vector<sl::index_t>> members;  // group -> atoms
    std::vector<sl::index_t> group_of(net.smallest.size());
    for (std::size_t a = 0; a < net.smallest.size(); ++a) {
      const auto r = static_cast<std::size_t>(net.smallest[a]);
      if (r == a) {
        group_of[a] = static_cast<sl::index_t>(members.size());
        members.emplace_back();
      }
      group_of[a] = group_of[r];
      members[static_cast<std::size_t>(group_of[a])].push_back(static_cast<sl::index_t>(a));
    }
    REQUIRE(groups.count() == static_cast<sl::index_t>(members.size()));
    std::vector<char> is_pinned(members.size(), 0);
    for (const auto& pin : net.graph.pins())
      for (sl::index_t i = 0; i < net.graph.size(pin.at); ++i)
        if (pin.index < 0 || pin.index == i)
          is_pinned[static_cast<std::size_t>(
              group_of[static_cast<std::size_t>(net.graph.atom(pin.at, i))])] = 1;

    for (std::size_t v = 0; v < net.graph.values().size(); ++v) {
      const sl::channels c{static_cast<int>(v)};
      for (sl::index_t i = 0; i < net.graph.size(c); ++i) {
        const auto a = static_cast<std::size_t>(net.graph.atom(c, i));
        REQUIRE(net.graph.representative(c, i) == net.smallest[a]);
        REQUIRE(groups.group_of(c, i) == group_of[a]);
      }
    }

    using signature = std::pair<char, std::vector<int>>;  // pinned?, values
    std::vector<signature> units;
    for (std::size_t g = 0; g < members.size(); ++g) {
      const auto number = static_cast<sl::index_t>(g);
      REQUIRE(groups.is_pinned(number) == (is_pinned[g] != 0));
      REQUIRE(groups.member_count(number) == static_cast<sl::index_t>(members[g].size()));
      signature at{is_pinned[g], {}};
      for (std::size_t k = 0; k < members[g].size(); ++k) {
        const auto m = groups.member_at(number, static_cast<sl::index_t>(k));
        REQUIRE(net.graph.atom(m.at, m.i) == members[g][k]);
        at.second.push_back(m.at.id);
      }
      const auto known = std::find(units.begin(), units.end(), at);
      REQUIRE(groups.unit_of(number) == known - units.begin());
      if (known == units.end()) units.push_back(at);
    }
    REQUIRE(groups.unit_count() == static_cast<sl::index_t>(units.size()));
    sl::index_t listed = 0;
    for (sl::index_t u = 0; u < groups.unit_count(); ++u) {
      const auto list = groups.unit(u);
      REQUIRE(std::is_sorted(list.begin(), list.end()));
      for (const auto g : list) REQUIRE(groups.unit_of(g) == u);
      listed += static_cast<sl::index_t>(list.size());
    }
    REQUIRE(listed == groups.count());
  }
}
