// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/channel_graph.hpp>

#include <cstdint>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

bool together(const sl::channel_graph& g, sl::channels a, sl::index_t i, sl::channels b,
              sl::index_t j) {
  return g.representative(a, i) == g.representative(b, j);
}

}  // namespace

TEST_CASE("tie joins equal positions and nothing else") {
  sl::channel_graph g;
  const auto a = g.add(4, "a"), b = g.add(4, "b");
  g.tie(a, b);
  for (sl::index_t i = 0; i < 4; ++i)
    for (sl::index_t j = 0; j < 4; ++j) CHECK(together(g, a, i, b, j) == (i == j));
}

TEST_CASE("tie_range ties every input of a concat to its slice of the output") {
  sl::channel_graph g;
  const auto a = g.add(2, "a"), b = g.add(3, "b"), y = g.add(5, "y");
  g.tie_range(y, 0, a, 0, 2);
  g.tie_range(y, 2, b, 0, 3);
  CHECK(together(g, y, 1, a, 1));
  CHECK(together(g, y, 2, b, 0));
  CHECK_FALSE(together(g, y, 2, a, 0));
}

TEST_CASE("tie_block gives each channel its run of flattened features") {
  sl::channel_graph g;
  const auto c = g.add(3, "c"), f = g.add(12, "f");
  g.tie_block(c, f, 4);
  for (sl::index_t k = 0; k < 12; ++k) CHECK(together(g, c, k / 4, f, k));
  CHECK_THROWS_AS(g.tie_block(c, f, 3), sl::shape_mismatch);
  CHECK_THROWS_AS(g.tie_block(c, f, 0), sl::bad_value);
}

TEST_CASE("tie_each follows any map and declines one that leaves the range") {
  sl::channel_graph g;
  const auto a = g.add(6, "a"), b = g.add(6, "b");
  CHECK_THROWS_AS(g.tie_each(a, b, [](sl::index_t i) { return i + 1; }), sl::bad_value);
  CHECK(g.ties().empty());
  CHECK_FALSE(together(g, a, 0, b, 1));
  g.tie_each(a, b, [](sl::index_t i) { return (i % 3) * 2 + i / 3; });
  CHECK(together(g, a, 1, b, 2));
  CHECK(together(g, a, 5, b, 5));
}

TEST_CASE("ties are transitive and the smallest atom represents") {
  sl::channel_graph g;
  const auto a = g.add(1, "a"), b = g.add(1, "b"), c = g.add(1, "c");
  g.tie(c, b);
  g.tie(b, a);
  CHECK(g.representative(c, 0) == g.atom(a, 0));
}

TEST_CASE("values that are tied as wholes are one, before and after parts of them are tied") {
  sl::channel_graph g;
  const auto a = g.add(3, "a"), b = g.add(3, "b"), c = g.add(3, "c"), part = g.add(1, "part");
  CHECK(g.like(c) == c);
  g.tie_range(part, 0, c, 2, 1);
  g.tie(c, b);  // c's channel 2 is known to `part` already
  g.tie(b, a);
  CHECK(g.like(b) == a);
  CHECK(g.representative(c, 0) == g.atom(a, 0));
  CHECK(together(g, part, 0, a, 2));
  g.tie_range(b, 0, b, 1, 1);
  CHECK(together(g, a, 0, c, 1));
  CHECK_FALSE(together(g, a, 0, c, 2));
  CHECK(g.ties().size() == 4);
}

TEST_CASE("an axis must have as many elements as the value has channels") {
  sl::channel_graph g;
  std::vector<float> w(12);
  const auto c = g.add(5, "conv3");
  const auto p = g.add(sl::parameter{"conv3.weight", sl::view(w.data(), 4, 3), {}});
  CHECK_THROWS_WITH(
      g.bind(p, 0, c, sl::role::weight),
      "slimming: shape_mismatch: conv3.weight axis 0 against 'conv3': expected 5, got 4");
  CHECK_THROWS_AS(g.bind(p, 2, c, sl::role::weight), sl::shape_mismatch);
  CHECK(g.bindings().empty());
}

TEST_CASE("the same memory is one parameter, and binding an axis twice ties its values") {
  sl::channel_graph g;
  std::vector<float> w(12);
  const auto a = g.add(4, "a"), b = g.add(4, "b");
  const auto p = g.add(sl::parameter{"w", sl::view(w.data(), 4, 3), {}});
  const auto q = g.add(sl::parameter{"w again", sl::view(w.data(), 4, 3), {}});
  CHECK(p == q);
  g.bind(p, 0, a, sl::role::weight);
  g.bind(q, 0, b, sl::role::weight);
  CHECK(g.bindings().size() == 1);
  CHECK(together(g, a, 3, b, 3));
  CHECK_THROWS_AS(g.add(sl::parameter{"w reshaped", sl::view(w.data(), 3, 4), {}}),
                  sl::shape_mismatch);
}

TEST_CASE("a list that two selections read ties what they read, as far as both reach") {
  sl::channel_graph g;
  std::vector<std::int64_t> list{0, 2};
  const auto a = g.add(4, "a"), b = g.add(4, "b"), c = g.add(6, "c");
  const auto read = [&](sl::channels wide) {
    const auto narrow = g.add(2, "narrow");
    g.select(wide, narrow, std::vector<sl::index_t>{0, 2});
    g.bind(g.add(sl::parameter{"list", sl::view(list.data(), 2)}), 0, narrow, sl::role::index);
    return narrow;
  };
  const auto x = read(a);
  CHECK(g.ties().empty());
  CHECK(together(g, x, 0, read(a), 0));
  CHECK_FALSE(together(g, a, 0, b, 0));
  (void)read(b);
  (void)read(c);
  for (sl::index_t i = 0; i < 4; ++i)
    for (sl::index_t j = 0; j < 6; ++j) {
      if (j < 4) CHECK(together(g, a, i, b, j) == (i == j));
      CHECK(together(g, a, i, c, j) == (i == j));
    }
  CHECK_FALSE(together(g, a, 0, x, 0));
}

TEST_CASE("memory that comes back is seen as the first time, and gains an owner") {
  sl::channel_graph g;
  std::vector<float> w(16);
  int first = 0, second = 0;
  const auto p = g.add(sl::parameter{"w", sl::view(w.data(), 4, 4)});
  for (void* object : {&first, &second, &first})
    CHECK(g.add(sl::parameter{"again", sl::view(w.data(), 4, 4), {object}}) == p);
  CHECK(g.at(p).value.owner.object == &first);
  REQUIRE(g.at(p).value.co_owners.size() == 1);
  CHECK(g.at(p).value.co_owners[0].object == &second);
  const sl::index_t extents[] = {4, 4}, transposed[] = {1, 4};
  CHECK_THROWS_WITH(
      g.add(sl::parameter{"wT", sl::tensor_view<float, 2>(w.data(), extents, transposed)}),
      "slimming: bad_value: 'wT' shares the memory of 'w': axis 0: has stride 1, there 4: describe "
      "shared memory in one order of axes");
  CHECK_THROWS_AS(g.add(sl::parameter{"bits", sl::array_ref(w.data(), sl::dtype::int32, extents)}),
                  sl::bad_value);
}

TEST_CASE("without elements, the same owner is one parameter") {
  sl::channel_graph g;
  int a = 0, b = 0;
  const auto extents_of = [](const char* name, void* object, sl::index_t n) {
    return sl::parameter{
        name, {nullptr, sl::dtype::float32, std::vector<sl::index_t>{n, 0}}, {object}};
  };
  const auto first = g.add(extents_of("first", &a, 3));
  CHECK(g.add(extents_of("again", &a, 3)) == first);
  CHECK(g.add(extents_of("other", &b, 3)) != first);
  CHECK(g.add(extents_of("nobody's", nullptr, 3)) != g.add(extents_of("nobody's", nullptr, 3)));
  CHECK_THROWS_WITH(
      g.add(extents_of("wider", &a, 4)),
      "slimming: shape_mismatch: 'wider' shares the owner of 'first': axis 0: expected 3, got 4");
  // An array at the owner's address is another thing.
  CHECK(g.add({"array", sl::view(reinterpret_cast<float*>(&a), 1)}) != first);
}

TEST_CASE("uses of a shared layer add up") {
  sl::channel_graph g;
  std::vector<float> w(12);
  const auto p = g.add(sl::parameter{"w", sl::view(w.data(), 4, 3), {}});
  g.use(p, 64);
  g.use(p, 16);
  CHECK(g.at(p).positions == 80);
}

TEST_CASE("a handle that names no value is declined") {
  sl::channel_graph g;
  const auto a = g.add(2, "a");
  CHECK_THROWS_AS(g.tie(a, sl::channels{}), sl::bad_value);
  CHECK_THROWS_AS(g.pin(sl::channels{7}, "x"), sl::bad_value);
  CHECK_THROWS_AS(g.pin(a, 2, "x"), sl::bad_value);
  CHECK_THROWS_AS(g.add(-1, "negative"), sl::bad_value);
  const auto n = g.add(1, "n");
  CHECK_THROWS_AS(g.select(a, n, std::vector<sl::index_t>{2}), sl::bad_value);
  CHECK_THROWS_AS(g.select(a, n, std::vector<sl::index_t>{0, 1}), sl::shape_mismatch);
}

TEST_CASE("channels are found by the name of their value, or of an operator that hands them on") {
  sl::channel_graph g;
  g.enter("conv1");
  const auto c = g.add(3, "conv1");
  g.enter("relu1", c);
  g.enter("conv2");
  const auto d = g.add(3, "conv2");
  g.enter("add1", c);
  g.tie(c, d);
  CHECK(g.find("conv1") == c);
  CHECK(g.find("relu1") == c);
  CHECK(g.find("conv2") == d);
  CHECK(g.find("add1") == c);
  CHECK(g.handed_on() == std::vector{sl::channels{}, c, sl::channels{}, c});
  CHECK_THROWS_WITH(g.find("conv3"),
                    "slimming: bad_value: conv3: the graph knows no channels of this name");
  CHECK_THROWS_AS(g.enter("relu2", sl::channels{7}), sl::bad_value);
  CHECK(g.ops().size() == 4);
}

TEST_CASE("a handle that names no parameter is declined") {
  sl::channel_graph g;
  const auto c = g.add(3, "c");
  CHECK_THROWS_WITH(g.bind({}, 0, c, sl::role::bias),
                    "slimming: bad_value: parameter handle: got -1");
  CHECK_THROWS_AS(g.use({7}, 1), sl::bad_value);
  CHECK_THROWS_AS(g.at({0}), sl::bad_value);
}

TEST_CASE("ranges and blocks that leave the value are declined, however large their numbers") {
  sl::channel_graph g;
  const auto c = g.add(4, "c"), f = g.add(0, "f");
  constexpr auto most = std::numeric_limits<sl::index_t>::max();
  CHECK_THROWS_WITH(g.tie_block(c, f, sl::index_t{1} << 62),
                    "slimming: shape_mismatch: tie_block of 'c' and 'f': expected 4 blocks of "
                    "4611686018427387904 channels, got 0 channels");
  CHECK_THROWS_WITH(g.tie_range(c, most, c, 0, 2),
                    "slimming: bad_value: channels of 'c': 2 from 9223372036854775807 on leave "
                    "[0, 4)");
  CHECK_THROWS_AS(g.tie_range(c, most, c, 0, most), sl::bad_value);
  CHECK_THROWS_AS(g.tie_block(c, c, most), sl::shape_mismatch);
  CHECK(g.ties().empty());
}

TEST_CASE("parameters are told apart by address, however many there are") {
  sl::channel_graph g;
  std::vector<float> w(5000);
  for (int round = 0; round < 2; ++round)
    for (std::size_t k = 0; k < w.size(); ++k)
      REQUIRE(g.add(sl::parameter{"w", sl::view(&w[k], 1), {}}).id == static_cast<int>(k));
  CHECK(g.parameters().size() == w.size());
  const sl::index_t none[] = {0};
  const sl::parameter empty{"empty", sl::array_ref(w.data(), sl::dtype::float32, none)};
  CHECK(g.add(empty) != g.add(empty));  // no memory to share
}
