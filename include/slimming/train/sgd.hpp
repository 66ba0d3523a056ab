// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Stochastic gradient descent with momentum, weight decay and the L1 term on scale factors.
/// Area: train. Host side; <slimming/cuda/sgd.cuh> runs the same detail::sgd_update() on the
/// device.
/// The order of the terms is that of torch.optim.SGD (dampening 0).

#include <slimming/core/config.hpp>       // SLIMMING_HOST_DEVICE
#include <slimming/core/error.hpp>        // bad_value, shape_mismatch
#include <slimming/core/tensor_view.hpp>  // vector_view, index_t
#include <slimming/train/gamma_l1.hpp>    // detail::sign

#include <concepts>  // std::floating_point
#include <limits>    // std::numeric_limits

namespace slimming::inline v0 {

/// What one optimiser step needs to know; the learning rate changes between steps.
struct sgd_options {
  double learning_rate = 0.1;
  double momentum = 0.9;
  double weight_decay = 1e-4;
  double l1 = 0.0;  ///< lambda, for the parameters that the step marks as scale factors
  bool nesterov = false;

  friend constexpr bool operator==(const sgd_options&, const sgd_options&) = default;
};

/// \throws bad_value  naming the field that is negative, infinite or NaN, a momentum of 1 or more,
///                    or Nesterov without momentum.
constexpr void validate(const sgd_options& options) {
  const auto check = [](const char* field, double value) {
    if (!(value >= 0.0 && value <= std::numeric_limits<double>::max()))
      throw bad_value(field, value);
  };
  check("sgd_options::learning_rate must be finite and >= 0", options.learning_rate);
  check("sgd_options::momentum must be finite and >= 0", options.momentum);
  check("sgd_options::weight_decay must be finite and >= 0", options.weight_decay);
  check("sgd_options::l1 must be finite and >= 0", options.l1);
  if (options.momentum >= 1.0)
    throw bad_value("sgd_options::momentum must be below 1", options.momentum);
  if (options.nesterov && options.momentum == 0.0)
    throw bad_value("sgd_options::nesterov needs a momentum", options.momentum);
}

/// Which term the L1 strength of the options joins.
enum class l1_term { without, with };

namespace detail {

// sgd_options in the scalar of the update. Trivially copyable: it is a kernel argument, or lies in
// device memory where a captured graph finds the learning rate of the next step.
template <std::floating_point T>
struct sgd_coefficients {
  T learning_rate;
  T momentum;
  T weight_decay;
  T l1;
  bool nesterov;
};

template <std::floating_point T>
[[nodiscard]] constexpr sgd_coefficients<T> coefficients(const sgd_options& o) noexcept {
  return {static_cast<T>(o.learning_rate), static_cast<T>(o.momentum),
          static_cast<T>(o.weight_decay), static_cast<T>(o.l1), o.nesterov};
}

template <std::floating_point T>
struct sgd_state {
  T value;
  T velocity;
};

// The L1 term joins the gradient before weight decay and so passes through the momentum.
template <std::floating_point T>
SLIMMING_HOST_DEVICE constexpr sgd_state<T> sgd_update(sgd_state<T> at, T gradient, bool penalised,
                                                       const sgd_coefficients<T>& k) noexcept {
  if (penalised) gradient += k.l1 * sign(at.value);
  gradient += k.weight_decay * at.value;
  at.velocity = k.momentum * at.velocity + gradient;
  at.value -= k.learning_rate * (k.nesterov ? gradient + k.momentum * at.velocity : at.velocity);
  return at;
}

}  // namespace detail

/// One step of one parameter: `velocity = momentum * velocity + g; value -= learning_rate *
/// velocity` with `g = gradient + l1 * sign(value) + weight_decay * value`; a velocity of zeros
/// starts it.
///
/// \pre        the views do not overlap.
/// \throws     shape_mismatch  if the lengths differ; bad_value as validate(). Nothing has been
///             written then.
/// \complexity O(n); allocates nothing.
template <vector_view Value, vector_view Gradient, vector_view Velocity>
requires same_scalar<Value, Gradient> && same_scalar<Value, Velocity> && writable_view<Value> &&
    writable_view<Velocity>
constexpr void sgd_step(Value value, Gradient gradient, Velocity velocity,
                        const sgd_options& options, l1_term l1 = l1_term::without) {
  using scalar = typename Value::value_type;
  if (gradient.extent(0) != value.extent(0))
    throw shape_mismatch("sgd_step: length of gradient", value.extent(0), gradient.extent(0));
  if (velocity.extent(0) != value.extent(0))
    throw shape_mismatch("sgd_step: length of velocity", value.extent(0), velocity.extent(0));
  validate(options);

  const auto k = detail::coefficients<scalar>(options);
  for (index_t i = 0; i < value.extent(0); ++i) {  // (n)
    const auto next =
        detail::sgd_update<scalar>({value(i), velocity(i)}, gradient(i), l1 == l1_term::with, k);
    value(i) = next.value;
    velocity(i) = next.velocity;
  }
}

}  // namespace slimming::inline v0
