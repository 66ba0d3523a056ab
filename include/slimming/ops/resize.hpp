// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Resize and Upsample: nearest, linear and cubic, one axis after the other.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // unsupported, shape_mismatch
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/model/rewrite.hpp>      // write_integers
#include <slimming/ops/detail/naive.hpp>   // axis_split, reals_of
#include <slimming/ops/detail/shapes.hpp>  // axes_of

#include <algorithm>  // std::clamp
#include <cmath>      // std::floor
#include <cstddef>    // std::size_t
#include <optional>   // std::optional
#include <string>     // std::string
#include <utility>    // std::pair, std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// Where the node keeps its scales and its sizes: Upsample and the first Resize have no region
/// input.
inline std::size_t scales_input(const op_node& node) { return node.inputs.size() <= 2 ? 1 : 2; }
inline constexpr std::size_t sizes_input = 3;

/// Extents of the output, and the scale of every axis.
struct resize_target {
  shape extents;
  std::vector<double> scale;
};

/// \p scales and \p sizes are what the node states, for the axes that it names.
inline resize_target resize_to(const op_node& node, const shape& x,
                               const std::optional<std::vector<double>>& scales,
                               const std::optional<std::vector<index_t>>& sizes) {
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    throw unsupported(place_of(node), "keep_aspect_ratio_policy");
  resize_target t{x, std::vector<double>(x.size(), 1.0)};
  std::vector<std::size_t> axes;
  if (node.has("axes")) {
    axes = axes_of(node.integers("axes"), x.size(), node);
  } else {
    for (std::size_t axis = 0; axis < x.size(); ++axis) axes.push_back(axis);
  }
  const std::size_t stated = sizes ? sizes->size() : scales->size();
  if (stated != axes.size())
    throw shape_mismatch(place_of(node) + ": entries of scales or sizes",
                         static_cast<index_t>(axes.size()), static_cast<index_t>(stated));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = axes[i];
    if (sizes) {
      t.extents[axis] = (*sizes)[i];
      t.scale[axis] = static_cast<double>((*sizes)[i]) / static_cast<double>(x[axis]);
    } else {
      t.scale[axis] = (*scales)[i];
      t.extents[axis] =
          static_cast<index_t>(std::floor(static_cast<double>(x[axis]) * (*scales)[i]));
    }
  }
  return t;
}

/// The scales: an attribute of the first Upsample, an input that may be stated or computed since.
inline std::optional<std::vector<double>> scales_of(const model& net, const op_node& node,
                                                    std::span<const value_facts> facts) {
  if (node.has("scales")) return node.get<std::vector<double>>("scales", {});
  const value_id v = node.input(scales_input(node));
  if (v == no_value) return {};
  const any_tensor* t = net.constant(v);
  if (!t && facts[static_cast<std::size_t>(v)].constant)
    t = &*facts[static_cast<std::size_t>(v)].constant;
  if (!t || t->size() == 0) return {};
  return t->converted<double>();
}

inline void infer_resize(infer_context& c) {
  const auto sizes = integers_of(c.node, c.facts, sizes_input, "");
  const auto scales = scales_of(c.net, c.node, c.facts);
  if (!sizes && !scales) return;
  set_output(c, 0, resize_to(c.node, extents_of(c, 0), scales, sizes).extents, facts_of(c, 0).type);
}

inline void connect_resize(connect_context& c) {
  const value_id in = c.node.input(0);
  channel_layout layout = slimming::layout_of(c, in);
  const shape& x = slimming::extents_of(c, in);
  const shape& y = slimming::extents_of(c, c.node.outputs[0]);
  c.graph.enter(label_of(c));
  for (std::size_t axis = 0; axis < layout.axes.size(); ++axis)
    if (layout.axes[axis].c && x[axis] != y[axis]) {
      c.graph.pin(layout.axes[axis].c, "it is resized along this axis");
      layout.axes[axis] = {};
    }
  c.outputs[0] = std::move(layout);
}

inline void rewrite_resize(rewrite_context& c) {
  op_node& node = c.node();
  const value_id out = node.outputs[0];
  auto sizes = integers_now(c, sizes_input, "");
  if (!sizes || node.has("axes") || *sizes == after_of(c, out)) return;
  for (std::size_t axis = 0; axis < sizes->size(); ++axis)
    if (slimming::layout_of(c, out).on(axis)) (*sizes)[axis] = after_of(c, out)[axis];
  require_static(c, sizes_input);
  write_integers(c, sizes_input, "", *sizes);
}

/// What one element of the output is made of: elements of the input, with weights.
using resize_taps = std::vector<std::pair<index_t, double>>;

class axis_resizer {
 public:
  axis_resizer(const op_node& node, index_t in, index_t out, double scale)
      : in_(in),
        out_(out),
        scale_(scale),
        mode_(node.text("mode", "nearest")),
        how_(node.text(
            "coordinate_transformation_mode",
            node.op == "Upsample" || node.inputs.size() <= 2 ? "asymmetric" : "half_pixel")),
        rounding_(node.text("nearest_mode", node.op == "Upsample" || node.inputs.size() <= 2
                                                ? "floor"
                                                : "round_prefer_floor")),
        cubic_(node.real("cubic_coeff_a", -0.75)),
        excludes_outside_(node.integer("exclude_outside", 0) != 0) {
    if (node.integer("antialias", 0) != 0) throw unsupported(place_of(node), "antialias");
    if (mode_ != "nearest" && mode_ != "linear" && mode_ != "cubic" && mode_ != "bilinear")
      throw unsupported(place_of(node), "mode '" + mode_ + "'");
    place_ = place_of(node);
  }

  [[nodiscard]] resize_taps taps(index_t o) const {
    const double x = source(static_cast<double>(o));
    if (mode_ == "nearest") return {{std::clamp(nearest(x), index_t{0}, in_ - 1), 1.0}};
    const double first = std::floor(x), t = x - first;
    const auto base = static_cast<index_t>(first);
    resize_taps list;
    if (mode_ == "cubic") {
      for (index_t k = -1; k <= 2; ++k)
        list.emplace_back(base + k, cubic(std::abs(t - static_cast<double>(k))));
      if (excludes_outside_) drop_outside(list);
    } else {
      list = {{base, 1 - t}, {base + 1, t}};
    }
    for (auto& [i, weight] : list) i = std::clamp(i, index_t{0}, in_ - 1);
    return list;
  }

 private:
  [[nodiscard]] double source(double o) const {
    const auto in = static_cast<double>(in_), out = static_cast<double>(out_);
    if (how_ == "asymmetric") return o / scale_;
    if (how_ == "align_corners") return out_ == 1 ? 0 : o * (in - 1) / (out - 1);
    if (how_ == "half_pixel") return (o + 0.5) / scale_ - 0.5;
    if (how_ == "pytorch_half_pixel") return out_ > 1 ? (o + 0.5) / scale_ - 0.5 : 0;
    if (how_ == "tf_half_pixel_for_nn") return (o + 0.5) / scale_;
    if (how_ == "half_pixel_symmetric") {
      const double centre = in / 2, adjustment = out / (scale_ * in);
      return centre * (1 - adjustment) + (o + 0.5) / scale_ - 0.5;
    }
    throw unsupported(place_, "coordinate_transformation_mode '" + how_ + "'");
  }
  [[nodiscard]] index_t nearest(double x) const {
    if (rounding_ == "floor") return static_cast<index_t>(std::floor(x));
    if (rounding_ == "ceil") return static_cast<index_t>(std::ceil(x));
    if (rounding_ == "round_prefer_ceil") return static_cast<index_t>(std::floor(x + 0.5));
    return static_cast<index_t>(std::ceil(x - 0.5));
  }
  // Keys' kernel.
  [[nodiscard]] double cubic(double d) const {
    if (d <= 1) return ((cubic_ + 2) * d - (cubic_ + 3)) * d * d + 1;
    if (d < 2) return ((cubic_ * d - 5 * cubic_) * d + 8 * cubic_) * d - 4 * cubic_;
    return 0;
  }
  void drop_outside(resize_taps& list) const {
    double sum = 0;
    for (auto& [i, weight] : list) {
      if (i < 0 || i >= in_) weight = 0;
      sum += weight;
    }
    for (auto& tap : list) tap.second /= sum;
  }

  index_t in_, out_;
  double scale_;
  std::string mode_, how_, rounding_, place_;
  double cubic_;
  bool excludes_outside_;
};

inline void evaluate_resize(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  require_real(x, c.node);
  std::optional<std::vector<double>> scales;
  const std::size_t stated = scales_input(c.node);
  if (c.node.has("scales"))
    scales = c.node.get<std::vector<double>>("scales", {});
  else if (has_input(c, stated) && c.inputs[stated]->size() > 0)
    scales = reals_of(*c.inputs[stated]);
  const auto target = resize_to(c.node, x.extents(), scales, integers_of(c, sizes_input, ""));
  shape extents = x.extents();
  reals values = reals_of(x);
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    const index_t n = target.extents[axis];
    if (n == extents[axis]) continue;
    const axis_split s(extents, axis);
    const axis_resizer resizer(c.node, s.n, n, target.scale[axis]);
    extents[axis] = n;
    reals resized(static_cast<std::size_t>(element_count(extents)), 0);
    for (index_t k = 0; k < n; ++k)
      for (const auto& [from, weight] : resizer.taps(k))
        for (index_t o = 0; o < s.outer; ++o)
          for (index_t i = 0; i < s.inner; ++i)
            resized[static_cast<std::size_t>((o * n + k) * s.inner + i)] +=
                weight * values[static_cast<std::size_t>((o * s.n + from) * s.inner + i)];
    values = std::move(resized);
  }
  c.outputs[0] = tensor_of(x.type(), std::move(extents), values);
}

}  // namespace detail

inline void add_resize(op_registry& ops) {
  const op_definition resize{detail::infer_resize, detail::connect_resize, detail::rewrite_resize,
                             detail::evaluate_resize};
  ops.add("Resize", resize).add("Upsample", resize);
}

}  // namespace slimming::inline v0::ops
