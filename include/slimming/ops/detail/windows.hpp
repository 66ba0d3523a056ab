// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Strides, dilations and pads of ONNX nodes, automatic padding included.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value
#include <slimming/model/op_node.hpp>      // op_node
#include <slimming/ops/detail/shapes.hpp>  // place_of
#include <slimming/rules/window.hpp>       // window

#include <algorithm>  // std::max
#include <cstddef>    // std::size_t
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops::detail {

/// Pads that give the output stated extents: ceil(in / stride) for SAME_*, in * stride if
/// transposed. An odd element goes to the end (\p upper) or to the beginning.
inline void pad_to(rules::window& w, const op_node& node, std::span<const index_t> kernel,
                   std::span<const index_t> in, bool upper) {
  const std::string place = place_of(node);
  const std::vector<index_t> extra = node.integers("output_padding");
  const std::vector<index_t> stated = node.integers("output_shape");
  std::vector<index_t> begin, end;
  for (std::size_t axis = 0; axis < in.size(); ++axis) {
    const auto step = rules::detail::along(w, axis, in.size(), place);
    const auto more = rules::detail::entry(extra, axis, in.size(), 0, place, "output_padding");
    const index_t reach = step.reach(kernel[axis]);
    index_t pad = 0;
    if (node.op == "ConvTranspose")
      pad = (in[axis] - 1) * step.stride + reach + more -
            rules::detail::entry(stated, axis, in.size(), in[axis] * step.stride, place,
                                 "output_shape");
    else
      pad = ((in[axis] + step.stride - 1) / step.stride - 1) * step.stride + reach - in[axis];
    const index_t shared = std::max(pad, index_t{0});
    begin.push_back(upper ? shared / 2 : shared - shared / 2);
    // A stated output may be larger than what the window makes: the rest lies at the end.
    end.push_back((node.op == "ConvTranspose" ? pad : shared) - begin.back());
  }
  w.pad_begin = std::move(begin);
  w.pad_end = std::move(end);
}

/// The window of a convolution or pool over a map of extents \p in.
inline rules::window window_of(const op_node& node, std::span<const index_t> kernel,
                               std::span<const index_t> in) {
  rules::window w{node.integers("strides"), node.integers("dilations"), {}, {}, false};
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER" || node.has("output_shape")) {
    pad_to(w, node, kernel, in, automatic == "SAME_UPPER");
    return w;
  }
  if (automatic == "VALID") return w;
  if (automatic != "NOTSET") throw bad_value(place_of(node), "auto_pad '" + automatic + "'");
  const std::vector<index_t> pads = node.integers("pads");
  if (pads.empty()) return w;
  if (pads.size() != 2 * in.size())
    throw shape_mismatch(place_of(node) + ": entries of pads", static_cast<index_t>(2 * in.size()),
                         static_cast<index_t>(pads.size()));
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(in.size());
  w.pad_begin.assign(pads.begin(), middle);
  w.pad_end.assign(middle, pads.end());
  return w;
}

}  // namespace slimming::inline v0::ops::detail
