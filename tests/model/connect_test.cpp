// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/connect.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// A node x, w -> y whose rule is the function under test.
struct one_node {
  sl::model net;
  sl::value_id x, w;
  std::vector<sl::value_facts> facts;
  std::vector<sl::channel_layout> layouts;
  std::vector<sl::index_t> uses;
  std::vector<std::int32_t> axes;
  std::vector<char> divisors;
  sl::connect_options options;
  sl::channel_graph graph;

  explicit one_node(sl::index_t readers_of_w = 1) {
    x = net.add_input("x", {1, 4, 5});
    w = net.add_initializer("w", sl::any_tensor(sl::dtype::float32, {4, 1, 3}));
    net.append("Op", "op", {x, w});
    facts.resize(3);
    facts[0].extents = sl::shape{1, 4, 5};
    facts[1].extents = sl::shape{4, 1, 3};
    layouts.resize(3);
    layouts[0] = sl::layout_with(3, 1, graph.add(4, "x"), true);
    uses = {1, readers_of_w, 0};
    axes.assign(3, -1);
    divisors.resize(3);
  }
  sl::connect_context context() {
    return {net, net.nodes()[0], options, facts, layouts, uses, axes, divisors, graph, {}};
  }
};

}  // namespace

TEST_CASE("a constant gets channels on every axis that is longer than one") {
  one_node n;
  auto c = n.context();
  const auto& layout = sl::layout_of(c, n.w, sl::role::bias);
  CHECK(n.graph.size(layout.on(0)) == 4);
  CHECK_FALSE(layout.on(1));
  CHECK(n.graph.size(layout.on(2)) == 3);
  CHECK(layout.is_zero(0));
  REQUIRE(n.graph.bindings().size() == 2);
  CHECK(n.graph.bindings()[0].as == sl::role::bias);
  CHECK(n.graph.pins().empty());
  (void)sl::layout_of(c, n.w);
  CHECK(n.graph.bindings().size() == 2);
}

TEST_CASE("a divisor is a statistic: it does not become zero") {
  one_node n;
  n.divisors[1] = 1;
  auto c = n.context();
  CHECK_FALSE(sl::layout_of(c, n.w).is_zero(0));
  CHECK(n.graph.bindings()[0].as == sl::role::statistic);
}

TEST_CASE("an axis without channels gets pinned ones, with the reason") {
  one_node n;
  auto c = n.context();
  const auto fixed = sl::channels_on(c, n.x, 2);
  CHECK(n.graph.size(fixed) == 5);
  REQUIRE(n.graph.pins().size() == 1);
  CHECK(n.graph.pins()[0].reason == "axis 2 of 'x' is fixed");
  CHECK(sl::channels_on(c, n.x, 2) == fixed);
  const auto map = sl::map_on(c, n.x, 1);
  CHECK(map.spatial == std::vector<sl::index_t>{5});
  CHECK(map.c == n.layouts[0].on(1));
}

TEST_CASE("a barrier pins what it reads; constants only if others read them too") {
  one_node alone;
  auto c = alone.context();
  sl::barrier(c, "because");
  REQUIRE(alone.graph.pins().size() == 1);
  CHECK(alone.graph.pins()[0].reason == "because");
  CHECK(alone.graph.parameters().empty());
  one_node shared(2);
  auto d = shared.context();
  sl::barrier(d, "because");
  CHECK(shared.graph.pins().size() == 3);
}
