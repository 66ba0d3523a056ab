// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Activation functions, sums and products of padded NHWC activations, element by element.
/// Area: kernels/cpu. An output may be one of its inputs.

#include <slimming/core/config.hpp>                     // index_t
#include <slimming/kernels/activation.hpp>              // activation, activate
#include <slimming/kernels/cpu/detail/vector_math.hpp>  // exp
#include <slimming/kernels/cpu/vector.hpp>              // vec
#include <slimming/kernels/cpu/workspace.hpp>           // for_each_block, workspace

#include <algorithm>  // std::fill_n, std::min
#include <span>       // std::span

namespace slimming::inline v0::kernels::cpu {

namespace detail {

/// Floats of a task of an element-by-element kernel.
inline constexpr index_t element_block = 8192;

// y[i] = op(a[i], ...) over n floats, n a multiple of vector_width.
template <class Op, class... Inputs>
void map_elements(index_t n, float* y, const Op& op, const Inputs*... inputs) {
  for_each_block(n / vector_width, element_block / vector_width, [&](index_t begin, index_t end) {
    for (index_t i = begin * vector_width; i < end * vector_width; i += vector_width)
      store(y + i, op(load(inputs + i)...));
  });
}

// The same, lane by lane.
template <class Scalar>
SLIMMING_ALWAYS_INLINE vec map_lanes(vec x, const Scalar& scalar) {
  float lanes[vector_width];
  store(lanes, x);
  for (float& l : lanes) l = scalar(l);
  return load(lanes);
}

SLIMMING_ALWAYS_INLINE vec sigmoid(vec x) noexcept { return 1.0f / (1.0f + exp(-x)); }

// Calls use(value, slope) with the vector forms of f.
template <class Use>
void visit_activation(const activation& f, const Use& use) {
  const vec zero{}, one = broadcast(1.0f);
  const float alpha = f.alpha, beta = f.beta;
  switch (f.kind) {
    case activation_kind::relu:
      return use([=](vec x) { return max(x, zero); }, [=](vec x) { return x > zero ? one : zero; });
    case activation_kind::leaky_relu:
      return use([=](vec x) { return x > zero ? x : alpha * x; },
                 [=](vec x) { return x > zero ? one : broadcast(alpha); });
    case activation_kind::clip:
      return use([=](vec x) { return min(max(x, broadcast(alpha)), broadcast(beta)); },
                 [=](vec x) {
                   const vec below = x <= broadcast(beta) ? one : zero;
                   return x > broadcast(alpha) ? below : zero;
                 });
    case activation_kind::sigmoid:
      return use([](vec x) { return sigmoid(x); },
                 [=](vec x) {
                   const vec s = sigmoid(x);
                   return s * (one - s);
                 });
    case activation_kind::tanh:
      return use([=](vec x) { return 2.0f * sigmoid(2.0f * x) - one; },
                 [=](vec x) {
                   const vec t = 2.0f * sigmoid(2.0f * x) - one;
                   return one - t * t;
                 });
    case activation_kind::silu:
      return use([](vec x) { return x * sigmoid(x); },
                 [=](vec x) {
                   const vec s = sigmoid(x);
                   return s * (one + x * (one - s));
                 });
    case activation_kind::elu:
      return use([=](vec x) { return x > zero ? x : alpha * (exp(x) - one); },
                 [=](vec x) { return x > zero ? one : alpha * exp(x); });
    default:
      return use(
          [&](vec x) { return map_lanes(x, [&](float l) { return activate(f, l); }); },
          [&](vec x) { return map_lanes(x, [&](float l) { return activation_slope(f, l); }); });
  }
}

// Zeroes the padding of a (pixels, channels) activation.
inline void clear_padding(index_t pixels, index_t channels, float* y) {
  const index_t stride = padded_channels(channels);
  if (stride == channels) return;
  for_each_block(pixels, 1024, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p)
      std::fill_n(y + p * stride + channels, stride - channels, 0.0f);
  });
}

}  // namespace detail

/// y = f(x) on (pixels, padded channels).
inline void activation_forward(const activation& f, const float* x, index_t pixels,
                               index_t channels, float* y) {
  detail::visit_activation(f, [&](const auto& value, const auto&) {
    detail::map_elements(pixels * padded_channels(channels), y, value, x);
  });
  if (activate(f, 0.0f) != 0.0f) detail::clear_padding(pixels, channels, y);
}

/// dx = dy f'(x).
inline void activation_backward(const activation& f, const float* x, const float* dy,
                                index_t pixels, index_t channels, float* dx) {
  detail::visit_activation(f, [&](const auto&, const auto& slope) {
    detail::map_elements(
        pixels * padded_channels(channels), dx, [&](vec a, vec d) { return d * slope(a); }, x, dy);
  });
}

/// y = a + b, \p n floats in whole channel blocks.
inline void add(const float* a, const float* b, index_t n, float* y) {
  detail::map_elements(
      n, y, [](vec u, vec v) { return u + v; }, a, b);
}

/// y = a - b.
inline void subtract(const float* a, const float* b, index_t n, float* y) {
  detail::map_elements(
      n, y, [](vec u, vec v) { return u - v; }, a, b);
}

/// y = a * b.
inline void multiply(const float* a, const float* b, index_t n, float* y) {
  detail::map_elements(
      n, y, [](vec u, vec v) { return u * v; }, a, b);
}

/// y(pixel, c) = x(pixel, c) * scale[c] + shift[c]; \p shift may be null. Zeros in the padding of
/// both keep the padding zero.
inline void scale_channels(const float* x, const float* scale, const float* shift, index_t pixels,
                           index_t channels, float* y) {
  const index_t stride = padded_channels(channels);
  for_each_block(pixels, detail::element_block / stride + 1, [&](index_t begin, index_t end) {
    for (index_t p = begin; p < end; ++p)
      for (index_t c = 0; c < stride; c += vector_width) {
        const vec v = load(x + p * stride + c) * load(scale + c);
        store(y + p * stride + c, shift ? v + load(shift + c) : v);
      }
  });
}

/// y(n, pixel, c) = x(n, pixel, c) * gate(n, c): squeeze-and-excitation, and its gradient in x.
inline void scale_images(const float* x, const float* gate, index_t batch, index_t image_pixels,
                         index_t channels, float* y) {
  const index_t stride = padded_channels(channels);
  for_each_block(batch * image_pixels, detail::element_block / stride + 1,
                 [&](index_t begin, index_t end) {
                   for (index_t p = begin; p < end; ++p)
                     for (index_t c = 0; c < stride; c += vector_width)
                       store(y + p * stride + c,
                             load(x + p * stride + c) * load(gate + p / image_pixels * stride + c));
                 });
}

/// dgate(n, c) = sum over the image's pixels of dy * x.
inline void scale_images_gate_gradient(const float* x, const float* dy, index_t batch,
                                       index_t image_pixels, index_t channels, float* dgate) {
  const index_t stride = padded_channels(channels);
  for_each_task(batch, [&](index_t n) {
    float* const sums = dgate + n * stride;
    std::fill_n(sums, stride, 0.0f);
    for (index_t p = n * image_pixels; p < (n + 1) * image_pixels; ++p)
      for (index_t c = 0; c < stride; c += vector_width)
        store(sums + c, load(sums + c) + load(x + p * stride + c) * load(dy + p * stride + c));
  });
}

/// Scratch of sum_channels().
[[nodiscard]] constexpr workspace_need sum_channels_need(index_t pixels,
                                                         index_t channels) noexcept {
  constexpr index_t block = 256;
  return {(pixels + block - 1) / block * padded_channels(channels), 0};
}

/// out[c] = sum over pixels of x(pixel, c): the gradient of a bias.
inline void sum_channels(const float* x, index_t pixels, index_t channels, float* out,
                         std::span<float> memory) {
  constexpr index_t block = 256;
  const index_t stride = padded_channels(channels);
  const workspace scratch("sum_channels", memory, sum_channels_need(pixels, channels));
  float* const partials = scratch.shared();
  for_each_block(pixels, block, [&](index_t begin, index_t end) {
    for (index_t c = 0; c < stride; c += vector_width) {
      vec sum{};
      for (index_t p = begin; p < end; ++p) sum += load(x + p * stride + c);
      store(partials + begin / block * stride + c, sum);
    }
  });
  for (index_t c = 0; c < stride; ++c) {
    double sum = 0;
    for (index_t b = 0; b < (pixels + block - 1) / block; ++b)
      sum += static_cast<double>(partials[b * stride + c]);
    out[c] = static_cast<float>(sum);
  }
}

}  // namespace slimming::inline v0::kernels::cpu
