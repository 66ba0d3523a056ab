// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which algorithm computes a convolution: the cost table, decided from shapes only.
/// Area: kernels/cpu. Never by timing, so that a build always computes the same bits.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/kernels/geometry.hpp>  // conv_geometry

#include <string_view>  // std::string_view

namespace slimming::inline v0::kernels::cpu {

enum class conv_pass { forward, backward_data, backward_weights };

enum class conv_algorithm {
  automatic,      ///< what the cost table says
  implicit_gemm,  ///< any shape; a 1x1 kernel reads the activations in place
  winograd_4x4,   ///< F(4x4, 3x3): 3x3, stride 1, dilation 1, one group
  winograd_2x2,   ///< F(2x2, 3x3): the same shapes
  toeplitz_2x2,   ///< whole 2x2 maps under a 3x3 kernel with padding 1: exact, 9 products
  depthwise,      ///< one channel per group
};

[[nodiscard]] constexpr std::string_view name_of(conv_algorithm a) noexcept {
  switch (a) {
    case conv_algorithm::automatic:
      return "automatic";
    case conv_algorithm::implicit_gemm:
      return "implicit_gemm";
    case conv_algorithm::winograd_4x4:
      return "winograd_4x4";
    case conv_algorithm::winograd_2x2:
      return "winograd_2x2";
    case conv_algorithm::toeplitz_2x2:
      return "toeplitz_2x2";
    case conv_algorithm::depthwise:
      return "depthwise";
  }
  return "unknown";
}

/// One channel per group. Such a convolution has a weight layout and kernels of its own.
[[nodiscard]] constexpr bool is_depthwise(const conv_geometry& g) noexcept {
  return g.groups > 1 && g.groups == g.in_channels && g.groups == g.out_channels;
}

/// Whether \p a can compute the convolution \p g at all.
[[nodiscard]] constexpr bool is_applicable(conv_algorithm a, const conv_geometry& g) noexcept {
  const bool is_3x3 = g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 &&
                      g.dilation_h == 1 && g.dilation_w == 1 && g.groups == 1;
  switch (a) {
    case conv_algorithm::automatic:
      return true;
    case conv_algorithm::implicit_gemm:
      return !is_depthwise(g);
    case conv_algorithm::winograd_4x4:
    case conv_algorithm::winograd_2x2:
      return is_3x3 && g.pad_top <= 2 && g.pad_left <= 2 && g.pad_bottom <= 2 && g.pad_right <= 2;
    case conv_algorithm::toeplitz_2x2:
      return is_3x3 && g.in_h == 2 && g.in_w == 2 && g.pad_top == 1 && g.pad_left == 1 &&
             g.pad_bottom == 1 && g.pad_right == 1;
    case conv_algorithm::depthwise:
      return is_depthwise(g);
  }
  return false;
}

/// Relative time of the passes of one convolution: multiplications per output channel and input
/// channel, times what one of them costs with its share of transforms (measured with bench_conv).
[[nodiscard]] constexpr double relative_cost(conv_algorithm a, const conv_geometry& g) noexcept {
  const auto tiles = [&](index_t extent) {
    return static_cast<double>(g.batch * ((g.out_h + extent - 1) / extent) *
                               ((g.out_w + extent - 1) / extent));
  };
  // A weight is transformed once for all pixels; this many multiplications take as long.
  const double transform = 200;
  switch (a) {
    case conv_algorithm::winograd_4x4:
      return transform + 1.4 * 36 * tiles(4);
    case conv_algorithm::winograd_2x2:
      return transform / 2 + 1.4 * 16 * tiles(2);
    case conv_algorithm::toeplitz_2x2:
      return transform / 4 + 1.4 * 9 * tiles(2);
    default:
      return static_cast<double>(g.out_pixels() * g.taps());
  }
}

/// The algorithm for one pass: the cheapest that applies. \p exact rules Winograd out.
[[nodiscard]] constexpr conv_algorithm choose_algorithm(const conv_geometry& g, conv_pass,
                                                        bool exact) noexcept {
  if (is_depthwise(g)) return conv_algorithm::depthwise;
  conv_algorithm best = conv_algorithm::implicit_gemm;
  // With few channels the transforms outweigh the multiplications that they save.
  if (exact || g.in_channels < 8 || g.out_channels < 8) return best;
  for (const conv_algorithm a :
       {conv_algorithm::winograd_4x4, conv_algorithm::winograd_2x2, conv_algorithm::toeplitz_2x2})
    if (is_applicable(a, g) && relative_cost(a, g) < relative_cost(best, g)) best = a;
  return best;
}

}  // namespace slimming::inline v0::kernels::cpu
