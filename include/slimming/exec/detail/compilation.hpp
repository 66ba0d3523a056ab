// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The state of one compilation, shared by the lowerings of all nodes: which buffer holds what,
/// which gradients exist and who writes them first.
/// Area: exec.

#include <slimming/core/config.hpp>                   // index_t
#include <slimming/core/error.hpp>                    // unsupported
#include <slimming/exec/detail/shared_gradients.hpp>  // shared_gradients
#include <slimming/exec/device.hpp>                   // recording_device
#include <slimming/exec/network.hpp>                  // network
#include <slimming/exec/options.hpp>                  // executor_options
#include <slimming/exec/program.hpp>                  // program, buffer_id, make_step
#include <slimming/exec/value_layout.hpp>             // value_layout
#include <slimming/model/op_registry.hpp>             // op_registry

#include <algorithm>      // std::any_of
#include <cstdint>        // std::int32_t
#include <iterator>       // std::make_move_iterator
#include <span>           // std::span
#include <string>         // std::string
#include <unordered_map>  // std::unordered_map
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0::exec::detail {

template <class Device>
class compilation {
 public:
  compilation(network n, const op_registry& r, const executor_options& o, Device& d)
      : net(std::move(n)),
        registry(r),
        options(o),
        device(d),
        values_(net.values.size()),
        gradients_(net.values.size()),
        shared_({}, {}) {
    find_gradients();
    for (const value_id v : net.inputs) {
      buffer b{layout(v).floats()};
      b.persistent = true;  // a run may be repeated without setting its inputs again
      values_[index(v)] = program.add(b);
    }
  }

  network net;
  const op_registry& registry;
  const executor_options& options;
  Device& device;
  exec::program<Device> program;
  std::vector<step<Device>> node_backward;  // of the node that is being lowered

  // Called around the lowering of one node, in order.
  void end_node(std::int32_t n) {
    const op_node& node = net.nodes[static_cast<std::size_t>(n)];
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (contributes(n) && has_gradient(node.inputs[i]) && !is_taken(n, i))
        throw unsupported(node.name + " (" + node.op + ")", "cannot be trained through");
    std::move(pending_.begin(), pending_.end(), std::back_inserter(node_backward));
    pending_.clear();
    taken_.clear();
    started_.clear();
    backward_.push_back(std::move(node_backward));
    node_backward.clear();
  }
  void end() {
    for (std::size_t n = backward_.size(); n-- > 0;)
      std::move(backward_[n].begin(), backward_[n].end(), std::back_inserter(program.backward));
    for (const value_id v : net.outputs)
      if (net.at(v).type == dtype::float32) program.at(program.root(value_buffer(v))).to_end = true;
  }

  [[nodiscard]] value_layout layout(value_id v) const {
    return {net.at(v).extents, &Device::channel_stride, net.at(v).room};
  }

  buffer_id value_buffer(value_id v) {
    buffer_id& b = values_[index(v)];
    if (!b && net.is_constant(v)) b = constant_buffer(v);
    if (!b) throw unsupported("value '" + net.at(v).name + "'", "is not in the device's memory");
    return b;
  }
  buffer_id define(value_id v, index_t floats) {
    buffer_id& b = values_[index(v)];
    if (!b) b = program.add({floats >= 0 ? floats : layout(v).floats()});
    return b;
  }
  any_tensor& host_value(value_id v) { return program.host_values[v]; }
  void alias(value_id v, buffer_id of) {
    values_[index(v)] = program.add({program.at(of).floats, of});
  }

  parameter_use use_parameter(value_id v, parameter_kind kind, packing packed, std::int32_t node) {
    const auto [found, is_new] = parameter_of_.try_emplace(v, program.parameters.size());
    if (is_new) add_parameter(v, kind, std::move(packed));
    parameter& p = program.parameters[found->second];
    if (!is_new &&
        (p.kind != kind || p.layout.floats != packed.floats || p.layout.order != packed.order))
      throw unsupported(
          p.name,
          "is used by nodes that want it in different layouts; give each of them a tensor of "
          "its own");
    if (p.kind == parameter_kind::statistic || !contributes(node) || !net.at(v).is_initializer)
      return {p.value, {}};
    if (!p.gradient) {
      buffer gradient{p.layout.floats}, velocity{p.layout.floats};
      gradient.persistent = options.keep_gradients || recording_device<Device>;
      velocity.persistent = true;
      p.gradient = program.add(gradient);
      p.velocity = program.add(velocity);
    }
    const auto& users = contributors_[index(v)];
    if (node == users.back()) return {p.value, p.gradient};
    // shared by several nodes
    return {p.value, add_later(p.gradient, "parameter gradient", node, holds::parameters)};
  }

  [[nodiscard]] bool has_gradient(value_id v) const {
    return v != no_value && has_gradient_[index(v)];
  }
  buffer_id gradient_buffer(value_id v) {
    if (!has_gradient(v)) return {};
    buffer_id& b = gradients_[index(v)];
    if (b) return b;
    buffer gradient{layout(v).floats()};
    gradient.persistent = is_seeded_[index(v)];  // written between the passes
    return b = program.add(gradient);
  }
  gradient_target gradient_of_input(std::int32_t n, std::size_t input) {
    const value_id v = net.nodes[static_cast<std::size_t>(n)].input(input);
    taken_.push_back(input);
    if (!has_gradient(v)) return {};
    const bool first_use_here = std::find(started_.begin(), started_.end(), v) == started_.end();
    started_.push_back(v);
    const bool starts = contributors_[index(v)].back() == n && first_use_here;
    return {gradient_buffer(v), !starts || is_seeded_[index(v)]};
  }
  buffer_id plain_gradient_of_input(std::int32_t n, std::size_t input) {
    const gradient_target target = gradient_of_input(n, input);
    return target.accumulate ? add_later(target.into, "add gradients", n, holds::values)
                             : target.into;
  }
  void pass_gradient(std::int32_t n, std::size_t input) {
    const op_node& node = net.nodes[static_cast<std::size_t>(n)];
    const gradient_target target = gradient_of_input(n, input);
    const buffer_id from = gradient_buffer(node.outputs[0]);
    if (!target.into || !from) return;
    if (!target.accumulate && shared_.join(node.inputs[input], node.outputs[0])) {
      program.at(program.root(target.into)).alias_of = from;
      return;
    }
    const bool accumulate = target.accumulate;
    pending_.push_back(make_step<Device>(
        "add gradients", node.name,
        [accumulate](run_context<Device>& run, std::span<float> to, std::span<float> g) {
          const auto n_floats = static_cast<index_t>(to.size());
          if (accumulate)
            run.device.add(to.data(), g.data(), n_floats);
          else
            run.device.copy(to.data(), g.data(), n_floats);
        },
        target.into, from));
  }

 private:
  [[nodiscard]] static std::size_t index(value_id v) { return static_cast<std::size_t>(v); }

  // Whether node n has an output whose gradient exists.
  [[nodiscard]] bool contributes(std::int32_t n) const {
    const auto& outputs = net.nodes[static_cast<std::size_t>(n)].outputs;
    return std::any_of(outputs.begin(), outputs.end(), [&](value_id v) { return has_gradient(v); });
  }
  [[nodiscard]] bool is_taken(std::int32_t, std::size_t input) const {
    return std::find(taken_.begin(), taken_.end(), input) != taken_.end();
  }

  // A gradient exists where something trained lies below and an output above.
  void find_gradients() {
    const std::size_t n_values = net.values.size();
    has_gradient_.assign(n_values, false);
    is_seeded_.assign(n_values, false);
    contributors_.resize(n_values);
    if (options.mode != execution_mode::training) return;
    std::vector<bool> trained(n_values), reaches(n_values);
    const auto is_float = [&](value_id v) {
      return v != no_value && net.at(v).type == dtype::float32;
    };
    for (const op_node& node : net.nodes) {
      const bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [&](value_id v) {
        return is_float(v) && (net.at(v).is_initializer || trained[index(v)]);
      });
      for (const value_id v : node.outputs)
        if (any && is_float(v)) trained[index(v)] = true;
    }
    for (const value_id v : net.roots) {
      reaches[index(v)] = is_float(v);
      is_seeded_[index(v)] = is_float(v);
    }
    for (std::size_t n = net.nodes.size(); n-- > 0;) {
      const op_node& node = net.nodes[n];
      const bool any = std::any_of(node.outputs.begin(), node.outputs.end(),
                                   [&](value_id v) { return v != no_value && reaches[index(v)]; });
      for (const value_id v : node.inputs)
        if (any && is_float(v)) reaches[index(v)] = true;
    }
    std::vector<std::int32_t> producers(n_values);
    for (std::size_t v = 0; v < n_values; ++v) {
      producers[v] = net.values[v].producer;
      has_gradient_[v] = trained[v] && reaches[v];
    }
    for (std::size_t v = 0; v < n_values; ++v)
      for (const std::int32_t n : net.values[v].consumers)
        if (contributes(n)) contributors_[v].push_back(n);
    shared_ = shared_gradients(std::move(producers), contributors_);
  }

  void add_parameter(value_id v, parameter_kind kind, packing packed) {
    const any_tensor* t = net.tensor(v);
    if (t == nullptr || !is_floating(t->type()))
      throw unsupported("value '" + net.at(v).name + "'", "must be a float constant here");
    buffer b{packed.floats};
    b.persistent = true;
    parameter p;
    p.source = v;
    p.name = net.at(v).name;
    p.kind = kind;
    p.extents = t->extents();
    p.layout = std::move(packed);
    p.value = program.add(b);
    program.parameters.push_back(std::move(p));
  }
  buffer_id constant_buffer(value_id v) {
    buffer b{layout(v).floats()};
    b.persistent = true;
    const buffer_id id = program.add(b);
    const any_tensor folded = net.at(v).folded ? *net.at(v).folded : any_tensor();
    const bool is_initializer = net.at(v).is_initializer;
    program.constants.push_back(
        {id, [l = layout(v), folded, is_initializer, v](const model& m, float* to) {
           const any_tensor& t = is_initializer ? *m.initializer(v) : folded;
           to_device_order(l, t.converted<float>().data(), to);
         }});
    return id;
  }
  // A device may store values, and their gradients, in a type of its own; parameters are floats.
  enum class holds { values, parameters };

  // A buffer that is added to `to` when the node's backward steps have run.
  buffer_id add_later(buffer_id to, const char* label, std::int32_t n, holds what) {
    const buffer_id part = program.add({program.at(to).floats});
    pending_.push_back(make_step<Device>(
        label, net.nodes[static_cast<std::size_t>(n)].name,
        [what](run_context<Device>& run, std::span<float> sum, std::span<float> term) {
          const auto floats = static_cast<index_t>(sum.size());
          static_cast<void>(what);  // makes no difference to a device that stores floats only
          if constexpr (requires { run.device.add_floats(sum.data(), term.data(), floats); })
            if (what == holds::parameters)
              return run.device.add_floats(sum.data(), term.data(), floats);
          run.device.add(sum.data(), term.data(), floats);
        },
        to, part));
    return part;
  }

  std::vector<buffer_id> values_, gradients_;
  std::vector<bool> has_gradient_, is_seeded_;
  std::vector<std::vector<std::int32_t>> contributors_;  // per value: nodes, once per use
  shared_gradients shared_;
  std::unordered_map<value_id, std::size_t> parameter_of_;
  std::vector<std::vector<step<Device>>> backward_;  // per node
  std::vector<step<Device>> pending_;                // additions that end the node's backward steps
  std::vector<std::size_t> taken_;                   // inputs whose gradient was asked for
  std::vector<value_id> started_;
};

}  // namespace slimming::inline v0::exec::detail
