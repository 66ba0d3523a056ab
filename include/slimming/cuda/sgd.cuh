// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The whole optimiser step of a net, the L1 term on its scale factors included, in one launch.
/// Area: cuda. Twin of <slimming/train/sgd.hpp>, whose detail::sgd_update() it runs.

#include <slimming/core/error.hpp>        // bad_value
#include <slimming/core/tensor_view.hpp>  // tensor_view
#include <slimming/cuda/block.cuh>        // thread_block, packed
#include <slimming/train/sgd.hpp>         // detail::sgd_update, sgd_options

#include <algorithm>  // std::min
#include <cstdint>    // std::uintptr_t
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0::cuda {

/// One parameter: fp32 master value and velocity, a gradient in any storage type, and optionally a
/// copy of the value in half precision that the step renews.
template <class Gradient = float, class Shadow = bfloat16>
struct sgd_tensor {
  float* value = nullptr;
  const Gradient* gradient = nullptr;
  float* velocity = nullptr;
  Shadow* shadow = nullptr;  ///< may be null
  index_t size = 0;
  l1_term l1 = l1_term::without;
};

/// A run of one parameter that one block updates.
template <class Gradient = float, class Shadow = bfloat16>
struct sgd_chunk {
  static constexpr index_t most = 4096;

  float* value;
  const Gradient* gradient;
  float* velocity;
  Shadow* shadow;
  int count;
  bool penalised;
  bool whole;  // `most` elements, every pointer aligned for vectors
};

/// A step's numbers where the device can read them: a captured graph then sees the learning rate
/// that was copied there last.
using sgd_numbers = slimming::detail::sgd_coefficients<float>;

namespace detail {

template <class Gradient, class Shadow>
struct sgd_body {
  static constexpr const char* name = "sgd_step";
  static constexpr int threads = 256;
  using shared_type = no_shared;
  using chunk_type = sgd_chunk<Gradient, Shadow>;
  static constexpr int lanes = vector_lanes<float>;
  static constexpr int vectors = static_cast<int>(chunk_type::most) / (threads * lanes);

  const chunk_type* chunks;
  sgd_numbers own;
  const sgd_numbers* shared_numbers;  // instead of `own` where not null

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const chunk_type chunk = block.load(chunks + block.x());
    const sgd_numbers k = shared_numbers ? block.load(shared_numbers) : own;
    if (chunk.whole)
      update_whole(block, chunk, k);
    else
      update_any(block, chunk, k);
  }

 private:
  // All loads of a thread are under way before the first result is needed.
  template <class Block>
  SLIMMING_HOST_DEVICE static void update_whole(Block& block, const chunk_type& chunk,
                                                const sgd_numbers& k) {
    packed<float, lanes> value[vectors];
    packed<float, lanes> velocity[vectors];
    packed<Gradient, lanes> gradient[vectors];
    for (int v = 0; v < vectors; ++v) {
      const int at = (v * threads + block.thread()) * lanes;
      value[v] = block.template load<lanes>(chunk.value + at);
      velocity[v] = block.template load<lanes>(chunk.velocity + at);
      gradient[v] = block.template load<lanes>(chunk.gradient + at);
    }
    for (int v = 0; v < vectors; ++v) {
      const int at = (v * threads + block.thread()) * lanes;
      packed<Shadow, lanes> shadow;
      for (int i = 0; i < lanes; ++i) {
        const auto next =
            slimming::detail::sgd_update<float>({value[v].lane[i], velocity[v].lane[i]},
                                                widen(gradient[v].lane[i]), chunk.penalised, k);
        value[v].lane[i] = next.value;
        velocity[v].lane[i] = next.velocity;
        shadow.lane[i] = narrow<Shadow>(next.value);
      }
      block.store(chunk.value + at, value[v]);
      block.store(chunk.velocity + at, velocity[v]);
      if (chunk.shadow) block.store(chunk.shadow + at, shadow);
    }
  }

  template <class Block>
  SLIMMING_HOST_DEVICE static void update_any(Block& block, const chunk_type& chunk,
                                              const sgd_numbers& k) {
    for (int at = block.thread(); at < chunk.count; at += threads) {
      const auto next = slimming::detail::sgd_update<float>(
          {block.load(chunk.value + at), block.load(chunk.velocity + at)},
          widen(block.load(chunk.gradient + at)), chunk.penalised, k);
      block.store(chunk.value + at, next.value);
      block.store(chunk.velocity + at, next.velocity);
      if (chunk.shadow) block.store(chunk.shadow + at, narrow<Shadow>(next.value));
    }
  }
};

template <class T>
[[nodiscard]] bool is_vector_aligned(const T* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) % (sizeof(T) * vector_lanes<float>) == 0;
}

template <class Gradient, class Shadow, class Stream>
void launch_sgd(Stream&& stream, tensor_view<const sgd_chunk<Gradient, Shadow>, 1> chunks,
                const sgd_numbers& own, const sgd_numbers* shared_numbers) {
  using body = sgd_body<Gradient, Shadow>;
  if (chunks.extent(0) == 0) return;
  stream.template launch<body::threads>(grid{static_cast<int>(chunks.extent(0))},
                                        body{chunks.data(), own, shared_numbers});
}

}  // namespace detail

/// The chunks of a net, in its order: what sgd_step() wants in device memory.
/// \throws bad_value  if a size is negative or a pointer other than `shadow` is null.
template <class Gradient, class Shadow>
[[nodiscard]] std::vector<sgd_chunk<Gradient, Shadow>> sgd_chunks(
    std::span<const sgd_tensor<Gradient, Shadow>> tensors) {
  using chunk = sgd_chunk<Gradient, Shadow>;
  std::vector<chunk> chunks;
  for (const auto& t : tensors) {
    const auto index = std::to_string(&t - tensors.data());
    if (t.size < 0) throw bad_value("sgd_chunks: size of tensor " + index, t.size);
    if (t.size > 0 && (!t.value || !t.gradient || !t.velocity))
      throw bad_value("sgd_chunks: tensor " + index, "null value, gradient or velocity");
    const bool aligned =
        detail::is_vector_aligned(t.value) && detail::is_vector_aligned(t.gradient) &&
        detail::is_vector_aligned(t.velocity) && detail::is_vector_aligned(t.shadow);
    for (index_t at = 0; at < t.size; at += chunk::most) {
      const index_t count = std::min(chunk::most, t.size - at);
      chunks.push_back({t.value + at, t.gradient + at, t.velocity + at,
                        t.shadow ? t.shadow + at : nullptr, static_cast<int>(count),
                        t.l1 == l1_term::with, aligned && count == chunk::most});
    }
  }
  return chunks;
}

/// One step of every parameter, as slimming::sgd_step() does it, in one launch.
/// \pre    \p chunks lies in device memory.
/// \throws bad_value  as validate().
template <class Gradient, class Shadow, class Stream>
void sgd_step(Stream&& stream, tensor_view<const sgd_chunk<Gradient, Shadow>, 1> chunks,
              const sgd_options& options) {
  validate(options);
  detail::launch_sgd(stream, chunks, slimming::detail::coefficients<float>(options), nullptr);
}

/// The same with the step's numbers in device memory.
template <class Gradient, class Shadow, class Stream>
void sgd_step(Stream&& stream, tensor_view<const sgd_chunk<Gradient, Shadow>, 1> chunks,
              const sgd_numbers* numbers) {
  detail::launch_sgd(stream, chunks, {}, numbers);
}

}  // namespace slimming::inline v0::cuda
