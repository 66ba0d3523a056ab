// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// DepthToSpace and SpaceToDepth: channels against places.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/model/connect.hpp>      // map_on, layout_with
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/naive.hpp>   // gather_strided, reshaped
#include <slimming/ops/detail/shapes.hpp>  // set_output
#include <slimming/rules/reshape.hpp>      // depth_to_space_facts, space_to_depth_facts

#include <utility>  // std::move

namespace slimming::inline v0::ops {

namespace detail {

inline bool is_channel_major(const op_node& node) { return node.text("mode", "DCR") == "CRD"; }
inline rules::block_order order_of(const op_node& node) {
  return is_channel_major(node) ? rules::block_order::channel_major
                                : rules::block_order::block_major;
}

inline void infer_space_depth(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const index_t b = c.node.integer("blocksize", 1);
  const bool to_space = c.node.op == "DepthToSpace";
  if (x.size() != 4)
    throw shape_mismatch(place_of(c.node) + ": rank", 4, static_cast<index_t>(x.size()));
  if (b < 1 || (to_space ? x[1] % (b * b) : x[2] % b + x[3] % b) != 0)
    throw shape_mismatch(place_of(c.node),
                         "block " + std::to_string(b) + " does not divide " + to_string(x));
  set_output(c, 0,
             to_space ? shape{x[0], x[1] / (b * b), x[2] * b, x[3] * b}
                      : shape{x[0], x[1] * b * b, x[2] / b, x[3] / b},
             facts_of(c, 0).type);
}

inline void connect_space_depth(connect_context& c) {
  const value_id in = c.node.input(0);
  for (const std::size_t axis : {std::size_t{0}, std::size_t{2}, std::size_t{3}})
    fix_axis(c, in, axis, "its places become channels");
  const index_t b = c.node.integer("blocksize", 1);
  const bool is_zero = slimming::layout_of(c, in).is_zero(1);
  const feature_map x = map_on(c, in);
  const feature_map y =
      c.node.op == "DepthToSpace"
          ? rules::connect(c.graph,
                           rules::depth_to_space_facts{label_of(c), {b, b}, order_of(c.node)}, x)
          : rules::connect(
                c.graph,
                rules::space_to_depth_facts{label_of(c), {b, b}, rules::block_order::block_major},
                x);
  c.outputs[0] = layout_with(4, 1, y.c, is_zero);
}

inline void evaluate_space_depth(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const index_t b = c.node.integer("blocksize", 1);
  const index_t n = x.extents().at(0), channels = x.extents().at(1), h = x.extents().at(2),
                w = x.extents().at(3);
  if (c.node.op == "SpaceToDepth") {  // (n, c, h, i, w, j) -> (n, i, j, c, h, w)
    const shape fine{n, b, b, channels, h / b, w / b};
    const shape strides{channels * h * w, w, 1, h * w, b * w, b};
    c.outputs[0] = reshaped(gather_strided(x, fine, strides), {n, channels * b * b, h / b, w / b});
    return;
  }
  const index_t d = channels / (b * b), map = h * w;
  const bool crd = is_channel_major(c.node);
  const shape fine{n, d, h, b, w, b};
  const shape strides{
      channels * map,     crd ? b * b * map : map, w, crd ? b * map : b * d * map, 1,
      crd ? map : d * map};
  c.outputs[0] = reshaped(gather_strided(x, fine, strides), {n, d, h * b, w * b});
}

}  // namespace detail

inline void add_space_depth(op_registry& ops) {
  const op_definition definition{
      detail::infer_space_depth, detail::connect_space_depth, {}, detail::evaluate_space_depth, 1};
  ops.add("DepthToSpace", definition).add("SpaceToDepth", definition);
}

}  // namespace slimming::inline v0::ops
