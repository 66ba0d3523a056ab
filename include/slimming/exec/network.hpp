// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A model on its way to a program: every extent known, constants folded, dead nodes gone.
/// Area: exec. Fusion rewrites it (fusion.hpp), lowerings read it (lowering.hpp).

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // unsupported, shape_mismatch
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/infer.hpp>        // infer
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_node.hpp>      // op_node, value_id
#include <slimming/model/op_registry.hpp>  // op_registry, evaluate_context

#include <algorithm>  // std::all_of
#include <cstdint>    // std::int32_t
#include <optional>   // std::optional
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::exec {

/// Nodes and values of one compilation. Value ids up to the model's count are the model's.
struct network {
  struct value {
    std::string name;
    shape extents;
    dtype type = dtype::float32;
    std::optional<any_tensor> folded;  ///< computed at compile time
    bool is_initializer = false;
    std::int32_t producer = -1;           ///< node, -1 for inputs and constants
    std::vector<std::int32_t> consumers;  ///< nodes in order, once per use
    index_t room = 0;  ///< channels of the larger value whose first channels these are, or 0
  };

  const model* source = nullptr;
  std::vector<op_node> nodes;
  std::vector<value> values;
  std::vector<value_id> inputs, outputs;
  std::vector<value_id> roots;  ///< values whose gradient is given: the loss, or the outputs

  [[nodiscard]] value& at(value_id v) { return values[static_cast<std::size_t>(v)]; }
  [[nodiscard]] const value& at(value_id v) const { return values[static_cast<std::size_t>(v)]; }
  /// Known before the program runs.
  [[nodiscard]] bool is_constant(value_id v) const {
    return v != no_value && (at(v).is_initializer || at(v).folded);
  }
  /// The tensor behind a constant, null for anything else.
  [[nodiscard]] const any_tensor* tensor(value_id v) const {
    if (v == no_value) return nullptr;
    if (at(v).folded) return &*at(v).folded;
    return at(v).is_initializer ? source->initializer(v) : nullptr;
  }
  [[nodiscard]] bool is_output(value_id v) const {
    return std::find(outputs.begin(), outputs.end(), v) != outputs.end();
  }
  value_id add_value(std::string name, shape extents = {}, dtype type = dtype::float32) {
    values.push_back({std::move(name), std::move(extents), type, {}, false, -1, {}, 0});
    return static_cast<value_id>(values.size()) - 1;
  }

  /// Recomputes producers and consumers and drops nodes that no output needs.
  void relink() {
    std::vector<char> wanted(values.size(), 0);
    for (const value_id v : outputs) wanted[static_cast<std::size_t>(v)] = 1;
    std::vector<op_node> alive;
    for (std::size_t n = nodes.size(); n-- > 0;) {
      op_node& node = nodes[n];
      const bool needed = std::any_of(node.outputs.begin(), node.outputs.end(), [&](value_id v) {
        return v != no_value && wanted[static_cast<std::size_t>(v)];
      });
      if (!needed) continue;
      for (const value_id v : node.inputs)
        if (v != no_value) wanted[static_cast<std::size_t>(v)] = 1;
      alive.push_back(std::move(node));
    }
    std::reverse(alive.begin(), alive.end());
    nodes = std::move(alive);
    for (value& v : values) {
      v.producer = -1;
      v.consumers.clear();
    }
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      for (const value_id v : nodes[n].inputs)
        if (v != no_value) at(v).consumers.push_back(static_cast<std::int32_t>(n));
      for (const value_id v : nodes[n].outputs)
        if (v != no_value) at(v).producer = static_cast<std::int32_t>(n);
    }
  }
};

namespace detail {

// Evaluates the nodes whose inputs are all constants.
inline void fold_constants(network& net, const op_registry& registry) {
  for (const op_node& node : net.nodes) {
    const bool ready = std::all_of(node.inputs.begin(), node.inputs.end(), [&](value_id v) {
      return v == no_value || (net.is_constant(v));
    });
    const auto* definition = registry.find(node);
    if (!ready || definition == nullptr || !definition->evaluate) continue;
    evaluate_context context{node, {}, {}, false, net.source->opset(node.domain)};
    for (const value_id v : node.inputs) context.inputs.push_back(net.tensor(v));
    context.outputs.resize(node.outputs.size());
    definition->evaluate(context);
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      if (node.outputs[k] != no_value)
        net.at(node.outputs[k]).folded = std::move(context.outputs[k]);
  }
}

}  // namespace detail

/// \p inputs: extents of the model's inputs; those that are missing are the model's own.
/// \throws unsupported     if an extent stays unknown.
/// \throws shape_mismatch  if the extents contradict each other.
[[nodiscard]] inline network make_network(const model& source, const op_registry& registry,
                                          std::span<const shape> inputs) {
  network net;
  net.source = &source;
  net.nodes = source.nodes();
  net.outputs = source.outputs();
  input_extents given;
  for (const value_id v : source.inputs()) {
    if (source.initializer(v)) continue;  // old files list parameters among the inputs
    if (net.inputs.size() < inputs.size()) given[source.at(v).name] = inputs[net.inputs.size()];
    net.inputs.push_back(v);
  }
  if (inputs.size() > net.inputs.size())
    throw shape_mismatch("executor_options::inputs", static_cast<index_t>(net.inputs.size()),
                         static_cast<index_t>(inputs.size()));
  const auto facts = infer(source, registry, given);
  for (std::size_t v = 0; v < facts.size(); ++v) {
    const model::value& value = source.values()[v];
    const value_id id = net.add_value(value.name, {}, facts[v].type);
    net.at(id).is_initializer = value.data.has_value();
    if (facts[v].extents) net.at(id).extents = *facts[v].extents;
    if (facts[v].constant && !value.data) net.at(id).folded = facts[v].constant;
  }
  detail::fold_constants(net, registry);
  std::erase_if(net.nodes, [&](const op_node& node) {
    return std::all_of(node.outputs.begin(), node.outputs.end(),
                       [&](value_id v) { return v == no_value || net.at(v).folded; });
  });
  net.relink();
  const auto check = [&](value_id v) {
    const bool known = facts[static_cast<std::size_t>(v)].extents &&
                       std::all_of(net.at(v).extents.begin(), net.at(v).extents.end(),
                                   [](index_t e) { return e >= 0; });
    if (!known)
      throw unsupported("value '" + net.at(v).name + "'",
                        "its extents are not known; give those of the inputs");
  };
  for (const value_id v : net.inputs) check(v);
  for (const op_node& node : net.nodes)
    for (const value_id v : node.outputs)
      if (v != no_value && (!net.at(v).consumers.empty() || net.is_output(v))) check(v);
  return net;
}

}  // namespace slimming::inline v0::exec
