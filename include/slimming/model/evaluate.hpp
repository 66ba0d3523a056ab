// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Runs a whole model with the operators' naive evaluation: the oracle, in float or in double.
/// Area: model.

#include <slimming/core/dtype.hpp>         // dtype, visit_dtype
#include <slimming/core/error.hpp>         // bad_value, unsupported, shape_mismatch
#include <slimming/core/tensor.hpp>        // any_tensor
#include <slimming/model/infer.hpp>        // detail::label_of
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry, evaluate_context

#include <algorithm>  // std::any_of
#include <concepts>   // std::same_as
#include <optional>   // std::optional
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

struct evaluate_options {
  dtype real = dtype::float64;  ///< float32 or float64: what every floating tensor becomes
  bool training = false;        ///< batch statistics instead of running ones
  bool keep_all = false;        ///< every computed value is kept, not only the outputs
  /// A node that cannot be evaluated leaves its outputs empty, and so does what depends on them.
  bool skip_unknown = false;
};

namespace detail {

/// \throws unknown_op, unsupported
inline const op_definition& definition_for_evaluation(const model& net, const op_registry& ops,
                                                      const op_node& node) {
  const op_definition& definition = ops.at(node);
  if (!definition.evaluate)
    throw unsupported(label_of(net, node), "operator '" + node.op + "' has no evaluation");
  return definition;
}

/// A tensor with as many elements as it has by its extents: one that no evaluation has filled has
/// the extents of a scalar and no element.
inline bool is_set(const any_tensor& t) { return t.size() == element_count(t.extents()); }

/// \p values as a tensor of any type.
template <class Number>
any_tensor tensor_of(dtype type, shape extents, std::span<const Number> values) {
  any_tensor out(type, std::move(extents));
  visit_dtype(type, [&]<class T>() {
    T* to = out.values<T>().data();
    for (const Number v : values) {
      if constexpr (std::same_as<T, float16> || std::same_as<T, bfloat16>)
        *to++ = T(static_cast<float>(v));
      else
        *to++ = static_cast<T>(v);
    }
  });
  return out;
}

/// The same values as another dtype.
inline any_tensor as_type(const any_tensor& t, dtype to) {
  if (t.type() == to) return t;
  if (is_floating(t.type()) || is_floating(to))
    return tensor_of<double>(to, t.extents(), t.converted<double>());
  return tensor_of<index_t>(to, t.extents(), t.converted<index_t>());
}

/// Floating tensors as \p real; integers stay what they are.
inline any_tensor as_real(any_tensor t, dtype real) {
  return is_floating(t.type()) && t.type() != real ? as_type(t, real) : std::move(t);
}

}  // namespace detail

/// Every value that is alive at the end, by value_id: the network's outputs, or all that were
/// computed with `keep_all`. Inputs come in the order of `net.inputs()`, initialisers among them
/// left out.
/// \throws unknown_op, unsupported  naming the node that cannot be evaluated, unless `skip_unknown`.
[[nodiscard]] inline std::vector<std::optional<any_tensor>> evaluate_values(
    const model& net, const op_registry& ops, std::span<const any_tensor> inputs,
    const evaluate_options& options = {}) {
  std::vector<std::optional<any_tensor>> values(net.values().size());
  const auto at = [&](value_id v) -> std::optional<any_tensor>& {
    return values[static_cast<std::size_t>(v)];
  };
  std::size_t next = 0;
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    if (next == inputs.size())
      throw bad_value("evaluate", "no tensor for input '" + net.at(v).name + "'");
    at(v) = detail::as_real(inputs[next++], options.real);
  }
  if (next != inputs.size())
    throw shape_mismatch("evaluate: number of inputs", static_cast<index_t>(next),
                         static_cast<index_t>(inputs.size()));

  std::vector<std::size_t> last_use(values.size(), 0);
  for (std::size_t n = 0; n < net.nodes().size(); ++n)
    for (const value_id v : net.nodes()[n].inputs)
      if (v != no_value) last_use[static_cast<std::size_t>(v)] = n;
  for (const value_id v : net.outputs()) last_use[static_cast<std::size_t>(v)] = net.nodes().size();

  for (std::size_t n = 0; n < net.nodes().size(); ++n) {
    const op_node& node = net.nodes()[n];
    for (const value_id v : node.inputs)
      if (v != no_value && !at(v) && net.initializer(v))
        at(v) = detail::as_real(*net.initializer(v), options.real);
    const auto is_missing = [&](value_id v) { return v != no_value && !at(v); };
    if (options.skip_unknown && (std::any_of(node.inputs.begin(), node.inputs.end(), is_missing) ||
                                 !ops.find(node) || !ops.at(node).evaluate))
      continue;
    const op_definition& definition = detail::definition_for_evaluation(net, ops, node);
    evaluate_context context{node,
                             {},
                             std::vector<any_tensor>(node.outputs.size()),
                             options.training,
                             net.opset(node.domain)};
    for (const value_id v : node.inputs)
      context.inputs.push_back(v == no_value ? nullptr : &*at(v));
    definition.evaluate(context);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const value_id v = node.outputs[i];
      if (v == no_value) continue;
      // An output that nobody reads may stay unset: old operator sets list them without need.
      if (detail::is_set(context.outputs[i]))
        at(v) = detail::as_real(std::move(context.outputs[i]), options.real);
      else if (last_use[static_cast<std::size_t>(v)] > n && !options.skip_unknown)
        throw unsupported(detail::label_of(net, node), "output " + std::to_string(i) + " ('" +
                                                           net.at(v).name + "') of operator '" +
                                                           node.op + "' has no evaluation");
    }
    for (const auto* list : {&node.inputs, &node.outputs})
      for (const value_id v : *list)
        if (v != no_value && last_use[static_cast<std::size_t>(v)] <= n &&
            (!options.keep_all || net.initializer(v)))
          at(v).reset();
  }
  for (const value_id v : net.outputs())
    if (!at(v) && net.initializer(v)) at(v) = detail::as_real(*net.initializer(v), options.real);
  return values;
}

/// The network's outputs.
[[nodiscard]] inline std::vector<any_tensor> evaluate(const model& net, const op_registry& ops,
                                                      std::span<const any_tensor> inputs,
                                                      const evaluate_options& options = {}) {
  auto values = evaluate_values(net, ops, inputs, options);
  std::vector<any_tensor> outputs;
  for (const value_id v : net.outputs()) outputs.push_back(*values[static_cast<std::size_t>(v)]);
  return outputs;
}

}  // namespace slimming::inline v0
