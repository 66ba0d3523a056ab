// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// The typed and the run-time front end describe the same network: graphs and plans must be equal, as far
// as parameters can see. Each network is built once, in both ways at the same time.
#include <slimming/core/random.hpp>
#include <slimming/layer/compose.hpp>
#include <slimming/model/channels.hpp>
#include <slimming/plan/plan.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"  // ops

namespace sl = slimming;
using sl::index_t;

namespace {

struct conv {
  index_t out, in_per_group, size, stride, pad, groups;
  std::vector<float> w, b;
};
struct norm {
  std::vector<float> gamma, beta, mean, variance;
};
struct prelu {
  std::vector<float> slope;
};
struct pool {
  index_t size;
};
struct linear {
  index_t out, in;
  std::vector<float> w, b;
};
struct selection {
  std::vector<std::int64_t> list;
};
struct relu {};
struct flattening {};
struct averaging {};

}  // namespace

namespace slimming {

template <>
struct layer_traits<conv> {
  using kind = kinds::conv;
  static auto weight(conv& l) { return view(l.w.data(), l.out, l.in_per_group, l.size, l.size); }
  static auto bias(conv& l) { return view(l.b.data(), l.out); }
  static auto stride(conv& l) { return l.stride; }
  static auto padding(conv& l) { return l.pad; }
  static auto groups(conv& l) { return l.groups; }
  static void resized(conv&, std::span<const index_t>) {}
};
template <>
struct layer_traits<norm> {
  using kind = kinds::batch_norm;
  static auto gamma(norm& l) { return view(l.gamma.data(), l.gamma.size()); }
  static auto beta(norm& l) { return view(l.beta.data(), l.beta.size()); }
  static auto running_mean(norm& l) { return view(l.mean.data(), l.mean.size()); }
  static auto running_variance(norm& l) { return view(l.variance.data(), l.variance.size()); }
  static void resized(norm&, std::span<const index_t>) {}
};
template <>
struct layer_traits<prelu> {
  using kind = kinds::prelu;
  static auto slope(prelu& l) { return view(l.slope.data(), l.slope.size()); }
  static void resized(prelu&, std::span<const index_t>) {}
};
template <>
struct layer_traits<pool> {
  using kind = kinds::pool;
  static auto kernel(pool& l) { return l.size; }
  static auto stride(pool& l) { return l.size; }
};
template <>
struct layer_traits<linear> {
  using kind = kinds::linear;
  static auto weight(linear& l) { return view(l.w.data(), l.out, l.in); }
  static auto bias(linear& l) { return view(l.b.data(), l.out); }
  static void resized(linear&, std::span<const index_t>) {}
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
struct layer_traits<flattening> {
  using kind = kinds::flatten;
};
template <>
struct layer_traits<averaging> {
  using kind = kinds::global_pool;
};

}  // namespace slimming

namespace {

using list = std::vector<index_t>;

// A value of both networks.
struct twin_value {
  sl::feature_map typed;
  sl::value_id node;
};

// Builds both networks at once, with equal weights and equal names.
class twin {
 public:
  twin_value input(index_t channels, index_t height, index_t width) {
    return {sl::input(graph, channels, {height, width}),
            net.add_input("input", {1, channels, height, width})};
  }
  void output(twin_value x) {
    sl::output(graph, x.typed);
    net.add_output(x.node);
  }

  twin_value conv(twin_value x, index_t out, index_t size, index_t stride = 1, index_t groups = 1) {
    const index_t in = graph.size(x.typed.c) / groups;
    auto& l = keep(::conv{out, in, size, stride, size / 2, groups, random(out * in * size * size),
                          random(out)});
    const auto name = next("conv");
    const auto w = constant(name + ".weight", l.w, {out, in, size, size});
    const auto b = constant(name + ".bias", l.b, {out});
    const index_t pad = size / 2;
    return {typed(name, l, x), net.append("Conv", name, {x.node, w, b},
                                          {{"kernel_shape", list{size, size}},
                                           {"strides", list{stride, stride}},
                                           {"pads", list{pad, pad, pad, pad}},
                                           {"group", groups}})};
  }
  twin_value norm(twin_value x) {
    const index_t n = graph.size(x.typed.c);
    auto& l = keep(::norm{random(n), random(n), random(n), random(n)});
    const auto name = next("norm");
    return {typed(name, l, x), net.append("BatchNormalization", name,
                                          {x.node, constant(name + ".weight", l.gamma, {n}),
                                           constant(name + ".bias", l.beta, {n}),
                                           constant(name + ".running_mean", l.mean, {n}),
                                           constant(name + ".running_var", l.variance, {n})})};
  }
  twin_value relu(twin_value x) {
    const auto name = next("relu");
    return {typed(name, keep(::relu{}), x), net.append("Relu", name, {x.node})};
  }
  twin_value prelu(twin_value x) {
    const index_t n = graph.size(x.typed.c);
    auto& l = keep(::prelu{random(n)});
    const auto name = next("prelu");
    const auto slope = constant(name + ".weight", l.slope, {n, 1, 1});
    return {typed(name, l, x), net.append("PRelu", name, {x.node, slope})};
  }
  twin_value pool(twin_value x, index_t size) {
    const auto name = next("pool");
    return {typed(name, keep(::pool{size}), x),
            net.append("MaxPool", name, {x.node},
                       {{"kernel_shape", list{size, size}}, {"strides", list{size, size}}})};
  }
  twin_value average(twin_value x) {
    const auto name = next("average");
    return {typed(name, keep(::averaging{}), x), net.append("GlobalAveragePool", name, {x.node})};
  }
  twin_value flatten(twin_value x) {
    const auto name = next("flatten");
    return {typed(name, keep(::flattening{}), x),
            net.append("Flatten", name, {x.node}, {{"axis", index_t{1}}})};
  }
  twin_value linear(twin_value x, index_t out) {
    const index_t in = graph.size(x.typed.c);
    auto& l = keep(::linear{out, in, random(out * in), random(out)});
    const auto name = next("linear");
    const auto w = constant(name + ".weight", l.w, {out, in});
    const auto b = constant(name + ".bias", l.b, {out});
    return {typed(name, l, x), net.append("Gemm", name, {x.node, w, b}, {{"transB", index_t{1}}})};
  }
  twin_value select(twin_value x, std::vector<std::int64_t> indices) {
    auto& l = keep(::selection{std::move(indices)});
    const auto name = next("select");
    const auto i = net.add_initializer(name + ".indices",
                                       sl::any_tensor::from(std::span<const std::int64_t>(l.list),
                                                            {static_cast<index_t>(l.list.size())}));
    return {typed(name, l, x), net.append("ChannelSelect", name, {x.node, i}, {}, "slimming")};
  }
  twin_value add(twin_value a, twin_value b) { return combine("Add", a, b); }
  twin_value mul(twin_value a, twin_value b) { return combine("Mul", a, b); }
  twin_value concat(twin_value a, twin_value b) {
    return {sl::concat(root, {a.typed, b.typed}),
            net.append("Concat", next("concat"), {a.node, b.node}, {{"axis", index_t{1}}})};
  }
  twin_value unit(twin_value x, index_t out, index_t stride = 1) {
    return relu(norm(conv(x, out, 3, stride)));
  }

  sl::channel_graph graph;
  sl::model net;

 private:
  template <class L>
  L& keep(L layer) {
    return std::get<std::deque<L>>(layers_).emplace_back(std::move(layer));
  }
  template <class L>
  sl::feature_map typed(const std::string& name, L& layer, const twin_value& x) {
    return sl::chain(root, x.typed, sl::named(name, layer));
  }
  twin_value combine(const std::string& op, twin_value a, twin_value b) {
    return {sl::join(root, {a.typed, b.typed}), net.append(op, next("join"), {a.node, b.node})};
  }
  std::vector<float> random(index_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& x : v) x = static_cast<float>(stream_.uniform(0.1, 1));
    return v;
  }
  sl::value_id constant(const std::string& name, const std::vector<float>& v, sl::shape extents) {
    return net.add_initializer(name,
                               sl::any_tensor::from(std::span<const float>(v), std::move(extents)));
  }
  std::string next(const std::string& what) { return what + std::to_string(count_++); }

  std::tuple<std::deque<::conv>, std::deque<::norm>, std::deque<::prelu>, std::deque<::pool>,
             std::deque<::linear>, std::deque<::selection>, std::deque<::relu>,
             std::deque<::flattening>, std::deque<::averaging>>
      layers_;
  sl::layer_scope root{graph};
  sl::random_stream stream_{11};
  int count_ = 0;
};

// What parameters see of a graph: for every element of every bound axis its group, numbered in order of
// appearance over the names of the parameters, whether it is pinned, and the roles and costs.
struct sight {
  std::vector<std::string> axes;
  std::vector<index_t> groups;
  std::vector<bool> pinned;
  std::vector<std::pair<index_t, index_t>> reads;  // selected group, reading group
  friend bool operator==(const sight&, const sight&) = default;
};

sight look(const sl::channel_graph& graph) {
  const sl::channel_groups groups(graph);
  std::map<std::string, const sl::channel_graph::parameter_record*> by_name;
  for (const auto& p : graph.parameters()) by_name.emplace(p.value.name, &p);
  sight seen;
  std::map<index_t, index_t> number;
  for (const auto& [name, p] : by_name)
    for (std::size_t axis = 0; axis < p->value.array.rank; ++axis) {
      if (p->value.array.extent[axis] == 1) continue;
      const auto b = p->axis_binding[axis];
      auto& text = seen.axes.emplace_back(name + " " + std::to_string(axis) + " at " +
                                          std::to_string(p->positions));
      if (b < 0) continue;
      const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
      text += " as " + std::to_string(static_cast<int>(binding.as));
      for (index_t i = 0; i < graph.size(binding.at); ++i) {
        const index_t g = groups.group_of(binding.at, i);
        const auto known = number.emplace(g, static_cast<index_t>(number.size())).first;
        seen.groups.push_back(known->second);
        seen.pinned.push_back(groups.is_pinned(g));
      }
    }
  for (const auto& [g, n] : number)
    for (const auto reader : groups.dependents(g))
      if (number.contains(reader)) seen.reads.emplace_back(n, number.at(reader));
  std::sort(seen.reads.begin(), seen.reads.end());
  return seen;
}

template <class Criterion>
void check_same_plans(const sl::channel_graph& a, const sl::channel_graph& b, Criterion criterion,
                      const sl::policy& policy) {
  const auto p = sl::make_plan(a, criterion, policy), q = sl::make_plan(b, criterion, policy);
  CHECK(p.before() == q.before());
  CHECK(p.after() == q.after());
  const auto by_name = [](const sl::prune_plan& plan) {
    std::map<std::string, sl::parameter_cut> cuts;
    for (const auto& c : plan.record().parameters) cuts.emplace(c.name, c);
    return cuts;
  };
  const auto left = by_name(p), right = by_name(q);
  REQUIRE(left.size() == right.size());
  for (const auto& [name, cut] : left) {
    INFO(name);
    REQUIRE(right.contains(name));
    const auto& other = right.at(name);
    // A slope is (n) for one front end and (n, 1, 1) for the other.
    CHECK(cut.after().front() == other.after().front());
    CHECK(cut.axes == other.axes);
    CHECK(cut.entries == other.entries);
  }
}

void check_same(twin& t, bool has_norms = true) {
  const auto run_time = sl::connect(t.net, sl::testing::ops());
  const sight typed = look(t.graph), other = look(run_time.graph);
  CHECK(typed.axes == other.axes);
  CHECK(typed.groups == other.groups);
  CHECK(typed.pinned == other.pinned);
  CHECK(typed.reads == other.reads);
  CHECK(std::count(typed.pinned.begin(), typed.pinned.end(), false) > 0);
  check_same_plans(t.graph, run_time.graph, sl::l1_norm{}, sl::global_ratio{0.4});
  check_same_plans(t.graph, run_time.graph, sl::l2_norm{}, sl::per_layer_ratio{0.5});
  check_same_plans(t.graph, run_time.graph, sl::l1_norm{}, sl::mac_budget{.share = 0.6});
  if (has_norms) check_same_plans(t.graph, run_time.graph, sl::bn_gamma{}, sl::global_ratio{0.3});
}

}  // namespace

TEST_CASE("VGG: units, pools, flatten, linear") {
  twin t;
  auto x = t.input(3, 16, 16);
  x = t.pool(t.unit(t.unit(x, 8), 8), 2);
  x = t.pool(t.unit(x, 12), 2);
  t.output(t.linear(t.flatten(x), 10));
  check_same(t);
}

TEST_CASE("residual: identity and projected shortcuts") {
  twin t;
  auto x = t.unit(t.input(3, 16, 16), 8);
  x = t.relu(t.add(t.norm(t.conv(t.unit(x, 6), 8, 3)), x));
  x = t.relu(t.add(t.norm(t.conv(t.unit(x, 10, 2), 12, 3)), t.norm(t.conv(x, 12, 1, 2))));
  t.output(t.linear(t.flatten(t.average(x)), 10));
  check_same(t);
}

TEST_CASE("dense: every layer reads all before it") {
  twin t;
  auto x = t.conv(t.input(3, 8, 8), 6, 3);
  for (int k = 0; k < 3; ++k) x = t.concat(x, t.conv(t.relu(t.norm(x)), 4, 3));
  x = t.pool(t.conv(t.relu(t.norm(x)), 9, 1), 2);
  t.output(t.linear(t.flatten(x), 10));
  check_same(t);
}

TEST_CASE("channel selection behind the norms of a wide stream") {
  twin t;
  auto x = t.conv(t.input(3, 8, 8), 8, 3);
  const auto first = t.select(t.norm(x), {0, 2, 3, 5, 7});
  x = t.add(x, t.conv(t.relu(t.norm(t.conv(t.relu(first), 6, 3))), 8, 1));
  const auto last = t.relu(t.select(t.norm(x), {1, 2, 6}));
  t.output(t.linear(t.flatten(t.average(last)), 10));
  check_same(t);
}

TEST_CASE("squeeze and excitation: the gate goes with what it scales") {
  twin t;
  const auto x = t.unit(t.input(3, 8, 8), 8);
  const auto gate = t.conv(t.relu(t.conv(t.average(x), 3, 1)), 8, 1);
  t.output(t.linear(t.flatten(t.average(t.unit(t.mul(x, gate), 6))), 10));
  check_same(t);
}

TEST_CASE("depthwise, with a multiplier, and PReLU") {
  twin t;
  auto x = t.unit(t.input(3, 16, 16), 6);
  x = t.prelu(t.norm(t.conv(x, 6, 3, 1, 6)));
  x = t.norm(t.conv(t.conv(x, 12, 3, 2, 6), 8, 1));
  t.output(t.linear(t.flatten(t.average(x)), 10));
  check_same(t);
}

TEST_CASE("grouped convolutions keep equal positions of all groups") {
  twin t;
  auto x = t.unit(t.input(3, 8, 8), 12);
  x = t.relu(t.norm(t.conv(x, 12, 3, 1, 3)));
  t.output(t.linear(t.flatten(t.average(t.unit(x, 5))), 10));
  check_same(t);
}
