// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The activation functions by name, and their values and slopes for one scalar.
/// Area: kernels, shared by all devices; ONNX definitions.

#include <slimming/core/config.hpp>  // SLIMMING_HOST_DEVICE

#include <cmath>    // std::exp, std::tanh, std::erf
#include <numbers>  // std::numbers

namespace slimming::inline v0::kernels {

enum class activation_kind {
  identity,
  relu,
  leaky_relu,  ///< x > 0 ? x : alpha x
  clip,        ///< min(max(x, alpha), beta); relu6 is clip(0, 6)
  sigmoid,
  tanh,
  silu,          ///< x sigmoid(x), also called swish
  hard_sigmoid,  ///< clip(alpha x + beta, 0, 1)
  hard_swish,    ///< x clip(x / 6 + 1 / 2, 0, 1)
  elu,           ///< x > 0 ? x : alpha (exp(x) - 1)
  gelu,          ///< x Phi(x), exact
};

/// An activation function with its parameters.
struct activation {
  activation_kind kind = activation_kind::identity;
  float alpha = 0;
  float beta = 0;
};

/// f(x).
template <class T>
[[nodiscard]] SLIMMING_HOST_DEVICE T activate(const activation& f, T x) {
  const T alpha = static_cast<T>(f.alpha), beta = static_cast<T>(f.beta);
  const auto clip = [](T v, T low, T high) { return v < low ? low : v > high ? high : v; };
  switch (f.kind) {
    case activation_kind::identity:
      return x;
    case activation_kind::relu:
      return x > T{0} ? x : T{0};
    case activation_kind::leaky_relu:
      return x > T{0} ? x : alpha * x;
    case activation_kind::clip:
      return clip(x, alpha, beta);
    case activation_kind::sigmoid:
      return T{1} / (T{1} + std::exp(-x));
    case activation_kind::tanh:
      return std::tanh(x);
    case activation_kind::silu:
      return x / (T{1} + std::exp(-x));
    case activation_kind::hard_sigmoid:
      return clip(alpha * x + beta, T{0}, T{1});
    case activation_kind::hard_swish:
      return x * clip(x / T{6} + T{0.5}, T{0}, T{1});
    case activation_kind::elu:
      return x > T{0} ? x : alpha * (std::exp(x) - T{1});
    case activation_kind::gelu:
      return x * T{0.5} * (T{1} + std::erf(x * (std::numbers::sqrt2_v<T> / 2)));
  }
  return x;
}

/// f'(x); at a kink the slope from the left.
template <class T>
[[nodiscard]] SLIMMING_HOST_DEVICE T activation_slope(const activation& f, T x) {
  const T alpha = static_cast<T>(f.alpha), beta = static_cast<T>(f.beta);
  switch (f.kind) {
    case activation_kind::identity:
      return T{1};
    case activation_kind::relu:
      return x > T{0} ? T{1} : T{0};
    case activation_kind::leaky_relu:
      return x > T{0} ? T{1} : alpha;
    case activation_kind::clip:
      return x > alpha && x <= beta ? T{1} : T{0};
    case activation_kind::sigmoid: {
      const T s = T{1} / (T{1} + std::exp(-x));
      return s * (T{1} - s);
    }
    case activation_kind::tanh: {
      const T t = std::tanh(x);
      return T{1} - t * t;
    }
    case activation_kind::silu: {
      const T s = T{1} / (T{1} + std::exp(-x));
      return s * (T{1} + x * (T{1} - s));
    }
    case activation_kind::hard_sigmoid: {
      const T v = alpha * x + beta;
      return v > T{0} && v <= T{1} ? alpha : T{0};
    }
    case activation_kind::hard_swish:
      return x <= T{-3} ? T{0} : x > T{3} ? T{1} : x / T{3} + T{0.5};
    case activation_kind::elu:
      return x > T{0} ? T{1} : alpha * std::exp(x);
    case activation_kind::gelu:
      return T{0.5} * (T{1} + std::erf(x * (std::numbers::sqrt2_v<T> / 2))) +
             x * (std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>)*std::exp(T{-0.5} * x *
                                                                                     x);
  }
  return T{1};
}

}  // namespace slimming::inline v0::kernels
