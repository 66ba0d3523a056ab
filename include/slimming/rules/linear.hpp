// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Fully connected layers and matrix products with a parameter.
/// Area: rules.

#include <slimming/core/error.hpp>           // bad_value, shape_mismatch
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/conv.hpp>           // kernel_axes, oihw
#include <slimming/rules/feature_map.hpp>    // feature_map

#include <optional>  // std::optional
#include <string>    // std::string

namespace slimming::inline v0::rules {

inline constexpr kernel_axes out_in{0, 1};  ///< torch.nn.Linear, Gemm with transB
inline constexpr kernel_axes in_out{1, 0};  ///< MatMul, Gemm without transB

/// Facts of a matrix that multiplies the channels at every position.
struct linear_facts {
  std::string name = {};
  parameter weight = {};
  std::optional<parameter> bias = {};
  kernel_axes axes = out_in;
};

/// New channels for the rows; both axes and the bias are bound.
/// \throws shape_mismatch  if the matrix does not fit \p x.
inline feature_map connect(channel_graph& graph, const linear_facts& f, const feature_map& x) {
  const array_ref& w = f.weight.array;
  if (w.rank != 2) throw shape_mismatch(f.weight.name + ": rank", 2, static_cast<index_t>(w.rank));
  if (f.axes.out + f.axes.in != 1)
    throw bad_value(f.weight.name, "the axes of a matrix are (0, 1) or (1, 0)");
  if (graph.size(x.c) != w.extent[f.axes.in])
    throw shape_mismatch(f.weight.name + ": input channels against '" + graph.name(x.c) + "'",
                         w.extent[f.axes.in], graph.size(x.c));

  graph.enter(f.name);
  const channels y = graph.add(w.extent[f.axes.out], f.name);
  const parameter_id weight = graph.add(f.weight);
  graph.bind(weight, f.axes.out, y, role::weight);
  graph.bind(weight, f.axes.in, x.c, role::weight_in);
  if (f.bias) graph.bind(graph.add(*f.bias), 0, y, role::bias);
  if (x.has_size) graph.use(weight, x.positions());
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
