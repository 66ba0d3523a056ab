// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sparsity pressure on the scale factors of batch normalisation (Liu et al., ICCV 2017, eq. 1).
/// Area: train. Host side; <slimming/cuda/gamma_l1.cuh> runs the same detail::sign() on the device.

#include <slimming/core/config.hpp>       // SLIMMING_HOST_DEVICE
#include <slimming/core/error.hpp>        // bad_value, shape_mismatch
#include <slimming/core/tensor_view.hpp>  // vector_view, index_t

#include <concepts>  // std::floating_point
#include <limits>    // std::numeric_limits

namespace slimming::inline v0 {

namespace detail {

// sign(0) == 0: a channel that has reached zero is left alone instead of oscillating around it.
template <std::floating_point T>
SLIMMING_HOST_DEVICE constexpr T sign(T x) noexcept {
  return static_cast<T>((T{0} < x) - (x < T{0}));
}

}  // namespace detail

/// Weight of the L1 term, the paper's lambda.
/// \invariant `0 <= value()`, finite.
class l1_strength {
 public:
  /// \throws bad_value  if \p lambda is negative, infinite or NaN.
  constexpr explicit l1_strength(double lambda) : lambda_(lambda) {
    if (!(lambda >= 0.0 && lambda <= std::numeric_limits<double>::max()))
      throw bad_value("l1_strength: must be finite and >= 0", lambda);
  }
  [[nodiscard]] constexpr double value() const noexcept { return lambda_; }

 private:
  double lambda_;
};

/// Adds the sub-gradient of the L1 term to a gradient: `grad[c] += lambda * sign(gamma[c])`.
///
/// Call between the backward pass and the optimiser step.
///
/// \pre        `gamma` and `grad` do not overlap.
/// \throws     shape_mismatch  if the lengths differ; nothing has been written then.
/// \complexity O(C); allocates nothing.
template <vector_view Gamma, vector_view Grad>
requires same_scalar<Gamma, Grad> && writable_view<Grad>
constexpr void add_l1_subgradient(Gamma gamma, Grad grad, l1_strength strength) {
  if (gamma.extent(0) != grad.extent(0))
    throw shape_mismatch("add_l1_subgradient: length of grad", gamma.extent(0), grad.extent(0));

  const auto lambda = static_cast<typename Grad::value_type>(strength.value());
  for (index_t c = 0; c < gamma.extent(0); ++c)  // (C)
    grad(c) += lambda * detail::sign(gamma(c));
}

/// The term that the training loss reports: `lambda * sum |gamma|`, summed in channel order.
template <vector_view Gamma>
[[nodiscard]] constexpr double l1_penalty(Gamma gamma, l1_strength strength) noexcept {
  double sum = 0.0;
  for (index_t c = 0; c < gamma.extent(0); ++c) {  // (C)
    const auto g = static_cast<double>(gamma(c));
    sum += g < 0.0 ? -g : g;
  }
  return strength.value() * sum;
}

}  // namespace slimming::inline v0
