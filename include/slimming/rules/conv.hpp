// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Convolutions of any spatial rank: plain, transposed, dilated, grouped, depthwise.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value, shape_mismatch
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/feature_map.hpp>    // feature_map
#include <slimming/rules/window.hpp>         // window, slide, spread

#include <cstddef>   // std::size_t
#include <cstdint>   // std::uint8_t
#include <optional>  // std::optional
#include <span>      // std::span
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0::rules {

/// Where a kernel keeps its channels; the other axes are spatial, in increasing order.
struct kernel_axes {
  std::size_t out = 0;
  std::size_t in = 1;
};
inline constexpr kernel_axes oihw{0, 1};  ///< PyTorch, ONNX
inline constexpr kernel_axes iohw{1, 0};  ///< transposed convolutions in PyTorch and ONNX
inline constexpr kernel_axes hwio{3, 2};  ///< TensorFlow, for two spatial axes

/// What may go when channels come in groups.
enum class group_policy : std::uint8_t {
  same_positions,  ///< equal positions of all groups together: the groups get narrower
  whole_groups     ///< the channels of one group together: the groups get fewer
};

/// Facts of a convolution. One input channel per group makes it depthwise: the filters of a channel
/// go with it and `groups` shrinks, whatever the policy says.
///
/// A grouped kernel is short along one channel axis: along `axes.in`, which holds the channels of
/// one group, or along `axes.out` if it is transposed.
struct conv_facts {
  std::string name = {};
  parameter weight = {};
  std::optional<parameter> bias = {};
  kernel_axes axes = oihw;
  rules::window window = {};
  index_t groups = 1;
  group_policy grouping = group_policy::same_positions;
  bool transposed = false;
  std::vector<index_t> output_pad = {};  ///< transposed only
};

namespace detail {

/// Channels on both sides of a kernel.
struct conv_widths {
  index_t in, out;                      // all groups together
  index_t in_per_group, out_per_group;  // equal to the above for one group
};

inline conv_widths widths_of(const conv_facts& f) {
  const array_ref& w = f.weight.array;
  if (w.rank < 2 || f.axes.out >= w.rank || f.axes.in >= w.rank || f.axes.out == f.axes.in)
    throw bad_value(f.weight.name, "axes " + std::to_string(f.axes.out) + " (out) and " +
                                       std::to_string(f.axes.in) +
                                       " (in) are not two axes of a kernel of rank " +
                                       std::to_string(w.rank));
  if (f.groups < 1) throw bad_value(f.name + ": groups", f.groups);
  const index_t out = w.extent[f.axes.out];
  const index_t in = w.extent[f.axes.in];
  const index_t whole = f.transposed ? in : out;
  if (whole % f.groups != 0)
    throw bad_value(f.weight.name, std::to_string(whole) + " channels do not divide into " +
                                       std::to_string(f.groups) + " groups");
  if (f.transposed) return {in, out * f.groups, in / f.groups, out};
  return {in * f.groups, out, in, out / f.groups};
}

inline std::vector<index_t> kernel_extents(const conv_facts& f) {
  std::vector<index_t> kernel;
  for (std::size_t axis = 0; axis < f.weight.array.rank; ++axis)
    if (axis != f.axes.out && axis != f.axes.in) kernel.push_back(f.weight.array.extent[axis]);
  return kernel;
}

/// The channels of one group that stand for those of all: what a slab's short axis is indexed by.
inline channels one_for_all(channel_graph& graph, channels all, index_t per_group,
                            std::string name) {
  const channels one = graph.add(per_group, std::move(name));
  graph.tie_each(all, one, [per_group](index_t i) { return i % per_group; });
  return one;
}

}  // namespace detail

/// New channels for the filters; the kernel's axes and the bias are bound.
/// \throws shape_mismatch  if the kernel does not fit \p x.
inline feature_map connect(channel_graph& graph, const conv_facts& f, const feature_map& x) {
  const auto n = detail::widths_of(f);
  if (graph.size(x.c) != n.in)
    throw shape_mismatch(f.weight.name + ": input channels against '" + graph.name(x.c) + "'", n.in,
                         graph.size(x.c));
  const std::vector<index_t> kernel = detail::kernel_extents(f);
  feature_map y{{}, {}, x.has_size};
  if (x.has_size)
    y.spatial = f.transposed ? spread(f.window, f.output_pad, kernel, x.spatial, f.name)
                             : slide(f.window, kernel, x.spatial, f.name);

  graph.enter(f.name);
  y.c = graph.add(n.out, f.name);
  const parameter_id weight = graph.add(f.weight);
  if (f.groups == 1) {
    graph.bind(weight, f.axes.out, y.c, role::weight);
    graph.bind(weight, f.axes.in, x.c, role::weight_in);
  } else if (n.in_per_group == 1 || f.grouping == group_policy::whole_groups) {
    channels group = x.c;
    if (n.in_per_group > 1) {
      group = graph.add(f.groups, f.name + ".groups");
      graph.tie_block(group, x.c, n.in_per_group);
    }
    graph.tie_block(group, y.c, n.out_per_group);
    if (f.transposed)  // a slice reads and makes channels of one group, and of no other
      graph.bind(weight, f.axes.in, x.c, role::weight);
    else
      graph.bind(weight, f.axes.out, y.c, role::weight);
  } else {
    const auto in = detail::one_for_all(graph, x.c, n.in_per_group, f.name + ".group.in");
    const auto out = detail::one_for_all(graph, y.c, n.out_per_group, f.name + ".group.out");
    graph.bind(weight, f.axes.out, f.transposed ? out : y.c, role::weight);
    graph.bind(weight, f.axes.in, f.transposed ? x.c : in, role::weight_in);
  }
  if (f.bias) graph.bind(graph.add(*f.bias), 0, y.c, role::bias);
  if (x.has_size) graph.use(weight, f.transposed ? x.positions() : y.positions());
  return y;
}

/// The number of groups once the kernel has been cut to \p extents.
[[nodiscard]] inline index_t groups_after(const conv_facts& before,
                                          std::span<const index_t> extents) {
  const auto n = detail::widths_of(before);
  if (before.groups == 1 || (n.in_per_group > 1 && before.grouping == group_policy::same_positions))
    return before.groups;
  return before.transposed ? extents[before.axes.in] / n.in_per_group
                           : extents[before.axes.out] / n.out_per_group;
}

}  // namespace slimming::inline v0::rules
