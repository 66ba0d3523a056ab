// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CPU lowering of everything else: the operator's own naive evaluation, so that any model that the
/// library understands can be run. Inference only; allocates while it runs.
/// Area: exec.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/tensor.hpp>              // any_tensor
#include <slimming/exec/cpu_device.hpp>          // cpu_device
#include <slimming/exec/detail/cpu_packing.hpp>  // cpu_context
#include <slimming/exec/lowering.hpp>            // lowering_context
#include <slimming/model/op_registry.hpp>        // evaluate_context

#include <optional>  // std::optional
#include <span>      // std::span
#include <utility>   // std::move
#include <vector>    // std::vector

namespace slimming::inline v0::exec::detail {

/// Where an input or output of an evaluated node lives.
struct evaluated_port {
  std::optional<any_tensor> constant = {};
  any_tensor* host = nullptr;  ///< a value that is not of floats
  std::size_t slot = 0;        ///< of the step's buffers otherwise
  value_layout layout = {};
};

inline bool lower_by_evaluation(cpu_context& c) {
  const op_node& node = c.node();
  const op_definition* definition = c.registry().find(node);
  if (definition == nullptr || !definition->evaluate) return false;
  if (c.is_training() && c.needs_backward()) return false;
  std::vector<buffer_id> uses;
  const auto port = [&](value_id v, bool is_output) {
    evaluated_port p;
    if (v == no_value) return p;
    if (const any_tensor* t = is_output ? nullptr : c.tensor(v)) {
      p.constant = *t;
    } else if (c.net().at(v).type != dtype::float32) {
      p.host = &c.host_value(v);
    } else {
      p.slot = uses.size();
      p.layout = c.layout(v);
    }
    return p;
  };
  std::vector<std::optional<evaluated_port>> inputs, outputs;
  for (const value_id v : node.inputs) {
    if (v == no_value) {
      inputs.emplace_back();
      continue;
    }
    inputs.push_back(port(v, false));
    if (!inputs.back()->constant && !inputs.back()->host) uses.push_back(c.value(v));
  }
  for (std::size_t k = 0; k < node.outputs.size(); ++k) {
    if (node.outputs[k] == no_value) {
      outputs.emplace_back();
      continue;
    }
    outputs.push_back(port(node.outputs[k], true));
    if (!outputs.back()->host) uses.push_back(c.output(k));
  }
  c.forward("evaluate", uses,
            [node, evaluate = definition->evaluate, inputs = std::move(inputs),
             outputs = std::move(outputs),
             opset = c.net().source->opset(node.domain)](cpu_run&, std::span<const floats> memory) {
              std::vector<any_tensor> read(inputs.size());
              evaluate_context context{node, {}, {}, false, opset};
              for (std::size_t i = 0; i < inputs.size(); ++i) {
                if (!inputs[i]) {
                  context.inputs.push_back(nullptr);
                } else if (inputs[i]->constant) {
                  context.inputs.push_back(&*inputs[i]->constant);
                } else if (inputs[i]->host) {
                  context.inputs.push_back(inputs[i]->host);
                } else {
                  read[i] = any_tensor(dtype::float32, inputs[i]->layout.extents);
                  to_file_order(inputs[i]->layout, memory[inputs[i]->slot].data(),
                                read[i].values<float>().data());
                  context.inputs.push_back(&read[i]);
                }
              }
              context.outputs.resize(outputs.size());
              evaluate(context);
              for (std::size_t k = 0; k < outputs.size(); ++k) {
                if (!outputs[k]) continue;
                if (outputs[k]->host) {
                  *outputs[k]->host = std::move(context.outputs[k]);
                  continue;
                }
                const auto values = context.outputs[k].converted<float>();
                if (static_cast<index_t>(values.size()) != outputs[k]->layout.elements())
                  throw shape_mismatch(node.name, outputs[k]->layout.elements(),
                                       static_cast<index_t>(values.size()));
                to_device_order(outputs[k]->layout, values.data(), memory[outputs[k]->slot].data());
              }
            });
  return true;
}

}  // namespace slimming::inline v0::exec::detail
