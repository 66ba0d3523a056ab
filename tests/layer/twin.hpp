// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One network in both front ends, built at the same time with equal weights and equal names.

#include <slimming/core/random.hpp>
#include <slimming/layer/compose.hpp>
#include <slimming/model/model.hpp>
#include <slimming/rules/concat.hpp>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// Layers as an application might have them.
namespace host {

using slimming::index_t;
namespace rules = slimming::rules;

struct conv {
  index_t out, in_per_group, size, stride, pad, groups;
  rules::group_policy grouping;
  std::vector<float> w, b;
};
struct transposed {
  index_t in, out_per_group, size, groups;
  rules::group_policy grouping;
  std::vector<float> w, b;
};
struct shuffle {
  index_t groups;
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
struct padding {
  index_t before, after;
};
struct relu {};
struct flattening {};
struct averaging {};

}  // namespace host

namespace slimming {

template <>
struct layer_traits<host::conv> {
  using kind = kinds::conv;
  static auto weight(host::conv& l) {
    return view(l.w.data(), l.out, l.in_per_group, l.size, l.size);
  }
  static auto bias(host::conv& l) { return view(l.b.data(), l.out); }
  static auto stride(host::conv& l) { return l.stride; }
  static auto padding(host::conv& l) { return l.pad; }
  static auto groups(host::conv& l) { return l.groups; }
  static auto grouping(host::conv& l) { return l.grouping; }
  static void resized(host::conv&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::transposed> {
  using kind = kinds::transposed_conv;
  static auto weight(host::transposed& l) {
    return view(l.w.data(), l.in, l.out_per_group, l.size, l.size);
  }
  static auto bias(host::transposed& l) { return view(l.b.data(), l.b.size()); }
  static auto stride(host::transposed& l) { return l.size; }
  static auto groups(host::transposed& l) { return l.groups; }
  static auto grouping(host::transposed& l) { return l.grouping; }
  static void resized(host::transposed&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::shuffle> {
  using kind = kinds::channel_shuffle;
  static auto groups(host::shuffle& l) { return l.groups; }
};
template <>
struct layer_traits<host::norm> {
  using kind = kinds::batch_norm;
  static auto gamma(host::norm& l) { return view(l.gamma.data(), l.gamma.size()); }
  static auto beta(host::norm& l) { return view(l.beta.data(), l.beta.size()); }
  static auto running_mean(host::norm& l) { return view(l.mean.data(), l.mean.size()); }
  static auto running_variance(host::norm& l) { return view(l.variance.data(), l.variance.size()); }
  static void resized(host::norm&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::prelu> {
  using kind = kinds::prelu;
  static auto slope(host::prelu& l) { return view(l.slope.data(), l.slope.size()); }
  static void resized(host::prelu&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::pool> {
  using kind = kinds::pool;
  static auto kernel(host::pool& l) { return l.size; }
  static auto stride(host::pool& l) { return l.size; }
};
template <>
struct layer_traits<host::linear> {
  using kind = kinds::linear;
  static auto weight(host::linear& l) { return view(l.w.data(), l.out, l.in); }
  static auto bias(host::linear& l) { return view(l.b.data(), l.out); }
  static void resized(host::linear&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::selection> {
  using kind = kinds::channel_select;
  static auto indices(host::selection& l) { return view(l.list.data(), l.list.size()); }
  static void resized(host::selection&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::padding> {
  using kind = kinds::channel_pad;
  static auto before(host::padding& l) { return l.before; }
  static auto after(host::padding& l) { return l.after; }
  static void resized(host::padding&, std::span<const index_t>) {}
};
template <>
struct layer_traits<host::relu> {
  using kind = kinds::elementwise;
};
template <>
struct layer_traits<host::flattening> {
  using kind = kinds::flatten;
};
template <>
struct layer_traits<host::averaging> {
  using kind = kinds::global_pool;
};

}  // namespace slimming

namespace slimming::testing {

using list = std::vector<index_t>;

/// A value of both networks.
struct twin_value {
  feature_map typed;
  value_id node;
};

/// Builds both networks at once, with equal weights and equal names.
class twin {
 public:
  explicit twin(rules::group_policy of_grouped_convolutions = rules::group_policy::same_positions)
      : grouping(of_grouped_convolutions) {}

  twin_value input(index_t channels, index_t height, index_t width) {
    return {slimming::input(graph, channels, {height, width}),
            net.add_input("input", {1, channels, height, width})};
  }
  void output(twin_value x) {
    slimming::output(graph, x.typed);
    net.add_output(x.node);
  }

  twin_value conv(twin_value x, index_t out, index_t size, index_t stride = 1, index_t groups = 1) {
    const index_t in = graph.size(x.typed.c) / groups;
    auto& l = keep(host::conv{out, in, size, stride, size / 2, groups, grouping,
                              random(out * in * size * size), random(out)});
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
  /// Doubles the extents.
  twin_value transposed(twin_value x, index_t out, index_t groups = 1) {
    const index_t in = graph.size(x.typed.c), size = 2;
    auto& l = keep(host::transposed{in, out / groups, size, groups, grouping,
                                    random(in * out / groups * size * size), random(out)});
    const auto name = next("transposed");
    const auto w = constant(name + ".weight", l.w, {in, out / groups, size, size});
    const auto b = constant(name + ".bias", l.b, {out});
    return {typed(name, l, x), net.append("ConvTranspose", name, {x.node, w, b},
                                          {{"kernel_shape", list{size, size}},
                                           {"strides", list{size, size}},
                                           {"group", groups}})};
  }
  /// A described layer on one side; fold, transpose, unfold on the other.
  twin_value shuffle(twin_value x, index_t groups) {
    const auto name = next("shuffle");
    const index_t n = graph.size(x.typed.c), h = x.typed.spatial[0], w = x.typed.spatial[1];
    const auto folded =
        net.append("Reshape", name + ".fold",
                   {x.node, integers(name + ".folded", {1, groups, n / groups, h, w})});
    const auto turned =
        net.append("Transpose", name + ".turn", {folded}, {{"perm", list{0, 2, 1, 3, 4}}});
    return {typed(name, keep(host::shuffle{groups}), x),
            net.append("Reshape", name, {turned, integers(name + ".unfolded", {1, n, h, w})})};
  }
  std::vector<twin_value> split(twin_value x, const list& sizes) {
    const auto name = next("split");
    const auto typed_parts = rules::connect(graph, rules::split_facts{name, sizes}, x.typed);
    op_node node{
        "Split", name, {x.node, integers(name + ".sizes", sizes)}, {}, {{"axis", index_t{1}}}, ""};
    for (std::size_t k = 0; k < sizes.size(); ++k)
      node.outputs.push_back(net.add_value(name + ".out" + std::to_string(k)));
    const auto outputs = net.add_node(std::move(node)).outputs;
    std::vector<twin_value> parts;
    for (std::size_t k = 0; k < sizes.size(); ++k) parts.push_back({typed_parts[k], outputs[k]});
    return parts;
  }
  twin_value norm(twin_value x) {
    const index_t n = graph.size(x.typed.c);
    auto& l = keep(host::norm{random(n), random(n), random(n), random(n)});
    const auto name = next("norm");
    return {typed(name, l, x), net.append("BatchNormalization", name,
                                          {x.node, constant(name + ".weight", l.gamma, {n}),
                                           constant(name + ".bias", l.beta, {n}),
                                           constant(name + ".running_mean", l.mean, {n}),
                                           constant(name + ".running_var", l.variance, {n})})};
  }
  twin_value relu(twin_value x) {
    const auto name = next("relu");
    return {typed(name, keep(host::relu{}), x), net.append("Relu", name, {x.node})};
  }
  twin_value prelu(twin_value x) {
    const index_t n = graph.size(x.typed.c);
    auto& l = keep(host::prelu{random(n)});
    const auto name = next("prelu");
    const auto slope = constant(name + ".weight", l.slope, {n, 1, 1});
    return {typed(name, l, x), net.append("PRelu", name, {x.node, slope})};
  }
  twin_value pool(twin_value x, index_t size) {
    const auto name = next("pool");
    return {typed(name, keep(host::pool{size}), x),
            net.append("MaxPool", name, {x.node},
                       {{"kernel_shape", list{size, size}}, {"strides", list{size, size}}})};
  }
  twin_value average(twin_value x) {
    const auto name = next("average");
    return {typed(name, keep(host::averaging{}), x),
            net.append("GlobalAveragePool", name, {x.node})};
  }
  twin_value flatten(twin_value x) {
    const auto name = next("flatten");
    return {typed(name, keep(host::flattening{}), x),
            net.append("Flatten", name, {x.node}, {{"axis", index_t{1}}})};
  }
  twin_value linear(twin_value x, index_t out) {
    const index_t in = graph.size(x.typed.c);
    auto& l = keep(host::linear{out, in, random(out * in), random(out)});
    const auto name = next("linear");
    const auto w = constant(name + ".weight", l.w, {out, in});
    const auto b = constant(name + ".bias", l.b, {out});
    return {typed(name, l, x), net.append("Gemm", name, {x.node, w, b}, {{"transB", index_t{1}}})};
  }
  twin_value select(twin_value x, std::vector<std::int64_t> indices) {
    auto& l = keep(host::selection{std::move(indices)});
    const auto name = next("select");
    const auto i = net.add_initializer(name + ".indices",
                                       any_tensor::from(std::span<const std::int64_t>(l.list),
                                                        {static_cast<index_t>(l.list.size())}));
    return {typed(name, l, x), net.append("ChannelSelect", name, {x.node, i}, {}, "slimming")};
  }
  /// Of the channels.
  twin_value pad(twin_value x, index_t before, index_t after) {
    const auto name = next("pad");
    const auto pads = integers(name + ".pads", {0, before, 0, 0, 0, after, 0, 0});
    return {typed(name, keep(host::padding{before, after}), x),
            net.append("Pad", name, {x.node, pads})};
  }
  twin_value add(twin_value a, twin_value b) { return combine("Add", a, b); }
  twin_value mul(twin_value a, twin_value b) { return combine("Mul", a, b); }
  twin_value concat(twin_value a, twin_value b) {
    return {slimming::concat(root, {a.typed, b.typed}),
            net.append("Concat", next("concat"), {a.node, b.node}, {{"axis", index_t{1}}})};
  }
  twin_value unit(twin_value x, index_t out, index_t stride = 1) {
    return relu(norm(conv(x, out, 3, stride)));
  }

  channel_graph graph;
  model net;
  const rules::group_policy grouping;

 private:
  template <class L>
  L& keep(L layer) {
    return std::get<std::deque<L>>(layers_).emplace_back(std::move(layer));
  }
  template <class L>
  feature_map typed(const std::string& name, L& layer, const twin_value& x) {
    return chain(root, x.typed, named(name, layer));
  }
  twin_value combine(const std::string& op, twin_value a, twin_value b) {
    return {slimming::join(root, {a.typed, b.typed}),
            net.append(op, next("join"), {a.node, b.node})};
  }
  std::vector<float> random(index_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& x : v) x = static_cast<float>(stream_.uniform(0.1, 1));
    return v;
  }
  value_id constant(const std::string& name, const std::vector<float>& v, shape extents) {
    return net.add_initializer(name,
                               any_tensor::from(std::span<const float>(v), std::move(extents)));
  }
  value_id integers(const std::string& name, const list& values) {
    return net.add_initializer(name, any_tensor::from(std::span<const index_t>(values),
                                                      {static_cast<index_t>(values.size())}));
  }
  std::string next(const std::string& what) { return what + std::to_string(count_++); }

  std::tuple<std::deque<host::conv>, std::deque<host::transposed>, std::deque<host::shuffle>,
             std::deque<host::norm>, std::deque<host::prelu>, std::deque<host::pool>,
             std::deque<host::linear>, std::deque<host::selection>, std::deque<host::padding>,
             std::deque<host::relu>, std::deque<host::flattening>, std::deque<host::averaging>>
      layers_;
  layer_scope root{graph};
  random_stream stream_{11};
  int count_ = 0;
};

}  // namespace slimming::testing
