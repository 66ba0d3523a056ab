// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From a model to the channel graph: every node's rule in turn, inputs and outputs pinned.
/// Area: model.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/tensor.hpp>            // any_tensor
#include <slimming/graph/channel_graph.hpp>    // channel_graph
#include <slimming/model/connect.hpp>          // barrier, fix, parameter_of
#include <slimming/model/detail/captures.hpp>  // captured_values, may_capture
#include <slimming/model/infer.hpp>            // detail::infer_sample
#include <slimming/model/model.hpp>            // model
#include <slimming/model/op_registry.hpp>      // op_registry, connect_context

#include <algorithm>  // std::all_of
#include <cstdint>    // std::int32_t
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// The channel graph of a model and where its channels lie. Refers to the memory of the model's
/// constants: the model must outlive it and must not get new values or nodes before surgery is
/// done.
struct model_channels {
  channel_graph graph;
  std::vector<channel_layout> layouts;   ///< by value_id
  std::vector<parameter_id> parameters;  ///< by value_id: empty for what is no parameter
  std::vector<value_facts> facts;        ///< by value_id; symbolic dimensions as sample numbers
};

namespace detail {

/// Constants that reach a denominator, a logarithm or a base through parameters alone: the masked
/// network must not set them to zero.
inline std::vector<char> find_divisors(const model& net) {
  std::vector<char> is_fed(net.values().size(), 0);  // depends on a network input
  for (const value_id v : net.inputs())
    if (!net.initializer(v)) is_fed[static_cast<std::size_t>(v)] = 1;
  for (const op_node& node : net.nodes())
    for (const value_id in : node.inputs)
      if (in != no_value && is_fed[static_cast<std::size_t>(in)])
        for (const value_id out : node.outputs)
          if (out != no_value) is_fed[static_cast<std::size_t>(out)] = 1;

  std::vector<char> divides(net.values().size(), 0);
  for (std::size_t n = net.nodes().size(); n-- > 0;) {
    const op_node& node = net.nodes()[n];
    const auto mark = [&](value_id v) {
      if (v != no_value && !is_fed[static_cast<std::size_t>(v)])
        divides[static_cast<std::size_t>(v)] = 1;
    };
    if (node.op == "Div") mark(node.input(1));
    if (node.op == "Reciprocal" || node.op == "Log" || node.op == "Pow") mark(node.input(0));
    for (const value_id out : node.outputs)
      if (out != no_value && divides[static_cast<std::size_t>(out)])
        for (const value_id in : node.inputs) mark(in);
  }
  return divides;
}

class graph_builder {
 public:
  graph_builder(model& net, const op_registry& ops, const connect_options& options)
      : net_(net), ops_(ops), options_(options), divisors_(find_divisors(net)) {
    result_.facts = infer_sample(net, ops, options.input_extents, first_sample);
    result_.layouts.resize(net.values().size());
    use_count_.assign(net.values().size(), 0);
    read_axis_.assign(net.values().size(), -1);
    for (const op_node& node : net.nodes())
      for (const value_id v : node.inputs)
        if (v != no_value) ++use_count_[static_cast<std::size_t>(v)];
    for (const value_id v : net.outputs()) ++use_count_[static_cast<std::size_t>(v)];
    const std::vector<char> captured = captured_values(net);
    for (std::size_t v = 0; v < captured.size(); ++v) use_count_[v] += captured[v];
    for (const op_node& node : net.nodes())
      if (const auto* definition = ops.find(node);
          definition && definition->channel_axis && node.input(0) != no_value)
        read_axis_[static_cast<std::size_t>(node.input(0))] =
            static_cast<std::int32_t>(*definition->channel_axis);
  }

  model_channels run() {
    for (const value_id v : net_.inputs())
      if (!net_.initializer(v)) add_input(v);
    for (const op_node& node : net_.nodes()) add_node(node);
    for (const value_id v : net_.outputs()) pin_output(v);
    for (const op_node& node : net_.nodes()) pin_captured(node);
    list_parameters();
    return std::move(result_);
  }

 private:
  channel_layout& layout(value_id v) { return result_.layouts[static_cast<std::size_t>(v)]; }
  const value_facts& facts(value_id v) const { return result_.facts[static_cast<std::size_t>(v)]; }

  void add_input(value_id v) {
    const auto& extents = facts(v).extents;
    if (!extents || extents->size() < 2) return;
    std::vector<index_t> spatial(extents->begin() + 2, extents->end());
    const feature_map x = input(result_.graph, (*extents)[1], std::move(spatial), net_.at(v).name);
    layout(v) = layout_with(extents->size(), 1, x.c, false);
  }

  // A constant may be an output too: a rule that bound it has left no layout.
  void pin_output(value_id v) {
    const op_node no_node{};
    connect_context context = context_of(no_node);
    result_.graph.enter(net_.at(v).name);
    for (const auto& axis : layout_of(context, v).axes)
      if (axis.c) output(result_.graph, {axis.c, {}, false});
  }

  connect_context context_of(const op_node& node) {
    return {net_,       node,       options_,  result_.facts, result_.layouts,
            use_count_, read_axis_, divisors_, result_.graph, {}};
  }

  // Shape arithmetic carries no channels: what it computes is inferred again after surgery.
  [[nodiscard]] bool is_folded(const op_node& node) const {
    return std::all_of(node.outputs.begin(), node.outputs.end(),
                       [&](value_id v) { return v == no_value || facts(v).constant; });
  }

  void add_node(const op_node& node) {
    if (is_folded(node) || (net_.constant(node.outputs.empty() ? no_value : node.outputs[0])))
      return;
    const op_definition* definition = ops_.find(node);
    if (!definition && options_.strict) (void)ops_.at(node);
    connect_context context = context_of(node);
    context.outputs.resize(node.outputs.size());
    const auto is_known = [&](value_id v) { return v == no_value || facts(v).extents; };
    if (!definition)
      barrier(context, "operator '" + node.op + "' is unknown");
    else if (!definition->connect)
      barrier(context, "operator '" + node.op + "' needs all its channels");
    else if (!std::all_of(node.inputs.begin(), node.inputs.end(), is_known) ||
             !std::all_of(node.outputs.begin(), node.outputs.end(), is_known))
      barrier(context, "operator '" + node.op + "' works on shapes that depend on data");
    else
      definition->connect(context);
    for (std::size_t i = 0; i < node.outputs.size() && i < context.outputs.size(); ++i)
      if (node.outputs[i] != no_value) layout(node.outputs[i]) = std::move(context.outputs[i]);
  }

  // A subgraph that we carry unread may name any value; whatever it might name keeps its channels.
  void pin_captured(const op_node& node) {
    if (!carries_bytes(node)) return;
    connect_context context = context_of(node);
    result_.graph.enter(label_of(context));
    for (std::size_t v = 0; v < net_.values().size(); ++v)
      if (may_capture(node, net_.values()[v].name)) {
        (void)layout_of(context, static_cast<value_id>(v));
        fix(context, static_cast<value_id>(v),
            "a subgraph of operator '" + node.op + "' may read it");
      }
  }

  // Constants that no rule bound are parameters too: a report counts them.
  void list_parameters() {
    result_.parameters.resize(net_.values().size());
    for (std::size_t v = 0; v < net_.values().size(); ++v) {
      const any_tensor* tensor = net_.constant(static_cast<value_id>(v));
      if (tensor && use_count_[v] > 0 && is_floating(tensor->type()) && tensor->size() > 1)
        (void)result_.graph.add(parameter_of(net_, static_cast<value_id>(v)));
    }
    for (std::size_t i = 0; i < result_.graph.parameters().size(); ++i)
      if (const value_id v = net_.find(result_.graph.parameters()[i].value.name); v != no_value)
        result_.parameters[static_cast<std::size_t>(v)] = {static_cast<std::int32_t>(i)};
  }

  model& net_;
  const op_registry& ops_;
  const connect_options& options_;
  std::vector<char> divisors_;
  std::vector<index_t> use_count_;
  std::vector<std::int32_t> read_axis_;
  model_channels result_;
};

}  // namespace detail

/// Builds the channel graph of \p net.
///
/// Network inputs are pinned on axis 1, outputs on every axis that carries channels. An operator
/// without entry or rule pins what it reads, with the reason.
/// \throws unknown_op      for an operator without entry, if `options.strict`.
/// \throws shape_mismatch  if shapes do not fit together.
[[nodiscard]] inline model_channels connect(model& net, const op_registry& ops,
                                            const connect_options& options = {}) {
  return detail::graph_builder(net, ops, options).run();
}

}  // namespace slimming::inline v0
