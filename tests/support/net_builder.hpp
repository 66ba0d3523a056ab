// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Small networks with random weights, written as one expression per layer.

#include <slimming/core/random.hpp>  // random_stream
#include <slimming/model/model.hpp>  // model

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slimming::testing {

using attributes = std::map<std::string, attribute, std::less<>>;
using ints = std::vector<index_t>;

struct conv_options {
  index_t kernel = 3;
  index_t groups = 1;
  index_t stride = 1;
  index_t pad = -1;  ///< -1: keeps the extents at stride 1
  index_t dilation = 1;
  bool bias = true;
  std::size_t axes = 2;
};

class net_builder {
 public:
  explicit net_builder(std::uint64_t seed = 1) : random_{seed} {}

  model net;

  value_id input(shape extents, std::string name = "x") {
    return net.add_input(std::move(name), std::move(extents));
  }
  /// Uniform in [low, high).
  any_tensor tensor(shape extents, double low = -1, double high = 1) {
    any_tensor t(dtype::float32, std::move(extents));
    for (float& v : t.values<float>()) v = static_cast<float>(random_.uniform(low, high));
    return t;
  }
  value_id weight(shape extents, double low = -1, double high = 1, std::string name = {}) {
    return net.add_initializer(fresh(name.empty() ? "w" : name),
                               tensor(std::move(extents), low, high));
  }
  value_id constant(const ints& values) {
    return net.add_initializer(fresh("k"), any_tensor::from(std::span<const index_t>(values),
                                                            {static_cast<index_t>(values.size())}));
  }
  value_id scalar(float v) {
    return net.add_initializer(fresh("s"), any_tensor::from(std::span<const float>(&v, 1), {}));
  }
  value_id scalar(index_t v) {
    return net.add_initializer(fresh("s"), any_tensor::from(std::span<const index_t>(&v, 1), {}));
  }
  value_id vector(const std::vector<float>& values) {
    return net.add_initializer(fresh("v"), any_tensor::from(std::span<const float>(values),
                                                            {static_cast<index_t>(values.size())}));
  }

  /// Any operator with one output.
  value_id op(const std::string& name, std::vector<value_id> inputs, attributes a = {},
              const std::string& domain = {}) {
    return net.append(name, fresh(name), std::move(inputs), std::move(a), domain);
  }
  std::vector<value_id> op_n(const std::string& name, std::size_t outputs,
                             std::vector<value_id> inputs, attributes a = {}) {
    op_node node{name, fresh(name), std::move(inputs), {}, std::move(a), ""};
    for (std::size_t i = 0; i < outputs; ++i)
      node.outputs.push_back(net.add_value(node.name + ".out" + std::to_string(i)));
    return net.add_node(std::move(node)).outputs;
  }

  /// As the library infers them.
  [[nodiscard]] shape extents(value_id v) const;
  [[nodiscard]] index_t channels(value_id v) const { return extents(v).at(1); }

  value_id conv(value_id x, index_t out, const conv_options& o = {}) {
    const index_t in = channels(x);
    shape w{out, in / o.groups};
    w.insert(w.end(), o.axes, o.kernel);
    const index_t pad = o.pad < 0 ? o.dilation * (o.kernel - 1) / 2 : o.pad;
    const double reach = 1.5 / std::sqrt(static_cast<double>(element_count(w) / out));
    std::vector<value_id> inputs{x, weight(w, -reach, reach)};
    if (o.bias) inputs.push_back(weight({out}));
    return op("Conv", std::move(inputs),
              {{"group", o.groups},
               {"strides", ints(o.axes, o.stride)},
               {"pads", ints(2 * o.axes, pad)},
               {"dilations", ints(o.axes, o.dilation)}});
  }
  value_id conv1(value_id x, index_t out) { return conv(x, out, {.kernel = 1}); }
  value_id depthwise(value_id x, index_t multiplier = 1) {
    const index_t n = channels(x);
    return conv(x, n * multiplier, {.groups = n});
  }
  value_id conv_transpose(value_id x, index_t out, index_t groups = 1) {
    const index_t in = channels(x);
    return op("ConvTranspose", {x, weight({in, out / groups, 2, 2}), weight({out})},
              {{"group", groups}, {"strides", ints{2, 2}}});
  }
  value_id bn(value_id x) {
    const index_t n = channels(x);
    return op("BatchNormalization",
              {x, weight({n}, 0.5, 1.5), weight({n}), weight({n}), weight({n}, 0.5, 2)});
  }
  value_id relu(value_id x) { return op("Relu", {x}); }
  value_id conv_bn_relu(value_id x, index_t out, const conv_options& o = {}) {
    return relu(bn(conv(x, out, o)));
  }
  value_id linear(value_id x, index_t out, bool bias = true) {
    const index_t in = extents(x).back();
    std::vector<value_id> inputs{x, weight({out, in}, -0.5, 0.5)};
    if (bias) inputs.push_back(weight({out}));
    return op("Gemm", std::move(inputs), {{"transB", index_t{1}}});
  }
  value_id matmul(value_id x, index_t out) {
    return op("MatMul", {x, weight({extents(x).back(), out}, -0.5, 0.5)});
  }
  value_id add(value_id a, value_id b) { return op("Add", {a, b}); }
  value_id mul(value_id a, value_id b) { return op("Mul", {a, b}); }
  value_id concat(std::vector<value_id> x, index_t axis = 1) {
    return op("Concat", std::move(x), {{"axis", axis}});
  }
  std::vector<value_id> split(value_id x, const ints& sizes, index_t axis = 1) {
    return op_n("Split", sizes.size(), {x, constant(sizes)}, {{"axis", axis}});
  }
  value_id slice(value_id x, index_t first, index_t last, index_t step = 1, index_t axis = 1) {
    return op("Slice",
              {x, constant({first}), constant({last}), constant({axis}), constant({step})});
  }
  value_id reshape(value_id x, const ints& target) { return op("Reshape", {x, constant(target)}); }
  value_id transpose(value_id x, const ints& order) {
    return op("Transpose", {x}, {{"perm", order}});
  }
  value_id max_pool(value_id x) {
    return op("MaxPool", {x}, {{"kernel_shape", ints{2, 2}}, {"strides", ints{2, 2}}});
  }
  value_id mean(value_id x) { return op("GlobalAveragePool", {x}); }
  value_id flatten(value_id x) { return op("Flatten", {x}); }
  value_id shuffle(value_id x, index_t groups) {
    const shape e = extents(x);
    const auto folded = reshape(x, {e[0], groups, e[1] / groups, e[2], e[3]});
    return reshape(transpose(folded, {0, 2, 1, 3, 4}), {e[0], -1, e[2], e[3]});
  }
  value_id select(value_id x, const ints& indices) {
    return op("ChannelSelect", {x, constant(indices)}, {}, "slimming");
  }
  value_id squeeze_excite(value_id x, index_t hidden, const std::string& gate = "Sigmoid") {
    return mul(x, op(gate, {conv1(relu(conv1(mean(x), hidden)), channels(x))}));
  }
  /// Global mean, linear layer, output.
  model classify(value_id x, index_t classes = 5) { return out(linear(flatten(mean(x)), classes)); }
  model out(value_id v) {
    net.add_output(v);
    return net;
  }

  random_stream& random() { return random_; }

 private:
  std::string fresh(const std::string& stem) { return stem + "_" + std::to_string(next_++); }

  random_stream random_;
  int next_ = 0;
};

}  // namespace slimming::testing
