// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Small networks written with the graph's verbs, their memory, and a random network generator, for the
/// tests of plan and surgery.

#include <slimming/core/random.hpp>
#include <slimming/core/tensor.hpp>
#include <slimming/graph/channel_graph.hpp>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace test {

namespace sl = slimming;

/// A graph and the tensors behind its parameters. Weights are normal, gammas uniform in [0, 1).
class net {
 public:
  explicit net(std::uint64_t seed = 1) : random_{seed} {}

  sl::channel_graph graph;

  sl::channels input(sl::index_t n) {
    graph.enter("input");
    const auto c = graph.add(n, "input");
    graph.pin(c, "network input");
    return c;
  }
  void output(sl::channels c) { graph.pin(c, "network output"); }
  /// \p places: output positions, for multiply-accumulates.
  sl::channels conv(const std::string& name, sl::channels x, sl::index_t out,
                    sl::index_t kernel = 3, sl::index_t places = 1) {
    graph.enter(name);
    const auto y = graph.add(out, name);
    const auto w = add(name + ".weight", {out, graph.size(x), kernel, kernel});
    graph.bind(w, 0, y, sl::role::weight);
    graph.bind(w, 1, x, sl::role::weight_in);
    graph.use(w, places);
    return y;
  }
  sl::channels linear(const std::string& name, sl::channels x, sl::index_t out) {
    graph.enter(name);
    const auto y = graph.add(out, name);
    const auto w = add(name + ".weight", {out, graph.size(x)});
    graph.bind(w, 0, y, sl::role::weight);
    graph.bind(w, 1, x, sl::role::weight_in);
    graph.use(w, 1);
    graph.bind(add(name + ".bias", {out}), 0, y, sl::role::bias);
    return y;
  }
  sl::channels depthwise(const std::string& name, sl::channels x, sl::index_t places = 1) {
    graph.enter(name);
    const auto y = graph.add(graph.size(x), name);
    graph.tie(x, y);
    const auto w = add(name + ".weight", {graph.size(x), 1, 3, 3});
    graph.bind(w, 0, y, sl::role::weight);
    graph.use(w, places);
    return y;
  }
  /// Every group keeps the same positions.
  sl::channels grouped(const std::string& name, sl::channels x, sl::index_t out,
                       sl::index_t groups) {
    graph.enter(name);
    const sl::index_t in_each = graph.size(x) / groups, out_each = out / groups;
    const auto y = graph.add(out, name);
    const auto slab = graph.add(in_each, name + ".in");
    for (sl::index_t k = 0; k < groups; ++k) {
      graph.tie_range(slab, 0, x, k * in_each, in_each);
      if (k > 0) graph.tie_range(y, 0, y, k * out_each, out_each);
    }
    const auto w = add(name + ".weight", {out, in_each, 3, 3});
    graph.bind(w, 0, y, sl::role::weight);
    graph.bind(w, 1, slab, sl::role::weight_in);
    return y;
  }
  sl::channels norm(const std::string& name, sl::channels x) {
    graph.enter(name);
    const sl::index_t n = graph.size(x);
    const auto y = graph.add(n, name);
    graph.tie(x, y);
    const auto gamma = add(name + ".gamma", {n});
    for (auto& g : tensor(gamma).values<float>()) g = static_cast<float>(random_.uniform());
    graph.bind(gamma, 0, y, sl::role::scale);
    graph.bind(add(name + ".beta", {n}), 0, y, sl::role::bias);
    graph.bind(add(name + ".mean", {n}), 0, y, sl::role::statistic);
    graph.bind(add(name + ".variance", {n}), 0, y, sl::role::statistic);
    return y;
  }
  sl::channels join(sl::channels a, sl::channels b) {
    graph.tie(a, b);
    return a;
  }
  sl::channels concat(const std::string& name, const std::vector<sl::channels>& parts) {
    graph.enter(name);
    sl::index_t n = 0;
    for (const auto p : parts) n += graph.size(p);
    const auto y = graph.add(n, name);
    n = 0;
    for (const auto p : parts) {
      graph.tie_range(y, n, p, 0, graph.size(p));
      n += graph.size(p);
    }
    return y;
  }
  sl::channels flatten(const std::string& name, sl::channels x, sl::index_t block) {
    graph.enter(name);
    const auto y = graph.add(graph.size(x) * block, name);
    graph.tie_block(x, y, block);
    return y;
  }
  sl::channels select(const std::string& name, sl::channels wide,
                      const std::vector<sl::index_t>& indices) {
    graph.enter(name);
    const auto narrow = graph.add(static_cast<sl::index_t>(indices.size()), name);
    graph.select(wide, narrow, indices);
    const auto list =
        sl::any_tensor::from<sl::index_t>(indices, {static_cast<sl::index_t>(indices.size())});
    graph.bind(add(name + ".indices", list), 0, narrow, sl::role::index);
    return narrow;
  }

  sl::parameter_id add(const std::string& name, sl::shape extents) {
    sl::any_tensor t(sl::dtype::float32, std::move(extents));
    for (float& x : t.values<float>()) x = static_cast<float>(random_.normal());
    return add(name, std::move(t));
  }
  sl::parameter_id add(const std::string& name, sl::any_tensor t) {
    tensors_.push_back(std::move(t));
    const auto p = graph.add(sl::parameter{name, tensors_.back().ref()});
    if (static_cast<std::size_t>(p.id) >= of_.size()) of_.push_back(&tensors_.back());
    return p;
  }
  sl::any_tensor& tensor(sl::parameter_id p) { return *of_.at(static_cast<std::size_t>(p.id)); }
  sl::any_tensor& tensor(const std::string& name) {
    for (std::size_t p = 0; p < graph.parameters().size(); ++p)
      if (graph.parameters()[p].value.name == name) return *of_[p];
    throw sl::bad_value(name, "no such tensor");
  }
  /// Every byte of every parameter.
  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> all;
    for (const auto& t : tensors_) all.insert(all.end(), t.bytes().begin(), t.bytes().end());
    return all;
  }

 private:
  sl::random_stream random_;
  std::deque<sl::any_tensor> tensors_;
  std::vector<sl::any_tensor*> of_;
};

/// What `f` complains of; empty if it does not.
template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const sl::error& e) {
    return e.what();
  }
  return {};
}
inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// conv-norm chain, a residual block, a concat, a depthwise and a grouped conv, flatten to linear.
inline net varied_net(std::uint64_t seed = 1) {
  net n(seed);
  auto x = n.norm("bn0", n.conv("conv0", n.input(3), 16, 3, 64));
  auto y = n.norm("bn1", n.conv("conv1", x, 24, 3, 64));
  y = n.norm("bn2", n.conv("conv2", y, 16, 3, 64));
  x = n.join(x, y);
  auto a = n.norm("bn3", n.conv("conv3", x, 12, 1, 64));
  auto b = n.norm("bn4", n.depthwise("dw4", n.conv("conv4", x, 20, 1, 64), 64));
  x = n.concat("cat", {a, b});
  x = n.norm("bn5", n.grouped("conv5", n.conv("conv5a", x, 32, 1, 64), 32, 4));
  x = n.flatten("flat", x, 4);
  x = n.linear("fc1", x, 40);
  n.output(n.linear("fc2", x, 10));
  return n;
}

/// A pre-activation residual stream: norm, channel_select, conv back onto the stream, twice.
inline net selecting_net(std::uint64_t seed = 1) {
  net n(seed);
  const auto stream = n.conv("stem", n.input(3), 16, 3, 64);
  std::vector<sl::index_t> all(16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<sl::index_t>(i);
  for (const std::string k : {"a", "b"}) {
    auto y = n.select("select_" + k, n.norm("bn_" + k, stream), all);
    y = n.norm("bn_" + k + "1", n.conv("conv_" + k + "1", y, 8, 1, 64));
    n.join(stream, n.conv("conv_" + k + "2", y, 16, 1, 64));
  }
  n.output(n.linear("fc", n.select("select_end", n.norm("bn_end", stream), all), 10));
  return n;
}

}  // namespace test
