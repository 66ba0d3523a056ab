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
#include <limits>     // std::numeric_limits
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0::cuda {

/// Rules of the step that is given options: one for all parameters, the other adds the L1 term.
inline constexpr int sgd_plain_rule = 0;
inline constexpr int sgd_l1_rule = 1;

/// One parameter: fp32 master value and velocity, and optionally a copy of the value in half
/// precision that the step renews. One of the gradients is null.
template <class Half = bfloat16>
struct sgd_tensor {
  float* value = nullptr;
  const float* gradient = nullptr;
  float* velocity = nullptr;
  const Half* half_gradient = nullptr;
  Half* shadow = nullptr;  ///< may be null
  index_t size = 0;
  int rule = sgd_plain_rule;  ///< which numbers apply
};

/// A run of one parameter that one block updates.
template <class Half = bfloat16>
struct sgd_chunk {
  static constexpr index_t most = 4096;

  float* value;
  const float* gradient;
  float* velocity;
  const Half* half_gradient;
  Half* shadow;
  int count;
  short rule;
  bool is_whole;  // `most` elements, every pointer aligned for vectors
};

/// The numbers of one rule. In device memory, a captured graph sees those that were copied there
/// last.
using sgd_numbers = slimming::detail::sgd_coefficients<float>;

namespace detail {

template <class Half>
struct sgd_body {
  static constexpr const char* name = "sgd_step";
  static constexpr int threads = 256;
  using shared_type = no_shared;
  using chunk_type = sgd_chunk<Half>;
  static constexpr int lanes = vector_lanes<float>;
  static constexpr int vectors = static_cast<int>(chunk_type::most) / (threads * lanes);

  const chunk_type* chunks;
  sgd_numbers own[2];
  const sgd_numbers* listed;  // instead of `own` where not null

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const chunk_type chunk = block.load(chunks + block.x());
    const sgd_numbers k = listed ? block.load(listed + chunk.rule) : own[chunk.rule];
    if (!chunk.is_whole)
      update_any(block, chunk, k);
    else if (chunk.gradient)
      update_whole(block, chunk, chunk.gradient, k);
    else
      update_whole(block, chunk, chunk.half_gradient, k);
  }

 private:
  // All loads of a thread are under way before the first result is needed.
  template <class Block, class Gradient>
  SLIMMING_HOST_DEVICE static void update_whole(Block& block, const chunk_type& chunk,
                                                const Gradient* gradients, const sgd_numbers& k) {
    packed<float, lanes> value[vectors];
    packed<float, lanes> velocity[vectors];
    packed<Gradient, lanes> gradient[vectors];
    for (int v = 0; v < vectors; ++v) {
      const int at = (v * threads + block.thread()) * lanes;
      value[v] = block.template load<lanes>(chunk.value + at);
      velocity[v] = block.template load<lanes>(chunk.velocity + at);
      gradient[v] = block.template load<lanes>(gradients + at);
    }
    for (int v = 0; v < vectors; ++v) {
      const int at = (v * threads + block.thread()) * lanes;
      packed<Half, lanes> shadow;
      for (int i = 0; i < lanes; ++i) {
        const auto next = slimming::detail::sgd_update<float>(
            {value[v].lane[i], velocity[v].lane[i]}, widen(gradient[v].lane[i]), k.l1 != 0.0f, k);
        value[v].lane[i] = next.value;
        velocity[v].lane[i] = next.velocity;
        shadow.lane[i] = narrow<Half>(next.value);
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
      const float gradient = chunk.gradient ? block.load(chunk.gradient + at)
                                            : widen(block.load(chunk.half_gradient + at));
      const auto next = slimming::detail::sgd_update<float>(
          {block.load(chunk.value + at), block.load(chunk.velocity + at)}, gradient, k.l1 != 0.0f,
          k);
      block.store(chunk.value + at, next.value);
      block.store(chunk.velocity + at, next.velocity);
      if (chunk.shadow) block.store(chunk.shadow + at, narrow<Half>(next.value));
    }
  }
};

template <class T>
[[nodiscard]] bool is_vector_aligned(const T* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) % (sizeof(T) * vector_lanes<float>) == 0;
}

template <class Half, class Stream>
void launch_sgd(Stream&& stream, tensor_view<const sgd_chunk<Half>, 1> chunks,
                const sgd_numbers& plain, const sgd_numbers& with_l1, const sgd_numbers* listed) {
  using body = sgd_body<Half>;
  if (chunks.extent(0) == 0) return;
  stream.template launch<body::threads>(grid{static_cast<int>(chunks.extent(0))},
                                        body{chunks.data(), {plain, with_l1}, listed});
}

}  // namespace detail

/// The chunks of a net, in its order: what sgd_step() wants in device memory.
/// \throws bad_value  if a size or a rule is out of range, value or velocity is null, or not exactly
///                    one gradient is there.
template <class Half>
[[nodiscard]] std::vector<sgd_chunk<Half>> sgd_chunks(std::span<const sgd_tensor<Half>> tensors) {
  using chunk = sgd_chunk<Half>;
  std::vector<chunk> chunks;
  for (const auto& t : tensors) {
    const auto index = std::to_string(&t - tensors.data());
    if (t.size < 0) throw bad_value("sgd_chunks: size of tensor " + index, t.size);
    if (t.rule < 0 || t.rule > std::numeric_limits<short>::max())
      throw bad_value("sgd_chunks: rule of tensor " + index, t.rule);
    const bool has_one_gradient = (t.gradient == nullptr) != (t.half_gradient == nullptr);
    if (t.size > 0 && (!t.value || !t.velocity || !has_one_gradient))
      throw bad_value("sgd_chunks: tensor " + index,
                      "needs a value, a velocity and one of the gradients");
    const bool is_aligned =
        detail::is_vector_aligned(t.value) && detail::is_vector_aligned(t.gradient) &&
        detail::is_vector_aligned(t.velocity) && detail::is_vector_aligned(t.half_gradient) &&
        detail::is_vector_aligned(t.shadow);
    const auto from = [](auto* p, index_t at) { return p ? p + at : nullptr; };
    for (index_t at = 0; at < t.size; at += chunk::most) {
      const index_t count = std::min(chunk::most, t.size - at);
      chunks.push_back({t.value + at, from(t.gradient, at), t.velocity + at,
                        from(t.half_gradient, at), from(t.shadow, at), static_cast<int>(count),
                        static_cast<short>(t.rule), is_aligned && count == chunk::most});
    }
  }
  return chunks;
}

/// One step of every parameter, as slimming::sgd_step() does it, in one launch.
/// \pre    \p chunks lies in device memory; their rules are sgd_plain_rule or sgd_l1_rule.
/// \throws bad_value  as validate().
template <class Half, class Stream>
void sgd_step(Stream&& stream, tensor_view<const sgd_chunk<Half>, 1> chunks,
              const sgd_options& options) {
  validate(options);
  const auto with_l1 = slimming::detail::coefficients<float>(options);
  auto plain = with_l1;
  plain.l1 = 0.0f;
  detail::launch_sgd<Half>(stream, chunks, plain, with_l1, nullptr);
}

/// The same with the rules' numbers in device memory, one entry for each rule that the chunks name.
template <class Half, class Stream>
void sgd_step(Stream&& stream, tensor_view<const sgd_chunk<Half>, 1> chunks,
              const sgd_numbers* rules) {
  detail::launch_sgd<Half>(stream, chunks, {}, {}, rules);
}

}  // namespace slimming::inline v0::cuda
