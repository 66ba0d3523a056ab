// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which channels of a net go: the given number of smallest |gamma| over all layers.
/// Area: cuda. The rule is the host's, bit for bit: magnitudes ascending, equal ones in the order
/// of (layer, channel), and exactly as many removed as asked.

#include <slimming/core/error.hpp>        // bad_value
#include <slimming/core/tensor_view.hpp>  // tensor_view
#include <slimming/cuda/block.cuh>        // thread_block, grid
#if defined(__CUDACC__)
#include <slimming/cuda/sort.cuh>  // stable_sort_by_key
#endif

#include <cstddef>  // std::byte
#include <cstdint>  // std::uint32_t
#include <limits>   // std::numeric_limits
#include <span>     // std::span
#include <vector>   // std::vector

namespace slimming::inline v0::cuda {

/// The scale factors of one layer, and the position of its first channel among all channels.
struct gamma_layer {
  const float* gamma;
  int count;
  int first;
};

/// What the choice leaves in device memory. Positions are those of gamma_layer.
struct channel_choice {
  unsigned char* keep = nullptr;  ///< (channels) 1 where the channel stays
  int* live = nullptr;            ///< (channels) per layer, from its first: the channels that stay
  int* live_count = nullptr;      ///< (layers)
  /// (3) the largest magnitude that goes, or -1; the smallest that stays, or infinity; and the
  /// largest of all, which is not finite if any scale factor is not.
  float* magnitudes = nullptr;
};

/// Scratch for \p channels channels, in device memory.
struct choice_workspace {
  std::uint32_t* keys = nullptr;         ///< (channels)
  std::uint32_t* sorted_keys = nullptr;  ///< (channels)
  int* positions = nullptr;              ///< (channels)
  int* sorted_positions = nullptr;       ///< (channels)
  void* sort = nullptr;                  ///< sort_scratch_bytes(channels)
  std::size_t sort_bytes = 0;
};

/// The table of a net, in its order: what choose_channels() wants in device memory.
/// \throws bad_value  for 2^31 channels or more.
[[nodiscard]] inline std::vector<gamma_layer> gamma_layers(
    std::span<const tensor_view<const float, 1>> gammas) {
  std::vector<gamma_layer> layers;
  index_t first = 0;
  for (const auto& gamma : gammas) {
    if (!gamma.is_contiguous()) throw bad_value("gamma_layers", "scale factors are not contiguous");
    layers.push_back({gamma.data(), static_cast<int>(gamma.extent(0)), static_cast<int>(first)});
    first += gamma.extent(0);
    if (first > std::numeric_limits<int>::max()) throw bad_value("gamma_layers: channels", first);
  }
  return layers;
}

namespace detail {

inline constexpr int choice_threads = 256;

// One block per layer.
struct magnitudes_body {
  static constexpr const char* name = "choose_channels: magnitudes";
  using shared_type = no_shared;
  const gamma_layer* layers;
  std::uint32_t* keys;
  int* positions;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const gamma_layer layer = block.load(layers + block.x());
    for (int c = block.thread(); c < layer.count; c += choice_threads) {
      // The bits of magnitudes are ordered as the magnitudes are, with NaN behind infinity.
      const auto bits = slimming::detail::bit_cast<std::uint32_t>(block.load(layer.gamma + c));
      block.store(keys + layer.first + c, bits & 0x7fffffffu);
      block.store(positions + layer.first + c, layer.first + c);
    }
  }
};

struct mark_body {
  static constexpr const char* name = "choose_channels: mark";
  using shared_type = no_shared;
  const std::uint32_t* sorted_keys;
  const int* sorted_positions;
  unsigned char* keep;
  float* magnitudes;
  int channels;
  int removed;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const int rank = block.x() * choice_threads + block.thread();
    if (rank >= channels) return;
    block.store(keep + block.load(sorted_positions + rank), rank >= removed ? 1 : 0);
    if (rank != 0) return;
    const auto at = [&](int k) {
      return slimming::detail::bit_cast<float>(block.load(sorted_keys + k));
    };
    block.store(magnitudes, removed > 0 ? at(removed - 1) : -1.0f);
    block.store(magnitudes + 1, removed < channels ? at(removed) : infinity());
    block.store(magnitudes + 2, at(channels - 1));
  }
  SLIMMING_HOST_DEVICE static float infinity() {
    return slimming::detail::bit_cast<float>(std::uint32_t{0x7f800000u});
  }
};

// One block per layer: numbers the live channels in their order.
struct list_live_body {
  static constexpr const char* name = "choose_channels: list live channels";
  struct shared_type {
    int before[choice_threads];
  };
  const gamma_layer* layers;
  const unsigned char* keep;
  int* live;
  int* live_count;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    const gamma_layer layer = block.load(layers + block.x());
    const int t = block.thread();
    int written = 0;
    for (int begin = 0; begin < layer.count; begin += choice_threads) {
      const int c = begin + t;
      const bool stays = c < layer.count && block.load(keep + layer.first + c) != 0;
      shared.before[t] = stays;
      block.sync();
      for (int step = 1; step < choice_threads; step *= 2) {  // inclusive prefix sum
        const int left = t >= step ? shared.before[t - step] : 0;
        block.sync();
        shared.before[t] += left;
        block.sync();
      }
      if (stays) block.store(live + layer.first + written + shared.before[t] - 1, c);
      written += shared.before[choice_threads - 1];
      block.sync();
    }
    if (t == 0) block.store(live_count + block.x(), written);
  }
};

}  // namespace detail

/// Keeps all but the \p removed channels of smallest |gamma|.
/// \pre    \p layers lies in device memory and its channels number \p channels.
/// \throws bad_value  unless 0 <= removed <= channels < 2^31.
template <class Stream>
void choose_channels(Stream&& stream, tensor_view<const gamma_layer, 1> layers, index_t channels,
                     index_t removed, const channel_choice& choice,
                     const choice_workspace& workspace) {
  if (channels < 0 || channels > std::numeric_limits<int>::max())
    throw bad_value("choose_channels: channels", channels);
  if (removed < 0 || removed > channels) throw bad_value("choose_channels: removed", removed);
  if (channels == 0) return;
  constexpr int threads = detail::choice_threads;
  const auto n = static_cast<int>(channels);
  const grid per_layer{static_cast<int>(layers.extent(0))};
  stream.template launch<threads>(
      per_layer, detail::magnitudes_body{layers.data(), workspace.keys, workspace.positions});
  stable_sort_by_key(stream, workspace.keys, workspace.sorted_keys, workspace.positions,
                     workspace.sorted_positions, n, workspace.sort, workspace.sort_bytes);
  stream.template launch<threads>(
      grid{ceil_div(n, threads)},
      detail::mark_body{workspace.sorted_keys, workspace.sorted_positions, choice.keep,
                        choice.magnitudes, n, static_cast<int>(removed)});
  stream.template launch<threads>(
      per_layer,
      detail::list_live_body{layers.data(), choice.keep, choice.live, choice.live_count});
}

}  // namespace slimming::inline v0::cuda
