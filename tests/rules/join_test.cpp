// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/join.hpp>

#include <array>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::ties_exactly;
using extents = std::vector<sl::index_t>;

namespace {

const auto same = [](auto i, auto j) { return i == j; };
const auto never = [](auto, auto) { return false; };

}  // namespace

TEST_CASE("an addition ties all of its inputs") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(4, "a"), {8, 8}, true},
                      sl::feature_map{g.add(4, "b"), {8, 8}, true},
                      sl::feature_map{g.add(4, "c"), {8, 8}, true}};
  const auto y = connect(g, rules::join_facts{"add"}, in);
  for (const auto& x : in) CHECK(ties_exactly(g, y.c, x.c, same));
  CHECK(y.spatial == extents{8, 8});
  CHECK(g.pins().empty());
}

TEST_CASE("a squeeze-and-excitation gate is tied, whichever side it stands on") {
  for (const bool gate_first : {false, true}) {
    sl::channel_graph g;
    const sl::feature_map x{g.add(4, "x"), {8, 6}, true}, gate{g.add(4, "gate"), {1, 1}, true};
    const auto in = gate_first ? std::array{gate, x} : std::array{x, gate};
    const auto y = connect(g, rules::join_facts{"mul"}, in);
    CHECK(ties_exactly(g, x.c, gate.c, same));
    CHECK(y.spatial == extents{8, 6});
  }
}

TEST_CASE("a gate without spatial axes fits any map") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(4, "x"), {8, 6}, true},
                      sl::feature_map{g.add(4, "gate"), {}, true}};
  CHECK(connect(g, rules::join_facts{"mul"}, in).spatial == extents{8, 6});
}

TEST_CASE("a spatial gate has one channel: not tied, but it stays") {
  for (const bool gate_first : {false, true}) {
    sl::channel_graph g;
    const sl::feature_map x{g.add(4, "x"), {8, 6}, true}, gate{g.add(1, "gate"), {8, 6}, true};
    const auto in = gate_first ? std::array{gate, x} : std::array{x, gate};
    const auto y = connect(g, rules::join_facts{"mul"}, in);
    CHECK(y.c == x.c);
    CHECK(ties_exactly(g, x.c, gate.c, never));
    CHECK(support::are_free(g, x.c));
    REQUIRE(g.pins().size() == 1);
    CHECK(g.pins()[0].at == gate.c);
    CHECK(g.pins()[0].reason == "the one channel is broadcast over 4");
  }
}

TEST_CASE("maps of one channel are tied as any others") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(1, "a"), {}, true},
                      sl::feature_map{g.add(1, "b"), {}, true}};
  (void)connect(g, rules::join_facts{"add"}, in);
  CHECK(ties_exactly(g, in[0].c, in[1].c, same));
  CHECK(g.pins().empty());
}

TEST_CASE("one input of unknown size makes the output's unknown") {
  sl::channel_graph g;
  const std::array in{sl::feature_map{g.add(2, "a"), {8, 8}, true},
                      sl::feature_map{g.add(2, "b"), {}, false}};
  const auto y = connect(g, rules::join_facts{"add"}, in);
  CHECK_FALSE(y.has_size);
  CHECK(y.spatial.empty());
}

TEST_CASE("what cannot be broadcast is declined and leaves the graph as it was") {
  sl::channel_graph g;
  const sl::feature_map a{g.add(4, "a"), {8, 8}, true}, b{g.add(2, "b"), {8, 8}, true},
      c{g.add(4, "c"), {4, 8}, true}, d{g.add(4, "d"), {8}, true};
  CHECK_THROWS_WITH(
      connect(g, rules::join_facts{"add"}, std::array{a, b}),
      "slimming: shape_mismatch: add: channels of 'b' against 'a': expected 4, got 2");
  CHECK_THROWS_AS(connect(g, rules::join_facts{"add"}, std::array{a, c}), sl::shape_mismatch);
  CHECK_THROWS_AS(connect(g, rules::join_facts{"add"}, std::array{a, d}), sl::shape_mismatch);
  CHECK_THROWS_AS(connect(g, rules::join_facts{"add"}, std::span<const sl::feature_map>{}),
                  sl::bad_value);
  CHECK(g.ops().empty());
  CHECK(g.ties().empty());
}
