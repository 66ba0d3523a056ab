// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batch normalisation (Ioffe and Szegedy 2015) fused with what usually follows it: the addition of
/// a residual, relu, a 2x2 max pooling. Area: kernels/cpu, padded NHWC.

#include <slimming/core/config.hpp>                          // index_t
#include <slimming/core/error.hpp>                           // unsupported
#include <slimming/kernels/cpu/detail/batch_norm_loops.hpp>  // the loops over pixels
#include <slimming/kernels/cpu/moments.hpp>                  // channel_moments
#include <slimming/kernels/cpu/vector.hpp>                   // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>                // workspace

#include <cmath>  // std::sqrt
#include <span>   // std::span

namespace slimming::inline v0::kernels::cpu {

/// The activation that is normalised, and what is fused behind.
struct batch_norm_geometry {
  index_t batch = 1, h = 1, w = 1, channels = 1;
  bool relu = false;          ///< y = relu(normalised + add)
  bool max_pool_2x2 = false;  ///< then y = 2x2 maxima, stride 2; h and w even, nothing added
  index_t x_room = 0;  ///< floats per pixel of x and dx where they are the first channels of more

  [[nodiscard]] constexpr index_t pixels() const noexcept { return batch * h * w; }
  [[nodiscard]] constexpr index_t x_stride() const noexcept {
    return x_room > 0 ? x_room : padded_channels(channels);
  }
  [[nodiscard]] constexpr index_t out_pixels() const noexcept {
    return max_pool_2x2 ? pixels() / 4 : pixels();
  }
};

/// Per-channel numbers that forward leaves for backward; `padded_channels(channels)` floats each.
/// y = (x - mean) * scale + shift.
struct batch_norm_state {
  float* mean = nullptr;
  float* inv_std = nullptr;
  float* scale = nullptr;  ///< gamma * inv_std
  float* shift = nullptr;  ///< beta, and what rounding took from the mean
};

/// Parameters and running statistics; `padded_channels(channels)` floats each, zeros in the
/// padding.
struct batch_norm_parameters {
  const float* gamma = nullptr;
  const float* beta = nullptr;
  float* running_mean = nullptr;
  float* running_variance = nullptr;
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< share of the new batch in the running statistics
};

namespace detail {

inline void set_batch_norm_channel(const batch_norm_parameters& p, index_t c, double mean,
                                   double variance, const batch_norm_state& state) {
  const double inv_std = 1.0 / std::sqrt(variance + p.epsilon);
  const double scale = static_cast<double>(p.gamma[c]) * inv_std;
  state.mean[c] = static_cast<float>(mean);
  state.inv_std[c] = static_cast<float>(inv_std);
  state.scale[c] = static_cast<float>(scale);
  const double lost = mean - static_cast<double>(state.mean[c]);
  state.shift[c] = static_cast<float>(static_cast<double>(p.beta[c]) - lost * scale);
}

inline void require_poolable(const batch_norm_geometry& g, const float* add) {
  if (g.max_pool_2x2 && (g.h % 2 != 0 || g.w % 2 != 0 || add != nullptr))
    throw unsupported("batch_norm", "the fused pooling needs even maps and no residual");
}

}  // namespace detail

/// State for training: from the batch's moments, over \p pixels pixels. Updates the running
/// statistics, with the unbiased variance as every framework does.
inline void batch_norm_training_state(const batch_norm_parameters& p, index_t channels,
                                      index_t pixels, channel_moments moments,
                                      const batch_norm_state& state) {
  const auto n = static_cast<double>(pixels);
  const double unbiased = pixels > 1 ? n / (n - 1) : 1.0;
  const auto blend = [&](float& running, double now) {
    running =
        static_cast<float>((1 - p.momentum) * static_cast<double>(running) + p.momentum * now);
  };
  for (index_t c = 0; c < padded_channels(channels); ++c) {
    detail::set_batch_norm_channel(p, c, moments.mean[c], moments.variance[c], state);
    if (p.running_mean) blend(p.running_mean[c], moments.mean[c]);
    if (p.running_variance) blend(p.running_variance[c], moments.variance[c] * unbiased);
  }
}

/// State for inference and for training with frozen statistics: from the running ones.
inline void batch_norm_inference_state(const batch_norm_parameters& p, index_t channels,
                                       const batch_norm_state& state) {
  for (index_t c = 0; c < padded_channels(channels); ++c)
    detail::set_batch_norm_channel(p, c, static_cast<double>(p.running_mean[c]),
                                   static_cast<double>(p.running_variance[c]), state);
}

/// y = pool(relu((x - mean) * scale + shift + add)).
/// \param add  shaped like x, or null
/// \param y    shaped like x, or pooled; may be x if nothing is pooled
inline void batch_norm_forward(const batch_norm_geometry& g, const float* x,
                               const batch_norm_state& state, const float* add, float* y) {
  detail::require_poolable(g, add);
  const index_t stride = padded_channels(g.channels);
  const detail::norm_line line{state.mean, state.scale, state.shift};
  if (g.max_pool_2x2)
    detail::normalise_pooled(g.batch * g.h / 2, g.w / 2, stride, g.x_stride(), x, line, g.relu, y);
  else
    detail::normalise(g.pixels(), stride, g.x_stride(), x, line, add, g.relu, y);
}

/// What backward reads.
struct batch_norm_tape {
  const float* x = nullptr;  ///< the normalised activation
  const float* y = nullptr;  ///< forward's result; read only if a residual was added before relu
  const float* dy = nullptr;
  bool has_add = false;  ///< a residual was added
  bool frozen = false;   ///< the state came from running statistics: they are constants
};

/// What backward writes.
struct batch_norm_gradients {
  float* dx = nullptr;    ///< may be dy if shaped like it and nothing is accumulated
  float* dadd = nullptr;  ///< gradient of the residual, or null; may be dy
  float* dgamma = nullptr;
  float* dbeta = nullptr;
  bool accumulate = false;  ///< dx += instead of dx =
};

/// Scratch of batch_norm_backward().
[[nodiscard]] inline workspace_need batch_norm_backward_need(
    const batch_norm_geometry& g) noexcept {
  const index_t stride = padded_channels(g.channels);
  return {(detail::norm_blocks(g.out_pixels(), stride) + 1) * 2 * stride, 0};
}

/// Gradients of batch_norm_forward(). Relu's mask and the pooling's argmax (the first of equal
/// maxima) are found again from x.
inline void batch_norm_backward(const batch_norm_geometry& g, const batch_norm_tape& tape,
                                const batch_norm_state& state, const batch_norm_gradients& out,
                                std::span<float> memory) {
  const float* add = tape.has_add ? tape.y : nullptr;
  detail::require_poolable(g, add);
  const index_t stride = padded_channels(g.channels);
  const workspace scratch("batch_norm_backward", memory, batch_norm_backward_need(g));
  detail::norm_backward_arguments a;
  a.x = tape.x;
  a.y = add;
  a.dy = tape.dy;
  a.line = {state.mean, state.scale, state.shift};
  a.stride = stride;
  a.x_stride = g.x_stride();
  a.dx = out.dx;
  a.masked = out.dadd;
  a.mean_gradient = scratch.shared();
  a.slope = a.mean_gradient + stride;
  a.partials = a.slope + stride;
  a.pooled_w = g.w / 2;
  a.pixels = g.out_pixels();

  detail::norm_backward_sums(a, g.relu, g.max_pool_2x2);
  // dx = scale * (d - mean(d) - (x - mean) * inv_std^2 * mean(d * (x - mean)))
  const double n = static_cast<double>(g.pixels());
  const index_t blocks = detail::norm_blocks(a.pixels, stride);
  for_each_block(stride, 64, [&](index_t begin, index_t end) {
    for (index_t c = begin; c < end; ++c) {
      double sum = 0, product = 0;
      for (index_t b = 0; b < blocks; ++b) {
        sum += static_cast<double>(a.partials[b * 2 * stride + c]);
        product += static_cast<double>(a.partials[(b * 2 + 1) * stride + c]);
      }
      const auto inv_std = static_cast<double>(state.inv_std[c]);
      out.dbeta[c] = static_cast<float>(sum);
      out.dgamma[c] = static_cast<float>(product * inv_std);
      a.mean_gradient[c] = tape.frozen ? 0.0f : static_cast<float>(sum / n);
      a.slope[c] = tape.frozen ? 0.0f : static_cast<float>(product * inv_std * inv_std / n);
    }
  });
  detail::norm_backward_data(a, g.relu, g.max_pool_2x2, out.accumulate);
}

}  // namespace slimming::inline v0::kernels::cpu
