// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/rewrite.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Nodes a and b, of which b reads the list k, and a shape as well if it is shared.
struct two_nodes {
  sl::model net;
  sl::value_id x, k;
  std::vector<sl::value_facts> facts, symbolic;
  std::vector<sl::channel_layout> layouts;
  std::vector<sl::shape> after;

  explicit two_nodes(bool shared) {
    x = net.add_input("x", {-1, 4});
    const sl::index_t list[] = {1, 2};
    k = net.add_initializer("k", sl::any_tensor::from(std::span<const sl::index_t>(list), {2}));
    net.append("A", "a", shared ? std::vector{x, k} : std::vector{x});
    net.append("B", "b", {x, k});
    net.append("C", "c", {x}, {{"list", std::vector<sl::index_t>{5}}});
    facts.resize(net.values().size());
    symbolic = facts;
    after.resize(facts.size());
    layouts.resize(facts.size());
  }
  sl::rewrite_context at(std::size_t node) {
    return {net, node, facts, symbolic, facts, layouts, after, {}};
  }
};

}  // namespace

TEST_CASE("a list of this node alone changes in place, a shared one is replaced") {
  const std::vector<sl::index_t> fresh = {3, 4};
  two_nodes alone(false);
  sl::write_integers(alone.at(1), 1, "", fresh);
  CHECK(alone.net.initializer(alone.k)->converted<sl::index_t>() == fresh);
  two_nodes shared(true);
  sl::write_integers(shared.at(1), 1, "", fresh);
  CHECK(shared.net.initializer(shared.k)->converted<sl::index_t>() ==
        std::vector<sl::index_t>{1, 2});
  const auto v = shared.net.nodes()[1].inputs[1];
  CHECK(v != shared.k);
  CHECK(shared.net.initializer(v)->converted<sl::index_t>() == fresh);
}

TEST_CASE("an attribute is written where the node has one") {
  two_nodes n(false);
  const std::vector<sl::index_t> fresh = {6, 7};
  sl::write_integers(n.at(2), 1, "list", fresh);
  CHECK(n.net.nodes()[2].integers("list") == fresh);
  CHECK(sl::integers_now(n.at(2), 1, "list") == fresh);
  CHECK(n.net.nodes()[2].inputs.size() == 1);
}

TEST_CASE("a target copies or infers what depends on a symbolic dimension") {
  two_nodes n(false);
  const auto out = n.net.nodes()[1].outputs[0];
  n.symbolic[static_cast<std::size_t>(n.x)].extents = sl::shape{-1, 4};
  n.symbolic[static_cast<std::size_t>(out)].extents = sl::shape{-1, 2, 2};
  n.after[static_cast<std::size_t>(out)] = {1, 2, 1};
  CHECK(sl::target_shape(n.at(1), true) == std::vector<sl::index_t>{0, 2, 1});
  CHECK(sl::target_shape(n.at(1), false) == std::vector<sl::index_t>{-1, 2, 1});
  n.symbolic[static_cast<std::size_t>(out)].extents = sl::shape{-1, 2, -1};
  CHECK_THROWS_AS(sl::target_shape(n.at(1), false), sl::unsupported);
}

TEST_CASE("numbers cannot stand for a list that depends on a symbolic dimension") {
  two_nodes n(false);
  CHECK_NOTHROW(sl::require_static(n.at(1), 1));
  CHECK_THROWS_AS(sl::require_static(n.at(1), 0), sl::unsupported);
}

TEST_CASE("an operator is appended with its number, under names that are free") {
  two_nodes n(false);
  const auto out = n.net.nodes()[1].outputs[0];
  const std::size_t count = n.net.nodes().size();
  auto context = n.at(1);
  sl::append_operator(context, "Mul", 0.5);
  REQUIRE(n.net.nodes().size() == count + 1);
  const auto& fresh = n.net.nodes()[2];
  CHECK(fresh.op == "Mul");
  CHECK(fresh.outputs[0] == out);
  CHECK(fresh.inputs[0] == n.net.nodes()[1].outputs[0]);
  CHECK(n.net.initializer(fresh.inputs[1])->converted<float>() == std::vector<float>{0.5F});
  CHECK(n.net.initializer(fresh.inputs[1])->rank() == 0);
}
