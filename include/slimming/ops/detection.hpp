// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators of detectors whose results depend on data: TopK, NonMaxSuppression, NonZero keep all
/// the channels that they read; RoiAlign treats each channel for itself.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, unsupported
#include <slimming/model/connect.hpp>      // map_on, fix
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/naive.hpp>   // axis_split, reals_of
#include <slimming/ops/detail/shapes.hpp>  // set_output
#include <slimming/rules/pass.hpp>         // resize_facts

#include <algorithm>  // std::sort, std::max
#include <cmath>      // std::ceil, std::floor
#include <cstddef>    // std::size_t
#include <numeric>    // std::iota
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

// --- TopK
// -----------------------------------------------------------------------------------------

inline void infer_topk(infer_context& c) {
  shape y = extents_of(c, 0);
  const auto k = integers_of(c.node, c.facts, 1, "");
  index_t count = c.node.integer("k", k && !k->empty() ? k->front() : -1);
  if (count < 0) return;
  const std::size_t axis = axis_of(c.node.integer("axis", -1), y.size(), c.node);
  if (count > y[axis]) throw shape_mismatch(place_of(c.node) + ": k", y[axis], count);
  y[axis] = count;
  set_output(c, 1, y, dtype::int64);
  set_output(c, 0, std::move(y), facts_of(c, 0).type);
}

inline void evaluate_topk(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const std::size_t axis = axis_of(c.node.integer("axis", -1), x.rank(), c.node);
  const index_t k =
      c.node.has("k") ? c.node.integer("k", 0) : input_of(c, 1).converted<index_t>().at(0);
  const bool largest = c.node.integer("largest", 1) != 0;
  const axis_split s(x.extents(), axis);
  shape extents = x.extents();
  extents[axis] = k;
  const reals in = reals_of(x);
  reals y(static_cast<std::size_t>(element_count(extents)));
  std::vector<index_t> indices(y.size()), order(static_cast<std::size_t>(s.n));
  for (index_t o = 0; o < s.outer; ++o)
    for (index_t i = 0; i < s.inner; ++i) {
      const auto at = [&](index_t j) {
        return in[static_cast<std::size_t>((o * s.n + j) * s.inner + i)];
      };
      std::iota(order.begin(), order.end(), index_t{0});
      std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) {
        return largest ? at(a) > at(b) : at(a) < at(b);
      });
      for (index_t j = 0; j < k; ++j) {
        const auto to = static_cast<std::size_t>((o * k + j) * s.inner + i);
        y[to] = at(order[static_cast<std::size_t>(j)]);
        indices[to] = order[static_cast<std::size_t>(j)];
      }
    }
  c.outputs[0] = tensor_of(x.type(), extents, y);
  if (c.outputs.size() > 1)
    c.outputs[1] = any_tensor::from(std::span<const index_t>(indices), extents);
}

// --- NonMaxSuppression, NonZero
// -------------------------------------------------------------------

inline void infer_data_dependent(infer_context& c) {
  for (auto& out : c.outputs) out.type = dtype::int64;
}

/// Corners of a box, lower first.
struct box {
  double x1, y1, x2, y2;

  [[nodiscard]] double area() const { return (x2 - x1) * (y2 - y1); }
  [[nodiscard]] double overlap(const box& o) const {
    const double w = std::min(x2, o.x2) - std::max(x1, o.x1);
    const double h = std::min(y2, o.y2) - std::max(y1, o.y1);
    if (w <= 0 || h <= 0) return 0;
    return w * h / (area() + o.area() - w * h);
  }
};

inline void evaluate_nms(evaluate_context& c) {
  const auto boxes = input_of(c, 0).converted<double>();   // (batch, n, 4)
  const auto scores = input_of(c, 1).converted<double>();  // (batch, classes, n)
  const index_t batch = input_of(c, 1).extents().at(0), classes = input_of(c, 1).extents().at(1),
                n = input_of(c, 1).extents().at(2);
  const auto number = [&](std::size_t i, double otherwise) {
    return has_input(c, i) ? c.inputs[i]->converted<double>().at(0) : otherwise;
  };
  const auto most = static_cast<index_t>(number(2, 0));
  const double may_overlap = number(3, 0);
  const bool centred = c.node.integer("center_point_box", 0) != 0;
  const auto box_at = [&](index_t b, index_t i) {
    const double* v = boxes.data() + (b * n + i) * 4;
    if (centred) return box{v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2};
    return box{std::min(v[0], v[2]), std::min(v[1], v[3]), std::max(v[0], v[2]),
               std::max(v[1], v[3])};
  };
  std::vector<index_t> found;
  for (index_t b = 0; b < batch; ++b)
    for (index_t k = 0; k < classes; ++k) {
      const double* score = scores.data() + (b * classes + k) * n;
      std::vector<index_t> order, kept;
      for (index_t i = 0; i < n; ++i)
        if (!has_input(c, 4) || score[i] > number(4, 0)) order.push_back(i);
      std::stable_sort(order.begin(), order.end(),
                       [&](index_t i, index_t j) { return score[i] > score[j]; });
      for (const index_t i : order) {
        if (static_cast<index_t>(kept.size()) == most) break;
        const bool hidden = std::any_of(kept.begin(), kept.end(), [&](index_t j) {
          return box_at(b, i).overlap(box_at(b, j)) > may_overlap;
        });
        if (hidden) continue;
        kept.push_back(i);
        found.insert(found.end(), {b, k, i});
      }
    }
  c.outputs[0] = any_tensor::from(std::span<const index_t>(found),
                                  {static_cast<index_t>(found.size() / 3), 3});
}

inline void evaluate_non_zero(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto values = x.converted<double>();
  const shape strides = row_major_strides(x.extents());
  std::vector<index_t> places;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) places.push_back(static_cast<index_t>(i));
  const auto rank = static_cast<index_t>(x.rank()), n = static_cast<index_t>(places.size());
  any_tensor y(dtype::int64, {rank, n});
  for (index_t axis = 0; axis < rank; ++axis)
    for (index_t i = 0; i < n; ++i) {
      const auto a = static_cast<std::size_t>(axis);
      y.values<index_t>()[static_cast<std::size_t>(axis * n + i)] =
          places[static_cast<std::size_t>(i)] / strides[a] % x.extents()[a];
    }
  c.outputs[0] = std::move(y);
}

// --- RoiAlign
// -------------------------------------------------------------------------------------

inline void infer_roi_align(infer_context& c) {
  set_output(c, 0,
             {extents_of(c, 1).at(0), extents_of(c, 0).at(1), c.node.integer("output_height", 1),
              c.node.integer("output_width", 1)},
             facts_of(c, 0).type);
}

inline void connect_roi_align(connect_context& c) {
  const value_id in = c.node.input(0);
  for (const std::size_t axis : {std::size_t{0}, std::size_t{2}, std::size_t{3}})
    fix_axis(c, in, axis, "regions are cut out of it");
  fix(c, c.node.input(1), "its values are boxes");
  fix(c, c.node.input(2), "its values are indices");
  const shape& y = slimming::extents_of(c, c.node.outputs[0]);
  const auto out =
      rules::connect(c.graph, rules::resize_facts{label_of(c), {y[2], y[3]}}, map_on(c, in));
  c.outputs[0] = layout_with(4, 1, out.c, slimming::layout_of(c, in).is_zero(1));
}

/// Bilinear sample of one channel; zero farther than one element outside.
inline double sample_bilinear(const double* map, index_t h, index_t w, double y, double x) {
  if (y < -1 || y > static_cast<double>(h) || x < -1 || x > static_cast<double>(w)) return 0;
  y = std::max(y, 0.0);
  x = std::max(x, 0.0);
  const index_t y0 = std::min(static_cast<index_t>(y), h - 1);
  const index_t x0 = std::min(static_cast<index_t>(x), w - 1);
  const index_t y1 = std::min(y0 + 1, h - 1), x1 = std::min(x0 + 1, w - 1);
  const double fy = y0 == h - 1 ? 0 : y - static_cast<double>(y0);
  const double fx = x0 == w - 1 ? 0 : x - static_cast<double>(x0);
  return (1 - fy) * ((1 - fx) * map[y0 * w + x0] + fx * map[y0 * w + x1]) +
         fy * ((1 - fx) * map[y1 * w + x0] + fx * map[y1 * w + x1]);
}

/// One axis of a region: bins of a size, with as many samples in each.
struct roi_axis {
  double first, bin;
  index_t samples;

  /// \p low and \p high in elements of the map. Where `half` is not set, a region is at least one
  /// wide.
  roi_axis(double low, double high, index_t bins, index_t ratio, bool half) : first(low) {
    const double extent = half ? high - low : std::max(high - low, 1.0);
    bin = extent / static_cast<double>(bins);
    samples = ratio > 0 ? ratio : static_cast<index_t>(std::ceil(bin));
  }
  [[nodiscard]] double at(index_t i, index_t sample) const {
    return first + bin * (static_cast<double>(i) +
                          (static_cast<double>(sample) + 0.5) / static_cast<double>(samples));
  }
};

inline void evaluate_roi_align(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto batch = input_of(c, 2).converted<index_t>();
  if (c.node.text("mode", "avg") != "avg") throw unsupported(place_of(c.node), "mode 'max'");
  const bool half = c.node.text("coordinate_transformation_mode",
                                c.opset >= 16 ? "half_pixel" : "output_half_pixel") == "half_pixel";
  const index_t oh = c.node.integer("output_height", 1), ow = c.node.integer("output_width", 1),
                ratio = c.node.integer("sampling_ratio", 0), channels = x.extents().at(1),
                h = x.extents().at(2), w = x.extents().at(3), n = input_of(c, 1).extents().at(0);
  const double scale = c.node.real("spatial_scale", 1), shift = half ? 0.5 : 0;
  const reals in = reals_of(x), boxes = reals_of(input_of(c, 1));
  reals y;
  for (index_t r = 0; r < n; ++r) {
    const double* corner = boxes.data() + r * 4;
    const roi_axis across(corner[0] * scale - shift, corner[2] * scale - shift, ow, ratio, half);
    const roi_axis down(corner[1] * scale - shift, corner[3] * scale - shift, oh, ratio, half);
    const auto count = static_cast<double>(std::max(down.samples * across.samples, index_t{1}));
    for (index_t k = 0; k < channels; ++k) {
      const double* map = in.data() + (batch[static_cast<std::size_t>(r)] * channels + k) * h * w;
      for (index_t o = 0; o < oh * ow; ++o) {
        double sum = 0;
        for (index_t a = 0; a < down.samples; ++a)
          for (index_t b = 0; b < across.samples; ++b)
            sum += sample_bilinear(map, h, w, down.at(o / ow, a), across.at(o % ow, b));
        y.push_back(sum / count);
      }
    }
  }
  c.outputs[0] = tensor_of(x.type(), {n, channels, oh, ow}, y);
}

}  // namespace detail

inline void add_detection(op_registry& ops) {
  ops.add("TopK", {detail::infer_topk, {}, {}, detail::evaluate_topk});
  ops.add("NonMaxSuppression", {detail::infer_data_dependent, {}, {}, detail::evaluate_nms});
  ops.add("NonZero", {detail::infer_data_dependent, {}, {}, detail::evaluate_non_zero});
  ops.add("RoiAlign",
          {detail::infer_roi_align, detail::connect_roi_align, {}, detail::evaluate_roi_align, 1});
}

}  // namespace slimming::inline v0::ops
