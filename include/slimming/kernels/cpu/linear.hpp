// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A fully connected layer as the convolution that it is.
/// Area: kernels/cpu.
///
/// On (batch, features) it is a 1x1 convolution of 1x1 maps. Behind a flatten of (channels, h, w)
/// it is a convolution whose kernel covers the whole map: the same weight matrix (out, channels * h
/// * w), read as OIHW, and no copy of the activation.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/kernels/cpu/convolution.hpp>  // convolution
#include <slimming/kernels/geometry.hpp>         // conv_geometry

namespace slimming::inline v0::kernels::cpu {

/// The geometry of a linear layer from (batch, channels, h, w), flattened, to (batch, out).
[[nodiscard]] constexpr conv_geometry linear_geometry(index_t batch, index_t channels, index_t out,
                                                      index_t h = 1, index_t w = 1) noexcept {
  conv_geometry g;
  g.batch = batch;
  g.in_channels = channels;
  g.out_channels = out;
  g.in_h = g.kernel_h = h;
  g.in_w = g.kernel_w = w;
  return g;
}

/// A linear layer: pack_weights() takes (out, in) row-major, the rest is convolution's.
class linear : public convolution {
 public:
  linear(index_t batch, index_t channels, index_t out, index_t h = 1, index_t w = 1)
      : convolution(linear_geometry(batch, channels, out, h, w), {.exact = true}) {}
};

}  // namespace slimming::inline v0::kernels::cpu
