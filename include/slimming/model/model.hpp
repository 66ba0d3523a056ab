// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A network at run time: what a file holds. Nodes in topological order, values, parameters.
/// Area: model.

#include <slimming/core/dtype.hpp>     // dtype
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/core/tensor.hpp>    // any_tensor, shape
#include <slimming/model/op_node.hpp>  // op_node, value_id

#include <concepts>       // std::predicate
#include <map>            // std::map
#include <optional>       // std::optional
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // values by name
#include <utility>        // std::as_const, std::move
#include <variant>        // std::get_if
#include <vector>         // std::vector, std::erase_if

namespace slimming::inline v0 {

/// The version of the standard ONNX operators that our own networks speak.
inline constexpr index_t newest_opset = 21;

/// Nodes over named values. Some values are initialisers: parameters and constants.
///
/// \invariant nodes are in topological order; every value is produced at most once; names of values
/// are unique. Copies are deep. References to initialisers stay valid until a value is added.
class model {
 public:
  /// A tensor that flows between nodes, or an initialiser.
  struct value {
    std::string name;
    std::optional<shape> extents;  ///< as declared; -1 for a dimension that is symbolic
    dtype type = dtype::float32;
    std::optional<any_tensor> data;  ///< set for an initialiser
    std::int32_t producer = -1;      ///< node that writes it
    bool is_input = false;           ///< fed from outside
  };

  /// Declares a value. \throws bad_value  if the name is taken. An empty name is made unique.
  value_id add_value(std::string name, std::optional<shape> extents = {},
                     dtype type = dtype::float32) {
    const auto id = static_cast<value_id>(values_.size());
    if (name.empty()) name = "value_" + std::to_string(id);
    if (!by_name_.emplace(name, id).second)
      throw bad_value("value '" + name + "'", "the name is taken");
    values_.push_back({std::move(name), std::move(extents), type, {}, -1});
    return id;
  }
  value_id add_initializer(std::string name, any_tensor data) {
    const auto id = add_value(std::move(name), data.extents(), data.type());
    at(id).data = std::move(data);
    return id;
  }
  value_id add_input(std::string name, shape extents, dtype type = dtype::float32) {
    const auto id = add_value(std::move(name), std::move(extents), type);
    at(id).is_input = true;
    inputs_.push_back(id);
    return id;
  }
  void add_output(value_id v) {
    (void)at(v);
    outputs_.push_back(v);
  }
  /// Appends a node; every input must be an initialiser, a network input or already produced.
  /// \throws bad_value  otherwise, naming node and value; nothing has changed then.
  op_node& add_node(op_node node) {
    for (const value_id v : node.inputs)
      if (v != no_value && !is_available(v))
        throw bad_value("node '" + node.name + "' (" + node.op + ")",
                        "input '" + at(v).name + "' is not produced before it");
    for (const value_id v : node.outputs)
      if (v != no_value && is_available(v))
        throw bad_value("node '" + node.name + "' (" + node.op + ")",
                        "output '" + at(v).name + "' already has a producer");
    for (const value_id v : node.outputs)
      if (v != no_value) at(v).producer = static_cast<std::int32_t>(nodes_.size());
    nodes_.push_back(std::move(node));
    return nodes_.back();
  }
  /// Shorthand for recipes: one fresh output named \p output. Returns the output.
  value_id append(std::string op, std::string name, std::vector<value_id> inputs,
                  std::map<std::string, attribute, std::less<>> attributes = {},
                  std::string domain = {}) {
    const value_id out = add_value(name.empty() ? std::string() : name + ".out");
    add_node({std::move(op),
              std::move(name),
              std::move(inputs),
              {out},
              std::move(attributes),
              std::move(domain)});
    return out;
  }

  /// Puts \p fresh behind node number \p n: it reads what the node made as output 0, then its own
  /// inputs, and makes the value that all others read. Its list of outputs is ignored.
  op_node& insert_behind(std::size_t n, op_node fresh, std::string between) {
    const value_id out = nodes_.at(n).outputs.at(0);
    const value_id made = add_value(std::move(between), {}, at(out).type);
    nodes_[n].outputs[0] = made;
    fresh.inputs.insert(fresh.inputs.begin(), made);
    fresh.outputs = {out};
    nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(n) + 1, std::move(fresh));
    number_producers();
    return nodes_[n + 1];
  }
  /// Removes the nodes that \p is_dead names. What they produced is left without a producer.
  /// \pre no node that stays, and no output, reads it.
  template <std::predicate<const op_node&> Predicate>
  void erase_nodes(Predicate is_dead) {
    for (value& v : values_) v.producer = -1;
    std::erase_if(nodes_, is_dead);
    number_producers();
  }

  [[nodiscard]] value& at(value_id v) {
    check(v);
    return values_[static_cast<std::size_t>(v)];
  }
  [[nodiscard]] const value& at(value_id v) const {
    check(v);
    return values_[static_cast<std::size_t>(v)];
  }
  [[nodiscard]] std::span<const value> values() const noexcept { return values_; }
  [[nodiscard]] std::vector<op_node>& nodes() noexcept { return nodes_; }
  [[nodiscard]] const std::vector<op_node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<value_id>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<value_id>& outputs() const noexcept { return outputs_; }
  /// The value of that name, or no_value.
  [[nodiscard]] value_id find(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    return found == by_name_.end() ? no_value : found->second;
  }
  /// The initialiser behind \p v, or null for anything that is computed or fed.
  [[nodiscard]] any_tensor* initializer(value_id v) {
    if (v == no_value || !at(v).data) return nullptr;
    return &*at(v).data;
  }
  [[nodiscard]] const any_tensor* initializer(value_id v) const {
    if (v == no_value || !at(v).data) return nullptr;
    return &*at(v).data;
  }
  /// The tensor behind \p v where the file states it, as an initialiser or as the value of a
  /// Constant node; null otherwise. Stays valid until a value or a node is added.
  [[nodiscard]] any_tensor* constant(value_id v) {
    return const_cast<any_tensor*>(std::as_const(*this).constant(v));
  }
  [[nodiscard]] const any_tensor* constant(value_id v) const {
    if (v == no_value) return nullptr;
    const value& x = at(v);
    if (x.data) return &*x.data;
    if (x.producer < 0) return nullptr;
    const op_node& node = nodes_[static_cast<std::size_t>(x.producer)];
    if (node.op != "Constant" || !(node.domain.empty() || node.domain == "ai.onnx")) return nullptr;
    const auto found = node.attributes.find("value");
    return found == node.attributes.end() ? nullptr : std::get_if<any_tensor>(&found->second);
  }

  /// Free text that travels with the network: producer, cfg, what was pruned.
  std::map<std::string, std::string> metadata;
  /// ONNX operator set per domain.
  std::map<std::string, index_t> opsets;
  /// The version that operators of \p domain have, the newest if the network does not say.
  [[nodiscard]] index_t opset(const std::string& domain = {}) const {
    const auto found = opsets.find(domain);
    return found == opsets.end() ? newest_opset : found->second;
  }

 private:
  void number_producers() {
    for (std::size_t n = 0; n < nodes_.size(); ++n)
      for (const value_id v : nodes_[n].outputs)
        if (v != no_value) at(v).producer = static_cast<std::int32_t>(n);
  }
  void check(value_id v) const {
    if (v < 0 || static_cast<std::size_t>(v) >= values_.size()) throw bad_value("value id", v);
  }
  [[nodiscard]] bool is_available(value_id v) const {
    const value& x = at(v);
    return x.data || x.producer >= 0 || x.is_input;
  }

  std::vector<value> values_;
  std::vector<op_node> nodes_;
  std::vector<value_id> inputs_;
  std::vector<value_id> outputs_;
  std::unordered_map<std::string, value_id> by_name_;
};

}  // namespace slimming::inline v0
