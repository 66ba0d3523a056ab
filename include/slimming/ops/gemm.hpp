// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Gemm and MatMul: linear layers where one factor is a parameter, contractions of two values
/// otherwise (Gram matrices, attention).
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/model/connect.hpp>      // channels_on, parameter_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/join.hpp>    // joiner
#include <slimming/ops/detail/naive.hpp>   // broadcast_strides, reals_of
#include <slimming/ops/detail/shapes.hpp>  // broadcast, require_broadcasts
#include <slimming/rules/linear.hpp>       // linear_facts

#include <algorithm>  // std::swap
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// Extents of a matrix product; a vector gets an axis of one that the result loses again.
struct product_shape {
  shape a, b;   // of rank >= 2
  shape batch;  // broadcast extents before the two last axes
  shape out;    // as ONNX states it
  index_t m, k, n;

  product_shape(shape left, shape right, const op_node& node)
      : a(std::move(left)), b(std::move(right)) {
    if (a.empty() || b.empty()) throw shape_mismatch(place_of(node), "a factor has no axes");
    const bool a_is_vector = a.size() == 1, b_is_vector = b.size() == 1;
    if (a_is_vector) a.insert(a.begin(), 1);
    if (b_is_vector) b.push_back(1);
    m = a[a.size() - 2];
    k = a.back();
    n = b.back();
    if (b[b.size() - 2] != k)
      throw shape_mismatch(place_of(node) + ": rows of the right factor", k, b[b.size() - 2]);
    const shape batches[] = {{a.begin(), a.end() - 2}, {b.begin(), b.end() - 2}};
    batch = out = broadcast(batches, node);
    if (!a_is_vector) out.push_back(m);
    if (!b_is_vector) out.push_back(n);
  }
};

inline void infer_matmul(infer_context& c) {
  set_output(c, 0, product_shape(extents_of(c, 0), extents_of(c, 1), c.node).out,
             facts_of(c, 0).type);
}

/// The positions that a matrix is applied to, for one sample.
inline feature_map rows_on(connect_context& c, value_id v, std::size_t axis) {
  const shape& e = slimming::extents_of(c, v);
  index_t rows = 1;
  for (std::size_t a = 0; a < e.size(); ++a)
    if (a != axis) rows *= e[a];
  const index_t positions = per_sample(c, rows);
  feature_map x{channels_on(c, v, axis), {}, true};
  if (positions != 1) x.spatial = {positions};
  return x;
}

/// A matrix of parameters on one side of a value: the value's other axes stay what they are.
inline channel_layout connect_linear(connect_context& c, value_id x, std::size_t axis, value_id w,
                                     rules::kernel_axes axes, std::optional<parameter> bias) {
  const feature_map in = rows_on(c, x, axis);
  const auto y = rules::connect(
      c.graph, rules::linear_facts{label_of(c), parameter_of(c.net, w), std::move(bias), axes}, in);
  channel_layout layout = c.layouts[static_cast<std::size_t>(x)];
  layout.axes[axis] = {y.c, true};
  return layout;
}

// A sum over the contracted axis: a removed entry contributes nothing if one factor is zero there.
inline void connect_contraction(connect_context& c, value_id a, std::size_t a_axis, value_id b,
                                std::size_t b_axis) {
  const channel_layout& left = slimming::layout_of(c, a);
  const channel_layout& right = slimming::layout_of(c, b);
  if (!left.on(a_axis) && !right.on(b_axis)) return;
  const bool vanishes = left.is_zero(a_axis) || right.is_zero(b_axis);
  const channels x = channels_on(c, a, a_axis), y = channels_on(c, b, b_axis);
  c.graph.enter(label_of(c));
  c.graph.tie(x, y);
  if (!vanishes) c.graph.pin(x, "it is summed over, and is not zero where it is removed");
}

inline void connect_matmul(connect_context& c) {
  const value_id a = c.node.input(0), b = c.node.input(1);
  const shape ea = slimming::extents_of(c, a), eb = slimming::extents_of(c, b);
  if (c.net.constant(b) && eb.size() == 2 && ea.size() >= 2) {
    c.outputs[0] = connect_linear(c, a, ea.size() - 1, b, rules::in_out, {});
    return;
  }
  if (c.net.constant(a) && ea.size() == 2 && eb.size() >= 2) {
    c.outputs[0] = connect_linear(c, b, eb.size() - 2, a, rules::out_in, {});
    return;
  }
  if (ea.size() < 2 || eb.size() < 2) return barrier(c, "a product with a vector");
  connect_contraction(c, a, ea.size() - 1, b, eb.size() - 2);
  const product_shape p(ea, eb, c.node);
  channel_layout layout(p.out.size());
  const std::size_t rank = p.out.size();
  const auto& la = slimming::layout_of(c, a);
  const auto& lb = slimming::layout_of(c, b);
  layout.axes[rank - 2] =
      la.axes.empty() ? channel_layout::axis_channels{} : la.axes[ea.size() - 2];
  layout.axes[rank - 1] =
      lb.axes.empty() ? channel_layout::axis_channels{} : lb.axes[eb.size() - 1];
  for (std::size_t axis = 0; axis + 2 < rank;
       ++axis) {  // batch axes: multiplied element by element
    if (p.out[axis] == 1) continue;
    std::vector<channels> sides;
    bool is_zero = false, is_carried = false;
    for (const auto& [v, e] : {std::pair{a, &ea}, std::pair{b, &eb}}) {
      const std::size_t shift = rank - e->size();
      if (axis < shift || (*e)[axis - shift] == 1) continue;
      is_carried = is_carried || slimming::layout_of(c, v).on(axis - shift);
    }
    if (!is_carried) continue;
    for (const auto& [v, e] : {std::pair{a, &ea}, std::pair{b, &eb}}) {
      const std::size_t shift = rank - e->size();
      if (axis < shift || (*e)[axis - shift] == 1) continue;
      sides.push_back(channels_on(c, v, axis - shift));
      is_zero = is_zero || slimming::layout_of(c, v).is_zero(axis - shift);
    }
    c.graph.enter(label_of(c));
    for (const channels side : sides) c.graph.tie(sides.front(), side);
    layout.axes[axis] = {sides.front(), is_zero};
  }
  c.outputs[0] = std::move(layout);
}

inline reals multiply(const any_tensor& a, const any_tensor& b, const product_shape& p) {
  shape full_a = p.batch, full_b = p.batch;
  full_a.insert(full_a.end(), {p.m, p.k});
  full_b.insert(full_b.end(), {p.k, p.n});
  const shape sa = broadcast_strides(p.a, full_a), sb = broadcast_strides(p.b, full_b);
  const reals va = reals_of(a), vb = reals_of(b);
  const std::size_t rank = p.batch.size();
  const auto offsets = [&](const shape& strides) {
    std::vector<index_t> list;
    for_each_strided(p.batch,
                     {strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(rank)}, 0,
                     [&](index_t, index_t offset) { list.push_back(offset); });
    return list;
  };
  const auto offset_a = offsets(sa), offset_b = offsets(sb);
  reals y(offset_a.size() * static_cast<std::size_t>(p.m * p.n), 0);
  double* row = y.data();
  for (std::size_t i = 0; i < offset_a.size(); ++i)
    for (index_t r = 0; r < p.m; ++r, row += p.n)
      for (index_t k = 0; k < p.k; ++k) {
        const double left =
            va[static_cast<std::size_t>(offset_a[i] + r * sa[rank] + k * sa[rank + 1])];
        const double* right = vb.data() + offset_b[i] + k * sb[rank];
        for (index_t col = 0; col < p.n; ++col) row[col] += left * right[col * sb[rank + 1]];
      }
  return y;
}

inline void evaluate_matmul(evaluate_context& c) {
  const any_tensor& a = input_of(c, 0);
  const any_tensor& b = input_of(c, 1);
  const product_shape p(a.extents(), b.extents(), c.node);
  c.outputs[0] = tensor_of(a.type(), p.out, multiply(a, b, p));
}

/// Y = alpha * A' * B' + beta * C with A' and B' transposed on demand.
struct gemm_axes {
  std::size_t a_row, a_column, b_row, b_column;

  explicit gemm_axes(const op_node& node)
      : a_row(node.integer("transA", 0) ? 1 : 0),
        a_column(1 - a_row),
        b_row(node.integer("transB", 0) ? 1 : 0),
        b_column(1 - b_row) {}
};

inline void infer_gemm(infer_context& c) {
  const shape& a = extents_of(c, 0);
  const shape& b = extents_of(c, 1);
  if (a.size() != 2 || b.size() != 2)
    throw shape_mismatch(place_of(c.node) + ": rank of a factor", 2,
                         static_cast<index_t>(a.size() != 2 ? a.size() : b.size()));
  const gemm_axes axes(c.node);
  if (a[axes.a_column] != b[axes.b_row])
    throw shape_mismatch(place_of(c.node) + ": rows of the right factor", a[axes.a_column],
                         b[axes.b_row]);
  const shape y{a[axes.a_row], b[axes.b_column]};
  require_broadcasts(c, 2, y);
  set_output(c, 0, y, facts_of(c, 0).type);
}

inline void connect_gemm(connect_context& c) {
  const gemm_axes axes(c.node);
  const value_id a = c.node.input(0), b = c.node.input(1), bias = c.node.input(2);
  const bool bias_is_row = bias != no_value && c.net.constant(bias) &&
                           slimming::extents_of(c, bias).size() == 1 &&
                           c.net.constant(bias)->size() > 1;
  channel_layout layout(2);
  if (c.net.constant(b)) {
    const auto kernel = axes.b_column == 0 ? rules::out_in : rules::in_out;
    const auto linear = connect_linear(c, a, axes.a_column, b, kernel,
                                       bias_is_row ? parameter_if(c.net, bias) : std::nullopt);
    layout.axes = {linear.axes[axes.a_row], linear.axes[axes.a_column]};
  } else {
    connect_contraction(c, a, axes.a_column, b, axes.b_row);
    if (const auto& l = slimming::layout_of(c, a)) layout.axes[0] = l.axes[axes.a_row];
    if (const auto& l = slimming::layout_of(c, b)) layout.axes[1] = l.axes[axes.b_column];
  }
  if (bias == no_value || (bias_is_row && c.net.constant(b))) {
    c.outputs[0] = std::move(layout);
    return;
  }
  // The product joins C: let it stand as the output's layout while the two are tied.
  const value_id out = c.node.outputs[0];
  c.layouts[static_cast<std::size_t>(out)] = std::move(layout);
  c.outputs[0] = joiner(c, {out, bias}, role::bias, zero_if_all).run();
}

inline void evaluate_gemm(evaluate_context& c) {
  const gemm_axes axes(c.node);
  const auto oriented = [](const any_tensor& t, bool transposed) {
    if (!transposed) return t;
    const shape& e = t.extents();
    return gather_strided(t, {e[1], e[0]}, {1, e[1]});
  };
  const any_tensor a = oriented(input_of(c, 0), axes.a_row == 1);
  const any_tensor b = oriented(input_of(c, 1), axes.b_row == 1);
  const product_shape p(a.extents(), b.extents(), c.node);
  const double alpha = c.node.real("alpha", 1), beta = c.node.real("beta", 1);
  reals y = multiply(a, b, p);
  for (double& v : y) v *= alpha;
  if (has_input(c, 2)) {
    const reals shift = reals_of(broadcast_to(*c.inputs[2], p.out));
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += beta * shift[i];
  }
  c.outputs[0] = tensor_of(a.type(), p.out, y);
}

}  // namespace detail

inline void add_gemm(op_registry& ops) {
  ops.add("MatMul", {detail::infer_matmul, detail::connect_matmul, {}, detail::evaluate_matmul});
  ops.add("Gemm", {detail::infer_gemm, detail::connect_gemm, {}, detail::evaluate_gemm});
}

}  // namespace slimming::inline v0::ops
