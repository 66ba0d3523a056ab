// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the library knows of each operator: an open table that users extend with their own.
/// Area: model. The built-in entries live in ops/, one file per family.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // shape_mismatch, unknown_op
#include <slimming/core/mask.hpp>            // mask
#include <slimming/core/tensor.hpp>          // any_tensor, shape
#include <slimming/graph/channel_graph.hpp>  // channel_graph, channels
#include <slimming/model/model.hpp>          // model, value_id
#include <slimming/model/op_node.hpp>        // op_node

#include <functional>     // std::function
#include <optional>       // std::optional
#include <span>           // std::span
#include <string>         // std::string
#include <unordered_map>  // std::unordered_map
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0 {

/// What is known of a value before anything runs.
struct value_facts {
  std::optional<shape> extents;  ///< empty: unknown rank; -1: unknown dimension
  dtype type = dtype::float32;
  std::optional<any_tensor> constant;  ///< small integer tensors that shape arithmetic folds
};

/// Which axes of a value carry channels. The channel of an element is the row-major index over
/// `axes` (increasing): (1) for NCHW, (1, 2) after a reshape to (N, groups, C / groups, H, W).
struct channel_layout {
  channels c;
  std::vector<std::size_t> axes;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(c); }
};

/// Shape inference of one node.
struct infer_context {
  const model& net;
  const op_node& node;
  std::span<const value_facts> facts;  ///< by value_id
  std::vector<value_facts> outputs;    ///< to be filled, one per node output

  [[nodiscard]] const value_facts* input(std::size_t i) const {
    const value_id v = node.input(i);
    return v == no_value ? nullptr : &facts[static_cast<std::size_t>(v)];
  }
};

/// Channel rule of one node.
struct connect_context {
  model& net;
  const op_node& node;
  std::span<const value_facts> facts;       ///< by value_id
  std::span<const channel_layout> layouts;  ///< by value_id
  channel_graph& graph;
  std::vector<channel_layout> outputs;  ///< to be filled, one per node output
};

/// Repairs a node's attributes and constant inputs after surgery.
struct rewrite_context {
  model& net;
  op_node& node;
  std::span<const value_facts> before;      ///< facts before surgery, by value_id
  std::span<const channel_layout> layouts;  ///< before surgery, by value_id
  std::span<const shape> after;             ///< extents after surgery, by value_id
  /// Kept channels of a value before surgery.
  std::function<mask(channels)> keep;
};

/// Naive evaluation of one node in float or double: the oracle.
struct evaluate_context {
  const op_node& node;
  std::vector<const any_tensor*> inputs;  ///< null where absent
  std::vector<any_tensor> outputs;        ///< to be filled, one per node output
  bool training = false;
};

/// One operator. A hook that is empty means: `connect` pins (barrier), `rewrite` has nothing to do.
struct op_definition {
  std::function<void(infer_context&)> infer{};
  std::function<void(connect_context&)> connect{};
  std::function<void(rewrite_context&)> rewrite{};
  std::function<void(evaluate_context&)> evaluate{};
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
