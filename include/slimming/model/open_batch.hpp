// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Networks that were exported for one batch size, made to take any.
/// Area: model.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/tensor.hpp>        // any_tensor
#include <slimming/model/infer.hpp>        // infer
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry, value_facts
#include <slimming/model/rewrite.hpp>      // detail::use_count, detail::free_name

#include <algorithm>  // std::find
#include <cstddef>    // std::size_t
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0 {

namespace detail {

/// The batch that the inputs declare, 0 if it is open or they differ.
[[nodiscard]] inline index_t declared_batch(const model& net) {
  index_t batch = 0;
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    const auto& extents = net.at(v).extents;
    if (!extents || extents->empty() || extents->front() <= 0) return 0;
    if (batch != 0 && batch != extents->front()) return 0;
    batch = extents->front();
  }
  return batch;
}

/// The target of a Reshape that may copy the extent that it states, null if it may not.
[[nodiscard]] inline const any_tensor* stated_batch(const model& net, const op_node& node,
                                                    const std::vector<value_facts>& facts,
                                                    index_t batch) {
  if (node.op != "Reshape" || !node.domain.empty()) return {};
  const auto& from = facts[static_cast<std::size_t>(node.input(0))].extents;
  const any_tensor* const target = net.constant(node.input(1));
  if (!from || from->empty() || from->front() != batch) return {};
  if (target == nullptr || target->type() != dtype::int64 || target->size() == 0) return {};
  const auto list = target->values<index_t>();
  const bool has_zero = std::find(list.begin(), list.end(), 0) != list.end();
  if (has_zero && node.integer("allowzero", 0) != 0) return {};  // it means an extent of 0
  return list[0] == batch ? target : nullptr;
}

}  // namespace detail

/// Lets Reshape targets that begin with the declared batch, `[1, 512]`, copy it instead, `[0,
/// 512]`.
///
/// For the declared batch the network computes what it did. For another one it does as long as
/// nothing else states it (an Expand, a position table); infer() tells.
inline void open_batch(model& net, const op_registry& ops) {
  const index_t batch = detail::declared_batch(net);
  if (batch == 0) return;
  const std::vector<value_facts> facts = infer(net, ops);
  for (op_node& node : net.nodes()) {
    const any_tensor* const target = detail::stated_batch(net, node, facts, batch);
    if (target == nullptr) continue;
    any_tensor copies = *target;
    copies.values<index_t>()[0] = 0;
    node.attributes.erase("allowzero");
    const value_id old = node.input(1);
    if (detail::use_count(net, old) == 1)
      *net.constant(old) = std::move(copies);
    else
      node.inputs[1] =
          net.add_initializer(detail::free_name(net, node, ".target"), std::move(copies));
  }
}

}  // namespace slimming::inline v0
