// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One-dimensional transforms that turn a 3-tap convolution into elementwise products.
/// Area: kernels/cpu. Lavin and Gray, CVPR 2016; Winograd 1980.
///
/// For input d, kernel g and output y of one tile, y = output(input(d) * weights(g)), products
/// taken element by element. The adjoints, output_adjoint and weights_adjoint, turn the same
/// identity into the gradient of the kernel: dg = weights_adjoint(input(d) * output_adjoint(dy)).
/// Two dimensions are one after the other: into_products() and out_of_products().

#include <slimming/core/config.hpp>         // index_t
#include <slimming/kernels/cpu/vector.hpp>  // vec

namespace slimming::inline v0::kernels::cpu::detail {

/// F(4, 3), points 0, 1, -1, 2, -2 and infinity: 6 products for 4 outputs instead of 12.
struct winograd_4 {
  static constexpr int in = 6, products = 6, out = 4;
  static constexpr bool whole_map = false;

  SLIMMING_ALWAYS_INLINE static void input(const vec (&d)[6], vec (&to)[6]) {
    const vec a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
    const vec c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
    to[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    to[1] = a + b;
    to[2] = a - b;
    to[3] = c + e;
    to[4] = c - e;
    to[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
  }
  SLIMMING_ALWAYS_INLINE static void weights(const vec (&g)[3], vec (&to)[6]) {
    const vec ends = g[0] + g[2];
    const vec even = (1 / 24.0f) * g[0] + (1 / 6.0f) * g[2], odd = (1 / 12.0f) * g[1];
    to[0] = 0.25f * g[0];
    to[1] = (-1 / 6.0f) * (ends + g[1]);
    to[2] = (-1 / 6.0f) * (ends - g[1]);
    to[3] = even + odd;
    to[4] = even - odd;
    to[5] = g[2];
  }
  SLIMMING_ALWAYS_INLINE static void output(const vec (&m)[6], vec (&to)[4]) {
    const vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
    to[0] = m[0] + a + c;
    to[1] = b + 2.0f * d;
    to[2] = a + 4.0f * c;
    to[3] = b + 8.0f * d + m[5];
  }
  SLIMMING_ALWAYS_INLINE static void output_adjoint(const vec (&y)[4], vec (&to)[6]) {
    const vec a = y[0] + y[2], b = y[1] + y[3];
    const vec c = y[0] + 4.0f * y[2], d = 2.0f * y[1] + 8.0f * y[3];
    to[0] = y[0];
    to[1] = a + b;
    to[2] = a - b;
    to[3] = c + d;
    to[4] = c - d;
    to[5] = y[3];
  }
  SLIMMING_ALWAYS_INLINE static void weights_adjoint(const vec (&u)[6], vec (&to)[3]) {
    const vec a = u[1] + u[2], b = u[1] - u[2], c = u[3] + u[4], d = u[3] - u[4];
    to[0] = 0.25f * u[0] - (1 / 6.0f) * a + (1 / 24.0f) * c;
    to[1] = (1 / 12.0f) * d - (1 / 6.0f) * b;
    to[2] = (1 / 6.0f) * (c - a) + u[5];
  }
};

/// F(2, 3), points 0, 1, -1 and infinity: 4 products for 2 outputs instead of 6.
struct winograd_2 {
  static constexpr int in = 4, products = 4, out = 2;
  static constexpr bool whole_map = false;

  SLIMMING_ALWAYS_INLINE static void input(const vec (&d)[4], vec (&to)[4]) {
    to[0] = d[0] - d[2];
    to[1] = d[1] + d[2];
    to[2] = d[2] - d[1];
    to[3] = d[1] - d[3];
  }
  SLIMMING_ALWAYS_INLINE static void weights(const vec (&g)[3], vec (&to)[4]) {
    const vec ends = 0.5f * (g[0] + g[2]), middle = 0.5f * g[1];
    to[0] = g[0];
    to[1] = ends + middle;
    to[2] = ends - middle;
    to[3] = g[2];
  }
  SLIMMING_ALWAYS_INLINE static void output(const vec (&m)[4], vec (&to)[2]) {
    to[0] = m[0] + m[1] + m[2];
    to[1] = m[1] - m[2] - m[3];
  }
  SLIMMING_ALWAYS_INLINE static void output_adjoint(const vec (&y)[2], vec (&to)[4]) {
    to[0] = y[0];
    to[1] = y[0] + y[1];
    to[2] = y[0] - y[1];
    to[3] = -y[1];
  }
  SLIMMING_ALWAYS_INLINE static void weights_adjoint(const vec (&u)[4], vec (&to)[3]) {
    const vec middle = 0.5f * (u[1] + u[2]);
    to[0] = u[0] + middle;
    to[1] = 0.5f * (u[1] - u[2]);
    to[2] = middle + u[3];
  }
};

/// A whole map of two pixels under a kernel with padding 1 is a 2x2 Toeplitz product: 3 products
/// instead of 4 (or of 6, counting those with the zeros around the map).
struct toeplitz_2 {
  static constexpr int in = 2, products = 3, out = 2;
  static constexpr bool whole_map = true;

  SLIMMING_ALWAYS_INLINE static void input(const vec (&d)[2], vec (&to)[3]) {
    to[0] = d[0] + d[1];
    to[1] = d[1];
    to[2] = d[0];
  }
  SLIMMING_ALWAYS_INLINE static void weights(const vec (&g)[3], vec (&to)[3]) {
    to[0] = g[1];
    to[1] = g[2] - g[1];
    to[2] = g[0] - g[1];
  }
  SLIMMING_ALWAYS_INLINE static void output(const vec (&m)[3], vec (&to)[2]) {
    to[0] = m[0] + m[1];
    to[1] = m[0] + m[2];
  }
  SLIMMING_ALWAYS_INLINE static void output_adjoint(const vec (&y)[2], vec (&to)[3]) {
    to[0] = y[0] + y[1];
    to[1] = y[0];
    to[2] = y[1];
  }
  SLIMMING_ALWAYS_INLINE static void weights_adjoint(const vec (&u)[3], vec (&to)[3]) {
    to[0] = u[2];
    to[1] = u[0] - u[1] - u[2];
    to[2] = u[1];
  }
};

/// Applies a one-dimensional \p Step from From to To elements to rows, then to columns: reads
/// get(i, j), i and j < From, and writes To * To products one after another, \p distance apart.
/// Products are numbered column by column, so that this and out_of_products() both walk through
/// memory with a single pointer. The outer loops stay loops: unrolled, their 36 vectors would be
/// spilled and copied about.
template <int From, int To, auto Step, class Get>
SLIMMING_ALWAYS_INLINE void into_products(const Get& get, float* to, index_t distance) {
  vec middle[To][From];
#pragma GCC unroll 1
  for (int i = 0; i < From; ++i) {
    vec row[From], result[To];
#pragma GCC unroll 8
    for (int j = 0; j < From; ++j) row[j] = get(i, j);
    Step(row, result);
#pragma GCC unroll 8
    for (int g = 0; g < To; ++g) middle[g][i] = result[g];
  }
#pragma GCC unroll 1
  for (int g = 0; g < To; ++g) {
    vec result[To];
    Step(middle[g], result);
#pragma GCC unroll 8
    for (int f = 0; f < To; ++f, to += distance) store(to, result[f]);
  }
}

/// The way back: reads From * From products, writes put(i, j, value), i and j < To, row by row.
template <int From, int To, auto Step, class Put>
SLIMMING_ALWAYS_INLINE void out_of_products(const float* from, index_t distance, const Put& put) {
  vec middle[To][From];
#pragma GCC unroll 1
  for (int g = 0; g < From; ++g) {
    vec column[From], result[To];
#pragma GCC unroll 8
    for (int f = 0; f < From; ++f, from += distance) column[f] = load(from);
    Step(column, result);
#pragma GCC unroll 8
    for (int i = 0; i < To; ++i) middle[i][g] = result[i];
  }
#pragma GCC unroll 1
  for (int i = 0; i < To; ++i) {
    vec result[To];
    Step(middle[i], result);
#pragma GCC unroll 8
    for (int j = 0; j < To; ++j) put(i, j, result[j]);
  }
}

}  // namespace slimming::inline v0::kernels::cpu::detail
