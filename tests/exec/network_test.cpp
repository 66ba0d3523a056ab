// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/network.hpp>  // make_network

#include "tests/exec/small_net.hpp"  // small_net
#include "tests/support/catch.hpp"   // TEST_CASE

#include <vector>  // std::vector

namespace sl = slimming;
using test_support::small_net;

namespace {

// Doubles an int64 list when it is evaluated, so that a chain of these can be folded.
sl::op_registry doubling() {
  sl::op_registry ops;
  ops.add("Double", {.evaluate = [](sl::evaluate_context& c) {
            auto list = c.inputs[0]->converted<sl::index_t>();
            for (auto& v : list) v *= 2;
            c.outputs[0] =
                sl::any_tensor::from(std::span<const sl::index_t>(list), c.inputs[0]->extents());
          }});
  return ops;
}

}  // namespace

TEST_CASE("producers and consumers are known, once per use and in order") {
  small_net b;
  const auto x = b.input({1, 4, 2, 2});
  const auto y = b.relu(x);
  const auto z = b.add(y, y);
  const auto net = b.finish({z});
  const auto n = sl::exec::make_network(net, {}, {});
  REQUIRE(n.nodes.size() == 2);
  CHECK(n.at(x).producer == -1);
  CHECK(n.at(x).consumers == std::vector<std::int32_t>{0});
  CHECK(n.at(y).producer == 0);
  CHECK(n.at(y).consumers == std::vector<std::int32_t>{1, 1});
  CHECK(n.is_output(z));
  CHECK(n.at(z).extents == sl::shape{1, 4, 2, 2});
}

TEST_CASE("nodes that no output needs are left out") {
  small_net b;
  const auto x = b.input({1, 4, 2, 2});
  const auto y = b.relu(x);
  b.relu(b.add(x, y));
  const auto net = b.finish({y});
  CHECK(sl::exec::make_network(net, {}, {}).nodes.size() == 1);
}

TEST_CASE("nodes whose inputs are constants are evaluated when the network is made") {
  small_net b;
  const auto x = b.input({2});
  const auto list = b.integers({3, 4});
  const auto once = b.node("Double", {list}, {2});
  const auto twice = b.node("Double", {once}, {2});
  const auto y = b.node("Add", {x, twice}, {2});
  const auto net = b.finish({y});
  const auto n = sl::exec::make_network(net, doubling(), {});
  REQUIRE(n.nodes.size() == 1);
  REQUIRE(n.tensor(twice) != nullptr);
  CHECK(n.tensor(twice)->converted<sl::index_t>() == std::vector<sl::index_t>{12, 16});
  CHECK(n.is_constant(list));
  CHECK_FALSE(n.is_constant(y));
}

TEST_CASE("extents that stay unknown are refused with the value's name") {
  small_net b;
  const auto x = b.input({-1, 4});
  const auto y = b.net().add_value("mystery");
  b.net().add_node({"Thing", "thing", {x}, {y}, {}, {}});
  const auto net = b.finish({y});
  CHECK_THROWS_WITH(sl::exec::make_network(net, {}, std::vector<sl::shape>{{2, 4}}),
                    sl::testing::containing("mystery"));
  CHECK_THROWS_AS(sl::exec::make_network(net, {}, {}), sl::unsupported);
}

TEST_CASE("more input extents than inputs are refused") {
  small_net b;
  const auto net = b.finish({b.relu(b.input({1, 4}))});
  CHECK_THROWS_AS(sl::exec::make_network(net, {}, std::vector<sl::shape>{{1, 4}, {1, 4}}),
                  sl::shape_mismatch);
}
