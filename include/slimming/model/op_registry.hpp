// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the library knows of each operator: an open table that users extend with their own.
/// Area: model. The built-in entries live in ops/, one file per family.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // unknown_op
#include <slimming/core/mask.hpp>            // mask
#include <slimming/core/tensor.hpp>          // any_tensor, shape
#include <slimming/graph/channel_graph.hpp>  // channel_graph, channels
#include <slimming/model/model.hpp>          // model, value_id
#include <slimming/model/op_node.hpp>        // op_node
#include <slimming/rules/conv.hpp>           // group_policy

#include <cstdint>        // std::int32_t
#include <functional>     // std::function
#include <map>            // std::map
#include <optional>       // std::optional
#include <span>           // std::span
#include <string>         // std::string
#include <unordered_map>  // std::unordered_map
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0 {

/// What is known of a value before anything runs.
struct value_facts {
  /// Empty: unknown rank; -1: unknown dimension. While hooks run, an input's symbolic dimensions
  /// stand as sample numbers, so that no hook has to reason about unknown extents.
  std::optional<shape> extents;
  dtype type = dtype::float32;
  std::optional<any_tensor> constant;  ///< small tensors that shape arithmetic folds
};

/// Which axes of a value carry channels; the channels of one axis are independent of those of
/// another.
/// An axis without channels keeps its extent whatever a plan says.
struct channel_layout {
  struct axis_channels {
    channels c = {};
    /// In the masked network a removed channel holds zeros here, not merely numbers that nobody
    /// reads.
    bool is_zero = false;
  };
  std::vector<axis_channels> axes;  ///< one per axis of the value; empty: none carries channels

  channel_layout() = default;
  explicit channel_layout(std::size_t rank) : axes(rank) {}
  [[nodiscard]] channels on(std::size_t axis) const noexcept {
    return axis < axes.size() ? axes[axis].c : channels{};
  }
  [[nodiscard]] bool is_zero(std::size_t axis) const noexcept {
    return axis < axes.size() && axes[axis].is_zero;
  }
  [[nodiscard]] explicit operator bool() const noexcept {
    for (const axis_channels& a : axes)
      if (a.c) return true;
    return false;
  }
};

/// Shape inference of one node. Called once all its inputs have known extents.
struct infer_context {
  const model& net;
  const op_node& node;
  std::span<const value_facts> facts;  ///< by value_id
  std::vector<value_facts> outputs;    ///< to be filled, one per node output; empty: unknown

  [[nodiscard]] const value_facts* input(std::size_t i) const {
    const value_id v = node.input(i);
    return v == no_value ? nullptr : &facts[static_cast<std::size_t>(v)];
  }
};

/// How operators are connected where there is a choice.
struct connect_options {
  /// An operator without an entry is an error instead of a barrier.
  bool strict = false;
  /// What goes together in grouped convolutions.
  rules::group_policy grouping = rules::group_policy::same_positions;
  /// What goes together in group norms: whole groups exactly, same positions approximately.
  rules::group_policy norm_grouping = rules::group_policy::whole_groups;
  /// Extents of network inputs that replace the declared ones, by name.
  std::map<std::string, shape, std::less<>> input_extents = {};
};

/// Channel rule of one node. model/connect.hpp offers what rules need to read and write here.
struct connect_context {
  model& net;
  const op_node& node;
  const connect_options& options;
  std::span<const value_facts> facts;  ///< by value_id
  std::span<channel_layout> layouts;   ///< by value_id
  std::span<const index_t> use_count;  ///< by value_id: reads by nodes, and as network output
  std::span<const std::int32_t>
      read_axis;                     ///< by value_id: axis that a reader takes for channels, or -1
  std::span<const char> is_divisor;  ///< by value_id: something may be divided by this constant
  channel_graph& graph;
  std::vector<channel_layout> outputs;  ///< to be filled, one per node output
};

/// Repairs a node's attributes and constant inputs after surgery, before its shapes are inferred
/// again.
struct rewrite_context {
  model& net;
  std::size_t index;                    ///< the node's place in `net.nodes()`
  std::span<const value_facts> before;  ///< by value_id; symbolic dimensions as sample numbers
  std::span<const value_facts>
      symbolic;                      ///< before surgery, by value_id; symbolic dimensions as -1
  std::span<const value_facts> now;  ///< by value_id, of what lies before this node
  std::span<const channel_layout> layouts;  ///< before surgery, by value_id
  std::span<const shape> after;             ///< extents to reach, by value_id; empty: unknown
  /// Kept channels of a value before surgery.
  std::function<mask(channels)> keep;

  [[nodiscard]] op_node& node() const { return net.nodes()[index]; }
};

/// Naive evaluation of one node in float or double: the oracle.
struct evaluate_context {
  const op_node& node;
  std::vector<const any_tensor*> inputs;  ///< null where absent
  std::vector<any_tensor> outputs;        ///< to be filled, one per node output
  bool training = false;
  index_t opset = newest_opset;  ///< version of the operator's domain
};

/// One operator. A hook that is empty means: `connect` pins (barrier), `rewrite` has nothing to do.
struct op_definition {
  std::function<void(infer_context&)> infer{};
  std::function<void(connect_context&)> connect{};
  std::function<void(rewrite_context&)> rewrite{};
  std::function<void(evaluate_context&)> evaluate{};
  /// The axis of its first input that the operator takes for channels, if it needs them there: a
  /// reshape before it that could leave them on several axes chooses this one.
  std::optional<std::size_t> channel_axis{};
};

/// Operators by domain and name. A later entry replaces an earlier one: the user's entries win.
class op_registry {
 public:
  op_registry& add(std::string op, op_definition definition, std::string domain = {}) {
    entries_.insert_or_assign(key(domain, op), std::move(definition));
    return *this;
  }
  /// Null if there is no entry.
  [[nodiscard]] const op_definition* find(const op_node& node) const {
    const auto found = entries_.find(key(node.domain, node.op));
    return found == entries_.end() ? nullptr : &found->second;
  }
  /// \throws unknown_op  naming the node.
  [[nodiscard]] const op_definition& at(const op_node& node) const {
    if (const auto* found = find(node)) return *found;
    throw unknown_op(node.name.empty() ? "(unnamed node)" : node.name,
                     node.domain.empty() ? node.op : node.domain + "::" + node.op);
  }

 private:
  static std::string key(const std::string& domain, const std::string& op) {
    return (domain == "ai.onnx" ? std::string() : domain) + "::" + op;
  }
  std::unordered_map<std::string, op_definition> entries_;
};

}  // namespace slimming::inline v0
