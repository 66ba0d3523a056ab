// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Stochastic gradient descent with momentum over a flat array of weights.
/// Area: kernels/cpu. With the L1 term of network slimming (Liu et al. 2017, eq. 1) for the gammas.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/kernels/cpu/vector.hpp>     // vec
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_block

namespace slimming::inline v0::kernels::cpu {

/// One step's numbers; the update is PyTorch's.
struct sgd_options {
  float learning_rate = 0.1f;
  float momentum = 0.0f;
  bool nesterov = false;
  float weight_decay = 0.0f;
  float l1 = 0.0f;  ///< weight of the sum of absolute values
};

namespace detail {

/// The step for one vector (or lane) of weights.
template <class Value>
SLIMMING_ALWAYS_INLINE void sgd_update(const sgd_options& o, Value gradient, Value& velocity,
                                       Value& weight) {
  const Value zero{};
  gradient += o.weight_decay * weight;
  if (o.l1 != 0.0f) {
    const Value one = o.l1 - zero;
    gradient += (weight > zero ? one : zero) - (weight < zero ? one : zero);
  }
  velocity = o.momentum * velocity + gradient;
  weight -= o.learning_rate * (o.nesterov ? gradient + o.momentum * velocity : velocity);
}

}  // namespace detail

/// weights -= learning rate * direction, where velocity = momentum * velocity + gradient + decay.
/// Zero weights, gradients and velocities, as in padding, stay zero.
inline void sgd_step(const sgd_options& options, index_t n, const float* gradients,
                     float* velocities, float* weights) {
  constexpr index_t block = 16384;  // a multiple of every vector width
  for_each_block(n, block, [&](index_t begin, index_t end) {
    index_t i = begin;
    for (; i + vector_width <= end; i += vector_width) {
      vec velocity = load(velocities + i), weight = load(weights + i);
      detail::sgd_update(options, load(gradients + i), velocity, weight);
      store(velocities + i, velocity);
      store(weights + i, weight);
    }
    for (; i < end; ++i) detail::sgd_update(options, gradients[i], velocities[i], weights[i]);
  });
}

}  // namespace slimming::inline v0::kernels::cpu
