// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Normalisations: per channel, over groups of channels, over the last axes, by a p-norm.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/model/connect.hpp>      // map_on, fix_axis, parameter_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // after_of
#include <slimming/ops/detail/naive.hpp>   // input_of, reals_of, axis_split
#include <slimming/ops/detail/shapes.hpp>  // infer_same, axis_of
#include <slimming/rules/norm.hpp>         // batch_norm_facts, group_norm_facts, layer_norm_facts

#include <cmath>     // std::sqrt, std::abs
#include <cstddef>   // std::size_t
#include <optional>  // std::optional
#include <string>    // std::string
#include <utility>   // std::move
#include <vector>    // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// A vector of one number per channel: bound if it is a constant, else its channels are tied.
inline std::optional<parameter> vector_parameter(connect_context& c, std::size_t i) {
  return parameter_if(c.net, c.node.input(i));
}
inline void tie_computed_vectors(connect_context& c, std::size_t first, std::size_t last,
                                 channels y) {
  for (std::size_t i = first; i <= last; ++i) {
    const value_id v = c.node.input(i);
    if (v == no_value || c.net.constant(v)) continue;
    c.graph.enter(label_of(c));
    c.graph.tie(y, channels_on(c, v, 0));
  }
}
/// Zero scale and shift make a removed channel zero.
inline bool shift_vanishes(const connect_context& c, std::size_t i) {
  const value_id v = c.node.input(i);
  if (v == no_value) return true;
  if (c.net.constant(v)) return !c.is_divisor[static_cast<std::size_t>(v)];
  return c.layouts[static_cast<std::size_t>(v)].is_zero(0);
}

inline void infer_batch_norm(infer_context& c) {
  const shape& x = extents_of(c, 0);
  if (x.size() < 2)
    throw shape_mismatch(place_of(c.node) + ": rank", 2, static_cast<index_t>(x.size()));
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i)
    if (c.node.inputs[i] != no_value && extents_of(c, i) != shape{x[1]})
      throw shape_mismatch(place_of(c.node) + ": input " + std::to_string(i), x[1],
                           element_count(extents_of(c, i)));
  set_output(c, 0, x, facts_of(c, 0).type);
  for (std::size_t i = 1; i < c.outputs.size(); ++i) set_output(c, i, {x[1]}, facts_of(c, 0).type);
}

inline void connect_batch_norm(connect_context& c) {
  const value_id in = c.node.input(0);
  const bool has_statistics = c.node.op == "BatchNormalization";
  const std::size_t rank = slimming::extents_of(c, in).size();
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (axis != 1 && !has_statistics) fix_axis(c, in, axis, "mean and variance are taken over it");
  rules::batch_norm_facts f{label_of(c), vector_parameter(c, 1), vector_parameter(c, 2), {}, {}};
  if (has_statistics) {
    f.mean = vector_parameter(c, 3);
    f.variance = vector_parameter(c, 4);
  }
  const auto y = rules::connect(c.graph, f, map_on(c, in));
  tie_computed_vectors(c, 1, has_statistics ? 4 : 2, y.c);
  channel_layout layout = c.layouts[static_cast<std::size_t>(in)];
  for (auto& axis : layout.axes) axis.is_zero = false;
  layout.axes[1] = {y.c, shift_vanishes(c, 1) && shift_vanishes(c, 2)};
  c.outputs[0] = std::move(layout);
}

/// Mean and variance of one channel.
struct moments {
  double mean = 0, variance = 0;
};

/// (x - mean) / sqrt(variance + epsilon) for a value of outer x channels x inner elements. \p
/// stated(c) yields running statistics; where it is empty, they are those of the sample, or of the
/// batch.
inline reals normalised(const reals& x, const axis_split& s, bool over_batch, double epsilon,
                        const std::vector<moments>& stated = {}) {
  reals y(x.size());
  const auto at = [&](index_t n, index_t c, index_t i) {
    return static_cast<std::size_t>((n * s.n + c) * s.inner + i);
  };
  const auto measure = [&](index_t first, index_t last, index_t c) {
    moments m;
    const auto count = static_cast<double>((last - first) * s.inner);
    for (index_t n = first; n < last; ++n)
      for (index_t i = 0; i < s.inner; ++i) m.mean += x[at(n, c, i)] / count;
    for (index_t n = first; n < last; ++n)
      for (index_t i = 0; i < s.inner; ++i)
        m.variance += (x[at(n, c, i)] - m.mean) * (x[at(n, c, i)] - m.mean) / count;
    return m;
  };
  for (index_t c = 0; c < s.n; ++c)
    for (index_t n = 0; n < s.outer; ++n) {
      const moments m = !stated.empty() ? stated[static_cast<std::size_t>(c)]
                        : over_batch    ? measure(0, s.outer, c)
                                        : measure(n, n + 1, c);
      const double factor = 1 / std::sqrt(m.variance + epsilon);
      for (index_t i = 0; i < s.inner; ++i) y[at(n, c, i)] = (x[at(n, c, i)] - m.mean) * factor;
    }
  return y;
}

/// y * scale + shift, where element i has the numbers of channel `i / inner % n`.
inline void scale_and_shift(reals& y, const reals& scale, const reals& shift, index_t inner) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = i / static_cast<std::size_t>(inner) % scale.size();
    y[i] = y[i] * scale[c] + (shift.empty() ? 0 : shift[c]);
  }
}

inline void evaluate_batch_norm(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const axis_split s(x.extents(), 1);
  const bool is_batch = c.node.op == "BatchNormalization";
  std::vector<moments> running;
  if (is_batch && !c.training && c.node.integer("training_mode", 0) == 0) {
    const reals mean = reals_of(input_of(c, 3)), variance = reals_of(input_of(c, 4));
    for (std::size_t k = 0; k < mean.size(); ++k) running.push_back({mean[k], variance[k]});
  }
  reals y = normalised(reals_of(x), s, is_batch, c.node.real("epsilon", 1e-5), running);
  scale_and_shift(y, reals_of(input_of(c, 1)), reals_of(input_of(c, 2)), s.inner);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

// Scale and shift of GroupNormalization count groups before operator set 21 and channels since.
inline bool counts_groups(const op_node& node, const shape& x, const shape& scale) {
  const index_t groups = node.integer("num_groups", 1);
  return scale == shape{groups} && groups != x[1];
}

inline void connect_group_norm(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  for (std::size_t axis = 0; axis < x.size(); ++axis)
    if (axis != 1) fix_axis(c, in, axis, "mean and variance are taken over it");
  const index_t groups = c.node.integer("num_groups", 1);
  const bool per_group = counts_groups(c.node, x, slimming::extents_of(c, c.node.input(1)));
  const bool is_constant = c.net.constant(c.node.input(1)) && c.net.constant(c.node.input(2));
  if (!is_constant) return barrier(c, "a group norm with computed scales");
  rules::group_norm_facts f{label_of(c), groups, {}, {}, c.options.norm_grouping};
  if (groups == 1) f.grouping = rules::group_policy::same_positions;  // one group never goes whole
  if (!per_group) {
    f.gamma = vector_parameter(c, 1);
    f.beta = vector_parameter(c, 2);
  }
  const feature_map y = rules::connect(c.graph, f, map_on(c, in));
  if (per_group && f.grouping == rules::group_policy::whole_groups) {
    const channels whole = c.graph.add(groups, f.name + ".scales");
    c.graph.tie_block(whole, y.c, x[1] / groups);
    c.graph.bind(c.graph.add(*vector_parameter(c, 1)), 0, whole, role::scale);
    c.graph.bind(c.graph.add(*vector_parameter(c, 2)), 0, whole, role::bias);
  }
  // Scales that several channels share cannot be zeroed for one of them.
  const bool is_zero = !per_group || f.grouping == rules::group_policy::whole_groups;
  c.outputs[0] = layout_with(x.size(), 1, y.c, is_zero);
}

inline void rewrite_group_norm(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0);
  const shape& before = *c.before[static_cast<std::size_t>(in)].extents;
  const mask keep = c.keep(slimming::layout_of(c, in).on(1));
  const index_t groups = node.integer("num_groups", 1), per_group = before[1] / groups;
  index_t left = 0;  // groups of which anything is left
  for (index_t g = 0; g < groups; ++g)
    for (index_t i = 0; i < per_group; ++i)
      if (keep[g * per_group + i]) {
        ++left;
        break;
      }
  node.attributes["num_groups"] = left;
}

inline void evaluate_group_norm(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const index_t groups = c.node.integer("num_groups", 1), n = x.extents()[1];
  const axis_split s(x.extents(), 1);
  const axis_split folded({s.outer, groups, n / groups * s.inner}, 1);
  reals y = normalised(reals_of(x), folded, false, c.node.real("epsilon", 1e-5));
  const bool per_group = counts_groups(c.node, x.extents(), input_of(c, 1).extents());
  scale_and_shift(y, reals_of(input_of(c, 1)), reals_of(input_of(c, 2)),
                  per_group ? folded.inner : s.inner);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

inline std::size_t first_normalised_axis(const op_node& node, std::size_t rank) {
  return axis_of(node.integer("axis", -1), rank, node);
}

inline void infer_layer_norm(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const std::size_t first = first_normalised_axis(c.node, x.size());
  set_output(c, 0, x, facts_of(c, 0).type);
  shape statistics = x;
  for (std::size_t axis = first; axis < x.size(); ++axis) statistics[axis] = 1;
  for (std::size_t i = 1; i < c.outputs.size(); ++i)
    set_output(c, i, statistics, facts_of(c, 0).type);
}

inline void connect_layer_norm(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  const std::size_t first = first_normalised_axis(c.node, x.size());
  channel_layout layout = slimming::layout_of(c, in);
  layout.axes.resize(x.size());
  const std::string reason = "mean and variance are taken over it by '" + label_of(c) + "'";
  std::size_t carriers = 0;
  for (std::size_t axis = first; axis < x.size(); ++axis) carriers += layout.on(axis) ? 1 : 0;
  const bool vectors_are_constant =
      c.net.constant(c.node.input(1)) &&
      (c.node.input(2) == no_value || c.net.constant(c.node.input(2)));
  const bool may_cut = carriers == 1 && vectors_are_constant;
  c.graph.enter(label_of(c));
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    auto& carried = layout.axes[axis];
    if (axis < first) {
      carried.is_zero = false;  // zeros become the shift
    } else if (carried.c && may_cut) {
      const auto y = rules::connect(c.graph,
                                    rules::layer_norm_facts{label_of(c), vector_parameter(c, 1),
                                                            vector_parameter(c, 2), axis - first},
                                    {carried.c, {}, false});
      carried = {y.c, true};
    } else if (carried.c) {
      c.graph.pin(carried.c, reason);
      carried = {};
    }
  }
  if (!may_cut)
    for (std::size_t i = 1; i < c.node.inputs.size(); ++i) fix(c, c.node.inputs[i], reason);
  c.outputs[0] = std::move(layout);
}

inline void evaluate_layer_norm(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const std::size_t first = first_normalised_axis(c.node, x.rank());
  const shape tail(x.extents().begin() + static_cast<std::ptrdiff_t>(first), x.extents().end());
  const index_t inner = element_count(tail);
  reals y = normalised(reals_of(x), axis_split({1, x.size() / inner, inner}, 1), false,
                       c.node.real("epsilon", 1e-5));
  scale_and_shift(y, reals_of(broadcast_to(input_of(c, 1), tail)),
                  has_input(c, 2) ? reals_of(broadcast_to(*c.inputs[2], tail)) : reals(), 1);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

// x / |x|_p along one axis: zeros contribute nothing to the norm.
inline void connect_lp_normalization(connect_context& c) {
  const value_id in = c.node.input(0);
  channel_layout layout = slimming::layout_of(c, in);
  const std::size_t axis =
      axis_of(c.node.integer("axis", -1), slimming::extents_of(c, in).size(), c.node);
  if (layout.on(axis) && !layout.is_zero(axis))
    c.graph.pin(layout.on(axis), "the norm is taken over it");
  for (std::size_t a = 0; a < layout.axes.size(); ++a)
    if (a != axis && layout.axes[a].c) layout.axes[a].is_zero = false;  // 0 / 0
  c.outputs[0] = std::move(layout);
}

inline void evaluate_lp_normalization(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const axis_split s(x.extents(), axis_of(c.node.integer("axis", -1), x.rank(), c.node));
  const index_t p = c.node.integer("p", 2);
  reals y = reals_of(x);
  for (index_t o = 0; o < s.outer; ++o)
    for (index_t i = 0; i < s.inner; ++i) {
      const auto at = [&](index_t k) -> double& {
        return y[static_cast<std::size_t>((o * s.n + k) * s.inner + i)];
      };
      double norm = 0;
      for (index_t k = 0; k < s.n; ++k) norm += p == 1 ? std::abs(at(k)) : at(k) * at(k);
      if (p != 1) norm = std::sqrt(norm);
      for (index_t k = 0; k < s.n; ++k) at(k) = norm == 0 ? 0 : at(k) / norm;
    }
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

}  // namespace detail

inline void add_norm(op_registry& ops) {
  const op_definition per_channel{
      detail::infer_batch_norm, detail::connect_batch_norm, {}, detail::evaluate_batch_norm, 1};
  ops.add("BatchNormalization", per_channel).add("InstanceNormalization", per_channel);
  ops.add("GroupNormalization", {detail::infer_same, detail::connect_group_norm,
                                 detail::rewrite_group_norm, detail::evaluate_group_norm, 1});
  ops.add("LayerNormalization",
          {detail::infer_layer_norm, detail::connect_layer_norm, {}, detail::evaluate_layer_norm});
  ops.add("LpNormalization", {detail::infer_same,
                              detail::connect_lp_normalization,
                              {},
                              detail::evaluate_lp_normalization});
}

}  // namespace slimming::inline v0::ops
