// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How an operator becomes steps on a device: the context that a lowering writes into, and the open
/// table of lowerings.
/// Area: exec.
///
/// A lowering is called once per node, when a model is compiled. It asks for the memory of the
/// node's values, parameters and gradients and states steps over them:
///
///     bool lower_relu(exec::lowering_context<my_device>& c) {
///       const auto x = c.value(c.node().input(0)), y = c.output(0);
///       c.forward("relu", [](auto& run, auto x, auto y) { ... }, x, y);
///       if (!c.needs_backward()) return true;
///       const auto dy = c.output_gradient(0), dx = c.plain_gradient(0);
///       c.backward("relu", [](auto& run, auto y, auto dy, auto dx) { ... }, y, dy, dx);
///       return true;
///     }
///
/// A step names the buffers that it touches and receives them as spans. That is all the memory
/// planner needs: a buffer lives from the first step that names it to the last one, so `y` above is
/// kept until the backward pass because a backward step names it. A step writes only buffers of its
/// own node, except to add to a gradient.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/error.hpp>               // unsupported
#include <slimming/exec/detail/compilation.hpp>  // compilation
#include <slimming/exec/device.hpp>              // execution_device
#include <slimming/exec/network.hpp>             // network
#include <slimming/exec/options.hpp>             // executor_options
#include <slimming/exec/program.hpp>             // program, buffer_id, make_step
#include <slimming/exec/value_layout.hpp>        // value_layout
#include <slimming/model/op_node.hpp>            // op_node

#include <functional>     // std::function
#include <map>            // std::map
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0::exec {

/// One node being lowered.
template <class Device>
class lowering_context {
 public:
  lowering_context(detail::compilation<Device>& all, std::int32_t node) : all_(all), index_(node) {}

  [[nodiscard]] const op_node& node() const {
    return all_.net.nodes[static_cast<std::size_t>(index_)];
  }
  /// Position of the node in the compiled network.
  [[nodiscard]] std::uint64_t index() const noexcept { return static_cast<std::uint64_t>(index_); }
  [[nodiscard]] const network& net() const noexcept { return all_.net; }
  [[nodiscard]] Device& device() const noexcept { return all_.device; }
  [[nodiscard]] const executor_options& options() const noexcept { return all_.options; }
  [[nodiscard]] const op_registry& registry() const noexcept { return all_.registry; }
  [[nodiscard]] bool is_training() const noexcept {
    return all_.options.mode == execution_mode::training;
  }
  /// \throws unsupported  naming the node.
  [[noreturn]] void refuse(std::string_view why) const {
    throw unsupported(node().name + " (" + node().op + ")", why);
  }

  // Values -----------------------------------------------------------------------------------

  [[nodiscard]] value_layout layout(value_id v) const { return all_.layout(v); }
  /// Memory of a computed value that the node reads.
  [[nodiscard]] buffer_id value(value_id v) const { return all_.value_buffer(v); }
  /// Memory of output number \p k; empty if the node has no such output. \p floats overrides the
  /// layout for values that no network knows (statistics handed from node to node).
  [[nodiscard]] buffer_id output(std::size_t k, index_t floats = -1) {
    if (k >= node().outputs.size() || node().outputs[k] == no_value) return {};
    return all_.define(node().outputs[k], floats);
  }
  /// Host memory of a value that is not of floats: only lowerings that evaluate on the host use it.
  [[nodiscard]] any_tensor& host_value(value_id v) { return all_.host_value(v); }
  /// Output number \p k is the value \p v under another name; no step is needed.
  void alias_output(std::size_t k, value_id v) { all_.alias(node().outputs[k], value(v)); }

  /// Memory that one pass of the node scribbles on. Name it in forward or in backward steps, or in
  /// both to carry results from one to the other.
  [[nodiscard]] buffer_id scratch(index_t floats) { return all_.program.add({floats}); }

  // Parameters -------------------------------------------------------------------------------

  /// A tensor that is known now: an initialiser or a folded constant. Null for anything else.
  [[nodiscard]] const any_tensor* tensor(value_id v) const { return all_.net.tensor(v); }

  /// Reads a constant input of the node, from the model if it is an initialiser. For constant().
  [[nodiscard]] std::function<std::vector<double>(const model&, value_id)> reader() const {
    std::map<value_id, any_tensor> folded;
    for (const value_id v : node().inputs)
      if (v != no_value && all_.net.at(v).folded) folded.emplace(v, *all_.net.at(v).folded);
    return [folded = std::move(folded)](const model& m, value_id v) {
      const auto found = folded.find(v);
      return (found != folded.end() ? &found->second : m.initializer(v))->converted<double>();
    };
  }

  /// The initialiser \p v, copied into the device's order. Asked again, it is the same memory.
  /// \throws unsupported  if \p v is not a float constant or was asked for in another layout.
  [[nodiscard]] parameter_use parameter(value_id v, parameter_kind kind, packing layout) {
    return all_.use_parameter(v, kind, std::move(layout), index_);
  }
  /// Floats that \p fill computes from the model whenever its parameters are loaded. For inference,
  /// where what a step reads may be made of several parameters.
  [[nodiscard]] buffer_id constant(index_t floats, std::function<void(const model&, float*)> fill) {
    buffer b{floats};
    b.persistent = true;
    const buffer_id id = all_.program.add(b);
    all_.program.constants.push_back({id, std::move(fill)});
    return id;
  }

  // Gradients --------------------------------------------------------------------------------

  /// Whether anything below output 0 is trained and anything above it reaches the loss.
  [[nodiscard]] bool needs_backward() const { return all_.has_gradient(node().outputs[0]); }
  /// Gradient of output number \p k, complete when the node's backward steps run. Do not write.
  [[nodiscard]] buffer_id output_gradient(std::size_t k) {
    if (k >= node().outputs.size() || node().outputs[k] == no_value) return {};
    return all_.gradient_buffer(node().outputs[k]);
  }
  [[nodiscard]] bool wants_gradient(std::size_t input) const {
    return all_.has_gradient(node().input(input));
  }
  /// For steps that can add: the place of the gradient of input number \p input.
  [[nodiscard]] gradient_target gradient(std::size_t input) {
    return all_.gradient_of_input(index_, input);
  }
  /// For steps that only overwrite: the executor adds where others contribute too.
  [[nodiscard]] buffer_id plain_gradient(std::size_t input) {
    return all_.plain_gradient_of_input(index_, input);
  }
  /// The gradient of input number \p input is that of output 0; shares its memory where that is
  /// safe. Call it last: another input may be the same value, whose gradient is then added to.
  void pass_gradient(std::size_t input) { all_.pass_gradient(index_, input); }

  // Steps ------------------------------------------------------------------------------------

  /// States `f(run_context<Device>&, std::span<float>...)` over the given buffers. Steps of one
  /// pass run in the order in which they are stated.
  template <class Function, std::same_as<buffer_id>... Buffers>
  void forward(std::string_view label, Function f, Buffers... uses) {
    all_.program.forward.push_back(
        make_step<Device>(std::string(label), node().name, std::move(f), uses...));
  }
  template <class Function, std::same_as<buffer_id>... Buffers>
  void backward(std::string_view label, Function f, Buffers... uses) {
    all_.node_backward.push_back(
        make_step<Device>(std::string(label), node().name, std::move(f), uses...));
  }
  /// The same for any number of buffers: `f(run_context<Device>&, std::span<const
  /// std::span<float>>)`.
  void forward(std::string_view label, std::vector<buffer_id> uses, step_function<Device> f) {
    all_.program.forward.push_back(
        {std::string(label), node().name, std::move(uses), std::move(f)});
  }
  void backward(std::string_view label, std::vector<buffer_id> uses, step_function<Device> f) {
    all_.node_backward.push_back({std::string(label), node().name, std::move(uses), std::move(f)});
  }

 private:
  detail::compilation<Device>& all_;
  std::int32_t index_;
};

/// Turns a node into steps. Returns false, before it has asked for anything, if it cannot.
template <class Device>
using lowering = std::function<bool(lowering_context<Device>&)>;

/// Lowerings by domain and operator name. A later entry replaces an earlier one: the user's win.
template <class Device>
class lowering_table {
 public:
  lowering_table& add(std::string_view op, lowering<Device> f, std::string_view domain = {}) {
    entries_.insert_or_assign(key(domain, op), std::move(f));
    return *this;
  }
  /// What lowers operators that have no entry, or whose entry declines.
  lowering_table& fallback(lowering<Device> f) {
    fallback_ = std::move(f);
    return *this;
  }
  [[nodiscard]] bool contains(std::string_view op, std::string_view domain = {}) const {
    return entries_.contains(key(domain, op));
  }
  /// \throws unsupported  if neither an entry nor the fallback takes the node.
  void lower(lowering_context<Device>& c) const {
    const auto found = entries_.find(key(c.node().domain, c.node().op));
    if (found != entries_.end() && found->second(c)) return;
    if (fallback_ && fallback_(c)) return;
    c.refuse("the device has no lowering for it");
  }

 private:
  static std::string key(std::string_view domain, std::string_view op) {
    return (domain == "ai.onnx" ? std::string() : std::string(domain)).append("::").append(op);
  }
  std::unordered_map<std::string, lowering<Device>> entries_;
  lowering<Device> fallback_;
};

}  // namespace slimming::inline v0::exec
