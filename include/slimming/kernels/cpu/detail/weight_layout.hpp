// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where each weight of a convolution lies in the packed layout.
/// Area: kernels/cpu.
///
/// Output channels are cut into panels of two vectors, the last one of one vector where their
/// number is odd. A panel is a matrix with a row per (tap, input channel) and its output channels
/// as columns: what the micro-kernels of gemm.hpp stream through. Depthwise weights are (tap,
/// channel).

#include <slimming/core/config.hpp>         // index_t
#include <slimming/kernels/cpu/vector.hpp>  // vector_width, padded_channels
#include <slimming/kernels/geometry.hpp>    // conv_geometry

namespace slimming::inline v0::kernels::cpu::detail {

/// Columns of a full panel.
inline constexpr index_t panel_width = 2 * vector_width;

/// The panels of a (groups, taps, in, out) weight tensor.
struct weight_layout {
  index_t groups = 1, taps = 1, in = 1, out = 1;  ///< `in` and `out` are per group

  constexpr weight_layout() = default;
  constexpr explicit weight_layout(const conv_geometry& g) noexcept
      : groups(g.groups), taps(g.taps()), in(g.in_per_group()), out(g.out_per_group()) {}
  /// The same weights with input and output exchanged: what a backward pass multiplies by.
  [[nodiscard]] constexpr weight_layout transposed() const noexcept {
    weight_layout t = *this;
    t.in = out;
    t.out = in;
    return t;
  }

  [[nodiscard]] constexpr index_t rows() const noexcept { return taps * in; }
  [[nodiscard]] constexpr index_t padded_out() const noexcept { return padded_channels(out); }
  [[nodiscard]] constexpr index_t panels() const noexcept {
    return (padded_out() + panel_width - 1) / panel_width;
  }
  /// Columns of panel \p p: panel_width, or vector_width for an odd last one.
  [[nodiscard]] constexpr index_t width(index_t p) const noexcept {
    const index_t rest = padded_out() - p * panel_width;
    return rest < panel_width ? rest : panel_width;
  }
  [[nodiscard]] constexpr index_t group_size() const noexcept { return rows() * padded_out(); }
  [[nodiscard]] constexpr index_t size() const noexcept { return groups * group_size(); }
  [[nodiscard]] constexpr index_t panel_offset(index_t group, index_t p) const noexcept {
    return group * group_size() + p * panel_width * rows();
  }
  /// Offset of one weight; \p k counts within the group.
  [[nodiscard]] constexpr index_t offset(index_t group, index_t tap, index_t c,
                                         index_t k) const noexcept {
    const index_t p = k / panel_width;
    return panel_offset(group, p) + (tap * in + c) * width(p) + k % panel_width;
  }
};

}  // namespace slimming::inline v0::kernels::cpu::detail
