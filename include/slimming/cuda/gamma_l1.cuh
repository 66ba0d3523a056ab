// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The L1 sub-gradient of all scale factors of a net in one launch.
/// Area: cuda. Twin of <slimming/train/gamma_l1.hpp>, whose detail::sign() it runs.

#include <slimming/core/error.hpp>        // shape_mismatch
#include <slimming/core/tensor_view.hpp>  // tensor_view
#include <slimming/cuda/block.cuh>        // thread_block
#include <slimming/train/gamma_l1.hpp>    // detail::sign, l1_strength

#include <algorithm>  // std::min
#include <span>       // std::span
#include <vector>     // std::vector

namespace slimming::inline v0::cuda {

/// A run of scale factors and their gradients, both in device memory.
struct gamma_chunk {
  const float* gamma;
  float* gradient;
  int count;
};

namespace detail {

struct add_l1_subgradient_body {
  static constexpr const char* name = "add_l1_subgradient";
  static constexpr int threads = 256;
  using shared_type = no_shared;

  const gamma_chunk* chunks;
  float lambda;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const gamma_chunk chunk = block.load(chunks + block.x());
    for (int c = block.thread(); c < chunk.count; c += threads) {
      const float step = lambda * slimming::detail::sign(block.load(chunk.gamma + c));
      block.store(chunk.gradient + c, block.load(chunk.gradient + c) + step);
    }
  }
};

}  // namespace detail

/// The chunks of a net, in its order: what add_l1_subgradient() wants in device memory.
/// \throws shape_mismatch  if a gradient's length differs from its scale factors'.
[[nodiscard]] inline std::vector<gamma_chunk> gamma_chunks(
    std::span<const tensor_view<const float, 1>> gammas,
    std::span<const tensor_view<float, 1>> gradients) {
  constexpr index_t most = 4 * detail::add_l1_subgradient_body::threads;
  if (gammas.size() != gradients.size())
    throw shape_mismatch("gamma_chunks: gradients", static_cast<index_t>(gammas.size()),
                         static_cast<index_t>(gradients.size()));
  std::vector<gamma_chunk> chunks;
  for (std::size_t i = 0; i < gammas.size(); ++i) {
    const index_t n = gammas[i].extent(0);
    if (gradients[i].extent(0) != n)
      throw shape_mismatch("gamma_chunks: gradient " + std::to_string(i), n,
                           gradients[i].extent(0));
    if (!gammas[i].is_contiguous() || !gradients[i].is_contiguous())
      throw shape_mismatch("gamma_chunks: tensor " + std::to_string(i), "must be contiguous");
    for (index_t at = 0; at < n; at += most)
      chunks.push_back({gammas[i].data() + at, gradients[i].data() + at,
                        static_cast<int>(std::min(most, n - at))});
  }
  return chunks;
}

/// `gradient[c] += lambda * sign(gamma[c])` over every chunk, in one launch.
/// \pre \p chunks lies in device memory.
template <class Stream>
void add_l1_subgradient(Stream&& stream, tensor_view<const gamma_chunk, 1> chunks,
                        l1_strength strength) {
  using body = detail::add_l1_subgradient_body;
  if (chunks.extent(0) == 0) return;
  stream.template launch<body::threads>(grid{static_cast<int>(chunks.extent(0))},
                                        body{chunks.data(), static_cast<float>(strength.value())});
}

}  // namespace slimming::inline v0::cuda
