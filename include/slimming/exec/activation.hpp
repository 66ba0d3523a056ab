// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which activation function a node is, with its parameters.
/// Area: exec. Shared by all devices.

#include <slimming/core/tensor.hpp>         // any_tensor
#include <slimming/exec/network.hpp>        // network
#include <slimming/kernels/activation.hpp>  // activation
#include <slimming/model/op_node.hpp>       // op_node

#include <limits>         // std::numeric_limits
#include <optional>       // std::optional
#include <string>         // std::string
#include <unordered_map>  // std::unordered_map

namespace slimming::inline v0::exec {

/// Empty if the node is none of them, or if its parameters are not known when it is compiled.
[[nodiscard]] inline std::optional<kernels::activation> activation_of(const op_node& node,
                                                                      const network& net) {
  using kernels::activation_kind;
  struct entry {
    activation_kind kind;
    double alpha, beta;  // ONNX's defaults
  };
  static const std::unordered_map<std::string, entry> entries{
      {"Relu", {activation_kind::relu, 0, 0}},
      {"LeakyRelu", {activation_kind::leaky_relu, 0.01, 0}},
      {"Sigmoid", {activation_kind::sigmoid, 0, 0}},
      {"Tanh", {activation_kind::tanh, 0, 0}},
      {"HardSigmoid", {activation_kind::hard_sigmoid, 0.2, 0.5}},
      {"HardSwish", {activation_kind::hard_swish, 0, 0}},
      {"Elu", {activation_kind::elu, 1, 0}},
      {"Clip", {activation_kind::clip, 0, 0}},
  };
  const auto found = entries.find(node.op);
  if (found == entries.end()) return {};
  kernels::activation f{found->second.kind,
                        static_cast<float>(node.real("alpha", found->second.alpha)),
                        static_cast<float>(node.real("beta", found->second.beta))};
  if (f.kind != activation_kind::clip) return f;
  const auto bound = [&](std::size_t input, const char* attribute, float otherwise,
                         float& to) {  // an input since operator set 11
    to = static_cast<float>(node.real(attribute, static_cast<double>(otherwise)));
    const value_id v = node.input(input);
    if (v == no_value) return true;
    const any_tensor* t = net.tensor(v);
    if (t == nullptr || t->size() != 1) return false;
    to = t->converted<float>()[0];
    return true;
  };
  const float most = std::numeric_limits<float>::max();
  if (!bound(1, "min", -most, f.alpha) || !bound(2, "max", most, f.beta)) return {};
  return f;
}

}  // namespace slimming::inline v0::exec
