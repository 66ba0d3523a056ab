// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Parameters and multiply-adds of a recipe's network, counted from its nodes alone: the oracle for
/// the figures that papers state.

#include <slimming/model/model.hpp>

#include <map>
#include <string>
#include <vector>

namespace test_support {

struct network_costs {
  slimming::index_t parameters = 0;  ///< of everything that is trained
  slimming::index_t macs = 0;        ///< of convolutions and linear layers, for one image

  [[nodiscard]] double mega_parameters() const { return static_cast<double>(parameters) / 1e6; }
  [[nodiscard]] double mega_macs() const { return static_cast<double>(macs) / 1e6; }
};

/// Knows the operators that recipes use, and that every other one keeps the size of an image.
inline network_costs count_costs(const slimming::model& net) {
  using slimming::index_t;
  struct size {
    index_t height = 0, width = 0;
  };
  std::map<slimming::value_id, size> sizes;
  const auto& input = *net.at(net.inputs()[0]).extents;
  sizes[net.inputs()[0]] = {input[2], input[3]};
  network_costs costs;
  for (const auto& node : net.nodes()) {
    size s = sizes[node.input(0)];
    if (node.op == "Conv" || node.op == "MaxPool" || node.op == "AveragePool") {
      const auto kernel = node.integers("kernel_shape"), strides = node.integers("strides");
      const auto pads = node.integers("pads", {0, 0, 0, 0});
      s = {(s.height + pads[0] + pads[2] - kernel[0]) / strides[0] + 1,
           (s.width + pads[1] + pads[3] - kernel[1]) / strides[1] + 1};
    } else if (node.op == "Slice") {
      const auto steps = net.initializer(node.input(4))->values<index_t>();
      s = {(s.height - 1) / steps[0] + 1, (s.width - 1) / steps[1] + 1};
    }
    sizes[node.outputs[0]] = s;
    if (node.op == "Conv" || node.op == "Gemm") {
      const index_t weights = net.initializer(node.input(1))->size();
      costs.macs += weights * (node.op == "Conv" ? s.height * s.width : 1);
      costs.parameters += weights;
      if (const auto* bias = net.initializer(node.input(2))) costs.parameters += bias->size();
    }
    if (node.op == "BatchNormalization")
      costs.parameters += 2 * net.initializer(node.input(1))->size();
  }
  return costs;
}

/// Names of the initialisers that PyTorch would keep in a state dict.
inline std::vector<std::string> state_names(const slimming::model& net) {
  std::vector<std::string> names;
  for (const auto& v : net.values())
    if (v.data && v.type == slimming::dtype::float32) names.push_back(v.name);
  return names;
}

}  // namespace test_support
