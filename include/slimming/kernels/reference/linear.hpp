// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A fully connected layer written plainly.
/// Area: kernels/reference. Any scalar type, row-major.

#include <slimming/core/config.hpp>  // index_t

#include <algorithm>  // std::fill_n

namespace slimming::inline v0::kernels::reference {

/// y (batch, out) = x (batch, in) * w (out, in), transposed, + bias (out) or null.
template <class T>
void linear_forward(index_t batch, index_t in, index_t out, const T* x, const T* w, const T* bias,
                    T* y) {
  for (index_t n = 0; n < batch; ++n)
    for (index_t k = 0; k < out; ++k) {
      T sum = bias ? bias[k] : T{0};
      for (index_t c = 0; c < in; ++c) sum += x[n * in + c] * w[k * in + c];
      y[n * out + k] = sum;
    }
}

/// All gradients; dx and dbias may be null.
template <class T>
void linear_backward(index_t batch, index_t in, index_t out, const T* x, const T* w, const T* dy,
                     T* dx, T* dw, T* dbias) {
  std::fill_n(dw, out * in, T{0});
  if (dx) std::fill_n(dx, batch * in, T{0});
  if (dbias) std::fill_n(dbias, out, T{0});
  for (index_t n = 0; n < batch; ++n)
    for (index_t k = 0; k < out; ++k) {
      const T d = dy[n * out + k];
      if (dbias) dbias[k] += d;
      for (index_t c = 0; c < in; ++c) {
        dw[k * in + c] += d * x[n * in + c];
        if (dx) dx[n * in + c] += d * w[k * in + c];
      }
    }
}

}  // namespace slimming::inline v0::kernels::reference
