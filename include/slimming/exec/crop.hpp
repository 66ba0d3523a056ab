// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Slice, Pad and Split as one shape fact: a strided window of a value that lands in another one,
/// zeros around it.
/// Area: exec. Shared by all devices.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/tensor.hpp>        // shape
#include <slimming/exec/network.hpp>       // network
#include <slimming/exec/value_layout.hpp>  // value_layout
#include <slimming/model/op_node.hpp>      // op_node

#include <algorithm>  // std::clamp
#include <array>      // std::array
#include <numeric>    // std::iota
#include <optional>   // std::optional
#include <string>     // std::string
#include <vector>     // std::vector

namespace slimming::inline v0::exec {

/// Row h, column w and channel c of the result come from row `first[1] + h * step[1]`, column
/// `first[2] + w * step[2]` and channel `first[0] + c`, where those exist; the rest is zero.
struct crop {
  value_layout from, to;
  std::array<index_t, 3> first{0, 0, 0}, step{1, 1, 1};    ///< channel, row, column
  index_t from_channel = 0, to_channel = 0, channels = 0;  ///< the channels that are copied

  /// Row of the source, -1 if there is none.
  [[nodiscard]] constexpr index_t from_row(index_t h) const noexcept {
    const index_t r = first[1] + h * step[1];
    return r < 0 || r >= from.height ? -1 : r;
  }
  [[nodiscard]] constexpr index_t from_column(index_t w) const noexcept {
    const index_t r = first[2] + w * step[2];
    return r < 0 || r >= from.width ? -1 : r;
  }
};

namespace detail {

// first and step per axis of the value, in the file's order of axes.
template <class StrideOf>
std::optional<crop> make_crop(const network& net, value_id x, value_id y,
                              const std::vector<index_t>& first, const std::vector<index_t>& step,
                              const StrideOf& stride_of) {
  crop k{value_layout(net.at(x).extents, stride_of), value_layout(net.at(y).extents, stride_of)};
  if (!k.from.channels_last || !k.to.channels_last || first[0] != 0 || step[0] != 1 ||
      step[1] != 1 || k.from.batch != k.to.batch)
    return {};
  for (std::size_t axis = 1; axis < first.size(); ++axis) {
    k.first[axis - 1] = first[axis];
    k.step[axis - 1] = step[axis];
  }
  k.from_channel = std::clamp<index_t>(k.first[0], 0, k.from.channels);
  k.to_channel = std::clamp<index_t>(-k.first[0], 0, k.to.channels);
  k.channels = std::min(k.from.channels - k.from_channel, k.to.channels - k.to_channel);
  return k;
}

// A list that an operator takes as a constant input or, in old files, as an attribute.
[[nodiscard]] inline std::optional<std::vector<index_t>> integer_list(const op_node& node,
                                                                      const network& net,
                                                                      std::size_t input,
                                                                      const char* attribute) {
  if (node.has(attribute)) return node.integers(attribute);
  const value_id v = node.input(input);
  if (v == no_value) return std::vector<index_t>();
  const any_tensor* t = net.tensor(v);
  if (t == nullptr) return {};
  return t->converted<index_t>();
}

}  // namespace detail

/// Empty if the node slices the batch, reverses channels or depends on values that are not
/// constant.
template <class StrideOf>
[[nodiscard]] std::optional<crop> crop_of_slice(const op_node& node, const network& net,
                                                const StrideOf& stride_of) {
  const shape& e = net.at(node.inputs[0]).extents;
  const auto starts = detail::integer_list(node, net, 1, "starts");
  auto axes = detail::integer_list(node, net, 3, "axes");
  auto steps = detail::integer_list(node, net, 4, "steps");
  if (!starts || !axes || !steps) return {};
  if (axes->empty()) {
    axes->resize(starts->size());
    std::iota(axes->begin(), axes->end(), index_t{0});
  }
  if (steps->empty()) steps->assign(starts->size(), 1);
  std::vector<index_t> first(e.size(), 0), step(e.size(), 1);
  for (std::size_t i = 0; i < starts->size(); ++i) {
    index_t axis = axes->at(i);
    if (axis < 0) axis += static_cast<index_t>(e.size());
    const auto a = static_cast<std::size_t>(axis);
    index_t start = starts->at(i);
    if (start < 0) start += e.at(a);
    first[a] = std::clamp<index_t>(start, 0, steps->at(i) < 0 ? e[a] - 1 : e[a]);
    step[a] = steps->at(i);
  }
  return detail::make_crop(net, node.inputs[0], node.outputs[0], first, step, stride_of);
}

/// Empty unless the padding is constant zeros.
template <class StrideOf>
[[nodiscard]] std::optional<crop> crop_of_pad(const op_node& node, const network& net,
                                              const StrideOf& stride_of) {
  const shape& e = net.at(node.inputs[0]).extents;
  const auto pads = detail::integer_list(node, net, 1, "pads");
  auto axes = detail::integer_list(node, net, 3, "axes");
  double value = node.real("value", 0.0);
  if (const value_id v = node.input(2); v != no_value) {
    const any_tensor* t = net.tensor(v);
    if (t == nullptr) return {};
    value = t->size() > 0 ? t->converted<double>()[0] : 0.0;
  }
  if (!pads || !axes || value != 0.0 || node.text("mode", "constant") != "constant") return {};
  if (axes->empty()) {
    axes->resize(e.size());
    std::iota(axes->begin(), axes->end(), index_t{0});
  }
  std::vector<index_t> first(e.size(), 0);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const index_t axis =
        axes->at(i) < 0 ? axes->at(i) + static_cast<index_t>(e.size()) : axes->at(i);
    first.at(static_cast<std::size_t>(axis)) = -pads->at(i);
  }
  return detail::make_crop(net, node.inputs[0], node.outputs[0], first,
                           std::vector<index_t>(e.size(), 1), stride_of);
}

/// One crop per output; none if the batch is split.
template <class StrideOf>
[[nodiscard]] std::vector<crop> crops_of_split(const op_node& node, const network& net,
                                               const StrideOf& stride_of) {
  const shape& e = net.at(node.inputs[0]).extents;
  index_t axis = node.integer("axis", 0);
  if (axis < 0) axis += static_cast<index_t>(e.size());
  std::vector<crop> parts;
  index_t first = 0;
  for (const value_id v : node.outputs) {
    if (v == no_value) return {};
    std::vector<index_t> at(e.size(), 0);
    at.at(static_cast<std::size_t>(axis)) = first;
    const auto k =
        detail::make_crop(net, node.inputs[0], v, at, std::vector<index_t>(e.size(), 1), stride_of);
    if (!k) return {};
    parts.push_back(*k);
    first += net.at(v).extents.at(static_cast<std::size_t>(axis));
  }
  return parts;
}

}  // namespace slimming::inline v0::exec
