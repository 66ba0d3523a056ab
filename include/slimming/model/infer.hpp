// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Shapes, types and folded shape arithmetic of every value of a model.
/// Area: model.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // error, shape_mismatch
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry, infer_context, value_facts

#include <algorithm>  // std::all_of, std::equal
#include <map>        // std::map
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

/// Extents of network inputs that replace the declared ones, by name; -1 for a symbolic dimension.
using input_extents = std::map<std::string, shape, std::less<>>;

namespace detail {

/// Numbers that stand for symbolic dimensions during one pass: the first axis, and any other.
struct symbol_sample {
  index_t batch, other;
};
inline constexpr symbol_sample first_sample{1, 64};
inline constexpr symbol_sample second_sample{2, 96};

inline constexpr index_t max_folded_elements = 4096;

/// Shape arithmetic is made of integers; floats join it only behind a Cast, to compute scales.
inline bool is_shape_like(const any_tensor& t) {
  return (t.type() == dtype::int64 || t.type() == dtype::int32 || t.type() == dtype::boolean) &&
         t.size() <= max_folded_elements;
}

/// The real numbers that a network states and turns into integers: what no value but an integer
/// depends on is shape arithmetic too, whatever its type (the stride to which a detector pads its
/// image).
class counted_numbers {
 public:
  explicit counted_numbers(const model& net) : is_counted_(net.values().size(), 1) {
    const auto clear = [this](value_id v) {
      if (v != no_value) is_counted_[static_cast<std::size_t>(v)] = 0;
    };
    for (const value_id v : net.outputs()) clear(v);
    for (std::size_t n = net.nodes().size(); n-- > 0;) {
      const op_node& node = net.nodes()[n];
      if (counts(node) || std::all_of(node.outputs.begin(), node.outputs.end(), [&](value_id v) {
            return v == no_value || is_counted_[static_cast<std::size_t>(v)];
          }))
        continue;
      for (const value_id v : node.inputs) clear(v);
    }
  }

  /// What the network states as \p v, if shape arithmetic may use it.
  [[nodiscard]] const any_tensor* find(const model& net, value_id v) const {
    constexpr index_t most = 16;
    const any_tensor* t = net.constant(v);
    if (!t || is_shape_like(*t)) return t;
    const bool is_counted = static_cast<std::size_t>(v) < is_counted_.size() &&
                            is_counted_[static_cast<std::size_t>(v)];
    return is_counted && t->type() == dtype::float32 && t->size() <= most ? t : nullptr;
  }

 private:
  // ONNX's numbers of int32 and int64.
  static bool counts(const op_node& node) {
    return node.op == "Cast" && (node.integer("to", 0) == 6 || node.integer("to", 0) == 7);
  }

  std::vector<char> is_counted_;  // by value_id
};

inline std::string label_of(const model& net, const op_node& node) {
  if (!node.name.empty()) return node.name;
  for (const value_id v : node.outputs)
    if (v != no_value) return net.at(v).name;
  return node.op;
}

/// Evaluates a node whose inputs are all folded constants.
class shape_folder {
 public:
  shape_folder(const model& net, const op_node& node, std::span<const value_facts> facts)
      : net_(net), node_(node), facts_(facts) {}

  void run(const op_definition& definition, std::vector<value_facts>& outputs) {
    if (!definition.evaluate || node_.inputs.empty() || !gather_inputs()) return;
    for (const value_facts& out : outputs) {
      if (out.constant || !out.extents || element_count(*out.extents) > max_folded_elements) return;
      if (is_floating(out.type) && !has_float_ && node_.op != "Cast") return;
    }
    evaluate_context context{node_, std::move(inputs_), std::vector<any_tensor>(outputs.size()),
                             false, net_.opset(node_.domain)};
    definition.evaluate(context);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      outputs[i].constant = std::move(context.outputs[i]);
  }

 private:
  // A floating initialiser may take part, but only together with a float of shape arithmetic: by
  // itself it is a parameter.
  bool gather_inputs() {
    bool needs_float = false;
    for (const value_id v : node_.inputs) {
      if (v == no_value) {
        inputs_.push_back(nullptr);
        continue;
      }
      const value_facts& known = facts_[static_cast<std::size_t>(v)];
      const any_tensor* stated = net_.constant(v);
      if (known.constant) {
        inputs_.push_back(&*known.constant);
        has_float_ = has_float_ || is_floating(known.type);
      } else if (stated && stated->size() <= 16 && stated->type() == dtype::float32) {
        inputs_.push_back(stated);
        needs_float = true;
      } else {
        return false;
      }
    }
    return has_float_ || !needs_float;
  }

  const model& net_;
  const op_node& node_;
  std::span<const value_facts> facts_;
  std::vector<const any_tensor*> inputs_;
  bool has_float_ = false;
};

inline void infer_node(const model& net, const op_registry& ops, const op_node& node,
                       const counted_numbers& counted, std::vector<value_facts>& facts) {
  const op_definition* definition = ops.find(node);
  std::vector<value_facts> outputs(node.outputs.size());
  const bool inputs_are_known = std::all_of(
      node.inputs.begin(), node.inputs.end(),
      [&](value_id v) { return v == no_value || facts[static_cast<std::size_t>(v)].extents; });
  if (definition && definition->infer && inputs_are_known) {
    infer_context context{net, node, facts, std::move(outputs)};
    definition->infer(context);
    outputs = std::move(context.outputs);
    shape_folder(net, node, facts).run(*definition, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (const any_tensor* stated = counted.find(net, node.outputs[i]))
        outputs[i].constant = *stated;
  } else {  // all that is known is what the file declares
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == no_value) continue;
      const auto& declared = net.at(node.outputs[i]);
      outputs[i].type = declared.type;
      if (declared.extents && std::all_of(declared.extents->begin(), declared.extents->end(),
                                          [](index_t e) { return e >= 0; }))
        outputs[i].extents = declared.extents;
    }
  }
  for (std::size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i)
    if (node.outputs[i] != no_value)
      facts[static_cast<std::size_t>(node.outputs[i])] = std::move(outputs[i]);
}

/// What the caller gave, or the declaration, of each network input.
inline std::optional<shape> extents_of_input(const model& net, value_id v,
                                             const input_extents& given) {
  const auto& x = net.at(v);
  const auto found = given.find(x.name);
  if (found == given.end()) return x.extents;
  if (x.extents && x.extents->size() != found->second.size())
    throw shape_mismatch("input '" + x.name + "': rank", static_cast<index_t>(x.extents->size()),
                         static_cast<index_t>(found->second.size()));
  return found->second;
}

/// What is known before any node has run: initialisers, and inputs with symbolic dimensions
/// replaced by \p sample.
inline std::vector<value_facts> initial_facts(const model& net, const input_extents& given,
                                              const symbol_sample& sample,
                                              const counted_numbers& counted) {
  std::vector<value_facts> facts(net.values().size());
  for (std::size_t v = 0; v < facts.size(); ++v) {
    const auto& x = net.values()[v];
    facts[v].type = x.type;
    if (!x.data) continue;
    facts[v].type = x.data->type();
    facts[v].extents = x.data->extents();
    if (counted.find(net, static_cast<value_id>(v))) facts[v].constant = x.data;
  }
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    auto extents = extents_of_input(net, v, given);
    if (extents)
      for (std::size_t axis = 0; axis < extents->size(); ++axis)
        if ((*extents)[axis] < 0) (*extents)[axis] = axis == 0 ? sample.batch : sample.other;
    facts[static_cast<std::size_t>(v)].extents = std::move(extents);
  }
  return facts;
}

/// Facts of every value with symbolic dimensions as numbers.
inline std::vector<value_facts> infer_sample(const model& net, const op_registry& ops,
                                             const input_extents& given,
                                             const symbol_sample& sample) {
  const counted_numbers counted(net);
  std::vector<value_facts> facts = initial_facts(net, given, sample, counted);
  for (const op_node& node : net.nodes()) infer_node(net, ops, node, counted, facts);
  return facts;
}

inline bool has_symbols(const model& net, const input_extents& given) {
  for (const value_id v : net.inputs()) {
    const auto extents = extents_of_input(net, v, given);
    if (extents && std::any_of(extents->begin(), extents->end(), [](index_t e) { return e < 0; }))
      return true;
  }
  return false;
}

inline bool equal_bytes(const any_tensor& a, const any_tensor& b) {
  return a.type() == b.type() && a.extents() == b.extents() &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

}  // namespace detail

/// Facts of every value, by value_id. Dimensions that depend on a symbolic input dimension are -1:
/// the shapes are inferred for two sizes of it, and what differs depends on it. A network that
/// admits one size only (a reshape to batch 1) has that size everywhere but in its input's
/// declaration.
///
/// \throws shape_mismatch  naming the node whose inputs do not fit together.
[[nodiscard]] inline std::vector<value_facts> infer(const model& net, const op_registry& ops,
                                                    const input_extents& given = {}) {
  auto facts = detail::infer_sample(net, ops, given, detail::first_sample);
  if (!detail::has_symbols(net, given)) return facts;
  std::vector<value_facts> other;
  try {
    other = detail::infer_sample(net, ops, given, detail::second_sample);
  } catch (const error&) {
    other = facts;
  }
  for (std::size_t v = 0; v < facts.size(); ++v) {
    auto& a = facts[v];
    const auto& b = other[v];
    if (a.extents && b.extents && a.extents->size() == b.extents->size()) {
      for (std::size_t axis = 0; axis < a.extents->size(); ++axis)
        if ((*a.extents)[axis] != (*b.extents)[axis]) (*a.extents)[axis] = -1;
    } else {
      a.extents.reset();
    }
    if (a.constant && !(b.constant && detail::equal_bytes(*a.constant, *b.constant)))
      a.constant.reset();
  }
  for (const value_id v : net.inputs())
    if (!net.initializer(v))
      facts[static_cast<std::size_t>(v)].extents = detail::extents_of_input(net, v, given);
  return facts;
}

}  // namespace slimming::inline v0
