// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The loops of batch normalisation over pixels and vectors of channels.
/// Area: kernels/cpu. A task is a block of pixels times a strip of channels.

#include <slimming/core/config.hpp>            // index_t
#include <slimming/kernels/cpu/vector.hpp>     // vec
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_task

#include <algorithm>  // std::min

namespace slimming::inline v0::kernels::cpu::detail {

/// Channels of a task.
inline constexpr index_t norm_strip = 128;

/// Pixels of a task, and of one record of partial sums: 64 KB of each activation.
[[nodiscard]] constexpr index_t norm_block(index_t stride) noexcept {
  return 128 * norm_strip / std::min(stride, norm_strip);
}
[[nodiscard]] constexpr index_t norm_blocks(index_t pixels, index_t stride) noexcept {
  return (pixels + norm_block(stride) - 1) / norm_block(stride);
}

// Runs body(first pixel, last pixel, first channel, last channel).
template <class Body>
void for_each_norm_task(index_t pixels, index_t stride, const Body& body) {
  const index_t strips = (stride + norm_strip - 1) / norm_strip, block = norm_block(stride);
  for_each_task(norm_blocks(pixels, stride) * strips, [&](index_t task) {
    const index_t p = task / strips * block, c = task % strips * norm_strip;
    body(p, std::min(p + block, pixels), c, std::min(c + norm_strip, stride));
  });
}

/// What turns x into y = (x - mean) * scale + shift: in this order, so that a large mean cancels
/// before it is multiplied.
struct norm_line {
  const float *mean = nullptr, *scale = nullptr, *shift = nullptr;

  SLIMMING_ALWAYS_INLINE vec operator()(vec x, index_t c) const noexcept {
    return (x - load(mean + c)) * load(scale + c) + load(shift + c);
  }
};

inline void normalise(index_t pixels, index_t stride, index_t x_stride, const float* x,
                      const norm_line& line, const float* add, bool relu, float* y) {
  const auto run = [&]<bool Add, bool Relu>() {
    for_each_norm_task(pixels, stride, [&](index_t p0, index_t p1, index_t c0, index_t c1) {
      for (index_t p = p0; p < p1; ++p)
        for (index_t c = c0; c < c1; c += vector_width) {
          const index_t at = p * stride + c;
          vec v = line(load(x + p * x_stride + c), c);
          if constexpr (Add) v += load(add + at);
          store(y + at, Relu ? max(v, vec{}) : v);
        }
    });
  };
  if (add)
    relu ? run.template operator()<true, true>() : run.template operator()<true, false>();
  else
    relu ? run.template operator()<false, true>() : run.template operator()<false, false>();
}

// The four inputs of one pooling window.
struct window_2x2 {
  index_t corner[4];

  // Window number p among rows of pooled_w windows; maps of even width follow one another.
  window_2x2(index_t p, index_t pooled_w, index_t stride) {
    const index_t row = p / pooled_w, column = p % pooled_w;
    corner[0] = (row * 4 * pooled_w + 2 * column) * stride;
    corner[1] = corner[0] + stride;
    corner[2] = corner[0] + 2 * pooled_w * stride;
    corner[3] = corner[2] + stride;
  }
};

inline void normalise_pooled(index_t rows, index_t pooled_w, index_t stride, index_t x_stride,
                             const float* x, const norm_line& line, bool relu, float* y) {
  for_each_norm_task(rows * pooled_w, stride, [&](index_t p0, index_t p1, index_t c0, index_t c1) {
    for (index_t p = p0; p < p1; ++p) {
      const window_2x2 window(p, pooled_w, x_stride);
      for (index_t c = c0; c < c1; c += vector_width) {
        vec best = line(load(x + window.corner[0] + c), c);
        for (int i = 1; i < 4; ++i) best = max(line(load(x + window.corner[i] + c), c), best);
        store(y + p * stride + c, relu ? max(best, vec{}) : best);
      }
    }
  });
}

struct norm_backward_arguments {
  const float *x = nullptr, *y = nullptr, *dy = nullptr;  ///< y: mask source of a residual, or null
  norm_line line;
  index_t pixels = 0;                  ///< of dy
  index_t stride = 0;                  ///< of dy, y and masked
  index_t x_stride = 0, pooled_w = 0;  ///< of x and dx
  float* dx = nullptr;
  float* masked = nullptr;    ///< receives dy behind relu's mask, or null
  float* partials = nullptr;  ///< per block: sums of d, sums of d * (x - mean)
  float *mean_gradient = nullptr, *slope = nullptr;
};

/// Where relu's mask comes from.
enum class norm_mask { none, input, output };

// dy behind relu's mask at one place.
template <norm_mask Mask>
SLIMMING_ALWAYS_INLINE vec masked_gradient(const norm_backward_arguments& a, index_t at, index_t c,
                                           vec x) {
  const vec d = load(a.dy + at);
  if constexpr (Mask == norm_mask::none)
    return d;
  else if constexpr (Mask == norm_mask::output)
    return load(a.y + at) > vec{} ? d : vec{};
  else
    return a.line(x, c) > vec{} ? d : vec{};
}

// The winner of one pooling window: its x and, as four masks, its place; d masked by relu.
struct window_winner {
  vec x[4];
  vec value[4];
  vec best;

  SLIMMING_ALWAYS_INLINE window_winner(const norm_backward_arguments& a, const window_2x2& window,
                                       index_t c) {
    for (int i = 0; i < 4; ++i) {
      x[i] = load(a.x + window.corner[i] + c);
      value[i] = a.line(x[i], c);
    }
    best = value[0];
    for (int i = 1; i < 4; ++i) best = max(value[i], best);
  }
  // Splits d among the four: all of it goes to the first that equals the best.
  SLIMMING_ALWAYS_INLINE void route(vec d, vec (&share)[4]) const {
    vec rest = d;
    for (int i = 0; i < 4; ++i) {
      share[i] = value[i] == best ? rest : vec{};
      rest = value[i] == best ? vec{} : rest;
    }
  }
};

// Accumulates over the pixels of a task in registers, a few vectors of channels at a time.
template <class Term>
void accumulate_norm_sums(const norm_backward_arguments& a, const Term& term) {
  const auto run = [&]<int Vectors>(index_t p0, index_t p1, index_t c) {
    vec sum[Vectors] = {}, product[Vectors] = {};
    for (index_t p = p0; p < p1; ++p)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) term(p, c + v * vector_width, sum[v], product[v]);
    float* const record = a.partials + p0 / norm_block(a.stride) * 2 * a.stride + c;
    for (int v = 0; v < Vectors; ++v) {
      store(record + v * vector_width, sum[v]);
      store(record + a.stride + v * vector_width, product[v]);
    }
  };
  for_each_norm_task(a.pixels, a.stride, [&](index_t p0, index_t p1, index_t c0, index_t c1) {
    index_t c = c0;
    for (; c + 4 * vector_width <= c1; c += 4 * vector_width) run.template operator()<4>(p0, p1, c);
    for (; c < c1; c += vector_width) run.template operator()<1>(p0, p1, c);
  });
}

/// First pass: partial sums, and the masked gradient where it is asked for.
inline void norm_backward_sums(const norm_backward_arguments& a, bool relu, bool pooled) {
  if (pooled) {
    accumulate_norm_sums(a, [&](index_t p, index_t c, vec& sum, vec& product) {
      const window_2x2 window(p, a.pooled_w, a.x_stride);
      const window_winner winner(a, window, c);
      vec d = load(a.dy + p * a.stride + c), share[4];
      if (relu) d = winner.best > vec{} ? d : vec{};
      winner.route(d, share);
      const vec mean = load(a.line.mean + c);
      sum += d;
      for (int i = 0; i < 4; ++i) product += share[i] * (winner.x[i] - mean);
    });
    return;
  }
  const auto run = [&]<norm_mask Mask>() {
    accumulate_norm_sums(a, [&](index_t p, index_t c, vec& sum, vec& product) {
      const index_t at = p * a.stride + c;
      const vec x = load(a.x + p * a.x_stride + c);
      const vec d = masked_gradient<Mask>(a, at, c, x);
      if (a.masked) store(a.masked + at, d);
      sum += d;
      product += d * (x - load(a.line.mean + c));
    });
  };
  if (!relu)
    run.template operator()<norm_mask::none>();
  else if (a.y)
    run.template operator()<norm_mask::output>();
  else
    run.template operator()<norm_mask::input>();
}

/// Second pass: dx from the masked gradient and the per-channel terms.
template <bool Accumulate>
void norm_backward_data(const norm_backward_arguments& a, bool relu, bool pooled) {
  const auto put = [&](vec d, vec x, index_t at, index_t c) {
    const vec dx = load(a.line.scale + c) * (d - load(a.mean_gradient + c) -
                                             (x - load(a.line.mean + c)) * load(a.slope + c));
    store(a.dx + at, Accumulate ? load(a.dx + at) + dx : dx);
  };
  if (pooled) {
    for_each_norm_task(a.pixels, a.stride, [&](index_t p0, index_t p1, index_t c0, index_t c1) {
      for (index_t p = p0; p < p1; ++p) {
        const window_2x2 window(p, a.pooled_w, a.x_stride);
        for (index_t c = c0; c < c1; c += vector_width) {
          const window_winner winner(a, window, c);
          vec d = load(a.dy + p * a.stride + c), share[4];
          if (relu) d = winner.best > vec{} ? d : vec{};
          winner.route(d, share);
          for (int i = 0; i < 4; ++i) put(share[i], winner.x[i], window.corner[i] + c, c);
        }
      }
    });
    return;
  }
  const auto run = [&]<norm_mask Mask>() {
    for_each_norm_task(a.pixels, a.stride, [&](index_t p0, index_t p1, index_t c0, index_t c1) {
      for (index_t p = p0; p < p1; ++p)
        for (index_t c = c0; c < c1; c += vector_width) {
          const index_t at = p * a.stride + c;
          const index_t x_at = p * a.x_stride + c;
          const vec x = load(a.x + x_at);
          put(a.masked ? load(a.masked + at) : masked_gradient<Mask>(a, at, c, x), x, x_at, c);
        }
    });
  };
  if (!relu || a.masked)
    run.template operator()<norm_mask::none>();
  else if (a.y)
    run.template operator()<norm_mask::output>();
  else
    run.template operator()<norm_mask::input>();
}
inline void norm_backward_data(const norm_backward_arguments& a, bool relu, bool pooled,
                               bool accumulate) {
  accumulate ? norm_backward_data<true>(a, relu, pooled)
             : norm_backward_data<false>(a, relu, pooled);
}

}  // namespace slimming::inline v0::kernels::cpu::detail
