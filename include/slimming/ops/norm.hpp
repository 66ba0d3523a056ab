// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Normalisations: per channel, over groups of channels, over the last axes, by a p-norm.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch
#include <slimming/model/connect.hpp>      // map_on, fix_axis, parameter_if
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // after_of
#include <slimming/ops/detail/naive.hpp>   // input_of, reals_of, axis_split
#include <slimming/ops/detail/shapes.hpp>  // infer_same, axis_of, require_broadcasts
#include <slimming/rules/norm.hpp>         // batch_norm_facts, group_norm_facts, layer_norm_facts

#include <algorithm>  // std::any_of
#include <cmath>      // std::sqrt, std::abs
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

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
  for (std::size_t i = 1; i < c.outputs.size(); ++i) c.outputs[i] = layout_with(1, 0, y.c, false);
}

/// Mean and variance of one channel.
struct moments {
  double mean = 0, variance = 0;
};

/// Those of channel \p c in the samples [\p first, \p last) of a value of outer x channels x inner
/// elements.
inline moments moments_of(const reals& x, const axis_split& s, index_t first, index_t last,
                          index_t c) {
  const auto at = [&](index_t n, index_t i) {
    return x[static_cast<std::size_t>((n * s.n + c) * s.inner + i)];
  };
  moments m;
  const auto count = static_cast<double>((last - first) * s.inner);
  for (index_t n = first; n < last; ++n)
    for (index_t i = 0; i < s.inner; ++i) m.mean += at(n, i) / count;
  for (index_t n = first; n < last; ++n)
    for (index_t i = 0; i < s.inner; ++i)
      m.variance += (at(n, i) - m.mean) * (at(n, i) - m.mean) / count;
  return m;
}

/// (x - mean) / sqrt(variance + epsilon) for a value of outer x channels x inner elements. \p
/// stated has the moments of every channel; where it is empty, they are those of the sample.
inline reals normalised(const reals& x, const axis_split& s, double epsilon,
                        const std::vector<moments>& stated = {}) {
  reals y(x.size());
  for (index_t c = 0; c < s.n; ++c)
    for (index_t n = 0; n < s.outer; ++n) {
      const moments m =
          stated.empty() ? moments_of(x, s, n, n + 1, c) : stated[static_cast<std::size_t>(c)];
      const double factor = 1 / std::sqrt(m.variance + epsilon);
      for (index_t i = 0; i < s.inner; ++i) {
        const auto at = static_cast<std::size_t>((n * s.n + c) * s.inner + i);
        y[at] = (x[at] - m.mean) * factor;
      }
    }
  return y;
}

/// Input \p i as \p n numbers.
inline reals vector_of(const evaluate_context& c, std::size_t i, index_t n) {
  return reals_of(broadcast_to(input_of(c, i), {n}));
}

/// y * scale + shift, where element i has the numbers of channel `i / inner % n`.
inline void scale_and_shift(reals& y, const reals& scale, const reals& shift, index_t inner) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = i / static_cast<std::size_t>(inner) % scale.size();
    y[i] = y[i] * scale[c] + (shift.empty() ? 0 : shift[c]);
  }
}

/// Whether the statistics are those of the batch. Before operator set 14, a node says so by its
/// further outputs.
inline bool is_training(const evaluate_context& c) {
  if (c.training || c.node.integer("training_mode", 0) != 0) return true;
  return c.opset < 14 && c.node.outputs.size() > 1 &&
         std::any_of(c.node.outputs.begin() + 1, c.node.outputs.end(),
                     [](value_id v) { return v != no_value; });
}

/// BatchNormalization's further outputs while it trains: the running statistics, moved towards
/// those of the batch, then (before operator set 14) those of the batch.
inline void write_statistics(evaluate_context& c, const std::vector<moments>& batch) {
  const auto n = static_cast<index_t>(batch.size());
  reals of_batch[2], running[2] = {vector_of(c, 3, n), vector_of(c, 4, n)};
  const double momentum = c.node.real("momentum", 0.9);
  for (std::size_t k = 0; k < batch.size(); ++k) {
    of_batch[0].push_back(batch[k].mean);
    of_batch[1].push_back(batch[k].variance);
    for (int i = 0; i < 2; ++i)
      running[i][k] = momentum * running[i][k] + (1 - momentum) * of_batch[i][k];
  }
  const reals* const outputs[] = {&running[0], &running[1], &of_batch[0], &of_batch[1]};
  for (std::size_t i = 1; i < c.outputs.size() && i <= 4; ++i)
    c.outputs[i] = tensor_of(input_of(c, 3).type(), {n}, *outputs[i - 1]);
}

inline void evaluate_batch_norm(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const axis_split s(x.extents(), 1);
  const reals values = reals_of(x);
  std::vector<moments> statistics;  // (channels); none where every sample has its own
  if (c.node.op == "BatchNormalization") {
    const bool of_batch = is_training(c);
    const reals mean = vector_of(c, 3, s.n), variance = vector_of(c, 4, s.n);
    for (std::size_t k = 0; k < mean.size(); ++k)
      statistics.push_back(of_batch ? moments_of(values, s, 0, s.outer, static_cast<index_t>(k))
                                    : moments{mean[k], variance[k]});
    if (of_batch) write_statistics(c, statistics);
  }
  reals y = normalised(values, s, c.node.real("epsilon", 1e-5), statistics);
  scale_and_shift(y, vector_of(c, 1, s.n), vector_of(c, 2, s.n), s.inner);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

// Scale and shift of GroupNormalization count groups before operator set 21 and channels since.
inline bool counts_groups(const op_node& node, const shape& x, const shape& scale) {
  const index_t groups = node.integer("num_groups", 1);
  return scale == shape{groups} && groups != x[1];
}

inline void infer_group_norm(infer_context& c) {
  const shape& x = extents_of(c, 0);
  if (x.size() < 2)
    throw shape_mismatch(place_of(c.node) + ": rank", 2, static_cast<index_t>(x.size()));
  const index_t groups = c.node.integer("num_groups", 1);
  if (groups < 1 || x[1] % groups != 0)
    throw bad_value(place_of(c.node), "axis 1: " + std::to_string(x[1]) +
                                          " channels do not divide into " + std::to_string(groups) +
                                          " groups");
  const bool per_group =
      c.net.opset(c.node.domain) < 21 && counts_groups(c.node, x, extents_of(c, 1));
  const index_t expected = per_group ? groups : x[1];
  for (std::size_t i = 1; i <= 2; ++i)
    if (extents_of(c, i) != shape{expected})
      throw shape_mismatch(place_of(c.node) + ": input " + std::to_string(i) + ", axis 0", expected,
                           element_count(extents_of(c, i)));
  set_output(c, 0, x, facts_of(c, 0).type);
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
  reals y = normalised(reals_of(x), folded, c.node.real("epsilon", 1e-5));
  const bool per_group = counts_groups(c.node, x.extents(), input_of(c, 1).extents());
  const index_t scales = per_group ? groups : n;
  scale_and_shift(y, vector_of(c, 1, scales), vector_of(c, 2, scales),
                  per_group ? folded.inner : s.inner);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

inline std::size_t first_normalised_axis(const op_node& node, std::size_t rank) {
  return axis_of(node.integer("axis", -1), rank, node);
}

inline void infer_layer_norm(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const std::size_t first = first_normalised_axis(c.node, x.size());
  require_broadcasts(c, 1, x);
  require_broadcasts(c, 2, x);
  set_output(c, 0, x, facts_of(c, 0).type);
  shape statistics = x;
  for (std::size_t axis = first; axis < x.size(); ++axis) statistics[axis] = 1;
  for (std::size_t i = 1; i < c.outputs.size(); ++i)
    set_output(c, i, statistics, facts_of(c, 0).type);
}

/// The axis of scale or shift \p i that goes along \p axis of the value; none where it is
/// broadcast.
inline std::optional<std::size_t> own_axis(const connect_context& c, std::size_t i,
                                           std::size_t axis) {
  const value_id v = c.node.input(i);
  if (v == no_value) return {};
  const shape& own = slimming::extents_of(c, v);
  const std::size_t shift = slimming::extents_of(c, c.node.input(0)).size() - own.size();
  if (axis < shift || own[axis - shift] == 1) return {};
  return axis - shift;
}

/// A layer norm that loses channels of \p axis, with the scale and the shift that count them.
inline channel_layout::axis_channels cut_layer_norm(connect_context& c, channels x,
                                                    std::size_t axis) {
  const channels y =
      rules::connect(c.graph, rules::layer_norm_facts{label_of(c), {}, {}, 0}, {x, {}, false}).c;
  const auto scale = own_axis(c, 1, axis), shift = own_axis(c, 2, axis);
  if (scale) c.graph.bind(c.graph.add(*vector_parameter(c, 1)), *scale, y, role::scale);
  if (shift) c.graph.bind(c.graph.add(*vector_parameter(c, 2)), *shift, y, role::bias);
  // Without a scale or a shift of its own, a removed channel becomes what the others share.
  return {y, scale && (shift || c.node.input(2) == no_value)};
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
      if (carried.c && (own_axis(c, 1, axis) || own_axis(c, 2, axis)))
        c.graph.pin(carried.c, "the scale or the shift of '" + label_of(c) + "' varies along it");
    } else if (carried.c && may_cut) {
      carried = cut_layer_norm(c, carried.c, axis);
      continue;
    } else if (carried.c) {
      c.graph.pin(carried.c, reason);
      carried = {};
    }
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}})
      if (const auto own = own_axis(c, i, axis)) fix_axis(c, c.node.input(i), *own, reason);
  }
  if (!may_cut)
    for (std::size_t i = 1; i < c.node.inputs.size(); ++i) fix(c, c.node.inputs[i], reason);
  channel_layout statistics = layout;
  for (std::size_t axis = first; axis < x.size(); ++axis) statistics.axes[axis] = {};
  for (std::size_t i = 1; i < c.outputs.size(); ++i) c.outputs[i] = statistics;
  c.outputs[0] = std::move(layout);
}

inline void evaluate_layer_norm(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  const std::size_t first = first_normalised_axis(c.node, x.rank());
  shape extents = x.extents();  // of mean and deviation
  for (std::size_t axis = first; axis < extents.size(); ++axis) extents[axis] = 1;
  const index_t rows = element_count(extents);
  const axis_split s({1, rows, rows == 0 ? 1 : x.size() / rows}, 1);
  const reals values = reals_of(x);
  const double epsilon = c.node.real("epsilon", 1e-5);
  std::vector<moments> statistics;  // (rows)
  reals mean, inverse_deviation;
  for (index_t row = 0; row < rows; ++row) {
    const moments m = moments_of(values, s, 0, 1, row);
    statistics.push_back(m);
    mean.push_back(m.mean);
    inverse_deviation.push_back(1 / std::sqrt(m.variance + epsilon));
  }
  reals y = normalised(values, s, epsilon, statistics);
  scale_and_shift(y, reals_of(broadcast_to(input_of(c, 1), x.extents())),
                  has_input(c, 2) ? reals_of(broadcast_to(*c.inputs[2], x.extents())) : reals(), 1);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
  if (c.outputs.size() > 1) c.outputs[1] = tensor_of(x.type(), extents, mean);
  if (c.outputs.size() > 2) c.outputs[2] = tensor_of(x.type(), extents, inverse_deviation);
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
  ops.add("GroupNormalization", {detail::infer_group_norm, detail::connect_group_norm,
                                 detail::rewrite_group_norm, detail::evaluate_group_norm, 1});
  ops.add("LayerNormalization",
          {detail::infer_layer_norm, detail::connect_layer_norm, {}, detail::evaluate_layer_norm});
  ops.add("LpNormalization", {detail::infer_same,
                              detail::connect_lp_normalization,
                              {},
                              detail::evaluate_lp_normalization});
}

}  // namespace slimming::inline v0::ops
