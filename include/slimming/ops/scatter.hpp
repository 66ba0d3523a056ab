// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Elements by indices: GatherND, GatherElements, ScatterND, ScatterElements. They keep all the
/// channels that they read, but for a ScatterND that overwrites a stated part.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch, unsupported
#include <slimming/core/mask.hpp>          // mask
#include <slimming/core/tensor.hpp>        // any_tensor, shape
#include <slimming/model/connect.hpp>      // channels_on, layout_of, barrier
#include <slimming/model/infer.hpp>        // detail::has_symbols
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_constant
#include <slimming/ops/detail/naive.hpp>   // input_of, row_major_strides
#include <slimming/ops/detail/shapes.hpp>  // set_output, axis_of
#include <slimming/ops/gather.hpp>         // checked_index, renumbered

#include <algorithm>  // std::copy_n, std::max, std::min
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// Slices of a tensor that the last axis of an index tensor names.
struct slice_indices {
  index_t batches = 1;  ///< leading axes that both tensors share
  index_t count = 0;    ///< indices per batch
  index_t slice = 1;    ///< elements of one slice
  shape out;            ///< indices, then the axes that are not indexed

  slice_indices(const op_node& node, const shape& x, const shape& indices, std::size_t shared) {
    const std::string place = place_of(node);
    if (indices.empty() || x.size() < shared || indices.size() <= shared)
      throw bad_value(place, "batch_dims " + std::to_string(shared) + " of too few axes");
    const auto depth = static_cast<std::size_t>(indices.back());
    if (indices.back() < 1 || shared + depth > x.size())
      throw shape_mismatch(place + ": length of an index", static_cast<index_t>(x.size() - shared),
                           indices.back());
    const auto whole = static_cast<std::ptrdiff_t>(shared + depth);
    out.assign(indices.begin(), indices.end() - 1);
    out.insert(out.end(), x.begin() + whole, x.end());
    for (std::size_t axis = 0; axis < shared; ++axis) batches *= x[axis];
    for (std::size_t axis = shared + depth; axis < x.size(); ++axis) slice *= x[axis];
    count = element_count(indices) / std::max(indices.back() * batches, index_t{1});
  }

  /// Calls `visit(element of the first slice element, number of the slice)` for each index.
  template <class Visit>
  void for_each(const op_node& node, const any_tensor& x, const any_tensor& indices,
                std::size_t shared, const Visit& visit) const {
    const shape strides = row_major_strides(x.extents());
    const auto depth = static_cast<std::size_t>(indices.extents().back());
    const auto at = indices.converted<index_t>();
    const index_t batch = batches == 0 ? 0 : x.size() / batches;
    for (index_t i = 0; i < batches * count; ++i) {
      index_t offset = i / count * batch;
      for (std::size_t d = 0; d < depth; ++d)
        offset += strides[shared + d] * checked_index(at[static_cast<std::size_t>(i) * depth + d],
                                                      x.extents()[shared + d], node);
      visit(offset, i);
    }
  }
};

inline std::size_t batch_dims(const op_node& node) {
  return static_cast<std::size_t>(std::max(node.integer("batch_dims", 0), index_t{0}));
}

inline void infer_gather_nd(infer_context& c) {
  const slice_indices s(c.node, extents_of(c, 0), extents_of(c, 1), batch_dims(c.node));
  set_output(c, 0, s.out, facts_of(c, 0).type);
}
inline void evaluate_gather_nd(evaluate_context& c) {
  const any_tensor &x = input_of(c, 0), &indices = input_of(c, 1);
  const std::size_t shared = batch_dims(c.node);
  const slice_indices s(c.node, x.extents(), indices.extents(), shared);
  any_tensor y(x.type(), s.out);
  const auto size = static_cast<index_t>(size_of(x.type()));
  s.for_each(c.node, x, indices, shared, [&](index_t from, index_t to) {
    std::copy_n(x.bytes().data() + from * size, s.slice * size,
                y.bytes().data() + to * s.slice * size);
  });
  c.outputs[0] = std::move(y);
}

/// The element at \p to after an update by the one at \p from.
inline void update_element(const op_node& node, any_tensor& y, index_t to,
                           const any_tensor& updates, index_t from) {
  const std::string reduction = node.text("reduction", "none");
  const auto size = static_cast<index_t>(size_of(y.type()));
  if (reduction == "none") {
    std::copy_n(updates.bytes().data() + from * size, size, y.bytes().data() + to * size);
    return;
  }
  if (reduction != "add") throw unsupported(place_of(node), "reduction '" + reduction + "'");
  visit_dtype(y.type(), [&]<class T>() {
    T& sum = y.values<T>()[static_cast<std::size_t>(to)];
    const T term = updates.values<T>()[static_cast<std::size_t>(from)];
    if constexpr (requires { static_cast<T>(sum + term); }) sum = static_cast<T>(sum + term);
  });
}
inline void require_same_type(const op_node& node, const any_tensor& x, const any_tensor& updates) {
  if (x.type() != updates.type())
    throw bad_value(place_of(node), "updates are of another type than the data");
}

inline void infer_scatter_nd(infer_context& c) {
  const shape& x = extents_of(c, 0);
  const slice_indices s(c.node, x, extents_of(c, 1), 0);
  if (extents_of(c, 2) != s.out)
    throw shape_mismatch(place_of(c.node) + ": updates",
                         to_string(s.out) + ", got " + to_string(extents_of(c, 2)));
  set_output(c, 0, x, facts_of(c, 0).type);
}

/// Where a ScatterND writes: its index (i, j, ...) is (rows[0][i], rows[1][j], ...).
using scatter_grid = std::vector<std::vector<index_t>>;

/// Empty if the indices are not known before the network runs, or no such grid.
inline std::optional<scatter_grid> stated_grid(std::span<const value_facts> facts,
                                               const op_node& node) {
  const auto& x = *facts[static_cast<std::size_t>(node.input(0))].extents;
  const auto& indices = facts[static_cast<std::size_t>(node.input(1))].constant;
  if (!indices || indices->size() == 0) return {};
  const shape& e = indices->extents();
  const auto depth = static_cast<std::size_t>(e.back());
  if (e.size() != depth + 1) return {};
  auto at = indices->converted<index_t>();
  for (std::size_t k = 0; k < at.size(); ++k) at[k] = checked_index(at[k], x.at(k % depth), node);
  const shape strides = row_major_strides(e);
  scatter_grid rows(depth);
  for (std::size_t axis = 0; axis < depth; ++axis)
    for (index_t i = 0; i < e[axis]; ++i)
      rows[axis].push_back(at[static_cast<std::size_t>(i * strides[axis]) + axis]);
  for (std::size_t k = 0; k < at.size(); ++k) {
    const std::size_t axis = k % depth;
    const index_t i = static_cast<index_t>(k) / strides[axis] % e[axis];
    if (at[k] != rows[axis][static_cast<std::size_t>(i)]) return {};
  }
  return rows;
}

// A clone of which a part is overwritten (the keys' part of a bias set to zero, some channels
// convolved): the result's channels are those of the data, and a written one goes with the one that
// it replaces.
inline void connect_scatter_nd(connect_context& c) {
  const value_id data = c.node.input(0), updates = c.node.input(2);
  const auto rows = stated_grid(c.facts, c.node);
  const bool is_stated = c.net.constant(c.node.input(1)) ||
                         !slimming::detail::has_symbols(c.net, c.options.input_extents);
  if (!rows || !is_stated) return barrier(c, "the places where it is written are not stated");
  const std::size_t rank = slimming::extents_of(c, data).size();
  (void)slimming::layout_of(c, data, role::bias);
  (void)slimming::layout_of(c, updates, role::bias);
  c.graph.enter(label_of(c));
  channel_layout result(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto& old_layout = c.layouts[static_cast<std::size_t>(data)];
    const auto& new_layout = c.layouts[static_cast<std::size_t>(updates)];
    if (!old_layout.on(axis) && !new_layout.on(axis)) continue;
    const bool is_zero = old_layout.is_zero(axis) && new_layout.is_zero(axis);
    const channels old = channels_on(c, data, axis), written = channels_on(c, updates, axis);
    if (axis < rows->size())
      c.graph.tie_each(written, old,
                       [&](index_t i) { return (*rows)[axis][static_cast<std::size_t>(i)]; });
    else
      c.graph.tie(written, old);
    result.axes[axis] = {old, is_zero};
  }
  c.outputs[0] = std::move(result);
}

inline void rewrite_scatter_nd(rewrite_context& c) {
  op_node& node = c.node();
  auto rows = stated_grid(c.before, node);
  if (!rows) return;
  bool changed = false;
  for (std::size_t axis = 0; axis < rows->size(); ++axis) {
    const channels old = slimming::layout_of(c, node.input(0)).on(axis),
                   written = slimming::layout_of(c, node.input(2)).on(axis);
    if (!old || !written) continue;
    const mask keep = c.keep(old), taken = c.keep(written);
    if (keep.keeps_all() && taken.keeps_all()) continue;
    (*rows)[axis] = renumbered((*rows)[axis], keep, taken, node);
    changed = true;
  }
  if (!changed) return;
  require_static(c, 1);
  shape extents;
  for (const auto& list : *rows) extents.push_back(static_cast<index_t>(list.size()));
  const shape strides = row_major_strides(extents);
  std::vector<index_t> at;
  for (index_t i = 0; i < element_count(extents); ++i)
    for (std::size_t axis = 0; axis < rows->size(); ++axis)
      at.push_back((*rows)[axis][static_cast<std::size_t>(i / strides[axis] % extents[axis])]);
  extents.push_back(static_cast<index_t>(rows->size()));
  const dtype type = c.before[static_cast<std::size_t>(node.input(1))].constant->type();
  write_constant(c, 1, slimming::detail::tensor_of<index_t>(type, std::move(extents), at));
}

inline void evaluate_scatter_nd(evaluate_context& c) {
  const any_tensor &indices = input_of(c, 1), &updates = input_of(c, 2);
  any_tensor y = input_of(c, 0);
  require_same_type(c.node, y, updates);
  const slice_indices s(c.node, y.extents(), indices.extents(), 0);
  if (updates.extents() != s.out)
    throw shape_mismatch(place_of(c.node) + ": updates",
                         to_string(s.out) + ", got " + to_string(updates.extents()));
  s.for_each(c.node, y, indices, 0, [&](index_t to, index_t from) {
    for (index_t i = 0; i < s.slice; ++i)
      update_element(c.node, y, to + i, updates, from * s.slice + i);
  });
  c.outputs[0] = std::move(y);
}

/// Calls `visit(element of x, element of indices)`: each index replaces its own place along the
/// axis.
template <class Visit>
void for_each_element(const op_node& node, const any_tensor& x, const any_tensor& indices,
                      index_t default_axis, const Visit& visit) {
  const shape &wide = x.extents(), &narrow = indices.extents();
  if (wide.size() != narrow.size())
    throw shape_mismatch(place_of(node) + ": rank of the indices",
                         static_cast<index_t>(wide.size()), static_cast<index_t>(narrow.size()));
  const std::size_t axis = axis_of(node.integer("axis", default_axis), wide.size(), node);
  for (std::size_t a = 0; a < wide.size(); ++a)
    if (a != axis && narrow[a] > wide[a])
      throw shape_mismatch(place_of(node) + ": axis " + std::to_string(a) + " of the indices",
                           wide[a], narrow[a]);
  const shape strides = row_major_strides(wide);
  shape others = strides;
  others[axis] = 0;
  const auto at = indices.converted<index_t>();
  for_each_strided(narrow, others, 0, [&](index_t i, index_t offset) {
    const index_t k = checked_index(at[static_cast<std::size_t>(i)], wide[axis], node);
    visit(offset + k * strides[axis], i);
  });
}

inline void infer_gather_elements(infer_context& c) {
  set_output(c, 0, extents_of(c, 1), facts_of(c, 0).type);
}
inline void evaluate_gather_elements(evaluate_context& c) {
  const any_tensor &x = input_of(c, 0), &indices = input_of(c, 1);
  any_tensor y(x.type(), indices.extents());
  const auto size = static_cast<index_t>(size_of(x.type()));
  for_each_element(c.node, x, indices, 0, [&](index_t from, index_t to) {
    std::copy_n(x.bytes().data() + from * size, size, y.bytes().data() + to * size);
  });
  c.outputs[0] = std::move(y);
}
inline void evaluate_scatter_elements(evaluate_context& c) {
  const any_tensor &indices = input_of(c, 1), &updates = input_of(c, 2);
  any_tensor y = input_of(c, 0);
  require_same_type(c.node, y, updates);
  if (updates.extents() != indices.extents())
    throw shape_mismatch(place_of(c.node) + ": updates",
                         to_string(indices.extents()) + ", got " + to_string(updates.extents()));
  for_each_element(c.node, y, indices, 0,
                   [&](index_t to, index_t from) { update_element(c.node, y, to, updates, from); });
  c.outputs[0] = std::move(y);
}

inline void infer_scatter(infer_context& c) {
  set_output(c, 0, extents_of(c, 0), facts_of(c, 0).type);
}

}  // namespace detail

inline void add_scatter(op_registry& ops) {
  ops.add("GatherND", {detail::infer_gather_nd, {}, {}, detail::evaluate_gather_nd});
  ops.add("GatherElements",
          {detail::infer_gather_elements, {}, {}, detail::evaluate_gather_elements});
  ops.add("ScatterND", {detail::infer_scatter_nd, detail::connect_scatter_nd,
                        detail::rewrite_scatter_nd, detail::evaluate_scatter_nd});
  const op_definition elements{detail::infer_scatter, {}, {}, detail::evaluate_scatter_elements};
  ops.add("ScatterElements", elements).add("Scatter", elements);  // the name before opset 11
}

}  // namespace slimming::inline v0::ops
