// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Surgery on a model: constants are cut, every attribute and constant in which a number of
/// channels is baked is rewritten, and the shapes are inferred again and compared with what the
/// plan promises.
/// Area: model.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/error.hpp>             // shape_mismatch, plan_mismatch, unsupported
#include <slimming/core/mask.hpp>              // mask
#include <slimming/core/tensor.hpp>            // any_tensor, shape
#include <slimming/graph/groups.hpp>           // channel_groups
#include <slimming/model/channels.hpp>         // connect, model_channels
#include <slimming/model/detail/captures.hpp>  // captured_values
#include <slimming/model/infer.hpp>            // infer, detail::infer_node
#include <slimming/model/model.hpp>            // model
#include <slimming/model/op_registry.hpp>      // op_registry, rewrite_context
#include <slimming/model/rewrite.hpp>          // write_constant
#include <slimming/plan/plan.hpp>              // prune_plan
#include <slimming/plan/record.hpp>            // plan_record
#include <slimming/surgery/apply.hpp>          // sliced

#include <algorithm>   // std::all_of, std::fill_n
#include <cstddef>     // std::size_t
#include <functional>  // std::function
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

namespace detail {

/// Brings the nodes of a model in line with constants that have been cut.
class node_repair {
 public:
  node_repair(model& net, const op_registry& ops, const connect_options& options,
              const model_channels& before, std::vector<value_facts> symbolic,
              const prune_plan& plan)
      : net_(net), ops_(ops), before_(before), symbolic_(std::move(symbolic)), plan_(plan) {
    for (std::size_t v = 0; v < before.facts.size(); ++v) after_.push_back(extents_after(v));
    captured_ = captured_values(net_);
    count_uses();
    used_ = uses_;
    now_ = initial_facts(net_, options.input_extents, first_sample, counted_);
  }

  void run() {
    for (std::size_t n = 0; n < net_.nodes().size(); ++n) repair(n);
    for (std::size_t v = 0; v < after_.size(); ++v) declare(v);
    check_captured();
    erase_unread();
  }

 private:
  [[nodiscard]] shape extents_after(std::size_t v) const {
    if (const any_tensor* cut = net_.constant(static_cast<value_id>(v))) return cut->extents();
    const auto& extents = before_.facts[v].extents;
    if (!extents) return {};
    shape after = *extents;
    for (std::size_t axis = 0; axis < after.size(); ++axis)
      if (const channels c = before_.layouts[v].on(axis)) after[axis] = plan_.keep(c).count();
    return after;
  }

  void repair(std::size_t n) {
    const op_definition* definition = ops_.find(net_.nodes()[n]);
    const std::vector<value_id> inputs = net_.nodes()[n].inputs;
    const bool is_known = std::all_of(inputs.begin(), inputs.end(), [&](value_id v) {
      return v == no_value || now_[static_cast<std::size_t>(v)].extents;
    });
    if (is_known && !is_folded(net_.nodes()[n])) {
      rewrite_context context{net_,          n,
                              before_.facts, symbolic_,
                              now_,          before_.layouts,
                              after_,        [this](channels c) { return plan_.keep(c); }};
      if (definition && definition->rewrite) definition->rewrite(context);
      freeze_numbers(context, inputs);
      learn_new_constants();
    }
    infer_node(net_, ops_, net_.nodes()[n], counted_, now_);
    for (const value_id v : net_.nodes()[n].outputs) check(v, net_.nodes()[n]);
  }

  [[nodiscard]] bool is_folded(const op_node& node) const {
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](value_id v) {
      return v == no_value || before_.facts[static_cast<std::size_t>(v)].constant;
    });
  }

  // A real number computed from shapes (the 1 / sqrt(d) of attention) belongs to the function that
  // the network computes: it keeps its value when the shape changes.
  void freeze_numbers(rewrite_context& context, const std::vector<value_id>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const value_id v = inputs[i];
      if (v == no_value || net_.constant(v) || context.node().inputs[i] != v) continue;
      const auto at = static_cast<std::size_t>(v);
      if (at >= before_.facts.size()) continue;  // made by an operator that surgery has added
      const auto& old = before_.facts[at].constant;
      if (!old || !is_floating(old->type()) || !now_[at].constant ||
          equal_bytes(*old, *now_[at].constant))
        continue;
      require_static(context, i);
      write_constant(context, i, *old);
    }
  }

  void learn_new_constants() {
    for (std::size_t v = 0; v < net_.values().size(); ++v) {
      const auto id = static_cast<value_id>(v);
      if (v < now_.size() && !net_.constant(id)) continue;
      if (v >= now_.size()) now_.emplace_back();
      const any_tensor* t = net_.constant(id);
      if (!t) continue;
      now_[v].type = t->type();
      now_[v].extents = t->extents();
      now_[v].constant.reset();
      if (counted_.find(net_, id)) now_[v].constant = *t;
    }
  }

  // An output that nothing reads (the running statistics of a norm) binds nobody: its shape is what
  // the node makes of it.
  void check(value_id v, const op_node& node) {
    if (v == no_value || static_cast<std::size_t>(v) >= after_.size()) return;
    const auto at = static_cast<std::size_t>(v);
    if (!before_.facts[at].extents || before_.facts[at].constant) return;
    if (used_[at] == 0 && now_[at].extents) after_[at] = *now_[at].extents;
    if (now_[at].extents != after_[at])
      throw shape_mismatch("'" + net_.at(v).name + "' behind '" + label_of(net_, node) + "' (" +
                               node.op + ") after surgery",
                           "expected " + to_string(after_[at]) + ", got " +
                               (now_[at].extents ? to_string(*now_[at].extents) : "no shape"));
  }

  [[nodiscard]] bool is_cut(std::size_t v, std::size_t axis) const {
    const auto& old = before_.facts[v].extents;
    return before_.layouts[v].on(axis) || (old && old->at(axis) != after_[v][axis]);
  }

  // Declared shapes follow; their symbolic dimensions stay.
  void declare(std::size_t v) {
    auto& declared = net_.at(static_cast<value_id>(v)).extents;
    if (const any_tensor* t = net_.initializer(static_cast<value_id>(v))) {
      declared = t->extents();
    } else if (declared && declared->size() == after_[v].size()) {
      for (std::size_t axis = 0; axis < declared->size(); ++axis)
        if (is_cut(v, axis)) (*declared)[axis] = after_[v][axis];
    }
  }

  // A subgraph reads numbers by their names, so that none can be frozen for it alone.
  void check_captured() const {
    for (std::size_t v = 0; v < captured_.size(); ++v) {
      const auto& old = before_.facts[v].constant;
      if (captured_[v] && old && !(now_[v].constant && equal_bytes(*old, *now_[v].constant)))
        throw unsupported("'" + net_.at(static_cast<value_id>(v)).name + "'",
                          "a subgraph may read this number, which counts channels that go; keep "
                          "those (constraints::ignore)");
    }
  }

  void count_uses() {
    uses_.assign(net_.values().size(), 0);
    for (std::size_t v = 0; v < captured_.size(); ++v) uses_[v] += captured_[v];
    for (const op_node& node : net_.nodes())
      for (const value_id v : node.inputs)
        if (v != no_value) ++uses_[static_cast<std::size_t>(v)];
    for (const value_id v : net_.outputs()) ++uses_[static_cast<std::size_t>(v)];
  }

  // Shape arithmetic that a new constant has replaced goes, and so do the constants that fed it.
  void erase_unread() {
    count_uses();
    used_.resize(uses_.size(), 1);
    const auto died = [this](value_id v) {
      return v == no_value || uses_[static_cast<std::size_t>(v)] == 0;
    };
    std::vector<char> is_dead(net_.nodes().size(), 0);
    for (std::size_t n = net_.nodes().size(); n-- > 0;) {
      const op_node& node = net_.nodes()[n];
      const bool was_read = std::any_of(node.outputs.begin(), node.outputs.end(), [&](value_id v) {
        return v != no_value && used_[static_cast<std::size_t>(v)] > 0;
      });
      if (!was_read || !std::all_of(node.outputs.begin(), node.outputs.end(), died)) continue;
      is_dead[n] = 1;
      for (const value_id v : node.inputs)
        if (v != no_value) --uses_[static_cast<std::size_t>(v)];
    }
    const op_node* first = net_.nodes().data();
    net_.erase_nodes(
        [&](const op_node& node) { return is_dead[static_cast<std::size_t>(&node - first)] != 0; });
    for (std::size_t v = 0; v < net_.values().size(); ++v)
      if (uses_[v] == 0 && used_[v] > 0) net_.at(static_cast<value_id>(v)).data.reset();
  }

  model& net_;
  const op_registry& ops_;
  const model_channels& before_;
  std::vector<value_facts> symbolic_;
  const prune_plan& plan_;
  counted_numbers counted_{net_};
  std::vector<shape> after_;          // by value_id
  std::vector<value_facts> now_;      // by value_id
  std::vector<char> captured_;        // by value_id: whether a subgraph may read it
  std::vector<index_t> uses_, used_;  // reads of every value, at present and before surgery
};

}  // namespace detail

/// Cuts \p net to \p plan, which was made from `connect(net, ops, options).graph`.
///
/// Constants shrink; attributes and constants that count channels (groups of a convolution, targets
/// of a reshape, bounds of a slice, ...) are rewritten; declared shapes follow. Then all shapes
/// have been inferred again and are those of the plan. If anything throws, \p net is as it was.
/// \throws plan_mismatch   if the plan belongs to another network.
/// \throws shape_mismatch  if a node cannot be brought in line; names it.
/// \throws unsupported     if a subgraph may read a number of channels that changes; names it.
inline void prune(model& net, const op_registry& ops, const prune_plan& plan,
                  const connect_options& options = {}) {
  const model_channels before = connect(net, ops, options);
  if (static_cast<std::size_t>(plan.value_count()) != before.graph.values().size())
    throw plan_mismatch("prune", "the plan has " + std::to_string(plan.value_count()) +
                                     " values, the network " +
                                     std::to_string(before.graph.values().size()));
  std::vector<any_tensor> cut = sliced(before.graph, plan);
  model pruned = net;
  for (std::size_t v = 0; v < before.parameters.size(); ++v)
    if (const parameter_id p = before.parameters[v])
      *pruned.constant(static_cast<value_id>(v)) = std::move(cut[static_cast<std::size_t>(p.id)]);
  detail::node_repair(pruned, ops, options, before, infer(net, ops, options.input_extents), plan)
      .run();
  net = std::move(pruned);
}

/// The network before surgery with every removed channel contributing nothing: the slices that make
/// it (kernel rows, biases, scales, shifts) and the slices that read it (kernel columns) are zero.
/// Where a removed channel is zero behind its producer, the latter changes nothing; behind a
/// function that does not map zero to zero (a sigmoid) the channel holds a constant, which nothing
/// reads.
/// Statistics and divisors stay: a variance of zero would make infinities of zeros.
[[nodiscard]] inline model masked(const model& net, const op_registry& ops, const prune_plan& plan,
                                  const connect_options& options = {}) {
  model result = net;
  const model_channels of = connect(result, ops, options);
  if (static_cast<std::size_t>(plan.value_count()) != of.graph.values().size())
    throw plan_mismatch("masked", "the plan belongs to another network");
  for (const auto& binding : of.graph.bindings()) {
    if (!is_masked(binding.as)) continue;
    const array_ref& array = of.graph.at(binding.parameter).value.array;
    const mask& keep = plan.keep(binding.at);
    index_t outer = 1;
    auto inner = static_cast<index_t>(size_of(array.type));
    for (std::size_t axis = 0; axis < array.rank; ++axis) {
      if (axis < binding.axis) outer *= array.extent[axis];
      if (axis > binding.axis) inner *= array.extent[axis];
    }
    for (index_t o = 0; o < outer; ++o)
      for (index_t i = 0; i < keep.size(); ++i)
        if (!keep[i]) std::fill_n(array.data + (o * keep.size() + i) * inner, inner, std::byte{0});
  }
  return result;
}

}  // namespace slimming::inline v0
