// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the channel rule of an operator needs: extents, constants, channels per axis, barriers.
/// Area: model. Operators of your own use the same functions as the built-in ones.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // unsupported
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/graph/parameter.hpp>    // parameter, role
#include <slimming/model/infer.hpp>        // detail::label_of
#include <slimming/model/op_registry.hpp>  // connect_context, channel_layout
#include <slimming/rules/feature_map.hpp>  // feature_map

#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <span>      // std::span
#include <string>    // std::string
#include <utility>   // std::move
#include <vector>    // std::vector

namespace slimming::inline v0 {

/// The node's name, or that of its first output if it has none.
[[nodiscard]] inline std::string label_of(const connect_context& context) {
  return detail::label_of(context.net, context.node);
}

/// Extents of a value; all are numbers.
/// \throws unsupported  if they are unknown.
[[nodiscard]] inline const shape& extents_of(const connect_context& context, value_id v) {
  const auto& extents = context.facts[static_cast<std::size_t>(v)].extents;
  if (!extents)
    throw unsupported(label_of(context),
                      "the shape of '" + context.net.at(v).name + "' is not known");
  return *extents;
}

/// A constant as the channel graph knows it; its memory holds until a value or a node is added to
/// the model. It refuses surgery in place, which would leave the numbers of channels in attributes
/// and other constants as they were.
/// \pre `net.constant(v)` is not null.
[[nodiscard]] inline parameter parameter_of(model& net, value_id v) {
  parameter_owner model_itself;
  model_itself.object = &net;
  model_itself.accepts = [](void*, std::span<const index_t>) { return false; };
  model_itself.advice = "cut a model by prune(net, ops, plan)";
  return {net.at(v).name, net.constant(v)->ref(), model_itself};
}
[[nodiscard]] inline std::optional<parameter> parameter_if(model& net, value_id v) {
  if (v == no_value || net.constant(v) == nullptr) return {};
  return parameter_of(net, v);
}

/// The masked network sets the slices of removed channels to zero in arrays of this role.
[[nodiscard]] constexpr bool is_masked(role as) noexcept {
  return as == role::weight || as == role::weight_in || as == role::bias || as == role::scale;
}

/// Channels of every axis of \p v. A constant gets channels of its own on each axis longer than
/// one, bound to it as \p as, the first time that a rule asks.
inline const channel_layout& layout_of(connect_context& context, value_id v,
                                       role as = role::weight) {
  channel_layout& layout = context.layouts[static_cast<std::size_t>(v)];
  if (!layout.axes.empty() || context.net.constant(v) == nullptr) return layout;
  if (context.facts[static_cast<std::size_t>(v)].constant) return layout;  // shape arithmetic
  const parameter p = parameter_of(context.net, v);
  if (context.is_divisor[static_cast<std::size_t>(v)]) as = role::statistic;
  layout = channel_layout(p.array.rank);
  const parameter_id id = context.graph.add(p);
  for (std::size_t axis = 0; axis < p.array.rank; ++axis) {
    if (p.array.extent[axis] <= 1) continue;
    const channels c =
        context.graph.add(p.array.extent[axis], p.name + ".axis" + std::to_string(axis));
    context.graph.bind(id, axis, c, as);
    layout.axes[axis] = {c, is_masked(as)};
  }
  return layout;
}

/// The channels of axis \p axis of \p v. An axis that carries none gets pinned ones, so that rules
/// can bind and tie to it and reports can say why nothing goes.
inline channels channels_on(connect_context& context, value_id v, std::size_t axis,
                            role as = role::weight) {
  (void)layout_of(context, v, as);
  channel_layout& layout = context.layouts[static_cast<std::size_t>(v)];
  if (layout.axes.empty()) layout = channel_layout(extents_of(context, v).size());
  auto& entry = layout.axes.at(axis);
  if (!entry.c) {
    const auto& value = context.net.at(v);
    entry.c = context.graph.add(extents_of(context, v)[axis], value.name);
    std::string reason = "axis " + std::to_string(axis) + " of '" + value.name + "' is fixed";
    if (value.producer >= 0)
      reason += " by '" +
                detail::label_of(context.net,
                                 context.net.nodes()[static_cast<std::size_t>(value.producer)]) +
                "'";
    context.graph.pin(entry.c, std::move(reason));
  }
  return entry.c;
}

/// \p positions of all samples of the network's input, counted for one; as they are where they do
/// not divide.
[[nodiscard]] inline index_t per_sample(const connect_context& context, index_t positions) {
  for (const value_id in : context.net.inputs()) {
    const auto& extents = context.facts[static_cast<std::size_t>(in)].extents;
    if (context.net.initializer(in) || !extents || extents->empty()) continue;
    const index_t batch = extents->front();
    return batch > 0 && positions % batch == 0 ? positions / batch : positions;
  }
  return positions;
}

/// What a rule of rules/ takes: the channels on \p axis, and the other extents but the first as
/// space.
inline feature_map map_on(connect_context& context, value_id v, std::size_t axis = 1) {
  feature_map x{channels_on(context, v, axis), {}, true};
  const shape& extents = extents_of(context, v);
  for (std::size_t a = 1; a < extents.size(); ++a)
    if (a != axis) x.spatial.push_back(extents[a]);
  return x;
}

/// A layout of \p rank axes with \p c on \p axis.
[[nodiscard]] inline channel_layout layout_with(std::size_t rank, std::size_t axis, channels c,
                                                bool is_zero) {
  channel_layout layout(rank);
  layout.axes.at(axis) = {c, is_zero};
  return layout;
}

/// Pins whatever channels \p v has on \p axis. A constant that others read is pinned too.
inline void fix_axis(connect_context& context, value_id v, std::size_t axis,
                     const std::string& reason) {
  const auto at = static_cast<std::size_t>(v);
  if (context.net.constant(v) && context.use_count[at] > 1) (void)layout_of(context, v);
  if (const channels c = context.layouts[at].on(axis)) context.graph.pin(c, reason);
}

/// Pins every channel of \p v.
inline void fix(connect_context& context, value_id v, const std::string& reason) {
  if (v == no_value || !context.facts[static_cast<std::size_t>(v)].extents) return;
  const std::size_t rank = extents_of(context, v).size();
  for (std::size_t axis = 0; axis < rank; ++axis) fix_axis(context, v, axis, reason);
}

/// Pins every channel that the node reads; its outputs carry none. The rule of an operator whose
/// meaning is unknown, or that needs all its channels.
inline void barrier(connect_context& context, const std::string& reason) {
  context.graph.enter(label_of(context));
  for (const value_id v : context.node.inputs) fix(context, v, reason);
  context.outputs.assign(context.node.outputs.size(), {});
}

}  // namespace slimming::inline v0
