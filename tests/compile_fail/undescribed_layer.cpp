// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// A layer that nobody described.
// expected-error: slimming: layer_traits<L> is not specialised for this type
#include <slimming/layer/compose.hpp>

struct relu {};
struct swish {};

template <>
struct slimming::layer_traits<relu> {
  using kind = slimming::kinds::elementwise;
};
#if !defined(SLIMMING_EXPECT_FAIL)
template <>
struct slimming::layer_traits<swish> {
  using kind = slimming::kinds::elementwise;
};
#endif

slimming::feature_map describe(slimming::channel_graph& g, relu& a, swish& b) {
  return slimming::chain(g, slimming::input(g, 3), a, slimming::named("b", b));
}
