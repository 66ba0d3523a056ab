// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// A layer that dies before surgery could reach it.
// expected-error: slimming: chain() keeps the addresses of its layers until surgery
#include <slimming/layer/compose.hpp>

struct relu {};

template <>
struct slimming::layer_traits<relu> {
  using kind = slimming::kinds::elementwise;
};

slimming::feature_map describe(slimming::channel_graph& g, relu& a) {
#if defined(SLIMMING_EXPECT_FAIL)
  return slimming::chain(g, slimming::input(g, 3), a, relu{});
#else
  return slimming::chain(g, slimming::input(g, 3), a, a);
#endif
}
