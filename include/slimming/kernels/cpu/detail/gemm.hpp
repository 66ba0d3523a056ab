// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The micro-kernels: small matrix products whose result stays in registers.
/// Area: kernels/cpu.
///
/// A result tile of Rows x (Vectors * vector_width) is held in Rows * Vectors registers; each step
/// of the reduction loads one row of B and broadcasts one element per row of A.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/kernels/cpu/vector.hpp>  // vec

#include <array>    // std::array
#include <cstdint>  // std::uintptr_t
#include <utility>  // std::index_sequence

namespace slimming::inline v0::kernels::cpu::detail {

/// Rows of the largest tile: what fits beside a row of B and a broadcast in 16 or 32 registers.
template <int Vectors>
inline constexpr int tile_rows = Vectors == 1         ? 12
                                 : vector_width == 16 ? 13
                                                      : 6;

/// Whether A is read as written (rows of the result are rows of A) or transposed.
enum class a_order { row, column };

/// B is near.
struct b_in_cache {
  [[nodiscard]] constexpr b_in_cache share(const float*, index_t, index_t, index_t,
                                           index_t) const noexcept {
    return {};
  }
  template <index_t Floats>
  SLIMMING_ALWAYS_INLINE void step() const noexcept {}
};

/// B streams in from memory, block after block. While one is multiplied the next is asked for, each
/// tile of the result asking for an even share at an even pace, so that memory never rests. Behind
/// the last block lies what comes next, or nothing of use: asking reads nothing.
struct b_from_memory {
  std::uintptr_t at = 0, stride = 0;  ///< bytes

  /// What tile \p t of \p tiles asks for during the \p depth steps of a block with rows of \p
  /// width.
  [[nodiscard]] b_from_memory share(const float* block, index_t width, index_t depth, index_t t,
                                    index_t tiles) const noexcept {
    const index_t row = width * static_cast<index_t>(sizeof(float));
    return {reinterpret_cast<std::uintptr_t>(block) +
                static_cast<std::uintptr_t>(row * depth + row * depth * t / tiles),
            static_cast<std::uintptr_t>((row + tiles - 1) / tiles)};
  }
  /// Once per step, which reads Floats floats.
  template <index_t Floats>
  SLIMMING_ALWAYS_INLINE void step() noexcept {
    for (std::uintptr_t line = 0; line < Floats * sizeof(float); line += 64)
      prefetch(reinterpret_cast<const float*>(at + line));
    at += stride;
  }
};

// sum(r, v) += sum over d of A(r, d) * B(d, v)
//   a_order::row:    A(r, d) = a[r * lda + d]
//   a_order::column: A(r, d) = a[d * lda + r]
// depth is positive.
template <a_order Order, int Rows, int Vectors, class Source>
SLIMMING_ALWAYS_INLINE void multiply_tile(const float* a, index_t lda, const float* b, index_t ldb,
                                          index_t depth, vec (&sum)[Rows][Vectors], Source source) {
  index_t d = 0;
  do {  // a test before the first step would cost a copy of all sums
    source.template step<Vectors * vector_width>();
    vec row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) row[v] = load(b + d * ldb + v * vector_width);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const float factor = Order == a_order::row ? a[r * lda + d] : a[d * lda + r];
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] += factor * row[v];
    }
  } while (++d < depth);
}

template <int Rows, int Vectors>
SLIMMING_ALWAYS_INLINE void load_tile(const float* from, index_t ld, vec (&sum)[Rows][Vectors]) {
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[r][v] = load(from + r * ld + v * vector_width);
}

/// A result in memory: out (rows, width) = or += A * B.
struct tile_in_memory {
  float* out = nullptr;
  index_t ldo = 0;
  bool accumulate = false;

  template <int Rows, int Vectors>
  SLIMMING_ALWAYS_INLINE void start(index_t first, vec (&sum)[Rows][Vectors]) const {
    if (accumulate) load_tile(out + first * ldo, ldo, sum);
  }
  template <int Rows, int Vectors>
  SLIMMING_ALWAYS_INLINE void finish(index_t first, const vec (&sum)[Rows][Vectors]) const {
    float* const to = out + first * ldo;
    const index_t step = ldo;  // a copy: stores cannot touch it
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) store(to + r * step + v * vector_width, sum[r][v]);
  }
};

// Rows [first, first + Rows) of a panel.
template <a_order Order, int Vectors, class Target, class Source, int Rows>
void gemm_tile(const float* a, index_t lda, const float* b, index_t ldb, index_t depth,
               index_t first, const Target& target, Source source) {
  vec sum[Rows][Vectors] = {};
  target.template start<Rows, Vectors>(first, sum);
  multiply_tile<Order, Rows, Vectors>(a, lda, b, ldb, depth, sum, source);
  target.template finish<Rows, Vectors>(first, sum);
}

template <class Target, class Source>
using gemm_tile_function = void (*)(const float*, index_t, const float*, index_t, index_t, index_t,
                                    const Target&, Source);

template <a_order Order, int Vectors, class Target, class Source, std::size_t... I>
constexpr auto make_tile_table(std::index_sequence<I...>) {
  return std::array<gemm_tile_function<Target, Source>, sizeof...(I)>{
      gemm_tile<Order, Vectors, Target, Source, static_cast<int>(I) + 1>...};
}
/// Entry r - 1 computes r rows.
template <a_order Order, int Vectors, class Target, class Source>
inline constexpr auto tile_table =
    make_tile_table<Order, Vectors, Target, Source>(std::make_index_sequence<tile_rows<Vectors>>{});

/// A * B for one panel of \p width columns, one or two vectors; \p target says where sums start and
/// where they go: `start(first row, sum)`, `finish(first row, sum)`; \p source where B comes from.
template <a_order Order, class Target, class Source = b_in_cache>
void gemm_panel(const float* a, index_t lda, const float* b, index_t ldb, index_t width,
                index_t rows, index_t depth, const Target& target, Source source = {}) {
  const bool wide = width > vector_width;
  const index_t most = wide ? tile_rows<2> : tile_rows<1>;
  const auto* table = wide ? tile_table<Order, 2, Target, Source>.data()
                           : tile_table<Order, 1, Target, Source>.data();
  // Tiles of nearly equal height, the lower ones first.
  const index_t tiles = (rows + most - 1) / most, height = rows / tiles;
  const index_t lower = tiles - rows % tiles;
  for (index_t t = 0, r = 0; t < tiles; ++t) {
    const index_t n = t < lower ? height : height + 1;
    table[n - 1](Order == a_order::row ? a + r * lda : a + r, lda, b, ldb, depth, r, target,
                 source.share(b, width, depth, t, tiles));
    r += n;
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
