// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which algorithm computes a convolution: the cost table, decided from shapes only.
/// Area: kernels/cpu. Never by timing, so that a build always computes the same bits.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/kernels/geometry.hpp>  // conv_geometry

#include <algorithm>    // std::max
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

/// How a convolution is to be computed.
struct conv_options {
  bool exact = false;  ///< no Winograd: only algorithms that multiply the numbers themselves
  bool prepared =
      false;  ///< forward will be given what prepare() made, so that only reading counts
  conv_algorithm forward = conv_algorithm::automatic;
  conv_algorithm backward_data = conv_algorithm::automatic;
  conv_algorithm backward_weights = conv_algorithm::automatic;
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

/// Pixels up to which an implicit GEMM goes tap by tap over activations in place, see tap_gemm.hpp.
inline constexpr index_t most_pixels_by_taps = 64;

/// Whether a GEMM of so many pixels, taps and input channels does: few pixels, and enough channels
/// under each tap to pay for loading the sums.
[[nodiscard]] constexpr bool goes_by_taps(index_t pixels, index_t taps, index_t in) noexcept {
  return pixels <= most_pixels_by_taps && taps > 1 && in >= 64;
}

namespace detail {

/// Pairs of an output position and a tap that meet within the input, along one axis.
[[nodiscard]] constexpr index_t meetings(index_t in, index_t out, index_t kernel, index_t stride,
                                         index_t pad, index_t dilation) noexcept {
  index_t count = 0;
  for (index_t o = 0; o < out; ++o)
    for (index_t t = 0; t < kernel; ++t) {
      const index_t at = o * stride - pad + t * dilation;
      count += at >= 0 && at < in ? 1 : 0;
    }
  return count;
}

}  // namespace detail

/// Multiplications of an implicit GEMM per input and output channel.
[[nodiscard]] constexpr index_t gemm_multiplications(const conv_geometry& g) noexcept {
  if (!goes_by_taps(g.out_pixels(), g.taps(), g.in_per_group())) return g.out_pixels() * g.taps();
  return g.batch *
         detail::meetings(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.pad_top, g.dilation_h) *
         detail::meetings(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.pad_left, g.dilation_w);
}

/// Relative time of the passes of one convolution: multiplications per output channel and input
/// channel, times what one of them costs with its share of transforms (measured with bench_conv).
/// \param prepared  the weights have been transformed before, see convolution::prepare()
[[nodiscard]] constexpr double relative_cost(conv_algorithm a, const conv_geometry& g,
                                             bool prepared = false) noexcept {
  const auto tiles = [&](index_t extent) {
    return static_cast<double>(g.batch * ((g.out_h + extent - 1) / extent) *
                               ((g.out_w + extent - 1) / extent));
  };
  // A weight is transformed once for all pixels; this many multiplications take as long.
  const double transform = 200;
  // A prepared weight only has to be read, while others are multiplied. In a large layer it comes
  // from memory: all cores together multiply so often in the meantime.
  const double read = g.in_per_group() * g.out_channels * g.taps() > 131072 ? 15 : 3;
  const auto cost = [&](double weights, double transforming, double multiplying) {
    return prepared ? std::max(weights * read, multiplying) : transforming + multiplying;
  };
  switch (a) {
    case conv_algorithm::winograd_4x4:
      return cost(36, transform, 1.4 * 36 * tiles(4));
    case conv_algorithm::winograd_2x2:
      return cost(16, transform / 2, 1.4 * 16 * tiles(2));
    case conv_algorithm::toeplitz_2x2:
      return cost(9, transform / 4, 1.4 * 9 * tiles(2));
    default:
      return cost(static_cast<double>(g.taps()), 0, static_cast<double>(gemm_multiplications(g)));
  }
}

/// The algorithm for one pass: the cheapest that applies. \p exact rules Winograd out, \p prepared
/// says that the forward pass gets prepared weights.
[[nodiscard]] constexpr conv_algorithm choose_algorithm(const conv_geometry& g, conv_pass pass,
                                                        bool exact,
                                                        bool prepared = false) noexcept {
  if (is_depthwise(g)) return conv_algorithm::depthwise;
  conv_algorithm best = conv_algorithm::implicit_gemm;
  // With few channels the transforms outweigh the multiplications that they save.
  if (exact || g.in_channels < 8 || g.out_channels < 8) return best;
  const auto cost = [&](conv_algorithm a) {
    return relative_cost(a, g, prepared && pass == conv_pass::forward);
  };
  for (const conv_algorithm a :
       {conv_algorithm::winograd_4x4, conv_algorithm::winograd_2x2, conv_algorithm::toeplitz_2x2})
    if (is_applicable(a, g) && cost(a) < cost(best)) best = a;
  return best;
}

}  // namespace slimming::inline v0::kernels::cpu
