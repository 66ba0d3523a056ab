// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Activation functions, sums, products, dropout and conversions of padded NHWC activations.
/// Area: cuda. Twin of <slimming/kernels/cpu/elementwise.hpp>. An output may be one of its inputs
/// of the same type.

#include <slimming/core/random.hpp>            // random_stream
#include <slimming/cuda/activation.cuh>        // pixel_grid
#include <slimming/cuda/block.cuh>             // vector_lanes
#include <slimming/cuda/detail/pixel_map.cuh>  // launch_map, load_wide
#include <slimming/kernels/activation.hpp>     // activation, activate, activation_slope

#include <cstdint>  // std::uint64_t

namespace slimming::inline v0::cuda {

namespace detail {

template <class T>
struct activation_forward_op {
  static constexpr const char* name = "activation_forward";
  static constexpr int lanes = vector_lanes<T>;
  kernels::activation f;
  const T* x;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    load_wide(block, x + pixel * stride + c, v);
    for (float& value : v) value = kernels::activate(f, value);
  }
};

template <class T>
struct activation_backward_op {
  static constexpr const char* name = "activation_backward";
  static constexpr int lanes = vector_lanes<T>;
  kernels::activation f;
  const T* x;
  const T* dy;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    float slope[lanes];
    load_wide(block, x + pixel * stride + c, slope);
    load_wide(block, dy + pixel * stride + c, v);
    for (int l = 0; l < lanes; ++l) v[l] *= kernels::activation_slope(f, slope[l]);
  }
};

enum class arithmetic { add, subtract, multiply };

template <class T>
struct arithmetic_op {
  static constexpr const char* name = "arithmetic";
  static constexpr int lanes = vector_lanes<T>;
  arithmetic what;
  const T* a;
  const T* b;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    float other[lanes];
    load_wide(block, a + pixel * stride + c, v);
    load_wide(block, b + pixel * stride + c, other);
    for (int l = 0; l < lanes; ++l)
      v[l] = what == arithmetic::add        ? v[l] + other[l]
             : what == arithmetic::subtract ? v[l] - other[l]
                                            : v[l] * other[l];
  }
};

template <class T>
struct scale_op {
  static constexpr const char* name = "scale";
  static constexpr int lanes = vector_lanes<T>;
  float factor;
  const T* x;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    load_wide(block, x + pixel * stride + c, v);
    for (float& value : v) value *= factor;
  }
};

template <class T, class Out>
struct add_bias_op {
  static constexpr const char* name = "add_bias";
  static constexpr int lanes = common_lanes<T, Out>;
  const T* x;
  const float* bias;  // null: nothing is added
  const T* addend;    // null: nothing is added
  bool relu;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    load_wide(block, x + pixel * stride + c, v);
    if (bias) {
      float more[lanes];
      for (int l = 0; l < lanes; l += vector_lanes<float>) {
        const auto part = block.template load<vector_lanes<float>>(bias + c + l);
        for (int i = 0; i < vector_lanes<float>; ++i) more[l + i] = part.lane[i];
      }
      for (int l = 0; l < lanes; ++l) v[l] += more[l];
    }
    if (addend) {
      float more[lanes];
      load_wide(block, addend + pixel * stride + c, more);
      for (int l = 0; l < lanes; ++l) v[l] += more[l];
    }
    if (relu)
      for (float& value : v) value = value > 0.0f ? value : 0.0f;
  }
};

template <class T>
struct scale_images_op {
  static constexpr const char* name = "scale_images";
  static constexpr int lanes = vector_lanes<T>;
  const T* x;
  const T* gate;
  divisor image_pixels;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    float factor[lanes];
    load_wide(block, x + pixel * stride + c, v);
    load_wide(block, gate + image_pixels.quotient(pixel) * stride + c, factor);
    for (int l = 0; l < lanes; ++l) v[l] *= factor[l];
  }
};

template <class T>
struct gate_gradient_op {
  static constexpr const char* name = "scale_images_gate_gradient";
  static constexpr int lanes = vector_lanes<T>;
  const T* x;
  const T* dy;
  int image_pixels;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int image, int c, float (&v)[lanes]) const {
    for (float& sum : v) sum = 0.0f;
    for (int p = image * image_pixels; p < (image + 1) * image_pixels; ++p) {
      float a[lanes];
      float b[lanes];
      load_wide(block, x + p * stride + c, a);
      load_wide(block, dy + p * stride + c, b);
      for (int l = 0; l < lanes; ++l) v[l] += a[l] * b[l];
    }
  }
};

template <class From, class To>
struct convert_op {
  static constexpr const char* name = "convert";
  static constexpr int lanes = common_lanes<From, To>;
  const From* x;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    load_wide(block, x + pixel * stride + c, v);
  }
};

// One thread per element of a list without channels.
template <class From, class To>
struct list_body {
  static constexpr const char* name = "list";
  static constexpr int threads = 256;
  static constexpr int per_thread = 8;
  using shared_type = no_shared;
  const From* from;
  To* to;
  index_t size;
  bool accumulate;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int k = 0; k < per_thread; ++k) {
      const index_t i =
          (static_cast<index_t>(block.x()) * per_thread + k) * threads + block.thread();
      if (i >= size) return;
      float value = widen(block.load(from + i));
      if (accumulate) value += widen(block.load(static_cast<const To*>(to + i)));
      block.store(to + i, narrow<To>(value));
    }
  }
};

template <class From, class To, class Stream>
void launch_list(Stream&& stream, index_t size, const From* from, To* to, bool accumulate) {
  using body = list_body<From, To>;
  if (size < 0) throw bad_value("list of elements: size", size);
  if (size == 0) return;
  stream.template launch<body::threads>(
      grid{static_cast<int>(ceil_div(size, index_t{body::threads * body::per_thread}))},
      body{from, to, size, accumulate});
}

template <class T>
struct dropout_op {
  static constexpr const char* name = "dropout";
  static constexpr int lanes = vector_lanes<T>;
  const T* x;
  random_stream random;
  std::uint64_t limit;
  float keep;
  const std::uint64_t* iteration;
  std::uint64_t elements;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    load_wide(block, x + pixel * stride + c, v);
    const auto first = block.load(iteration) * elements +
                       static_cast<std::uint64_t>(pixel) * static_cast<std::uint64_t>(stride) +
                       static_cast<std::uint64_t>(c);
    for (int l = 0; l < lanes; ++l)
      v[l] = (random.at(first + static_cast<std::uint64_t>(l)) >> 32) < limit ? 0.0f : v[l] * keep;
  }
};

}  // namespace detail

/// y = f(x).
template <class T, class Stream>
void activation_forward(Stream&& stream, const pixel_grid& g, const kernels::activation& f,
                        const T* x, T* y) {
  detail::launch_map(stream, g, y, detail::activation_forward_op<T>{f, x, g.stride});
}

/// dx = dy f'(x).
template <class T, class Stream>
void activation_backward(Stream&& stream, const pixel_grid& g, const kernels::activation& f,
                         const T* x, const T* dy, T* dx) {
  detail::launch_map(stream, g, dx, detail::activation_backward_op<T>{f, x, dy, g.stride});
}

/// y = a + b.
template <class T, class Stream>
void add(Stream&& stream, const pixel_grid& g, const T* a, const T* b, T* y) {
  detail::launch_map(stream, g, y,
                     detail::arithmetic_op<T>{detail::arithmetic::add, a, b, g.stride});
}

/// y = a - b.
template <class T, class Stream>
void subtract(Stream&& stream, const pixel_grid& g, const T* a, const T* b, T* y) {
  detail::launch_map(stream, g, y,
                     detail::arithmetic_op<T>{detail::arithmetic::subtract, a, b, g.stride});
}

/// y = a * b.
template <class T, class Stream>
void multiply(Stream&& stream, const pixel_grid& g, const T* a, const T* b, T* y) {
  detail::launch_map(stream, g, y,
                     detail::arithmetic_op<T>{detail::arithmetic::multiply, a, b, g.stride});
}

/// y = factor x.
template <class T, class Stream>
void scale(Stream&& stream, const pixel_grid& g, float factor, const T* x, T* y) {
  detail::launch_map(stream, g, y, detail::scale_op<T>{factor, x, g.stride});
}

/// y = relu(x + bias[c] + addend): what follows a convolution. Null pointers add nothing; `bias`
/// holds one float per channel and zeros up to the stride.
template <class T, class Out, class Stream>
void add_bias(Stream&& stream, const pixel_grid& g, const T* x, const float* bias, const T* addend,
              bool relu, Out* y) {
  detail::launch_map(stream, g, y, detail::add_bias_op<T, Out>{x, bias, addend, relu, g.stride});
}

/// y(n, pixel, c) = x(n, pixel, c) * gate(n, c): squeeze-and-excitation, and its gradient in x.
template <class T, class Stream>
void scale_images(Stream&& stream, const pixel_grid& g, index_t image_pixels, const T* x,
                  const T* gate, T* y) {
  detail::launch_map(stream, g, y,
                     detail::scale_images_op<T>{
                         x, gate, detail::divisor(static_cast<int>(image_pixels)), g.stride});
}

/// dgate(n, c) = sum over the image's pixels of dy * x; \p images is the grid of the gate.
template <class T, class Stream>
void scale_images_gate_gradient(Stream&& stream, const pixel_grid& images, index_t image_pixels,
                                const T* x, const T* dy, T* dgate) {
  detail::launch_map(
      stream, images, dgate,
      detail::gate_gradient_op<T>{x, dy, static_cast<int>(image_pixels), images.stride});
}

/// y = x in another storage type.
template <class From, class To, class Stream>
void convert(Stream&& stream, const pixel_grid& g, const From* x, To* y) {
  detail::launch_map(stream, g, y, detail::convert_op<From, To>{x, g.stride});
}

/// The same for \p size elements in a row.
template <class From, class To, class Stream>
void convert_list(Stream&& stream, index_t size, const From* x, To* y) {
  detail::launch_list(stream, size, x, y, false);
}

/// y += x for \p size elements in a row.
template <class T, class Stream>
void accumulate_list(Stream&& stream, index_t size, const T* x, T* y) {
  detail::launch_list(stream, size, x, y, true);
}

/// Zeroes elements with probability \p ratio and divides the others by 1 - ratio. The mask is that
/// of the numbers `random.at(*iteration * elements + i)`: the same call on a gradient is its
/// backward.
/// \param iteration  in device memory, so that a captured graph draws anew at every step
template <class T, class Stream>
void dropout(Stream&& stream, const pixel_grid& g, double ratio, const random_stream& random,
             const std::uint64_t* iteration, const T* x, T* y) {
  detail::launch_map(stream, g, y,
                     detail::dropout_op<T>{x, random, static_cast<std::uint64_t>(ratio * 0x1.0p32),
                                           static_cast<float>(1.0 / (1.0 - ratio)), iteration,
                                           static_cast<std::uint64_t>(g.size()), g.stride});
}

}  // namespace slimming::inline v0::cuda
