// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batch normalisation written plainly, for training and inference, with gradients.
/// Area: kernels/reference. Any scalar type, (batch, channels, pixels) row-major.

#include <slimming/core/config.hpp>  // index_t

#include <cmath>  // std::sqrt

namespace slimming::inline v0::kernels::reference {

/// Mean and biased variance of every channel.
template <class T>
void channel_moments(index_t batch, index_t channels, index_t pixels, const T* x, T* mean,
                     T* variance) {
  const T n = static_cast<T>(batch * pixels);
  for (index_t c = 0; c < channels; ++c) {
    const auto sum = [&](const auto& term) {
      T total{0};
      for (index_t i = 0; i < batch; ++i)
        for (index_t p = 0; p < pixels; ++p) total += term(x[(i * channels + c) * pixels + p]);
      return total;
    };
    const T m = sum([](T v) { return v; }) / n;
    mean[c] = m;
    variance[c] = sum([m](T v) { return (v - m) * (v - m); }) / n;
  }
}

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta: with the batch's moments when training,
/// with running statistics in inference.
template <class T>
void batch_norm_forward(index_t batch, index_t channels, index_t pixels, const T* x, const T* gamma,
                        const T* beta, const T* mean, const T* variance, T epsilon, T* y) {
  for (index_t i = 0; i < batch * channels * pixels; ++i) {
    const index_t c = i / pixels % channels;
    y[i] = gamma[c] * (x[i] - mean[c]) / std::sqrt(variance[c] + epsilon) + beta[c];
  }
}

/// Gradients; with \p frozen the mean and variance are constants, else they are those of x.
template <class T>
void batch_norm_backward(index_t batch, index_t channels, index_t pixels, const T* x,
                         const T* gamma, const T* mean, const T* variance, T epsilon, bool frozen,
                         const T* dy, T* dx, T* dgamma, T* dbeta) {
  const T n = static_cast<T>(batch * pixels);
  for (index_t c = 0; c < channels; ++c) {
    const T inv_std = T{1} / std::sqrt(variance[c] + epsilon);
    const auto each = [&](const auto& visit) {
      for (index_t i = 0; i < batch; ++i)
        for (index_t p = 0; p < pixels; ++p) {
          const index_t at = (i * channels + c) * pixels + p;
          visit(at, (x[at] - mean[c]) * inv_std);
        }
    };
    T sum{0}, product{0};
    each([&](index_t at, T normalised) {
      sum += dy[at];
      product += dy[at] * normalised;
    });
    dbeta[c] = sum;
    dgamma[c] = product;
    each([&](index_t at, T normalised) {
      const T correction = frozen ? T{0} : (sum + normalised * product) / n;
      dx[at] = gamma[c] * inv_std * (dy[at] - correction);
    });
  }
}

}  // namespace slimming::inline v0::kernels::reference
