// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Weights into the transformed domain, and gradients out of it.
/// Area: kernels/cpu. Transformed weights are panels too: (panel, product, channel, column).

#include <slimming/core/config.hpp>                             // index_t
#include <slimming/kernels/cpu/detail/weight_layout.hpp>        // weight_layout
#include <slimming/kernels/cpu/detail/winograd_transforms.hpp>  // into_products
#include <slimming/kernels/cpu/vector.hpp>                      // vec
#include <slimming/kernels/cpu/workspace.hpp>                   // for_each_task

#include <algorithm>  // std::min

namespace slimming::inline v0::kernels::cpu::detail {

/// Input channels whose weights are transformed together.
inline constexpr index_t weight_strip = 16;

/// How a pass reads the packed 3x3 weights: as they are, or mirrored and transposed, which makes
/// backward data a forward pass.
struct weight_reader {
  weight_layout layout;  ///< of the packed weights
  const float* weights = nullptr;
  bool mirrored = false;

  /// Layout of the panels that the pass multiplies by.
  [[nodiscard]] weight_layout panels() const noexcept {
    return mirrored ? layout.transposed() : layout;
  }

  /// Reads channels [first, last) of panel \p p, at most weight_strip of them: element (tap,
  /// channel, column) to `to[(tap * weight_strip + channel - first) * panel_width + column]`.
  void read(index_t p, index_t first, index_t last, float* to) const noexcept {
    const index_t columns = std::min(panels().width(p), panels().out - p * panel_width);
    for (index_t tap = 0; tap < 9; ++tap)
      for (index_t c = first; c < last; ++c) {
        float* const row = to + (tap * weight_strip + c - first) * panel_width;
        if (!mirrored) {
          const index_t width = layout.width(p);
          std::copy_n(weights + layout.panel_offset(0, p) + (tap * layout.in + c) * width, width,
                      row);
          continue;
        }
        const float* from = weights + layout.offset(0, 8 - tap, p * panel_width, c);
        const index_t step = layout.width(c / panel_width);
        for (index_t k = 0; k < columns; ++k) row[k] = from[k * step];
        std::fill_n(row + columns, panels().width(p) - columns, 0.0f);
      }
  }
};

/// Transforms channels [first, last) of panel \p p: product f, channel c goes to
/// `to + f * distance + (c - first) * width`.
template <class Transform>
void transform_weights(const weight_reader& reader, index_t p, index_t first, index_t last,
                       float* to, index_t distance) {
  alignas(64) float strip[9 * weight_strip * panel_width];
  const index_t width = reader.panels().width(p);
  for (index_t begin = first; begin < last; begin += weight_strip) {
    const index_t end = std::min(begin + weight_strip, last);
    reader.read(p, begin, end, strip);
    for (index_t c = begin; c < end; ++c)
      for (index_t v = 0; v < width; v += vector_width) {
        const float* const from = strip + (c - begin) * panel_width + v;
        float* const out = to + (c - first) * width + v;
        into_products<3, Transform::products, &Transform::weights>(
            [&](int i, int j) { return load(from + (i * 3 + j) * weight_strip * panel_width); },
            out, distance);
      }
  }
}

/// Floats of all transformed weights.
template <class Transform>
[[nodiscard]] constexpr index_t transformed_size(const weight_layout& panels) noexcept {
  return Transform::products * Transform::products * panels.in * panels.padded_out();
}
/// Offset of panel \p p among them.
template <class Transform>
[[nodiscard]] constexpr index_t transformed_offset(const weight_layout& panels,
                                                   index_t p) noexcept {
  return Transform::products * Transform::products * panels.in * p * panel_width;
}

/// Transforms all panels.
template <class Transform>
void transform_all_weights(const weight_reader& reader, float* to) {
  const weight_layout panels = reader.panels();
  const index_t strip = 64, strips = (panels.in + strip - 1) / strip;
  for_each_task(panels.panels() * strips, [&](index_t task) {
    const index_t p = task / strips, first = task % strips * strip;
    const index_t width = panels.width(p);
    transform_weights<Transform>(reader, p, first, std::min(first + strip, panels.in),
                                 to + transformed_offset<Transform>(panels, p) + first * width,
                                 panels.in * width);
  });
}

/// Gradients in the transformed domain, (product, channel, column) with \p distance between
/// products, to packed gradients of channels [first, last) of panel \p p.
template <class Transform>
void transform_weight_gradient(const weight_layout& layout, index_t p, index_t first, index_t last,
                               const float* from, index_t distance, float* dweights) {
  const index_t width = layout.width(p);
  float* const panel = dweights + layout.panel_offset(0, p);
  for (index_t c = first; c < last; ++c)
    for (index_t v = 0; v < width; v += vector_width) {
      const float* const at = from + (c - first) * width + v;
      float* const out = panel + c * width + v;
      out_of_products<Transform::products, 3, &Transform::weights_adjoint>(
          at, distance,
          [&](int i, int j, vec value) { store(out + (i * 3 + j) * layout.in * width, value); });
    }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
