// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Constants and the operators that turn shapes into numbers: Constant, Shape, Size,
/// ConstantOfShape, Range.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // unsupported
#include <slimming/core/tensor.hpp>        // any_tensor
#include <slimming/model/connect.hpp>      // extents_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_integers, require_static
#include <slimming/ops/detail/naive.hpp>   // input_of, reals_of
#include <slimming/ops/detail/shapes.hpp>  // set_output

#include <algorithm>  // std::clamp, std::max
#include <cmath>      // std::ceil
#include <cstddef>    // std::size_t
#include <span>       // std::span
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// What a Constant node states, in whichever of its attributes.
inline any_tensor stated_value(const op_node& node) {
  const auto one = []<class T>(T v) { return any_tensor::from(std::span<const T>(&v, 1), {}); };
  if (node.has("value")) return node.get<any_tensor>("value", {});
  if (node.has("value_int")) return one(node.integer("value_int", 0));
  if (node.has("value_float")) return one(static_cast<float>(node.real("value_float", 0)));
  if (node.has("value_ints")) {
    const auto list = node.integers("value_ints");
    return any_tensor::from(std::span<const index_t>(list), {static_cast<index_t>(list.size())});
  }
  if (node.has("value_floats")) {
    const auto list = node.get<std::vector<double>>("value_floats", {});
    const std::vector<float> narrow(list.begin(), list.end());
    return any_tensor::from(std::span<const float>(narrow), {static_cast<index_t>(list.size())});
  }
  throw unsupported(place_of(node), "its value is neither a tensor nor numbers");
}

inline void infer_constant(infer_context& c) {
  any_tensor t = stated_value(c.node);
  set_output(c, 0, t.extents(), t.type());
  if (slimming::detail::is_shape_like(t)) c.outputs[0].constant = std::move(t);
}
inline void evaluate_constant(evaluate_context& c) { c.outputs[0] = stated_value(c.node); }

inline any_tensor shape_tensor(const op_node& node, const shape& x) {
  const auto n = static_cast<index_t>(x.size());
  const auto bound = [n](index_t i) { return std::clamp(i < 0 ? i + n : i, index_t{0}, n); };
  const index_t first = bound(node.integer("start", 0)), last = bound(node.integer("end", n));
  const auto count = static_cast<std::size_t>(std::max(last - first, index_t{0}));
  return any_tensor::from(std::span<const index_t>(x.data() + first, count),
                          {static_cast<index_t>(count)});
}
inline void infer_shape(infer_context& c) {
  any_tensor t = shape_tensor(c.node, extents_of(c, 0));
  set_output(c, 0, t.extents(), dtype::int64);
  c.outputs[0].constant = std::move(t);
}
inline void evaluate_shape(evaluate_context& c) {
  c.outputs[0] = shape_tensor(c.node, input_of(c, 0).extents());
}

inline any_tensor size_tensor(const shape& x) {
  const index_t n = element_count(x);
  return any_tensor::from(std::span<const index_t>(&n, 1), {});
}
inline void infer_size(infer_context& c) {
  set_output(c, 0, {}, dtype::int64);
  c.outputs[0].constant = size_tensor(extents_of(c, 0));
}
inline void evaluate_size(evaluate_context& c) {
  c.outputs[0] = size_tensor(input_of(c, 0).extents());
}

/// The one element that a ConstantOfShape repeats.
inline any_tensor fill_value(const op_node& node) {
  return node.has("value") ? node.get<any_tensor>("value", {}) : any_tensor(dtype::float32, {1});
}
inline void infer_constant_of_shape(infer_context& c) {
  const auto target = integers_of(c.node, c.facts, 0, "");
  if (target) set_output(c, 0, *target, fill_value(c.node).type());
}
// Nothing binds these elements: as many stay as the consumers want.
inline void connect_constant_of_shape(connect_context& c) {
  const shape& extents = slimming::extents_of(c, c.node.outputs[0]);
  const bool is_zero = fill_value(c.node).converted<double>().at(0) == 0;
  c.graph.enter(label_of(c));
  c.outputs[0] = channel_layout(extents.size());
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    if (extents[axis] > 1)
      c.outputs[0].axes[axis] = {c.graph.add(extents[axis], label_of(c)), is_zero};
}
inline void rewrite_constant_of_shape(rewrite_context& c) {
  const value_id out = c.node().outputs[0];
  const auto present = integers_now(c, 0, "");
  if (!slimming::layout_of(c, out) || !present || *present == after_of(c, out)) return;
  require_static(c, 0);
  write_integers(c, 0, "", after_of(c, out));
}
inline void evaluate_constant_of_shape(evaluate_context& c) {
  c.outputs[0] = broadcast_to(reshaped(fill_value(c.node), {}), integers_of(c, 0, "").value());
}

inline any_tensor range_tensor(const any_tensor& start, const any_tensor& limit,
                               const any_tensor& step) {
  const double first = reals_of(start).at(0), delta = reals_of(step).at(0);
  const double steps = std::ceil((reals_of(limit).at(0) - first) / delta);
  reals values(steps > 0 ? static_cast<std::size_t>(steps) : 0);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = first + static_cast<double>(i) * delta;
  return tensor_of(start.type(), {static_cast<index_t>(values.size())}, values);
}
inline void infer_range(infer_context& c) {
  std::vector<const any_tensor*> bounds;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& folded = facts_of(c, i).constant;
    bounds.push_back(folded ? &*folded : c.net.constant(c.node.inputs[i]));
    if (!bounds.back()) return;
  }
  const any_tensor t = range_tensor(*bounds[0], *bounds[1], *bounds[2]);
  set_output(c, 0, t.extents(), t.type());
}
inline void evaluate_range(evaluate_context& c) {
  c.outputs[0] = range_tensor(input_of(c, 0), input_of(c, 1), input_of(c, 2));
}

}  // namespace detail

inline void add_shape_arithmetic(op_registry& ops) {
  ops.add("Constant", {detail::infer_constant, {}, {}, detail::evaluate_constant});
  ops.add("Shape", {detail::infer_shape, {}, {}, detail::evaluate_shape});
  ops.add("Size", {detail::infer_size, {}, {}, detail::evaluate_size});
  ops.add("ConstantOfShape",
          {detail::infer_constant_of_shape, detail::connect_constant_of_shape,
           detail::rewrite_constant_of_shape, detail::evaluate_constant_of_shape});
  ops.add("Range", {detail::infer_range, {}, {}, detail::evaluate_range});
}

}  // namespace slimming::inline v0::ops
