// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Mean cross entropy of softmax probabilities with label smoothing (Szegedy et al. 2016), and its
/// gradient. Area: kernels/cpu.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/core/error.hpp>             // bad_value, shape_mismatch
#include <slimming/kernels/cpu/vector.hpp>     // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>  // workspace, for_each_task

#include <algorithm>  // std::max_element
#include <cmath>      // std::exp, std::log
#include <cstdint>    // std::int32_t
#include <span>       // std::span

namespace slimming::inline v0::kernels::cpu {

/// Scratch of softmax_cross_entropy().
[[nodiscard]] constexpr workspace_need softmax_cross_entropy_need(index_t batch) noexcept {
  return {2 * batch, 0};  // a double per image
}

/// Loss = mean over images of -sum_k q_k log p_k with q = (1 - smoothing) [k = label] + smoothing /
/// classes.
/// \param logits   (batch, padded classes)
/// \param dlogits  gradient of the loss, the same shape; may be \p logits; null: the loss only
/// \return the loss
/// \throws bad_value  if a label is not in [0, classes); nothing has been written then.
inline double softmax_cross_entropy(const float* logits, std::span<const std::int32_t> labels,
                                    index_t classes, double smoothing, float* dlogits,
                                    std::span<float> memory) {
  const auto batch = static_cast<index_t>(labels.size());
  const index_t stride = padded_channels(classes);
  const workspace scratch("softmax_cross_entropy", memory, softmax_cross_entropy_need(batch));
  for (const std::int32_t label : labels)
    if (label < 0 || label >= classes) throw bad_value("softmax_cross_entropy: label", label);
  auto* const losses = reinterpret_cast<double*>(scratch.shared());
  const double off = smoothing / static_cast<double>(classes);
  const double share = 1.0 / static_cast<double>(batch);
  for_each_block(batch, 16, [&](index_t begin, index_t end) {
    for (index_t n = begin; n < end; ++n) {
      const float* z = logits + n * stride;
      const index_t label = labels[static_cast<std::size_t>(n)];
      const auto top = static_cast<double>(*std::max_element(z, z + classes));
      double sum = 0, mean = 0;
      for (index_t k = 0; k < classes; ++k) {
        sum += std::exp(static_cast<double>(z[k]) - top);
        mean += static_cast<double>(z[k]) - top;
      }
      losses[n] =
          std::log(sum) - (1 - smoothing) * (static_cast<double>(z[label]) - top) - off * mean;
      if (!dlogits) continue;
      float* const d = dlogits + n * stride;
      for (index_t k = 0; k < classes; ++k) {
        const double p = std::exp(static_cast<double>(z[k]) - top) / sum;
        d[k] = static_cast<float>((p - off - (k == label ? 1 - smoothing : 0)) * share);
      }
      std::fill_n(d + classes, stride - classes, 0.0f);
    }
  });
  double loss = 0;
  for (index_t n = 0; n < batch; ++n) loss += losses[n];
  return loss * share;
}

}  // namespace slimming::inline v0::kernels::cpu
