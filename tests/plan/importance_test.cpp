// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/importance.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// The slice `i` of `axis`, gathered element by element in double.
std::vector<double> slice(const sl::any_tensor& t, std::size_t axis, sl::index_t i) {
  const auto x = t.converted<double>();
  sl::index_t inner = 1;
  for (std::size_t a = axis + 1; a < t.rank(); ++a) inner *= t.extents()[a];
  std::vector<double> out;
  for (sl::index_t k = 0; k < t.size(); ++k)
    if ((k / inner) % t.extents()[axis] == i) out.push_back(x[static_cast<std::size_t>(k)]);
  return out;
}
double norm1(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0,
                         [](double s, double x) { return s + std::abs(x); });
}
double norm2(const std::vector<double>& v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}

sl::any_tensor random_tensor(sl::shape extents, sl::dtype type, std::uint64_t seed) {
  sl::any_tensor t(type, std::move(extents));
  sl::random_stream random{seed};
  sl::visit_floating(type, "test", [&]<class T>() {
    for (auto& x : t.values<T>()) x = static_cast<T>(static_cast<float>(random.normal()));
  });
  return t;
}

}  // namespace

TEST_CASE("L1 and L2 are the norms of the slices that write a channel") {
  test::net n;
  const auto y = n.conv("conv", n.input(5), 70);
  const sl::channel_groups groups(n.graph);
  const auto& w = n.tensor("conv.weight");
  const auto s1 = sl::importance(n.graph, groups, sl::l1_norm{});
  const auto s2 = sl::importance(n.graph, groups, sl::l2_norm{});
  for (sl::index_t i = 0; i < 70; ++i) {
    CHECK(s1[groups.group_of(y, i)] == Approx(norm1(slice(w, 0, i))).epsilon(1e-12));
    CHECK(s2[groups.group_of(y, i)] == Approx(norm2(slice(w, 0, i))).epsilon(1e-12));
  }
}

TEST_CASE("norms hold for every rank, axis and floating dtype") {
  const std::vector<sl::shape> shapes = {
      {40}, {1, 33, 1, 1}, {7, 41}, {64, 1, 3, 3}, {3, 3, 5, 37}, {2, 3, 4, 40}, {11, 2, 2, 2, 9}};
  for (const auto type :
       {sl::dtype::float32, sl::dtype::float64, sl::dtype::float16, sl::dtype::bfloat16})
    for (std::size_t k = 0; k < shapes.size(); ++k)
      for (std::size_t axis = 0; axis < shapes[k].size(); ++axis) {
        sl::any_tensor t = random_tensor(shapes[k], type, k + 7);
        sl::channel_graph g;
        const auto c = g.add(shapes[k][axis], "c");
        g.bind(g.add({"w", t.ref()}), axis, c, sl::role::weight);
        const sl::channel_groups groups(g);
        const auto s = sl::importance(g, groups, sl::l2_norm{});
        for (sl::index_t i = 0; i < g.size(c); ++i)
          REQUIRE(s[i] == Approx(norm2(slice(t, axis, i))).epsilon(1e-12));
      }
}

TEST_CASE("both axes of one kernel are summed in one pass, whatever lies between them") {
  const std::vector<sl::shape> shapes = {{9, 1300}, {70, 3, 3, 3}, {3, 3, 17, 33}, {5, 2, 6, 2, 3}};
  const std::vector<std::pair<std::size_t, std::size_t>> axes = {{0, 1}, {0, 1}, {2, 3}, {0, 2}};
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    const auto [first, second] = axes[k];
    sl::any_tensor t = random_tensor(shapes[k], sl::dtype::float32, k);
    sl::channel_graph g;
    const auto a = g.add(shapes[k][first], "a"), b = g.add(shapes[k][second], "b");
    const auto w = g.add({"w", t.ref()});
    g.bind(w, first, a, sl::role::weight);
    g.bind(w, second, b, sl::role::weight_in);
    const sl::channel_groups groups(g);
    const auto s =
        sl::importance(g, groups, sl::l1_norm{}, {.axes = {sl::role::weight, sl::role::weight_in}});
    for (sl::index_t i = 0; i < g.size(a); ++i)
      REQUIRE(s[groups.group_of(a, i)] == Approx(norm1(slice(t, first, i))).epsilon(1e-12));
    for (sl::index_t i = 0; i < g.size(b); ++i)
      REQUIRE(s[groups.group_of(b, i)] == Approx(norm1(slice(t, second, i))).epsilon(1e-12));
  }
}

TEST_CASE("a strided parameter scores as its dense copy does") {
  std::vector<float> memory(2 * 6 * 8);
  sl::random_stream random{3};
  for (float& x : memory) x = static_cast<float>(random.normal());
  const sl::index_t extents[] = {6, 4}, strides[] = {8, 2};
  const sl::tensor_view<float, 2> strided(memory.data(), extents, strides);
  std::vector<float> dense;
  for (sl::index_t i = 0; i < 6; ++i)
    for (sl::index_t j = 0; j < 4; ++j) dense.push_back(strided(i, j));
  const auto score = [](sl::array_ref array, auto criterion) {
    sl::channel_graph g;
    g.bind(g.add({"w", array}), 0, g.add(6, "c"), sl::role::weight);
    return sl::importance(g, sl::channel_groups(g), criterion);
  };
  for (sl::index_t i = 0; i < 6; ++i) {
    CHECK(score(strided, sl::l2_norm{})[i] ==
          Approx(score(sl::view(dense.data(), 6, 4), sl::l2_norm{})[i]).epsilon(1e-14));
    CHECK(score(strided, sl::fpgm{})[i] ==
          Approx(score(sl::view(dense.data(), 6, 4), sl::fpgm{})[i]).epsilon(1e-14));
  }
}

TEST_CASE("FPGM sums the distances to all other slices") {
  test::net n;
  const auto y = n.conv("conv", n.input(4), 37);
  const sl::channel_groups groups(n.graph);
  const auto s = sl::importance(n.graph, groups, sl::fpgm{});
  const auto& w = n.tensor("conv.weight");
  for (sl::index_t i = 0; i < 37; ++i) {
    double expected = 0;
    const auto a = slice(w, 0, i);
    for (sl::index_t j = 0; j < 37; ++j) {
      auto d = slice(w, 0, j);
      for (std::size_t k = 0; k < d.size(); ++k) d[k] -= a[k];
      expected += norm2(d);
    }
    CHECK(s[groups.group_of(y, i)] == Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("a group around a residual stream reduces the entries of all who write it") {
  test::net n;
  const auto x = n.conv("a", n.input(3), 6);
  n.join(x, n.conv("b", n.conv("c", x, 4), 6));
  const sl::channel_groups groups(n.graph);
  const auto a = norm1(slice(n.tensor("a.weight"), 0, 2)),
             b = norm1(slice(n.tensor("b.weight"), 0, 2));
  const auto score = [&](sl::reduction r) {
    return sl::importance(n.graph, groups, sl::l1_norm{}, {.over_group = r})[groups.group_of(x, 2)];
  };
  CHECK(score(sl::reduction::sum) == Approx(a + b));
  CHECK(score(sl::reduction::mean) == Approx((a + b) / 2));
  CHECK(score(sl::reduction::max) == std::max(a, b));
  CHECK(score(sl::reduction::first) == a);
}

TEST_CASE("bn_gamma is exactly |gamma|, and a group without one has no score") {
  test::net n;
  const auto x = n.norm("bn", n.conv("conv", n.input(3), 9));
  n.tensor("bn.gamma").values<float>()[4] = -0.1f;
  const auto h = n.linear("hidden", x, 5);
  n.output(n.linear("fc", h, 2));
  const sl::channel_groups groups(n.graph);
  const auto s = sl::importance(n.graph, groups, sl::bn_gamma{});
  for (sl::index_t i = 0; i < 9; ++i)
    CHECK(s[groups.group_of(x, i)] ==
          std::abs(n.tensor("bn.gamma").values<float>()[static_cast<std::size_t>(i)]));
  CHECK(s[groups.group_of(x, 4)] == 0.1f);
  CHECK_FALSE(s.has(groups.group_of(h, 0)));
}

TEST_CASE("behind a selection the norm in front of it speaks for the narrow side, and only there") {
  test::net n = test::selecting_net();
  const sl::channel_groups groups(n.graph);
  const auto s = sl::importance(n.graph, groups, sl::bn_gamma{});
  sl::index_t scored = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) scored += s.has(g);
  CHECK(scored == 3 * 16 + 2 * 8);  // every gamma once
  for (const auto& select : n.graph.selects())
    for (sl::index_t j = 0; j < n.graph.size(select.narrow); ++j) {
      const std::string norm = n.graph.name(select.wide);
      CHECK(s[groups.group_of(select.narrow, j)] ==
            std::abs(n.tensor(norm + ".gamma").values<float>()[static_cast<std::size_t>(j)]));
      CHECK_FALSE(s.has(groups.group_of(select.wide, j)));
    }
}

TEST_CASE("a narrow side with scale factors of its own uses those") {
  test::net n;
  const auto wide = n.norm("bn", n.conv("conv", n.input(3), 4));
  const auto narrow = n.norm("own", n.select("select", wide, {3, 1}));
  const sl::channel_groups groups(n.graph);
  const auto s = sl::importance(n.graph, groups, sl::bn_gamma{});
  CHECK(s[groups.group_of(narrow, 1)] == n.tensor("own.gamma").values<float>()[1]);
  CHECK(s[groups.group_of(wide, 2)] == n.tensor("bn.gamma").values<float>()[2]);
}

TEST_CASE("pinned groups have no score and parameters that only they index are not read") {
  test::net n;
  const auto x = n.input(3);
  const auto y = n.conv("conv", x, 4);
  n.output(y);
  n.tensor("conv.weight").values<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  const sl::channel_groups groups(n.graph);
  const auto s = sl::importance(n.graph, groups, sl::l2_norm{});
  for (sl::index_t g = 0; g < groups.count(); ++g) CHECK_FALSE(s.has(g));
}

TEST_CASE("NaN and infinity are declined with parameter, axis and index") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    test::net n;
    const auto x = n.norm("bn", n.conv("conv", n.input(3), 5));
    n.output(n.linear("fc", x, 2));
    n.tensor("conv.weight").values<float>()[27 * 3 + 1] = bad;
    n.tensor("bn.gamma").values<float>()[2] = bad;
    const sl::channel_groups groups(n.graph);
    const auto complaint = [&](auto criterion) {
      return test::message_of([&] { (void)sl::importance(n.graph, groups, criterion); });
    };
    CHECK(test::contains(complaint(sl::l2_norm{}), "bad_value: conv.weight axis 0 index 3"));
    CHECK(test::contains(complaint(sl::fpgm{}), "bad_value: conv.weight axis 0 index 3"));
    CHECK(test::contains(complaint(sl::bn_gamma{}), "bad_value: bn.gamma axis 0 index 2"));
  }
}

TEST_CASE("a parameter without memory, of integers or counted as an index list is declined") {
  sl::channel_graph g;
  const auto c = g.add(4, "c");
  const sl::index_t extents[] = {4};
  SECTION("memory") {
    g.bind(g.add({"gone", sl::array_ref(nullptr, sl::dtype::float32, extents)}), 0, c,
           sl::role::weight);
    CHECK_THROWS_AS(sl::importance(g, sl::channel_groups(g), sl::l1_norm{}), sl::bad_value);
    CHECK_THROWS_AS(sl::importance(g, sl::channel_groups(g), sl::fpgm{}), sl::bad_value);
  }
  SECTION("integers") {
    std::vector<std::int8_t> q(4);
    g.bind(g.add({"q", sl::array_ref(q.data(), sl::dtype::int8, extents)}), 0, c, sl::role::weight);
    CHECK_THROWS_AS(sl::importance(g, sl::channel_groups(g), sl::l1_norm{}), sl::unsupported);
    CHECK_THROWS_AS(sl::importance(g, sl::channel_groups(g), sl::fpgm{}), sl::unsupported);
  }
  SECTION("indices") {
    CHECK_THROWS_AS(
        sl::importance(g, sl::channel_groups(g), sl::l1_norm{}, {.axes = {sl::role::index}}),
        sl::bad_value);
  }
}

TEST_CASE("random scores depend on the seed, a caller's criterion on the caller") {
  test::net n = test::varied_net();
  const sl::channel_groups groups(n.graph);
  const auto a = sl::importance(n.graph, groups, sl::random_choice{1});
  const auto b = sl::importance(n.graph, groups, sl::random_choice{1});
  const auto c = sl::importance(n.graph, groups, sl::random_choice{2});
  sl::index_t different = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    CHECK(a.has(g) != groups.is_pinned(g));
    if (!a.has(g)) continue;
    CHECK(a[g] == b[g]);
    different += a[g] != c[g];
  }
  CHECK(different > 0);
  const auto mine = sl::importance(n.graph, groups, [](sl::index_t g) { return double(g); });
  CHECK(mine[groups.count() / 2] == static_cast<double>(groups.count() / 2));
  const auto at = groups.group_of({1}, 2);  // value 1: conv0's output
  CHECK_THROWS_WITH(
      sl::importance(n.graph, groups, [at](sl::index_t g) { return g == at ? 1 / 0.0 : 1; }),
      "slimming: bad_value: conv0 channel 2: score: got inf");
}

TEST_CASE("any runner gives the same bits") {
  // Runs backwards: the order of tasks must not matter.
  const auto backwards = [](std::size_t n, auto&& body) {
    while (n-- > 0) body(n);
  };
  test::net n;
  auto x = n.conv("a", n.input(3), 300, 3);
  x = n.conv("b", x, 3000, 1);
  n.output(n.linear("fc", x, 900));
  const sl::channel_groups groups(n.graph);
  const sl::importance_options both{.axes = {sl::role::weight, sl::role::weight_in}};
  const auto a = sl::importance(n.graph, groups, sl::l2_norm{}, both);
  const auto b = sl::importance(n.graph, groups, sl::l2_norm{}, both, backwards);
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    CHECK(a.has(g) == b.has(g));
    if (a.has(g)) CHECK(a[g] == b[g]);
  }
}
