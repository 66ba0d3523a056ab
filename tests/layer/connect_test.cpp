// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Every kind must write the very graph that its rule writes for the same facts.
#include <slimming/layer/connect.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/archetypes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/same_graph.hpp"

namespace sl = slimming;
namespace rules = slimming::rules;
using extents = std::vector<sl::index_t>;

namespace {

struct conv {
  sl::index_t out, in, kh, kw;
  std::array<int, 2> stride{1, 1};
  int pad = 0, dilation = 1, groups = 1;
  rules::group_policy policy = rules::group_policy::same_positions;
  std::vector<float> w = std::vector<float>(static_cast<std::size_t>(out * in * kh * kw));
  std::vector<float> b = std::vector<float>(static_cast<std::size_t>(out));
  extents told = {};
};
struct depthwise : conv {};
struct transposed : conv {
  int output_padding = 0;
};
struct hwio : conv {};
struct linear {
  std::vector<double> w = std::vector<double>(8), b = std::vector<double>(2);
};
struct norm {
  std::vector<float> g = std::vector<float>(6), b = g, m = g, v = g;
};
struct instance : norm {};
struct group : norm {};
struct layer : norm {};
struct prelu {
  std::vector<float> slope;
};
struct selection {
  std::vector<std::int64_t> list{4, 2};
};
struct relu {};
struct pool {
  int k;
};
struct global {};
struct upsample {};
struct flatten {};
struct flatten_last {};
struct shuffle {};
struct unshuffle {};
struct channel_shuffle {};
struct pad {};
struct rigid_pad {};
struct softmax {};

void remember(conv& l, std::span<const sl::index_t> e) { l.told.assign(e.begin(), e.end()); }

}  // namespace

namespace slimming {

template <class L>
struct conv_traits {
  static auto weight(L& l) { return view(l.w.data(), l.out, l.in, l.kh, l.kw); }
  static auto bias(L& l) { return view(l.b.data(), l.b.size()); }
  static auto stride(L& l) { return l.stride; }
  static auto padding(L& l) { return l.pad; }
  static auto dilation(L& l) { return l.dilation; }
  static void resized(L& l, std::span<const index_t> e) { remember(l, e); }
};
template <>
struct layer_traits<conv> : conv_traits<conv> {
  using kind = kinds::conv;
  static auto groups(conv& l) { return l.groups; }
  static auto grouping(conv& l) { return l.policy; }
  static bool accepts(conv&, std::span<const index_t> e) { return e[0] % 2 == 0; }
};
template <>
struct layer_traits<depthwise> : conv_traits<depthwise> {
  using kind = kinds::depthwise_conv;
};
template <>
struct layer_traits<transposed> : conv_traits<transposed> {
  using kind = kinds::transposed_conv;
  static auto weight(transposed& l) { return view(l.w.data(), l.in, l.out, l.kh, l.kw); }
  static auto output_padding(transposed& l) { return l.output_padding; }
};
template <>
struct layer_traits<hwio> : conv_traits<hwio> {
  using kind = kinds::conv;
  static auto weight(hwio& l) { return view(l.w.data(), l.kh, l.kw, l.in, l.out); }
  static auto axes(hwio&) { return rules::hwio; }
};
template <>
struct layer_traits<linear> {
  using kind = kinds::linear;
  static auto weight(linear& l) { return view(l.w.data(), 2, 4); }
  static auto bias(linear& l) { return view(l.b.data(), l.b.size()); }
  static void resized(linear&, std::span<const index_t>) noexcept {}
};
template <class L>
struct norm_traits {
  static auto gamma(L& l) { return view(l.g.data(), l.g.size()); }
  static auto beta(L& l) { return view(l.b.data(), l.b.size()); }
  static void resized(L&, std::span<const index_t>) {}
};
template <>
struct layer_traits<norm> : norm_traits<norm> {
  using kind = kinds::batch_norm;
  static auto running_mean(norm& l) { return view(l.m.data(), l.m.size()); }
  static auto running_variance(norm& l) { return view(l.v.data(), l.v.size()); }
};
template <>
struct layer_traits<instance> : norm_traits<instance> {
  using kind = kinds::instance_norm;
};
template <>
struct layer_traits<group> : norm_traits<group> {
  using kind = kinds::group_norm;
  static int groups(group&) { return 3; }
};
template <>
struct layer_traits<layer> : norm_traits<layer> {
  using kind = kinds::layer_norm;
};
template <>
struct layer_traits<prelu> {
  using kind = kinds::prelu;
  static auto slope(prelu& l) { return view(l.slope.data(), l.slope.size()); }
  static void resized(prelu&, std::span<const index_t>) {}
};
template <>
struct layer_traits<selection> {
  using kind = kinds::channel_select;
  static auto indices(selection& l) { return view(l.list.data(), l.list.size()); }
  static void resized(selection&, std::span<const index_t>) {}
};
template <>
struct layer_traits<relu> {
  using kind = kinds::elementwise;
};
template <>
struct layer_traits<pool> {
  using kind = kinds::pool;
  static int kernel(pool& l) { return l.k; }
  static int stride(pool& l) { return l.k; }
  static bool round_up(pool&) { return true; }
};
template <>
struct layer_traits<global> {
  using kind = kinds::global_pool;
};
template <>
struct layer_traits<upsample> {
  using kind = kinds::resize;
  static auto spatial(upsample&, std::span<const index_t> in) {
    return std::array{2 * in[0], 3 * in[1]};
  }
};
template <>
struct layer_traits<flatten> {
  using kind = kinds::flatten;
};
template <>
struct layer_traits<flatten_last> {
  using kind = kinds::flatten;
  static int block(flatten_last&) { return 63; }
  static auto order(flatten_last&) { return rules::element_order::channels_last; }
};
template <>
struct layer_traits<shuffle> {
  using kind = kinds::pixel_shuffle;
  static auto factor(shuffle&) { return std::array{3, 2}; }
};
template <>
struct layer_traits<unshuffle> {
  using kind = kinds::pixel_unshuffle;
  static auto factor(unshuffle&) { return 1; }
};
template <>
struct layer_traits<channel_shuffle> {
  using kind = kinds::channel_shuffle;
  static auto groups(channel_shuffle&) { return 2u; }
};
template <>
struct layer_traits<pad> {
  using kind = kinds::channel_pad;
  static auto before(pad&) { return 1; }
  static auto after(pad&) { return 2; }
  static void resized(pad&, std::span<const index_t>) {}
};
template <>
struct layer_traits<rigid_pad> {
  using kind = kinds::channel_pad;
  static auto before(rigid_pad&) { return 1; }
  static auto after(rigid_pad&) { return 2; }
};
template <>
struct layer_traits<softmax> {
  using kind = kinds::barrier;
  static auto reason(softmax&) { return "softmax over channels"; }
};

}  // namespace slimming

namespace {

// Connects `layer` and `facts` to equal graphs and compares all that plans read.
template <class Layer, class Facts>
void check_same(Layer& layer, const Facts& facts) {
  sl::channel_graph typed, ruled;
  sl::layer_scope at(typed, "l");
  const auto a = sl::connect(at, layer, sl::feature_map{typed.add(6, "x"), {9, 7}, true});
  const auto b = connect(ruled, facts, sl::feature_map{ruled.add(6, "x"), {9, 7}, true});
  CHECK(support::difference(typed, ruled) == "");
  CHECK(a.spatial == b.spatial);
  CHECK(a.c == b.c);
  CHECK(a.has_size == b.has_size);
  CHECK(typed.ops().back() == "l");
}

sl::parameter p(std::vector<float>& v, extents e) {
  return {"", {v.data(), sl::dtype::float32, e}};
}

}  // namespace

TEST_CASE("convolutions: every accessor reaches the facts") {
  for (const int groups : {1, 2, 3})
    for (const auto policy :
         {rules::group_policy::same_positions, rules::group_policy::whole_groups}) {
      conv l{12, 6 / groups, 3, 2, {2, 1}, 1, 2, groups, policy};
      check_same(l, rules::conv_facts{.weight = p(l.w, {12, 6 / groups, 3, 2}),
                                      .bias = p(l.b, {12}),
                                      .window = {{2, 1}, {2}, {1}},
                                      .groups = groups,
                                      .grouping = policy});
    }
}

TEST_CASE("depthwise and transposed convolutions, and another order of axes") {
  depthwise d{{12, 1, 3, 3}};
  check_same(d,
             rules::conv_facts{.weight = p(d.w, {12, 1, 3, 3}), .bias = p(d.b, {12}), .groups = 6});
  transposed t{{4, 6, 3, 3, {2, 2}}, 1};
  check_same(t, rules::conv_facts{.weight = p(t.w, {6, 4, 3, 3}),
                                  .bias = p(t.b, {4}),
                                  .axes = rules::iohw,
                                  .window = {{2}},
                                  .transposed = true,
                                  .output_pad = {1}});
  hwio h{{4, 6, 3, 3}};
  check_same(h, rules::conv_facts{
                    .weight = p(h.w, {3, 3, 6, 4}), .bias = p(h.b, {4}), .axes = rules::hwio});
}

TEST_CASE("norms bind what they have") {
  norm b;
  check_same(b, rules::batch_norm_facts{"", p(b.g, {6}), p(b.b, {6}), p(b.m, {6}), p(b.v, {6})});
  instance i;
  check_same(i, rules::batch_norm_facts{.gamma = p(i.g, {6}), .beta = p(i.b, {6})});
  group g;
  check_same(g, rules::group_norm_facts{"", 3, p(g.g, {6}), p(g.b, {6})});
  layer l;
  check_same(l, rules::layer_norm_facts{.gamma = p(l.g, {6}), .beta = p(l.b, {6})});
  prelu each{std::vector<float>(6)}, shared{std::vector<float>(1)};
  check_same(each, rules::per_channel_facts{.value = p(each.slope, {6})});
  check_same(shared, rules::per_channel_facts{});
}

TEST_CASE("layers without parameters") {
  relu r;
  check_same(r, rules::pass_facts{});
  pool k{2};
  check_same(k, rules::pool_facts{"", {2, 2}, {.stride = {2}, .round_up = true}});
  global g;
  check_same(g, rules::pool_facts{});
  upsample u;
  check_same(u, rules::resize_facts{"", {18, 21}});
  flatten f;
  check_same(f, rules::flatten_facts{});
  flatten_last fl;
  check_same(fl, rules::flatten_facts{"", 63, rules::element_order::channels_last});
  shuffle s;
  check_same(s, rules::depth_to_space_facts{"", {3, 2}});
  unshuffle un;
  check_same(un, rules::space_to_depth_facts{"", {1, 1}});
  channel_shuffle c;
  check_same(c, rules::channel_shuffle_facts{"", 2});
  pad pd;
  check_same(pd, rules::channel_pad_facts{
                     "", 1, 2, sl::parameter{"", {nullptr, sl::dtype::float32, extents{1, 2, 0}}}});
  softmax sm;
  check_same(sm, rules::barrier_facts{});
  selection sel;
  sl::channel_graph graph;
  sl::layer_scope at(graph, "sel");
  const auto y = sl::connect(at, sel, sl::feature_map{graph.add(6, "x"), {}, false});
  CHECK(graph.size(y.c) == 2);
  CHECK(graph.selects()[0].indices == extents{4, 2});
  CHECK(graph.parameters()[0].value.name == "sel.indices");
}

TEST_CASE("a pad that has no way to hear of it keeps the channels that it adds") {
  sl::channel_graph g;
  sl::layer_scope at(g, "pad");
  rigid_pad l;
  const auto y = sl::connect(at, l, sl::feature_map{g.add(6, "x"), {}, false});
  CHECK(g.parameters().empty());
  std::vector<sl::index_t> pinned;
  for (const auto& p : g.pins()) {
    CHECK(p.at == y.c);
    pinned.push_back(p.index);
  }
  CHECK(pinned == extents{0, 7, 8});
}

TEST_CASE("a view without elements is an array that this layer does not have") {
  sl::channel_graph g;
  sl::layer_scope at(g);
  conv c{12, 6, 1, 1};
  c.b.clear();
  linear f;
  f.b.clear();
  (void)sl::connect(at, c, sl::feature_map{g.add(6, "x"), {}, false});
  (void)sl::connect(at, f, sl::feature_map{g.add(4, "x"), {}, false});
  CHECK(g.parameters().size() == 2);
  norm n;
  n.g.clear();
  n.b.clear();
  n.v.clear();
  const auto y = sl::connect(at, n, sl::feature_map{g.add(6, "x"), {}, false});
  REQUIRE(g.parameters().size() == 4);
  const auto &mean = g.parameters()[2].value, &extent = g.parameters()[3].value;
  CHECK(mean.name == "running_mean");
  CHECK(mean.owner.object == nullptr);
  CHECK(extent.name == "extents");
  CHECK(extent.array.size() == 0);
  CHECK(extent.owner.object == &n);
  CHECK(g.bindings().back().at == y.c);
}

TEST_CASE("parameters have the names that PyTorch would give them") {
  sl::channel_graph g;
  sl::layer_scope at(g, "features.0");
  conv l{12, 6, 1, 1};
  norm n;
  (void)sl::connect(at, l, sl::feature_map{g.add(6, "x"), {}, false});
  (void)sl::connect(at, n, sl::feature_map{g.add(6, "x"), {}, false});
  std::vector<std::string> names;
  for (const auto& parameter : g.parameters()) names.push_back(parameter.value.name);
  CHECK(names == std::vector<std::string>{"features.0.weight", "features.0.bias",
                                          "features.0.weight", "features.0.bias",
                                          "features.0.running_mean", "features.0.running_var"});
}

TEST_CASE("the first parameter carries the owner's hooks, and they reach the layer") {
  sl::channel_graph g;
  sl::layer_scope at(g);
  conv l{12, 6, 1, 1};
  (void)sl::connect(at, l, sl::feature_map{g.add(6, "x"), {}, false});
  const auto& owner = g.parameters()[0].value.owner;
  CHECK(owner.object == &l);
  CHECK_FALSE(owner.resized_is_noexcept);
  const extents smaller{4, 3, 1, 1}, odd{3, 3, 1, 1};
  CHECK(owner.accepts(owner.object, smaller));
  CHECK_FALSE(owner.accepts(owner.object, odd));
  owner.resized(owner.object, smaller);
  CHECK(l.told == smaller);
  CHECK(g.parameters()[1].value.owner.object == nullptr);

  linear f;
  (void)sl::connect(at, f, sl::feature_map{g.add(4, "x"), {}, false});
  CHECK(g.parameters()[2].value.owner.resized_is_noexcept);
  CHECK(g.parameters()[2].value.owner.accepts == nullptr);
  CHECK(g.parameters()[2].value.array.type == sl::dtype::float64);
}

TEST_CASE("archetypes connect: nothing beyond the concepts is asked of a layer") {
  sl::channel_graph g;
  sl::layer_scope at(g);
  archetypes::conv c;
  archetypes::batch_norm b;
  archetypes::elementwise e;
  archetypes::channel_select s;
  archetypes::linear f;
  archetypes::connecting own;
  auto x = sl::connect(at, c, sl::input(g, 3, {4}));
  x = sl::connect(at, b, x);
  x = sl::connect(at, e, x);
  x = sl::connect(at, s, x);
  x = sl::connect(at, own, x);
  x = sl::connect(at, f, x);
  CHECK(g.size(x.c) == 2);
  CHECK(g.parameters().size() == 4);
}
