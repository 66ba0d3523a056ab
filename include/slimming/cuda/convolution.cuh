// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a convolution on a device is asked to compute: one pass, its shape, types and conditions.
/// Area: cuda. cuDNN answers it (<slimming/cuda/cudnn.cuh>); needs no CUDA Toolkit.
///
/// Activations are NHWC with padded channels, weights (out, height, width, in per group).

#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/dtype.hpp>        // dtype
#include <slimming/cuda/activation.cuh>   // padded_channels
#include <slimming/kernels/geometry.hpp>  // conv_geometry

#include <cstddef>  // std::size_t

namespace slimming::inline v0::cuda {

enum class conv_pass { forward, backward_data, backward_weights };

struct conv_request {
  /// Channels as they lie in memory: see padded_geometry().
  kernels::conv_geometry geometry;
  index_t in_stride = 1;   ///< elements per pixel of the input
  index_t out_stride = 1;  ///< elements per pixel of the output
  conv_pass pass = conv_pass::forward;
  dtype values = dtype::float32;   ///< of activations, their gradients and the weights
  dtype weights = dtype::float32;  ///< of the weights' gradient; sums are fp32 always
};

/// How an implementation of a convolution is chosen.
struct convolution_choice {
  bool tf32 = false;          ///< fp32 operands may lose mantissa bits on their way in
  bool deterministic = true;  ///< only implementations that give the same bits every time
  bool timed = false;         ///< time the candidates; a different one may win the next time
  std::size_t workspace = std::size_t{1} << 30;  ///< most scratch bytes
};

/// The geometry that kernels see: the padding channels take part, as zeros. A convolution with
/// groups cannot be padded between them; it keeps its channels, unless every group has one channel.
[[nodiscard]] inline kernels::conv_geometry padded_geometry(kernels::conv_geometry g) {
  const bool is_depthwise = g.groups > 1 && g.in_per_group() == 1 && g.out_per_group() == 1;
  if (g.groups > 1 && !is_depthwise) return g;
  g.in_channels = padded_channels(g.in_channels);
  g.out_channels = padded_channels(g.out_channels);
  if (is_depthwise) g.groups = g.in_channels;
  return g;
}

/// Elements of the weights of a padded geometry.
[[nodiscard]] inline index_t weight_count(const kernels::conv_geometry& padded) noexcept {
  return padded.out_channels * padded.taps() * padded.in_per_group();
}

/// (out, in per group, height, width) of the file to (out, height, width, in per group) of the
/// device, zeros in the padding.
inline void pack_weights(const kernels::conv_geometry& file, const float* from, float* to) {
  const kernels::conv_geometry padded = padded_geometry(file);
  const index_t in = file.in_per_group();
  const index_t taps = file.taps();
  const index_t in_room = padded.in_per_group();
  for (index_t i = 0; i < weight_count(padded); ++i) to[i] = 0.0f;
  for (index_t o = 0; o < file.out_channels; ++o)
    for (index_t c = 0; c < in; ++c)
      for (index_t tap = 0; tap < taps; ++tap)
        to[(o * taps + tap) * in_room + c] = from[(o * in + c) * taps + tap];
}

/// And back.
inline void unpack_weights(const kernels::conv_geometry& file, const float* from, float* to) {
  const index_t in = file.in_per_group();
  const index_t taps = file.taps();
  const index_t in_room = padded_geometry(file).in_per_group();
  for (index_t o = 0; o < file.out_channels; ++o)
    for (index_t c = 0; c < in; ++c)
      for (index_t tap = 0; tap < taps; ++tap)
        to[(o * in + c) * taps + tap] = from[(o * taps + tap) * in_room + c];
}

}  // namespace slimming::inline v0::cuda
