// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/rules/select.hpp>

#include <cstdint>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;

TEST_CASE("a selection reads its list from any integer parameter and binds it") {
  const auto check = []<class T>(T) {
    std::vector<T> list{3, 0, 0};
    sl::channel_graph g;
    const sl::feature_map x{g.add(4, "x"), {8}, true};
    const auto y = connect(
        g, rules::channel_select_facts{"sel", sl::parameter{"sel.index", sl::view(list.data(), 3)}},
        x);
    CHECK(g.size(y.c) == 3);
    CHECK(y.spatial == x.spatial);
    REQUIRE(g.selects().size() == 1);
    CHECK(g.selects()[0].indices == std::vector<sl::index_t>{3, 0, 0});
    CHECK(support::bound_to(g, 0, 0) == y.c);
    CHECK(g.bindings()[0].as == sl::role::index);
    CHECK(support::ties_exactly(g, x.c, y.c, [](auto, auto) { return false; }));
  };
  check(std::int64_t{});
  check(std::int32_t{});
  check(std::uint8_t{});
}

TEST_CASE("a list that two streams share is renumbered once: what they select from goes together") {
  std::vector<std::int64_t> list{0, 2, 4};
  sl::channel_graph g;
  const sl::feature_map x{g.add(5, "x"), {}, false}, z{g.add(5, "z"), {}, false};
  const rules::channel_select_facts facts{"sel", sl::parameter{"list", sl::view(list.data(), 3)}};
  const auto y = connect(g, facts, x);
  CHECK(support::ties_exactly(g, x.c, z.c, [](auto, auto) { return false; }));
  const auto w = connect(g, facts, z);
  const auto equal = [](auto i, auto j) { return i == j; };
  CHECK(support::ties_exactly(g, x.c, z.c, equal));
  CHECK(support::ties_exactly(g, y.c, w.c, equal));
}

TEST_CASE("a selection without a parameter binds nothing") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  const auto y = connect(g, rules::channel_select_facts{.name = "sel", .indices = {1, 2}}, x);
  CHECK(g.size(y.c) == 2);
  CHECK(g.parameters().empty());
}

TEST_CASE("lists that name no channel, or are no list, are declined") {
  sl::channel_graph g;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  CHECK_THROWS_AS(connect(g, rules::channel_select_facts{.name = "sel", .indices = {4}}, x),
                  sl::bad_value);
  std::vector<float> real(3);
  CHECK_THROWS_AS(
      connect(g, rules::channel_select_facts{"sel", sl::parameter{"i", sl::view(real.data(), 3)}},
              x),
      sl::unsupported);
  std::vector<std::int64_t> list(4);
  CHECK_THROWS_AS(
      connect(g,
              rules::channel_select_facts{"sel", sl::parameter{"i", sl::view(list.data(), 2, 2)}},
              x),
      sl::shape_mismatch);
  CHECK_THROWS_AS(
      connect(g,
              rules::channel_select_facts{
                  "sel", sl::parameter{"i", sl::view(static_cast<std::int64_t*>(nullptr), 2)}},
              x),
      sl::bad_value);
}
