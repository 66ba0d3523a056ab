// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Softmax and mean cross entropy with label smoothing, written plainly.
/// Area: kernels/reference. Any scalar type, (batch, classes) row-major.

#include <slimming/core/config.hpp>  // index_t

#include <algorithm>  // std::max_element
#include <cmath>      // std::exp, std::log
#include <cstdint>    // std::int32_t

namespace slimming::inline v0::kernels::reference {

/// p[k] = exp(z[k]) / sum_j exp(z[j]) for each row.
template <class T>
void softmax(index_t batch, index_t classes, const T* logits, T* probabilities) {
  for (index_t n = 0; n < batch; ++n) {
    const T* z = logits + n * classes;
    T* p = probabilities + n * classes;
    const T top = *std::max_element(z, z + classes);
    T sum{0};
    for (index_t k = 0; k < classes; ++k) sum += p[k] = std::exp(z[k] - top);
    for (index_t k = 0; k < classes; ++k) p[k] /= sum;
  }
}

/// The loss against q = (1 - smoothing) [k = label] + smoothing / classes; its gradient p - q, over
/// the batch, goes to \p dlogits unless that is null.
template <class T>
T softmax_cross_entropy(index_t batch, index_t classes, const T* logits, const std::int32_t* labels,
                        T smoothing, T* dlogits) {
  T loss{0};
  for (index_t n = 0; n < batch; ++n) {
    const T* z = logits + n * classes;
    const T top = *std::max_element(z, z + classes);
    T sum{0};
    for (index_t k = 0; k < classes; ++k) sum += std::exp(z[k] - top);
    for (index_t k = 0; k < classes; ++k) {
      const T log_p = z[k] - top - std::log(sum);
      const T q = (k == labels[n] ? T{1} - smoothing : T{0}) + smoothing / static_cast<T>(classes);
      loss -= q * log_p / static_cast<T>(batch);
      if (dlogits) dlogits[n * classes + k] = (std::exp(log_p) - q) / static_cast<T>(batch);
    }
  }
  return loss;
}

}  // namespace slimming::inline v0::kernels::reference
