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

/// Whether B is near, or streams in from memory: then what comes later is asked for in good time.
enum class b_source { cache, memory };

/// Asks for what lies as far behind \p b, of which Floats are about to be read, as a core needs to
/// multiply by what is near. It may be behind the end of the weights: asking reads nothing.
template <index_t Floats>
SLIMMING_ALWAYS_INLINE void ask_for_later(const float* b) noexcept {
  constexpr std::uintptr_t distance = 16384, line = 64;
  for (std::uintptr_t at = 0; at < Floats * sizeof(float); at += line)
    prefetch(reinterpret_cast<const float*>(reinterpret_cast<std::uintptr_t>(b) + distance + at));
}

// sum(r, v) += sum over d of A(r, d) * B(d, v)
//   a_order::row:    A(r, d) = a[r * lda + d]
//   a_order::column: A(r, d) = a[d * lda + r]
// depth is positive.
template <a_order Order, b_source Source, int Rows, int Vectors>
SLIMMING_ALWAYS_INLINE void multiply_tile(const float* a, index_t lda, const float* b, index_t ldb,
                                          index_t depth, vec (&sum)[Rows][Vectors]) {
  index_t d = 0;
  do {  // a test before the first step would cost a copy of all sums
    if constexpr (Source == b_source::memory) ask_for_later<Vectors * vector_width>(b + d * ldb);
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
template <a_order Order, b_source Source, int Vectors, class Target, int Rows>
void gemm_tile(const float* a, index_t lda, const float* b, index_t ldb, index_t depth,
               index_t first, const Target& target) {
  vec sum[Rows][Vectors] = {};
  target.template start<Rows, Vectors>(first, sum);
  multiply_tile<Order, Source, Rows, Vectors>(a, lda, b, ldb, depth, sum);
  target.template finish<Rows, Vectors>(first, sum);
}

template <class Target>
using gemm_tile_function = void (*)(const float*, index_t, const float*, index_t, index_t, index_t,
                                    const Target&);

template <a_order Order, b_source Source, int Vectors, class Target, std::size_t... I>
constexpr auto make_tile_table(std::index_sequence<I...>) {
  return std::array<gemm_tile_function<Target>, sizeof...(I)>{
      gemm_tile<Order, Source, Vectors, Target, static_cast<int>(I) + 1>...};
}
/// Entry r - 1 computes r rows.
template <a_order Order, b_source Source, int Vectors, class Target>
inline constexpr auto tile_table =
    make_tile_table<Order, Source, Vectors, Target>(std::make_index_sequence<tile_rows<Vectors>>{});

/// A * B for one panel of \p width columns, one or two vectors; \p target says where sums start and
/// where they go: `start(first row, sum)`, `finish(first row, sum)`.
template <a_order Order, b_source Source = b_source::cache, class Target>
void gemm_panel(const float* a, index_t lda, const float* b, index_t ldb, index_t width,
                index_t rows, index_t depth, const Target& target) {
  const bool wide = width > vector_width;
  const index_t most = wide ? tile_rows<2> : tile_rows<1>;
  const auto* table = wide ? tile_table<Order, Source, 2, Target>.data()
                           : tile_table<Order, Source, 1, Target>.data();
  // Tiles of nearly equal height, the lower ones first.
  const index_t tiles = (rows + most - 1) / most, height = rows / tiles;
  const index_t lower = tiles - rows % tiles;
  for (index_t t = 0, r = 0; t < tiles; ++t) {
    const index_t n = t < lower ? height : height + 1;
    table[n - 1](Order == a_order::row ? a + r * lda : a + r, lda, b, ldb, depth, r, target);
    r += n;
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
