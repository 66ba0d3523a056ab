// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that put values side by side or take them apart along an axis: Concat, Split, Slice,
/// Pad.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch
#include <slimming/core/mask.hpp>          // mask
#include <slimming/model/connect.hpp>      // channels_on, layout_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_integers
#include <slimming/ops/detail/join.hpp>    // number_of
#include <slimming/ops/detail/naive.hpp>   // axis_split, gather_strided
#include <slimming/ops/detail/shapes.hpp>  // axis_of, integers_of
#include <slimming/rules/concat.hpp>       // concat_facts, split_facts, slice_facts
#include <slimming/rules/join.hpp>         // join_facts

#include <algorithm>  // std::all_of, std::any_of, std::clamp, std::copy_n
#include <cstddef>    // std::size_t
#include <numeric>    // std::accumulate
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

// --- Concat
// ---------------------------------------------------------------------------------------

inline void infer_concat(infer_context& c) {
  shape y = extents_of(c, 0);
  const std::size_t axis = axis_of(c.node.integer("axis", 1), y.size(), c.node);
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    const shape& x = extents_of(c, i);
    if (x.size() != y.size())
      throw shape_mismatch(place_of(c.node) + ": rank of input " + std::to_string(i),
                           static_cast<index_t>(y.size()), static_cast<index_t>(x.size()));
    for (std::size_t a = 0; a < y.size(); ++a) {
      if (a != axis && x[a] != y[a])
        throw shape_mismatch(
            place_of(c.node) + ": axis " + std::to_string(a) + " of input " + std::to_string(i),
            y[a], x[a]);
    }
    y[axis] += x[axis];
  }
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

inline bool any_carries(connect_context& c, std::span<const value_id> values, std::size_t axis) {
  return std::any_of(values.begin(), values.end(), [&](value_id v) {
    return static_cast<bool>(slimming::layout_of(c, v, role::bias).on(axis));
  });
}

inline void connect_concat(connect_context& c) {
  std::vector<value_id> inputs;
  for (const value_id v : c.node.inputs)
    if (element_count(slimming::extents_of(c, v)) > 0) inputs.push_back(v);
  const std::size_t rank = slimming::extents_of(c, c.node.outputs[0]).size();
  const std::size_t along = axis_of(c.node.integer("axis", 1), rank, c.node);
  channel_layout layout(rank);
  if (inputs.empty()) return;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (!any_carries(c, inputs, axis)) continue;
    std::vector<feature_map> maps;
    bool is_zero = true;
    for (const value_id v : inputs) {
      maps.push_back({channels_on(c, v, axis), {}, false});
      is_zero = is_zero && slimming::layout_of(c, v).is_zero(axis);
    }
    const auto y = axis == along
                       ? rules::connect(c.graph, rules::concat_facts{label_of(c), {}}, maps)
                       : rules::connect(c.graph, rules::join_facts{label_of(c)}, maps);
    layout.axes[axis] = {y.c, is_zero};
  }
  c.outputs[0] = std::move(layout);
}

inline void evaluate_concat(evaluate_context& c) {
  const any_tensor& first = input_of(c, 0);
  const std::size_t axis = axis_of(c.node.integer("axis", 1), first.rank(), c.node);
  shape extents = first.extents();
  extents[axis] = 0;
  for (const any_tensor* x : c.inputs) extents[axis] += x->extents().at(axis);
  any_tensor y(first.type(), extents);
  const axis_split all(extents, axis);
  const auto bytes = static_cast<index_t>(size_of(first.type()));
  index_t done = 0;
  for (const any_tensor* x : c.inputs) {
    const axis_split part(x->extents(), axis);
    for (index_t o = 0; o < part.outer; ++o)
      std::copy_n(x->bytes().data() + o * part.n * part.inner * bytes, part.n * part.inner * bytes,
                  y.bytes().data() + (o * all.n + done) * all.inner * bytes);
    done += part.n;
  }
  c.outputs[0] = std::move(y);
}

// --- Split
// ----------------------------------------------------------------------------------------

// Parts of equal size may differ in it from this operator set on.
inline constexpr index_t first_opset_of_uneven_parts = 18;

/// Sizes where none are stated: as even as possible with a smaller last part, which is negative
/// where the elements do not suffice.
/// \pre there is a part.
inline std::vector<index_t> default_part_sizes(index_t n, std::size_t parts) {
  const auto count = static_cast<index_t>(parts);
  const index_t each = (n + count - 1) / count;
  std::vector<index_t> sizes(parts - 1, each);
  sizes.push_back(n - each * (count - 1));
  return sizes;
}

/// Sizes of the parts of \p axis with \p n elements: stated, or the default ones.
inline std::vector<index_t> part_sizes(const std::optional<std::vector<index_t>>& stated, index_t n,
                                       std::size_t axis, const op_node& node, index_t opset) {
  const std::size_t parts = node.outputs.size();
  if (parts == 0) throw bad_value(place_of(node), "has no outputs");
  if (stated) {
    if (stated->size() != parts || std::accumulate(stated->begin(), stated->end(), index_t{0}) != n)
      throw shape_mismatch(place_of(node) + ": sum of the parts", n,
                           std::accumulate(stated->begin(), stated->end(), index_t{0}));
    return *stated;
  }
  std::vector<index_t> sizes = default_part_sizes(n, parts);
  if (sizes.back() < 0) throw bad_value(place_of(node), "has more parts than elements");
  // One element for several parts may be the sample of a symbolic batch.
  if (opset < first_opset_of_uneven_parts && n > 1 && sizes.back() != sizes.front())
    throw shape_mismatch(place_of(node) + ": axis " + std::to_string(axis),
                         std::to_string(n) + " elements do not divide into " +
                             std::to_string(parts) + " equal parts, and no sizes are stated");
  return sizes;
}

inline void infer_split(infer_context& c) {
  if (is_unknown(c.node, c.facts, 1)) return;
  const shape& x = extents_of(c, 0);
  const std::size_t axis = axis_of(c.node.integer("axis", 0), x.size(), c.node);
  const auto sizes = part_sizes(integers_of(c.node, c.facts, 1, "split"), x[axis], axis, c.node,
                                c.net.opset(c.node.domain));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    shape y = x;
    y[axis] = sizes[i];
    set_output(c, i, std::move(y), facts_of(c, 0).type);
  }
}

inline void connect_split(connect_context& c) {
  const value_id in = c.node.input(0);
  const shape& x = slimming::extents_of(c, in);
  const std::size_t along = axis_of(c.node.integer("axis", 0), x.size(), c.node);
  const channel_layout layout = slimming::layout_of(c, in);
  for (auto& out : c.outputs) out = layout;
  if (!layout.on(along)) return;
  rules::split_facts f{label_of(c), {}, false};
  for (const value_id out : c.node.outputs) f.sizes.push_back(slimming::extents_of(c, out)[along]);
  const auto parts = rules::connect(c.graph, f, {layout.on(along), {}, false});
  for (std::size_t i = 0; i < parts.size(); ++i) c.outputs[i].axes[along].c = parts[i].c;
}

inline void rewrite_split(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0);
  const std::size_t axis = axis_of(node.integer("axis", 0), after_of(c, in).size(), node);
  if (!slimming::layout_of(c, in).on(axis)) return;
  std::vector<index_t> sizes;
  for (const value_id out : node.outputs) sizes.push_back(after_of(c, out)[axis]);
  const auto present = integers_now(c, 1, "split");
  const bool are_equal =
      std::all_of(sizes.begin(), sizes.end(), [&](index_t n) { return n == sizes.front(); });
  const bool are_default =
      are_equal ||
      (node.has("num_outputs") && default_part_sizes(after_of(c, in)[axis], sizes.size()) == sizes);
  if (present ? *present == sizes : are_default) return;
  node.attributes.erase("num_outputs");
  if (c.net.opset() < 13) node.attributes["split"] = sizes;
  write_integers(c, 1, "split", sizes);
}

inline void evaluate_split(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const std::size_t axis = axis_of(c.node.integer("axis", 0), x.rank(), c.node);
  const auto sizes =
      part_sizes(integers_of(c, 1, "split"), x.extents()[axis], axis, c.node, c.opset);
  const shape strides = row_major_strides(x.extents());
  index_t first = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    shape extents = x.extents();
    extents[axis] = sizes[i];
    c.outputs[i] = gather_strided(x, extents, strides, first * strides[axis]);
    first += sizes[i];
  }
}

// --- Slice
// ----------------------------------------------------------------------------------------

/// One axis of a slice: `count` elements from `first` in steps of `step`.
struct slice_range {
  index_t first = 0, count = 0, step = 1;
};

/// What ONNX's start and end mean for an axis of \p n elements.
inline slice_range clamp_slice(index_t start, index_t end, index_t step, index_t n,
                               const op_node& node) {
  if (step == 0) throw bad_value(place_of(node), "has a step of 0");
  if (start < 0) start += n;
  if (end < 0 && end >= -n)
    end += n;
  else if (end < 0)
    end = step < 0 ? -1 : 0;
  if (step > 0) {
    start = std::clamp(start, index_t{0}, n);
    end = std::clamp(end, index_t{0}, n);
    return {start, std::max<index_t>((end - start + step - 1) / step, 0), step};
  }
  start = std::clamp(start, index_t{0}, std::max<index_t>(n - 1, 0));
  end = std::clamp(end, index_t{-1}, n - 1);
  return {start, std::max<index_t>((start - end - step - 1) / -step, 0), step};
}

/// The lists of a Slice node, in attributes (before operator set 10) or inputs.
struct slice_lists {
  std::vector<index_t> starts, ends, axes, steps;

  void complete() {
    if (axes.empty())
      for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<index_t>(i));
    if (steps.empty()) steps.assign(starts.size(), 1);
  }
  /// One range per axis of the value.
  [[nodiscard]] std::vector<slice_range> ranges(const shape& x, const op_node& node) const {
    if (ends.size() != starts.size() || axes.size() != starts.size() ||
        steps.size() != starts.size())
      throw shape_mismatch(place_of(node) + ": length of its lists",
                           static_cast<index_t>(starts.size()), static_cast<index_t>(axes.size()));
    std::vector<slice_range> out;
    for (const index_t n : x) out.push_back({0, n, 1});
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::size_t axis = axis_of(axes[i], x.size(), node);
      out[axis] = clamp_slice(starts[i], ends[i], steps[i], x[axis], node);
    }
    return out;
  }
};

/// \p read(i, attribute) yields list number i. Empty if one is not known.
template <class Read>
std::optional<slice_lists> read_slice(const op_node& node, const Read& read) {
  const auto starts = read(1, "starts"), ends = read(2, "ends");
  if (!starts || !ends) return {};
  slice_lists lists{*starts, *ends, {}, {}};
  const auto axes = read(3, "axes"), steps = read(4, "");
  if ((!axes && node.input(3) != no_value) || (!steps && node.input(4) != no_value)) return {};
  if (axes) lists.axes = *axes;
  if (steps) lists.steps = *steps;
  lists.complete();
  return lists;
}
inline std::optional<slice_lists> read_slice(const op_node& node,
                                             std::span<const value_facts> facts) {
  return read_slice(node, [&](std::size_t i, std::string_view attribute) {
    return integers_of(node, facts, i, attribute);
  });
}

inline void infer_slice(infer_context& c) {
  const auto lists = read_slice(c.node, c.facts);
  if (!lists) return;
  shape y = extents_of(c, 0);
  const auto ranges = lists->ranges(y, c.node);
  for (std::size_t axis = 0; axis < y.size(); ++axis) y[axis] = ranges[axis].count;
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

/// A slice in steps stays one if the channels between two that it takes go together with one of
/// them.
inline void tie_strides(connect_context& c, channels x, index_t step) {
  const index_t n = c.graph.size(x);
  const channels stride = c.graph.add((n + step - 1) / step, label_of(c) + ".strides");
  c.graph.tie_each(x, stride, [step](index_t i) { return i / step; });
}

inline void connect_slice(connect_context& c) {
  const value_id in = c.node.input(0);
  const auto lists = read_slice(c.node, c.facts);
  if (!lists) return barrier(c, "a slice whose bounds depend on data");
  channel_layout layout = slimming::layout_of(c, in);
  const auto ranges = lists->ranges(slimming::extents_of(c, in), c.node);
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis) {
    auto& carried = layout.axes[axis];
    const slice_range& r = ranges[axis];
    if (!carried.c || (r.first == 0 && r.step == 1 && r.count == c.graph.size(carried.c))) continue;
    if (r.count == 0 || r.step < -1) {
      c.graph.enter(label_of(c));
      c.graph.pin(carried.c, "it is sliced backwards in steps, or to nothing");
      carried = {};
      continue;
    }
    carried.c = rules::connect(c.graph, rules::slice_facts{label_of(c), r.first, r.count, r.step},
                               {carried.c, {}, false})
                    .c;
    if (r.step > 1) tie_strides(c, slimming::layout_of(c, in).on(axis), r.step);
  }
  c.outputs[0] = std::move(layout);
}

inline void rewrite_slice(rewrite_context& c) {
  op_node& node = c.node();
  const value_id in = node.input(0);
  const auto before = read_slice(node, c.before);
  auto present = read_slice(node, [&](std::size_t i, std::string_view attribute) {
    return integers_now(c, i, attribute);
  });
  if (!before || !present) return;
  const shape& x = *c.before[static_cast<std::size_t>(in)].extents;
  const auto ranges = before->ranges(x, node);
  bool changed = false;
  for (std::size_t k = 0; k < before->axes.size(); ++k) {
    const std::size_t axis = axis_of(before->axes[k], x.size(), node);
    const channels wide = slimming::layout_of(c, in).on(axis);
    if (!wide) continue;
    const mask keep = c.keep(wide);
    const slice_range& r = ranges[axis];
    index_t first = -1, taken = 0;  // the first channel that is taken and stays; how many do
    for (index_t i = 0; i < r.count; ++i) {
      const index_t channel = r.first + i * r.step;
      if (keep[channel] && taken++ == 0) first = channel;
    }
    index_t lead = 0;  // its number after surgery
    for (index_t i = 0; i < first; ++i) lead += keep[i];
    const auto now =
        clamp_slice(present->starts[k], present->ends[k], present->steps[k], keep.count(), node);
    if (now.count == taken && (taken == 0 || now.first == lead)) continue;
    changed = true;
    present->starts[k] = lead;
    present->ends[k] = lead + taken * r.step;
    if (present->ends[k] < 0) present->ends[k] = -keep.count() - 1;
  }
  if (!changed) return;
  require_static(c, 1);
  require_static(c, 2);
  write_integers(c, 1, "starts", present->starts);
  write_integers(c, 2, "ends", present->ends);
}

inline void evaluate_slice(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto lists = read_slice(c.node, [&](std::size_t i, std::string_view attribute) {
    return integers_of(c, i, attribute);
  });
  const auto ranges = lists.value().ranges(x.extents(), c.node);
  shape extents, strides = row_major_strides(x.extents());
  index_t offset = 0;
  for (std::size_t axis = 0; axis < ranges.size(); ++axis) {
    extents.push_back(ranges[axis].count);
    offset += ranges[axis].first * strides[axis];
    strides[axis] *= ranges[axis].step;
  }
  c.outputs[0] = gather_strided(x, extents, strides, offset);
}

}  // namespace detail

inline void add_concat(op_registry& ops) {
  ops.add("Concat", {detail::infer_concat, detail::connect_concat, {}, detail::evaluate_concat});
  ops.add("Split", {detail::infer_split, detail::connect_split, detail::rewrite_split,
                    detail::evaluate_split});
  ops.add("Slice", {detail::infer_slice, detail::connect_slice, detail::rewrite_slice,
                    detail::evaluate_slice});
}

}  // namespace slimming::inline v0::ops
