// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/layer/compose.hpp>

#include <string>
#include <vector>

#include "tests/support/archetypes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;

namespace {

struct conv {
  sl::index_t out, in;
  std::vector<float> w = std::vector<float>(static_cast<std::size_t>(out * in));
};
struct relu {};
struct block {
  conv a{2, 4}, b{4, 2};
  relu r;
};
struct dense {
  conv a{3, 4};
};

std::vector<std::string> names(const sl::channel_graph& g) {
  std::vector<std::string> all;
  for (const auto& p : g.parameters()) all.push_back(p.value.name);
  return all;
}
using list = std::vector<std::string>;

}  // namespace

template <>
struct sl::layer_traits<conv> {
  using kind = kinds::conv;
  static auto weight(conv& l) { return view(l.w.data(), l.out, l.in, 1); }
  static void resized(conv&, std::span<const index_t>) {}
};
template <>
struct sl::layer_traits<relu> {
  using kind = kinds::elementwise;
};
template <>
struct sl::layer_traits<block> {
  static feature_map connect(layer_scope& at, block& b, const feature_map& x) {
    return join(at, {x, chain(at, x, named("a", b.a), b.r, named("b", b.b))});
  }
};
template <>
struct sl::layer_traits<dense> {
  static feature_map connect(layer_scope& at, dense& d, const feature_map& x) {
    return concat(at, {x, chain(at, x, d.a)});
  }
};

TEST_CASE("a chain numbers its layers, members below them") {
  sl::channel_graph g;
  conv stem{4, 3};
  relu r;
  block first, second;
  const auto y = sl::chain(g, sl::input(g, 3, {8}), stem, r, first, sl::named("last", second));
  CHECK(names(g) == list{"0.weight", "2.a.weight", "2.b.weight", "last.a.weight", "last.b.weight"});
  CHECK(y.spatial == std::vector<sl::index_t>{8});
}

TEST_CASE("several chains at one place count on") {
  sl::channel_graph g;
  sl::layer_scope at(g);
  conv a{4, 3}, b{4, 3};
  const auto x = sl::input(g, 3);
  const auto p = sl::chain(at, x, a);
  const auto q = sl::chain(at, x, b);
  CHECK(names(g) == list{"0.weight", "1.weight"});
  const auto y = sl::join(at, {p, q});
  CHECK(support::ties_exactly(g, p.c, q.c, [](auto i, auto j) { return i == j; }));
  CHECK(y.c == p.c);
}

TEST_CASE("a residual block ties its ends and leaves its middle free") {
  sl::channel_graph g;
  block b;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  const auto y = sl::chain(g, x, b);
  const auto end = support::bound_to(g, 1, 0);
  CHECK(support::ties_exactly(g, x.c, end, [](auto i, auto j) { return i == j; }));
  CHECK(support::are_free(g, support::bound_to(g, 0, 0)));
  CHECK(y.c == x.c);
}

TEST_CASE("a dense block grows by what its layer makes") {
  sl::channel_graph g;
  dense d;
  const sl::feature_map x{g.add(4, "x"), {}, false};
  const auto y = sl::chain(g, x, d);
  CHECK(g.size(y.c) == 7);
  CHECK(support::ties_exactly(g, x.c, y.c, [](auto i, auto j) { return i == j; }));
}

TEST_CASE("an empty chain is its input") {
  sl::channel_graph g;
  const auto x = sl::input(g, 3);
  CHECK(sl::chain(g, x).c == x.c);
}

TEST_CASE("archetypes chain by name and by number") {
  sl::channel_graph g;
  archetypes::conv c;
  archetypes::batch_norm b;
  (void)sl::chain(g, sl::input(g, 3, {5}), sl::named("c", c), b);
  CHECK(names(g) == list{"c.weight", "0.weight"});
}

TEST_CASE("a network at the root gives its members names without a prefix") {
  sl::channel_graph g;
  block b;
  (void)sl::connect(g, b, sl::feature_map{g.add(4, "x"), {}, false});
  CHECK(names(g) == list{"a.weight", "b.weight"});
}

TEST_CASE("flattening and pooling that a forward function does itself") {
  sl::channel_graph g;
  sl::layer_scope at(g, "head");
  const auto x = sl::input(g, 3, {4, 5});
  const auto flat = sl::flatten(at, x);
  CHECK(g.size(flat.c) == 60);
  CHECK(support::ties_exactly(g, x.c, flat.c, [](auto i, auto j) { return i == j / 20; }));
  const auto last = sl::flatten(at, x, sl::rules::element_order::channels_last);
  CHECK(support::ties_exactly(g, x.c, last.c, [](auto i, auto j) { return i == j % 3; }));
  const auto pooled = sl::global_pool(at, x);
  CHECK(pooled.spatial == std::vector<sl::index_t>{1, 1});
  CHECK(sl::flatten(at, pooled).c == x.c);
  CHECK(g.ops().back() == "head.flatten");
}
