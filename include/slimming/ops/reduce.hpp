// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reductions over axes: sums, means, extremes, norms, positions of extremes.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/dtype.hpp>         // dtype
#include <slimming/core/mask.hpp>          // mask
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // append_operator
#include <slimming/ops/detail/naive.hpp>   // row_major_strides, reals_of
#include <slimming/ops/detail/shapes.hpp>  // axes_of, integers_of
#include <slimming/rules/reduce.hpp>       // channel_reduce_facts

#include <algorithm>    // std::max, std::min
#include <cmath>        // std::abs, std::exp, std::log, std::sqrt
#include <cstddef>      // std::size_t
#include <limits>       // std::numeric_limits
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::ops {

namespace detail {

inline bool is_arg(const op_node& node) { return node.op.starts_with("Arg"); }

/// Which axes go; all of them if the node names none.
inline std::vector<char> reduced_axes(const op_node& node, std::size_t rank,
                                      const std::optional<std::vector<index_t>>& list) {
  std::vector<char> is_reduced(rank, 0);
  if (is_arg(node)) {
    is_reduced[axis_of(node.integer("axis", 0), rank, node)] = 1;
  } else if (list && !list->empty()) {
    for (const std::size_t axis : axes_of(*list, rank, node)) is_reduced[axis] = 1;
  } else if (node.integer("noop_with_empty_axes", 0) == 0) {
    is_reduced.assign(rank, 1);
  }
  return is_reduced;
}

inline shape reduced(const shape& x, const std::vector<char>& is_reduced, const op_node& node) {
  const bool keeps = node.integer("keepdims", 1) != 0;
  shape y;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    if (!is_reduced[axis]) y.push_back(x[axis]);
    if (is_reduced[axis] && keeps) y.push_back(1);
  }
  return y;
}

inline void infer_reduce(infer_context& c) {
  if (is_unknown(c.node, c.facts, 1)) return;
  const shape& x = extents_of(c, 0);
  const auto axes = reduced_axes(c.node, x.size(), integers_of(c.node, c.facts, 1, "axes"));
  set_output(c, 0, reduced(x, axes, c.node), is_arg(c.node) ? dtype::int64 : facts_of(c, 0).type);
}

/// Reductions that zeros do not change.
inline bool ignores_zeros(std::string_view op) {
  return op == "ReduceSum" || op == "ReduceL1" || op == "ReduceL2" || op == "ReduceSumSquare";
}
/// Reductions that make zero of zeros.
inline bool keeps_zeros(std::string_view op) {
  return ignores_zeros(op) || op == "ReduceMean" || op == "ReduceMax" || op == "ReduceMin" ||
         op == "ReduceProd";
}

/// The operator that makes a reduction over fewer channels what it was with zeros among them: a
/// mean is of a larger number, a maximum is at least 0. Empty if there is no such operator, or no
/// need of it.
inline std::string_view repair_of(std::string_view op, dtype type) {
  if (!is_floating(type)) return "";
  if (op == "ReduceMean") return "Mul";
  if (op == "ReduceMax") return "Max";
  return op == "ReduceMin" ? "Min" : "";
}

inline void connect_reduce(connect_context& c) {
  const value_id in = c.node.input(0);
  if (is_unknown(c.node, c.facts, 1)) return barrier(c, "a reduction over computed axes");
  const channel_layout& layout = slimming::layout_of(c, in);
  if (!layout) return;
  const auto axes =
      reduced_axes(c.node, layout.axes.size(), integers_of(c.node, c.facts, 1, "axes"));
  const dtype type = c.facts[static_cast<std::size_t>(in)].type;
  channel_layout result;
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis) {
    auto carried = layout.axes[axis];
    if (!axes[axis]) {
      carried.is_zero = carried.is_zero && keeps_zeros(c.node.op);
      result.axes.push_back(carried);
      continue;
    }
    if (carried.c && is_arg(c.node)) {
      c.graph.enter(label_of(c));
      c.graph.pin(carried.c, "operator '" + c.node.op + "' counts its channels");
    } else if (carried.c) {
      // A parameter's slices along it are read by others, who need not zero them.
      const bool is_exact =
          !c.net.constant(in) && (ignores_zeros(c.node.op) || !repair_of(c.node.op, type).empty());
      (void)rules::connect(c.graph,
                           rules::channel_reduce_facts{label_of(c), is_exact && carried.is_zero},
                           {carried.c, {}, false});
    }
    if (c.node.integer("keepdims", 1) != 0) result.axes.emplace_back();
  }
  c.outputs[0] = std::move(result);
}

inline void rewrite_reduce(rewrite_context& c) {
  const value_id in = c.node().input(0);
  const channel_layout& layout = slimming::layout_of(c, in);
  const std::string op(repair_of(c.node().op, c.before[static_cast<std::size_t>(in)].type));
  if (!layout || op.empty()) return;
  const auto axes = reduced_axes(c.node(), layout.axes.size(), integers_now(c, 1, "axes"));
  double share = 1;  // of the elements that a reduction is over
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis) {
    if (!axes[axis] || !layout.is_zero(axis)) continue;
    const mask keep = c.keep(layout.on(axis));
    share *= static_cast<double>(keep.count()) / static_cast<double>(keep.size());
  }
  if (share < 1) append_operator(c, op, op == "Mul" ? share : 0);
}

/// The elements that reduce to each output, as a list per output.
struct reduction_walk {
  shape kept, gone, kept_strides, gone_strides;

  reduction_walk(const shape& x, const std::vector<char>& is_reduced) {
    const shape own = row_major_strides(x);
    for (std::size_t axis = 0; axis < x.size(); ++axis) {
      (is_reduced[axis] ? gone : kept).push_back(x[axis]);
      (is_reduced[axis] ? gone_strides : kept_strides).push_back(own[axis]);
    }
  }
  /// Calls `visit(output, element)`, an output's elements in order.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for_each_strided(kept, kept_strides, 0, [&](index_t out, index_t base) {
      for_each_strided(gone, gone_strides, base,
                       [&](index_t, index_t element) { visit(out, element); });
    });
  }
};

inline double first_of_reduction(std::string_view op) {
  if (op == "ReduceMax") return -std::numeric_limits<double>::infinity();
  if (op == "ReduceMin") return std::numeric_limits<double>::infinity();
  return op == "ReduceProd" ? 1 : 0;
}
inline double next_of_reduction(std::string_view op, double so_far, double x) {
  if (op == "ReduceMax") return std::max(so_far, x);
  if (op == "ReduceMin") return std::min(so_far, x);
  if (op == "ReduceProd") return so_far * x;
  if (op == "ReduceL1") return so_far + std::abs(x);
  if (op == "ReduceL2" || op == "ReduceSumSquare") return so_far + x * x;
  return so_far + (op == "ReduceLogSumExp" ? std::exp(x) : x);
}
inline double last_of_reduction(std::string_view op, double sum, index_t n) {
  if (op == "ReduceMean") return sum / static_cast<double>(n);
  if (op == "ReduceL2") return std::sqrt(sum);
  return op == "ReduceLogSum" || op == "ReduceLogSumExp" ? std::log(sum) : sum;
}

inline void evaluate_reduce(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto axes = reduced_axes(c.node, x.rank(), integers_of(c, 1, "axes"));
  const reduction_walk walk(x.extents(), axes);
  shape extents = reduced(x.extents(), axes, c.node);
  const reals in = reals_of(x);
  reals y(static_cast<std::size_t>(element_count(extents)), first_of_reduction(c.node.op));
  walk.for_each([&](index_t o, index_t i) {
    double& v = y[static_cast<std::size_t>(o)];
    v = next_of_reduction(c.node.op, v, in[static_cast<std::size_t>(i)]);
  });
  for (double& v : y) v = last_of_reduction(c.node.op, v, element_count(walk.gone));
  c.outputs[0] = tensor_of(x.type(), std::move(extents), y);
}

inline void evaluate_arg(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto axes = reduced_axes(c.node, x.rank(), {});
  const reduction_walk walk(x.extents(), axes);
  any_tensor y(dtype::int64, reduced(x.extents(), axes, c.node));
  const bool is_max = c.node.op == "ArgMax";
  const bool takes_last = c.node.integer("select_last_index", 0) != 0;
  const reals in = reals_of(x);
  auto out = y.values<index_t>();
  reals best(out.size());
  std::vector<index_t> seen(out.size(), 0);
  walk.for_each([&](index_t o, index_t i) {
    const auto at = static_cast<std::size_t>(o);
    const double v = in[static_cast<std::size_t>(i)];
    const bool is_better = is_max ? v > best[at] : v < best[at];
    if (seen[at] == 0 || is_better || (takes_last && v == best[at])) {
      best[at] = v;
      out[at] = seen[at];
    }
    ++seen[at];
  });
  c.outputs[0] = std::move(y);
}

}  // namespace detail

inline void add_reduce(op_registry& ops) {
  for (const char* name :
       {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
        "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"})
    ops.add(name, {detail::infer_reduce, detail::connect_reduce, detail::rewrite_reduce,
                   detail::evaluate_reduce});
  for (const char* name : {"ArgMax", "ArgMin"})
    ops.add(name, {detail::infer_reduce, detail::connect_reduce, {}, detail::evaluate_arg});
}

}  // namespace slimming::inline v0::ops
