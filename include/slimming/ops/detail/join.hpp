// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How operators that combine values element by element treat the channels of every axis: residual
/// additions, gates, per-channel constants of any broadcastable shape.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // error
#include <slimming/core/tensor.hpp>        // any_tensor
#include <slimming/graph/parameter.hpp>    // role
#include <slimming/model/connect.hpp>      // layout_of, channels_on, fix_axis
#include <slimming/model/infer.hpp>        // detail::symbol_sample
#include <slimming/ops/detail/shapes.hpp>  // broadcast
#include <slimming/rules/join.hpp>         // join_facts
#include <slimming/rules/pass.hpp>         // per_channel_facts

#include <algorithm>   // std::all_of, std::any_of
#include <cstddef>     // std::size_t
#include <functional>  // std::function
#include <optional>    // std::optional
#include <string>      // std::string
#include <vector>      // std::vector

namespace slimming::inline v0::ops::detail {

/// What is known of an operand where a channel has been removed.
struct removed_operand {
  bool is_zero = false;
  std::optional<double> number = {};  ///< the same scalar everywhere
};
/// Tells whether the result is zero there.
using zero_rule = bool (*)(std::span<const removed_operand>);

inline bool is_zero_operand(const removed_operand& x) { return x.is_zero || x.number == 0.0; }
inline bool zero_if_all(std::span<const removed_operand> operands) {
  return std::all_of(operands.begin(), operands.end(), is_zero_operand);
}
inline bool zero_if_any(std::span<const removed_operand> operands) {
  return std::any_of(operands.begin(), operands.end(), is_zero_operand);
}
inline bool zero_if_first(std::span<const removed_operand> operands) {
  return is_zero_operand(operands.front());
}
inline bool never_zero(std::span<const removed_operand>) { return false; }

/// The value of a constant of one element.
inline std::optional<double> number_of(const connect_context& c, value_id v) {
  const any_tensor* t = c.net.constant(v);
  if (!t && c.facts[static_cast<std::size_t>(v)].constant)
    t = &*c.facts[static_cast<std::size_t>(v)].constant;
  if (!t || t->size() != 1) return {};
  return t->converted<double>()[0];
}

/// The elementwise operator of a node, over operands aligned at their last axes.
class joiner {
 public:
  joiner(connect_context& c, std::vector<value_id> operands, role constants_as, zero_rule is_zero)
      : c_(c), operands_(std::move(operands)), as_(constants_as), is_zero_(is_zero) {
    std::vector<shape> extents;
    for (const value_id v : operands_) extents.push_back(extents_of(c, v));
    out_ = broadcast(extents, c.node);
  }

  channel_layout run() {
    channel_layout layout(out_.size());
    for (std::size_t axis = 0; axis < out_.size(); ++axis)
      if (out_[axis] > 1) layout.axes[axis] = join_axis(axis);
    return layout;
  }

 private:
  // The operand's own number of the output's axis, if it is as long there as the output.
  [[nodiscard]] std::optional<std::size_t> full_axis(value_id v, std::size_t axis) const {
    const shape& e = extents_of(c_, v);
    const std::size_t shift = out_.size() - e.size();
    if (axis < shift || e[axis - shift] != out_[axis]) return {};
    return axis - shift;
  }
  [[nodiscard]] bool is_parameter(value_id v) const {
    return c_.net.constant(v) && !c_.facts[static_cast<std::size_t>(v)].constant;
  }
  [[nodiscard]] bool is_divisor(value_id v) const {
    return c_.is_divisor[static_cast<std::size_t>(v)] != 0;
  }

  channel_layout::axis_channels join_axis(std::size_t axis) {
    std::vector<std::pair<value_id, std::size_t>> computed, constants;
    bool has_channels = false;
    for (const value_id v : operands_)
      if (const auto own = full_axis(v, axis)) {
        (is_parameter(v) ? constants : computed).emplace_back(v, *own);
        has_channels =
            has_channels || (!is_parameter(v) && c_.layouts[static_cast<std::size_t>(v)].on(*own));
      }
    if (!computed.empty() && !has_channels) {  // the axis is fixed: so are the constants
      for (const auto& [v, own] : constants)
        fix_axis(c_, v, own, "meets a fixed axis in '" + label_of(c_) + "'");
      return {};
    }
    channels out;
    if (computed.empty()) {  // constants alone decide the axis: their channels are free
      for (const auto& [v, own] : constants) {
        const channels c = layout_of(c_, v, as_).on(own);
        if (out) c_.graph.tie(out, c);
        if (!out) out = c;
      }
    } else {
      std::vector<feature_map> maps;
      for (const auto& [v, own] : computed) maps.push_back({channels_on(c_, v, own), {}, false});
      const std::string label = label_of(c_);
      const feature_map y = rules::connect(c_.graph, rules::join_facts{label}, maps);
      for (const auto& [v, own] : constants) {
        const role as = is_divisor(v) ? role::statistic : as_;
        (void)rules::connect(c_.graph,
                             rules::per_channel_facts{label, parameter_of(c_.net, v), as, own}, y);
      }
      out = y.c;
    }
    return {out, out && is_zero_(removed(axis))};
  }

  [[nodiscard]] std::vector<removed_operand> removed(std::size_t axis) const {
    std::vector<removed_operand> known;
    for (const value_id v : operands_) {
      const auto own = full_axis(v, axis);
      removed_operand x{false, number_of(c_, v)};
      if (own && is_parameter(v))
        x.is_zero = is_masked(as_) && !is_divisor(v);
      else if (own)
        x.is_zero = c_.layouts[static_cast<std::size_t>(v)].is_zero(*own);
      known.push_back(x);
    }
    return known;
  }

  connect_context& c_;
  std::vector<value_id> operands_;
  role as_;
  zero_rule is_zero_;
  shape out_;
};

/// Joins all inputs of the node into its first output.
inline void connect_join(connect_context& c, role constants_as, zero_rule is_zero) {
  std::vector<value_id> operands;
  for (const value_id v : c.node.inputs)
    if (v != no_value) operands.push_back(v);
  c.outputs[0] = joiner(c, std::move(operands), constants_as, is_zero).run();
}

}  // namespace slimming::inline v0::ops::detail
