// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Builds little networks whose every value declares its extents, with random parameters.
/// Area: tests/exec.

#include <slimming/core/random.hpp>    // random_stream
#include <slimming/core/tensor.hpp>    // any_tensor, shape
#include <slimming/model/model.hpp>    // model, value_id
#include <slimming/model/op_node.hpp>  // op_node, attribute

#include <cstdint>   // std::uint64_t
#include <map>       // std::map
#include <optional>  // std::optional
#include <span>      // std::span
#include <string>    // std::string
#include <utility>   // std::move
#include <vector>    // std::vector

namespace test_support {

namespace sl = slimming;

class small_net {
 public:
  using attributes = std::map<std::string, sl::attribute, std::less<>>;

  explicit small_net(std::uint64_t seed = 1) : random_{seed, 0, 0} {}

  sl::value_id input(sl::shape extents) { return net_.add_input(name("x"), std::move(extents)); }
  sl::value_id parameter(const std::string& label, sl::shape extents, double low = -0.5,
                         double high = 0.5) {
    sl::any_tensor t(sl::dtype::float32, std::move(extents));
    for (float& v : t.values<float>()) v = static_cast<float>(random_.uniform(low, high));
    return net_.add_initializer(label, std::move(t));
  }
  sl::value_id integers(const std::vector<sl::index_t>& list) {
    const std::span<const sl::index_t> values(list);
    return net_.add_initializer(
        name("list"), sl::any_tensor::from(values, {static_cast<sl::index_t>(list.size())}));
  }
  sl::value_id node(std::string op, std::vector<sl::value_id> inputs, sl::shape out,
                    attributes a = {}, std::string domain = {}) {
    const std::string label = name(op);
    const sl::value_id y = net_.add_value(label + ".out", std::move(out));
    net_.add_node({std::move(op), label, std::move(inputs), {y}, std::move(a), std::move(domain)});
    return y;
  }

  sl::value_id conv(sl::value_id x, sl::index_t out, sl::index_t kernel, sl::index_t stride = 1,
                    sl::index_t groups = 1, bool bias = false) {
    const sl::shape e = extents(x);
    const sl::index_t pad = kernel / 2;
    std::vector<sl::value_id> inputs{
        x, parameter(name("conv.weight"), {out, e[1] / groups, kernel, kernel})};
    if (bias) inputs.push_back(parameter(name("conv.bias"), {out}));
    const auto size = [&](sl::index_t in) { return (in + 2 * pad - kernel) / stride + 1; };
    return node("Conv", std::move(inputs), {e[0], out, size(e[2]), size(e[3])},
                {{"kernel_shape", list{kernel, kernel}},
                 {"pads", list{pad, pad, pad, pad}},
                 {"strides", list{stride, stride}},
                 {"group", groups}});
  }
  sl::value_id norm(sl::value_id x) {
    const sl::index_t c = extents(x)[1];
    const std::string label = name("norm");
    return node("BatchNormalization",
                {x, parameter(label + ".weight", {c}, 0.3, 1.2), parameter(label + ".bias", {c}),
                 parameter(label + ".running_mean", {c}, -0.2, 0.2),
                 parameter(label + ".running_var", {c}, 0.5, 1.5)},
                extents(x), {{"epsilon", 1e-5}, {"momentum", 0.9}});
  }
  sl::value_id relu(sl::value_id x) { return node("Relu", {x}, extents(x)); }
  sl::value_id add(sl::value_id a, sl::value_id b) { return node("Add", {a, b}, extents(a)); }
  sl::value_id max_pool(sl::value_id x) {
    const sl::shape e = extents(x);
    return node("MaxPool", {x}, {e[0], e[1], e[2] / 2, e[3] / 2},
                {{"kernel_shape", list{2, 2}}, {"strides", list{2, 2}}});
  }
  sl::value_id global_pool(sl::value_id x) {
    const sl::shape e = extents(x);
    const sl::value_id y = node("GlobalAveragePool", {x}, {e[0], e[1], 1, 1});
    return node("Flatten", {y}, {e[0], e[1]}, {{"axis", sl::index_t{1}}});
  }
  sl::value_id linear(sl::value_id x, sl::index_t out) {
    const sl::shape e = extents(x);
    return node("Gemm",
                {x, parameter(name("fc.weight"), {out, e[1]}), parameter(name("fc.bias"), {out})},
                {e[0], out}, {{"transB", sl::index_t{1}}});
  }

  /// The network with \p outputs.
  sl::model finish(const std::vector<sl::value_id>& outputs) {
    for (const sl::value_id v : outputs) net_.add_output(v);
    return std::move(net_);
  }
  [[nodiscard]] const sl::shape& extents(sl::value_id v) const { return *net_.at(v).extents; }
  [[nodiscard]] sl::model& net() noexcept { return net_; }

 private:
  using list = std::vector<sl::index_t>;
  std::string name(const std::string& stem) { return stem + std::to_string(++count_); }

  sl::model net_;
  sl::random_stream random_;
  int count_ = 0;
};

/// Numbers from a standard normal distribution.
inline std::vector<float> random_values(sl::index_t n, std::uint64_t seed) {
  sl::random_stream random{seed, 77, 0};
  std::vector<float> out(static_cast<std::size_t>(n));
  for (float& v : out) v = static_cast<float>(random.normal());
  return out;
}

}  // namespace test_support
