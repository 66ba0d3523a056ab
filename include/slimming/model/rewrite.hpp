// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Writing numbers back into a node after surgery: attributes, constant inputs, or a new constant
/// in place of shape arithmetic.
/// Area: model. Operators of your own use the same functions as the built-in ones.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/error.hpp>             // unsupported
#include <slimming/core/tensor.hpp>            // any_tensor
#include <slimming/model/detail/captures.hpp>  // detail::may_capture
#include <slimming/model/infer.hpp>            // detail::label_of
#include <slimming/model/model.hpp>            // model
#include <slimming/model/op_registry.hpp>      // rewrite_context

#include <algorithm>    // std::copy
#include <cstddef>      // std::size_t
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0 {

[[nodiscard]] inline const shape& after_of(const rewrite_context& c, value_id v) {
  return c.after[static_cast<std::size_t>(v)];
}
[[nodiscard]] inline const channel_layout& layout_of(const rewrite_context& c, value_id v) {
  return c.layouts[static_cast<std::size_t>(v)];
}

/// The integers that the node reads at present: an attribute, a constant, or arithmetic on the
/// shapes after surgery.
[[nodiscard]] inline std::optional<std::vector<index_t>> integers_now(const rewrite_context& c,
                                                                      std::size_t i,
                                                                      std::string_view key) {
  if (!key.empty() && c.node().has(key)) return c.node().integers(key);
  const value_id v = c.node().input(i);
  if (v == no_value) return {};
  if (const any_tensor* t = c.net.constant(v)) return t->converted<index_t>();
  const auto& constant = c.now[static_cast<std::size_t>(v)].constant;
  if (!constant) return {};
  return constant->converted<index_t>();
}

namespace detail {

inline index_t use_count(const model& net, value_id v) {
  index_t n = 0;
  for (const op_node& node : net.nodes()) {
    for (const value_id in : node.inputs) n += in == v;
    n += carries_bytes(node) && may_capture(node, net.at(v).name);
  }
  for (const value_id out : net.outputs()) n += out == v;
  return n;
}

/// A name that no value has: the node's, then \p ending.
inline std::string free_name(const model& net, const op_node& node, const std::string& ending) {
  const std::string stem = (node.name.empty() ? node.op : node.name) + ending;
  std::string name = stem;
  for (int k = 1; net.find(name) != no_value; ++k) name = stem + "_" + std::to_string(k);
  return name;
}

}  // namespace detail

/// Makes input \p i read \p data: in place if it is a constant of this node alone.
inline void write_constant(const rewrite_context& c, std::size_t i, any_tensor data) {
  op_node& node = c.node();
  const value_id old = node.input(i);
  if (old != no_value && detail::use_count(c.net, old) == 1)
    if (any_tensor* t = c.net.constant(old)) {
      *t = std::move(data);
      return;
    }
  const value_id fresh = c.net.add_initializer(
      detail::free_name(c.net, node, ".input" + std::to_string(i)), std::move(data));
  if (node.inputs.size() <= i) node.inputs.resize(i + 1, no_value);
  node.inputs[i] = fresh;
}

/// Puts an operator behind the node: what has read output 0 reads `op(output 0, number)` from now
/// on.
/// `c.node()` is another reference afterwards.
/// \pre no operator has been appended to the node yet.
inline void append_operator(rewrite_context& c, const std::string& op, double number) {
  const op_node& node = c.node();
  const dtype type = c.before[static_cast<std::size_t>(node.outputs.at(0))].type;
  any_tensor constant(type, {});
  visit_floating(type, detail::label_of(c.net, node),
                 [&]<class T>() { constant.values<T>()[0] = T(static_cast<float>(number)); });
  op_node fresh{op, node.name.empty() ? "" : node.name + "." + op, {}, {}, {}, ""};
  fresh.inputs = {c.net.add_initializer(detail::free_name(c.net, node, "." + op + ".number"),
                                        std::move(constant))};
  c.net.insert_behind(c.index, std::move(fresh), detail::free_name(c.net, node, ".kept"));
}

/// \throws unsupported  if input \p i is computed from symbolic dimensions: no list of numbers can
/// stand in its place.
inline void require_static(const rewrite_context& c, std::size_t i) {
  const value_id v = c.node().input(i);
  if (v == no_value || c.net.constant(v) || c.symbolic[static_cast<std::size_t>(v)].constant)
    return;
  throw unsupported(
      detail::label_of(c.net, c.node()),
      "input " + std::to_string(i) + " counts channels and depends on a symbolic dimension");
}

/// The integers of an attribute or of input \p i, whichever the node has.
inline void write_integers(const rewrite_context& c, std::size_t i, std::string_view key,
                           std::span<const index_t> values) {
  op_node& node = c.node();
  if (!key.empty() && node.has(key)) {
    node.attributes.find(key)->second = std::vector<index_t>(values.begin(), values.end());
    return;
  }
  dtype type = dtype::int64;
  if (const value_id old = node.input(i); old != no_value && c.net.constant(old))
    type = c.net.constant(old)->type();
  any_tensor data(type, {static_cast<index_t>(values.size())});
  visit_dtype(type, [&]<class T>() {
    auto to = data.values<T>();
    for (std::size_t k = 0; k < values.size(); ++k) {
      if constexpr (std::same_as<T, float16> || std::same_as<T, bfloat16>)
        to[k] = T(static_cast<float>(values[k]));
      else
        to[k] = static_cast<T>(values[k]);
    }
  });
  write_constant(c, i, std::move(data));
}

/// A target shape for the first output: what it shall have, with 0 (copy) or -1 (infer) where the
/// extent depends on a symbolic dimension.
[[nodiscard]] inline std::vector<index_t> target_shape(const rewrite_context& c, bool zero_copies) {
  const value_id in = c.node().input(0), out = c.node().outputs[0];
  std::vector<index_t> target = after_of(c, out);
  const auto& symbolic_out = c.symbolic[static_cast<std::size_t>(out)].extents;
  const auto& symbolic_in = c.symbolic[static_cast<std::size_t>(in)].extents;
  bool has_open = false;
  for (std::size_t axis = 0; symbolic_out && axis < target.size(); ++axis) {
    if ((*symbolic_out)[axis] >= 0) continue;
    if (zero_copies && symbolic_in && axis < symbolic_in->size() && (*symbolic_in)[axis] < 0) {
      target[axis] = 0;
    } else if (!has_open) {
      target[axis] = -1;
      has_open = true;
    } else {
      throw unsupported(detail::label_of(c.net, c.node()),
                        "its target shape has several dimensions that depend on the input");
    }
  }
  return target;
}

}  // namespace slimming::inline v0
