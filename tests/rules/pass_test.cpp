// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/pass.hpp>

#include <array>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using support::bound_to;
using extents = std::vector<sl::index_t>;

TEST_CASE("an activation changes nothing but is heard of") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3, {8, 8});
  const auto y = connect(g, rules::pass_facts{"relu"}, x);
  CHECK(y.c == x.c);
  CHECK(y.spatial == x.spatial);
  CHECK(g.ops().back() == "relu");
  CHECK(g.find("relu") == x.c);
  CHECK(g.ties().empty());
}

TEST_CASE("a parameter per channel is bound, a shared one is not") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = sl::input(g, 3, {8, 8});
  (void)connect(g, rules::per_channel_facts{.name = "prelu", .value = a.make("s", {3, 1, 1})}, x);
  CHECK(bound_to(g, 0, 0) == x.c);
  CHECK(g.bindings()[0].as == sl::role::slope);
  (void)connect(g, rules::per_channel_facts{.name = "one slope", .value = a.make("t", {1})}, x);
  CHECK(g.parameters().size() == 1);
  (void)connect(
      g,
      rules::per_channel_facts{
          .name = "scale", .value = a.make("u", {1, 3, 1, 1}), .as = sl::role::scale, .axis = 1},
      x);
  CHECK(bound_to(g, 1, 1) == x.c);
  CHECK(g.bindings()[1].as == sl::role::scale);
  CHECK_THROWS_AS(connect(g, rules::per_channel_facts{.name = "p", .value = a.make("v", {2})}, x),
                  sl::shape_mismatch);
}

TEST_CASE("pools, resizing and padding keep channels and change extents") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3, {8, 12});
  CHECK(connect(g, rules::pool_facts{"max", {2}, {.stride = {2}}}, x).spatial == extents{4, 6});
  CHECK(connect(g, rules::pool_facts{"max", {3, 1}}, x).spatial == extents{6, 12});
  CHECK(connect(g, rules::pool_facts{"global"}, x).spatial == extents{1, 1});
  CHECK(connect(g, rules::resize_facts{"up", {16, 24}}, x).spatial == extents{16, 24});
  CHECK_FALSE(connect(g, rules::resize_facts{"anything", {}}, x).has_size);
  CHECK(connect(g, rules::pad_facts{"pad", {1, 2}, {3}}, x).spatial == extents{12, 17});
  CHECK(connect(g, rules::pad_facts{"crop", {-2}, {}}, x).spatial == extents{6, 10});
  CHECK(connect(g, rules::pool_facts{"max", {2}}, x).c == x.c);
  CHECK_THROWS_AS(connect(g, rules::pool_facts{"max", {9}}, x), sl::bad_value);
  CHECK_THROWS_AS(connect(g, rules::pad_facts{"crop", {-8}, {}}, x), sl::bad_value);
}

TEST_CASE("sizes stay unknown where they were") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3);
  CHECK_FALSE(connect(g, rules::pool_facts{"max", {2}}, x).has_size);
  CHECK_FALSE(connect(g, rules::resize_facts{"up", {16, 24}}, x).has_size);
  CHECK_FALSE(connect(g, rules::pad_facts{"pad", {1}, {1}}, x).has_size);
}

TEST_CASE("a barrier pins what goes in and what comes out, with its reason") {
  sl::channel_graph g;
  const sl::feature_map a{g.add(3, "a"), {}, false}, b{g.add(2, "b"), {}, false};
  const std::array in{a, b};
  const auto y = connect(g, rules::barrier_facts{.name = "odd", .out = 5}, in);
  CHECK(g.size(y.c) == 5);
  REQUIRE(g.pins().size() == 3);
  for (const auto& p : g.pins()) CHECK(p.reason == "unknown operator");
  const auto z =
      connect(g, rules::barrier_facts{.name = "softmax", .reason = "softmax over channels"}, a);
  CHECK(z.c == a.c);
  CHECK(g.pins().back().reason == "softmax over channels");
  CHECK_THROWS_AS(
      connect(g, rules::barrier_facts{.name = "nothing"}, std::span<const sl::feature_map>{}),
      sl::bad_value);
}
