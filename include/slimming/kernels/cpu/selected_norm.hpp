// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Batch normalisation of which only some channels are read on, as a channel_select behind it says,
/// fused with relu: a channel that nothing reads is neither computed nor stored.
/// Area: kernels/cpu, padded NHWC.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/kernels/cpu/batch_norm.hpp>  // batch_norm_geometry, batch_norm_state
#include <slimming/kernels/cpu/vector.hpp>      // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>   // workspace, for_each_block

#include <algorithm>  // std::fill_n, std::min
#include <cstddef>    // std::size_t
#include <span>       // std::span

namespace slimming::inline v0::kernels::cpu {

namespace detail {

/// Channels of the result, and where they come from.
struct channel_selection {
  std::span<const index_t> channels;  ///< of x, in any order, repeated or not
  index_t count, stride;              ///< of y: with padding

  explicit channel_selection(std::span<const index_t> selected)
      : channels(selected),
        count(static_cast<index_t>(selected.size())),
        stride(padded_channels(count)) {}

  /// The selected channels of \p pixels pixels, whose padding becomes zero.
  void gather(const float* x, index_t x_stride, index_t pixels, float* to) const noexcept {
    for (index_t p = 0; p < pixels; ++p, x += x_stride, to += stride) {
      for (index_t i = 0; i < count; ++i) to[i] = x[channels[static_cast<std::size_t>(i)]];
      std::fill_n(to + count, stride - count, 0.0f);
    }
  }
  /// The adjoint, added to x.
  void scatter(const float* from, index_t pixels, float* x, index_t x_stride) const noexcept {
    for (index_t p = 0; p < pixels; ++p, x += x_stride, from += stride)
      for (index_t i = 0; i < count; ++i) x[channels[static_cast<std::size_t>(i)]] += from[i];
  }
};

/// Pixels that are gathered at a time: few enough for the first cache, and enough for what was
/// stored by the element to have left the store buffer when it is loaded by the vector.
inline constexpr index_t selected_pixels = 16;

// Runs body(first pixel, pixels) over [begin, end) by selected_pixels.
template <class Body>
void for_each_gathered(index_t begin, index_t end, const Body& body) {
  for (index_t p = begin; p < end; p += selected_pixels)
    body(p, std::min(selected_pixels, end - p));
}

/// The selected channels' numbers, side by side; `stride` floats each.
struct selected_state {
  float *mean, *scale, *shift;
  float *mean_gradient, *slope;  ///< found on the way back
  float* partials;               ///< per block of pixels: sums of d, sums of d * (x - mean)

  selected_state(const channel_selection& s, const batch_norm_state& state, float* memory)
      : mean(memory),
        scale(memory + s.stride),
        shift(memory + 2 * s.stride),
        mean_gradient(memory + 3 * s.stride),
        slope(memory + 4 * s.stride),
        partials(memory + 5 * s.stride) {
    s.gather(state.mean, 0, 1, mean);
    s.gather(state.scale, 0, 1, scale);
    s.gather(state.shift, 0, 1, shift);
  }
  [[nodiscard]] norm_line line() const noexcept { return {mean, scale, shift}; }
};

// Adds up the records of all blocks, in their order and in double, into the first one.
inline void add_records(float* records, index_t count, index_t size) {
  constexpr index_t strip = 16;
  for_each_block(size, strip, [&](index_t begin, index_t end) {
    double sums[strip] = {};
    for (index_t r = 0; r < count; ++r)
      for (index_t i = begin; i < end; ++i)
        sums[i - begin] += static_cast<double>(records[r * size + i]);
    for (index_t i = begin; i < end; ++i) records[i] = static_cast<float>(sums[i - begin]);
  });
}

}  // namespace detail

/// Scratch of selected_norm_forward().
[[nodiscard]] constexpr workspace_need selected_norm_forward_need(index_t selected) noexcept {
  return {5 * padded_channels(selected), 0};
}

/// y = relu(((x - mean) * scale + shift)[selection]), without relu if `g.relu` says so.
/// \param selection  channels of x, each below `g.channels`
/// \param y          (pixels, padded_channels(selection.size()))
inline void selected_norm_forward(const batch_norm_geometry& g, std::span<const index_t> selection,
                                  const float* x, const batch_norm_state& state, float* y,
                                  std::span<float> memory) {
  const detail::channel_selection s(selection);
  const workspace scratch("selected_norm_forward", memory, selected_norm_forward_need(s.count));
  const detail::selected_state at(s, state, scratch.shared());
  const detail::norm_line line = at.line();
  const index_t stride = g.x_stride();
  for_each_block(g.pixels(), detail::norm_block(s.stride), [&](index_t begin, index_t end) {
    detail::for_each_gathered(begin, end, [&](index_t first, index_t pixels) {
      float* const to = y + first * s.stride;
      s.gather(x + first * stride, stride, pixels, to);
      for (index_t p = 0; p < pixels; ++p)
        for (index_t c = 0; c < s.stride; c += vector_width) {
          const vec v = line(load(to + p * s.stride + c), c);
          store(to + p * s.stride + c, g.relu ? max(v, vec{}) : v);
        }
    });
  });
}

/// What selected_norm_backward() writes.
struct selected_norm_gradients {
  float* dx = nullptr;      ///< shaped like x; zero, or unchanged, where nothing is selected
  bool accumulate = false;  ///< dx += instead of dx =
  float* dgamma = nullptr;  ///< `padded_channels(g.channels)` floats
  float* dbeta = nullptr;
};

/// Scratch of selected_norm_backward().
[[nodiscard]] inline workspace_need selected_norm_backward_need(const batch_norm_geometry& g,
                                                                index_t selected) noexcept {
  const index_t stride = padded_channels(selected);
  return {(5 + 2 * detail::norm_blocks(g.pixels(), stride)) * stride,
          detail::selected_pixels * stride};
}

/// Gradients of selected_norm_forward(). The statistics are those of the batch.
/// \param dy  (pixels, padded_channels(selection.size()))
inline void selected_norm_backward(const batch_norm_geometry& g, std::span<const index_t> selection,
                                   const float* x, const float* dy, const batch_norm_state& state,
                                   const selected_norm_gradients& out, std::span<float> memory) {
  const detail::channel_selection s(selection);
  const workspace scratch("selected_norm_backward", memory,
                          selected_norm_backward_need(g, s.count));
  const detail::selected_state at(s, state, scratch.shared());
  const detail::norm_line line = at.line();
  const index_t stride = g.x_stride(), block = detail::norm_block(s.stride);

  // Runs term(gathered x, place of it, d, channel) for every vector of a block of pixels.
  const auto for_each_vector = [&](index_t first, index_t pixels, const auto& term) {
    float* const rows = scratch.slot();
    s.gather(x + first * stride, stride, pixels, rows);
    for (index_t p = 0; p < pixels; ++p)
      for (index_t c = 0; c < s.stride; c += vector_width) {
        float* const row = rows + p * s.stride + c;
        const vec value = load(row);
        vec d = load(dy + (first + p) * s.stride + c);
        if (g.relu) d = line(value, c) > vec{} ? d : vec{};
        term(value, row, d, c);
      }
    return rows;
  };

  for_each_block(g.pixels(), block, [&](index_t begin, index_t end) {
    float* const sums = at.partials + begin / block * 2 * s.stride;
    float* const products = sums + s.stride;
    std::fill_n(sums, 2 * s.stride, 0.0f);
    detail::for_each_gathered(begin, end, [&](index_t first, index_t pixels) {
      for_each_vector(first, pixels, [&](vec value, float*, vec d, index_t c) {
        store(sums + c, load(sums + c) + d);
        store(products + c, load(products + c) + d * (value - load(at.mean + c)));
      });
    });
  });

  detail::add_records(at.partials, detail::norm_blocks(g.pixels(), s.stride), 2 * s.stride);
  std::fill_n(out.dgamma, padded_channels(g.channels), 0.0f);
  std::fill_n(out.dbeta, padded_channels(g.channels), 0.0f);
  const auto n = static_cast<double>(g.pixels());
  for (index_t i = 0; i < s.stride; ++i) {
    const index_t channel = i < s.count ? s.channels[static_cast<std::size_t>(i)] : 0;
    const auto inv_std = i < s.count ? static_cast<double>(state.inv_std[channel]) : 0.0;
    const auto sum = static_cast<double>(at.partials[i]);
    const auto product = static_cast<double>(at.partials[s.stride + i]) * inv_std;
    at.mean_gradient[i] = static_cast<float>(sum / n);
    at.slope[i] = static_cast<float>(product * inv_std / n);
    if (i >= s.count) continue;
    out.dbeta[channel] += static_cast<float>(sum);
    out.dgamma[channel] += static_cast<float>(product);
  }

  for_each_block(g.pixels(), block, [&](index_t begin, index_t end) {
    detail::for_each_gathered(begin, end, [&](index_t first, index_t pixels) {
      const float* const rows =
          for_each_vector(first, pixels, [&](vec value, float* row, vec d, index_t c) {
            store(row, load(at.scale + c) * (d - load(at.mean_gradient + c) -
                                             (value - load(at.mean + c)) * load(at.slope + c)));
          });
      float* const dx = out.dx + first * stride;
      if (!out.accumulate) std::fill_n(dx, pixels * stride, 0.0f);
      s.scatter(rows, pixels, dx, stride);
    });
  });
}

}  // namespace slimming::inline v0::kernels::cpu
