// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The shape facts of a convolution, pooling or channel selection node, as kernels want them.
/// Area: exec. Shared by all devices.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/tensor.hpp>       // shape
#include <slimming/exec/network.hpp>      // network
#include <slimming/kernels/geometry.hpp>  // conv_geometry, pool_geometry
#include <slimming/model/op_node.hpp>     // op_node

#include <algorithm>  // std::max
#include <array>      // std::array
#include <optional>   // std::optional
#include <string>     // std::string
#include <vector>     // std::vector

namespace slimming::inline v0::exec {

namespace detail {

/// Kernel, stride, padding and dilation of a node over two spatial axes.
struct window {
  std::array<index_t, 2> kernel{1, 1}, stride{1, 1}, dilation{1, 1};
  std::array<index_t, 2> pad_begin{0, 0}, pad_end{0, 0};

  window(const op_node& node, std::array<index_t, 2> kernel_extents, std::array<index_t, 2> in,
         std::array<index_t, 2> out)
      : kernel(kernel_extents) {
    const auto strides = node.integers("strides");
    const auto dilations = node.integers("dilations");
    const auto pads = node.integers("pads");
    const std::string automatic = node.text("auto_pad", "NOTSET");
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (strides.size() == 2) stride[axis] = strides[axis];
      if (dilations.size() == 2) dilation[axis] = dilations[axis];
      if (pads.size() == 4) {
        pad_begin[axis] = pads[axis];
        pad_end[axis] = pads[axis + 2];
      }
      if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
        const index_t reach =
            (out[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
        const index_t total = std::max<index_t>(0, reach - in[axis]);
        pad_begin[axis] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
        pad_end[axis] = total - pad_begin[axis];
      }
    }
  }
};

}  // namespace detail

/// Geometry of a Conv with weights (out, in / groups, kh, kw), or of a Gemm or MatMul, which is a
/// convolution whose kernel covers the map.
[[nodiscard]] inline kernels::conv_geometry conv_geometry_of(const op_node& node, const shape& x,
                                                             const shape& weight, const shape& y) {
  kernels::conv_geometry g;
  g.batch = x[0];
  g.in_channels = x[1];
  g.out_channels = y[1];
  if (weight.size() != 4) {
    if (x.size() == 4) {
      g.in_h = g.kernel_h = x[2];
      g.in_w = g.kernel_w = x[3];
    }
    return g;
  }
  const detail::window w(node, {weight[2], weight[3]}, {x[2], x[3]}, {y[2], y[3]});
  g.groups = node.integer("group", 1);
  g.in_h = x[2], g.in_w = x[3], g.out_h = y[2], g.out_w = y[3];
  g.kernel_h = w.kernel[0], g.kernel_w = w.kernel[1];
  g.stride_h = w.stride[0], g.stride_w = w.stride[1];
  g.dilation_h = w.dilation[0], g.dilation_w = w.dilation[1];
  g.pad_top = w.pad_begin[0], g.pad_left = w.pad_begin[1];
  g.pad_bottom = w.pad_end[0], g.pad_right = w.pad_end[1];
  return g;
}

/// packing::order of a convolution's weights: whatever their places in memory may depend on.
[[nodiscard]] inline std::vector<index_t> packing_order(const kernels::conv_geometry& g,
                                                        bool is_transposed) {
  return {g.groups, g.in_channels, g.out_channels, g.kernel_h, g.kernel_w, is_transposed};
}

/// Geometry of MaxPool and AveragePool, and of the global forms, which have no kernel_shape.
[[nodiscard]] inline kernels::pool_geometry pool_geometry_of(const op_node& node, const shape& x,
                                                             const shape& y) {
  const auto kernel = node.integers("kernel_shape", {x[2], x[3]});
  const detail::window w(node, {kernel.at(0), kernel.at(1)}, {x[2], x[3]}, {y[2], y[3]});
  kernels::pool_geometry g;
  g.batch = x[0], g.channels = x[1];
  g.in_h = x[2], g.in_w = x[3], g.out_h = y[2], g.out_w = y[3];
  g.kernel_h = w.kernel[0], g.kernel_w = w.kernel[1];
  g.stride_h = w.stride[0], g.stride_w = w.stride[1];
  g.pad_top = w.pad_begin[0], g.pad_left = w.pad_begin[1];
  g.pad_bottom = w.pad_end[0], g.pad_right = w.pad_end[1];
  g.ceil_mode = node.integer("ceil_mode", 0) != 0;
  g.count_include_pad = node.integer("count_include_pad", 0) != 0;
  return g;
}

/// The channels that a list names, none of them negative; nothing unless \p list is a known vector.
/// \p channels is how many there are to choose from.
[[nodiscard]] inline std::optional<std::vector<index_t>> channels_in(const network& net,
                                                                     value_id list,
                                                                     index_t channels) {
  const any_tensor* const t = net.tensor(list);
  if (t == nullptr || t->rank() != 1) return {};
  auto chosen = t->converted<index_t>();
  for (index_t& c : chosen) c += c < 0 ? channels : 0;
  return chosen;
}
/// What a node selects of its first input's channels: ChannelSelect, or what other programs write
/// for it, Gather along axis 1 by a constant list. Nothing for any other node.
[[nodiscard]] inline std::optional<std::vector<index_t>> selection_of(const op_node& node,
                                                                      const network& net) {
  if (node.op != "ChannelSelect" && node.op != "Gather") return {};
  const shape& x = net.at(node.inputs[0]).extents;
  const auto rank = static_cast<index_t>(x.size());
  const index_t axis = node.op == "Gather" ? node.integer("axis", 0) : 1;
  if (rank < 2 || (axis != 1 && axis + rank != 1)) return {};
  return channels_in(net, node.input(1), x[1]);
}

}  // namespace slimming::inline v0::exec
