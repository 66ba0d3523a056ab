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
#include <utility>  // std::index_sequence

namespace slimming::inline v0::kernels::cpu::detail {

/// Rows of the largest tile: what fits beside a row of B and a broadcast in 16 or 32 registers.
template <int Vectors>
inline constexpr int tile_rows = Vectors == 1         ? 12
                                 : vector_width == 16 ? 13
                                                      : 6;

/// Whether A is read as written (rows of the result are rows of A) or transposed.
enum class a_order { row, column };

// out (Rows, Vectors) = or += sum over d of A(r, d) * B(d, .)
//   a_order::row:    A(r, d) = a[r * lda + d]
//   a_order::column: A(r, d) = a[d * lda + r]
template <a_order Order, int Rows, int Vectors>
void gemm_tile(const float* a, index_t lda, const float* b, index_t ldb, index_t depth, float* out,
               index_t ldo, bool accumulate) {
  vec sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v)
      sum[r][v] = accumulate ? load(out + r * ldo + v * vector_width) : vec{};
  for (index_t d = 0; d < depth; ++d) {
    vec row[Vectors];
    for (int v = 0; v < Vectors; ++v) row[v] = load(b + d * ldb + v * vector_width);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const float factor = Order == a_order::row ? a[r * lda + d] : a[d * lda + r];
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[r][v] += factor * row[v];
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) store(out + r * ldo + v * vector_width, sum[r][v]);
}

using gemm_tile_function = void (*)(const float*, index_t, const float*, index_t, index_t, float*,
                                    index_t, bool);

template <a_order Order, int Vectors, std::size_t... I>
constexpr auto make_tile_table(std::index_sequence<I...>) {
  return std::array<gemm_tile_function, sizeof...(I)>{
      gemm_tile<Order, static_cast<int>(I) + 1, Vectors>...};
}
/// Entry r - 1 computes r rows.
template <a_order Order, int Vectors>
inline constexpr auto tile_table =
    make_tile_table<Order, Vectors>(std::make_index_sequence<tile_rows<Vectors>>{});

/// out (rows, width) = or += A * B for one panel of \p width columns, one or two vectors.
template <a_order Order>
void gemm_panel(const float* a, index_t lda, const float* b, index_t ldb, index_t width,
                index_t rows, index_t depth, float* out, index_t ldo, bool accumulate) {
  const bool wide = width > vector_width;
  const index_t most = wide ? tile_rows<2> : tile_rows<1>;
  const auto* table = wide ? tile_table<Order, 2>.data() : tile_table<Order, 1>.data();
  for (index_t tiles = (rows + most - 1) / most, r = 0; tiles > 0; --tiles) {
    const index_t n = (rows - r) / tiles;  // tiles of nearly equal height
    table[n - 1](Order == a_order::row ? a + r * lda : a + r, lda, b, ldb, depth, out + r * ldo,
                 ldo, accumulate);
    r += n;
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
