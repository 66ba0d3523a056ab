// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Kernels whose every output element is computed on its own, over padded NHWC activations.
/// Area: cuda, internal. Gradients are written the same way, each element gathering what reaches
/// it, so that nothing depends on the order of threads.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/cuda/activation.cuh>      // pixel_grid
#include <slimming/cuda/block.cuh>           // thread_block, packed
#include <slimming/cuda/detail/divisor.cuh>  // divisor

#include <algorithm>  // std::min

namespace slimming::inline v0::cuda::detail {

/// `out(pixel, c...) = op(block, pixel, c, values)`: \p Op fills V floats for the channels from c
/// on and names the launch. Lanes behind the last channel become zero whatever it fills in.
template <class T, int V, class Op>
struct pixel_map_body {
  static constexpr const char* name = Op::name;
  static constexpr int threads = 256;
  static constexpr int per_thread = 4;
  using shared_type = no_shared;

  Op op;
  T* out;
  int vectors;
  divisor per_pixel;
  int channels;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int k = 0; k < per_thread; ++k) {
      const int i = (block.x() * per_thread + k) * threads + block.thread();
      if (i >= vectors) return;
      const int pixel = per_pixel.quotient(i);
      const int c = (i - pixel * static_cast<int>(per_pixel.value)) * V;
      float values[V];
      op(block, pixel, c, values);
      packed<T, V> result;
      for (int l = 0; l < V; ++l) result.lane[l] = narrow<T>(c + l < channels ? values[l] : 0.0f);
      block.store(out + static_cast<index_t>(i) * V, result);
    }
  }
};

/// Loads V neighbours and widens them.
template <int V, class Block, class T>
SLIMMING_HOST_DEVICE void load_wide(Block& block, const T* p, float (&values)[V]) {
  const packed<T, V> v = block.template load<V>(p);
  for (int l = 0; l < V; ++l) values[l] = widen(v.lane[l]);
}

/// Lanes that suit every type of a launch: the widest access of the wider type.
template <class... T>
inline constexpr int common_lanes = (std::min)({vector_lanes<T>...});

/// Launches \p op over all vectors of \p g. `Op::lanes` is V.
template <class T, class Op, class Stream>
void launch_map(Stream&& stream, const pixel_grid& g, T* out, const Op& op) {
  constexpr int lanes = Op::lanes;
  using body = pixel_map_body<T, lanes, Op>;
  validate(g, Op::name);
  const int per_pixel = g.stride / lanes;
  const auto vectors = static_cast<int>(g.pixels * per_pixel);
  if (vectors == 0) return;
  stream.template launch<body::threads>(grid{ceil_div(vectors, body::threads * body::per_thread)},
                                        body{op, out, vectors, divisor(per_pixel), g.channels});
}

}  // namespace slimming::inline v0::cuda::detail
