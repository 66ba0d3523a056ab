// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Traits that contradict themselves, and a kind that is none of ours.
// expected-error: slimming: layer_traits<L> has a kind and a connect() of its own: keep one of them
// expected-error: slimming: layer_traits<L>::kind is none of slimming::kinds
#include <slimming/layer/compose.hpp>

struct both {};
struct stranger {};
struct my_kind {};

template <>
struct slimming::layer_traits<both> {
#if defined(SLIMMING_EXPECT_FAIL)
  using kind = slimming::kinds::elementwise;
#endif
  static feature_map connect(layer_scope&, both&, const feature_map& x) { return x; }
};
template <>
struct slimming::layer_traits<stranger> {
#if defined(SLIMMING_EXPECT_FAIL)
  using kind = my_kind;
#else
  using kind = slimming::kinds::elementwise;
#endif
};

slimming::feature_map describe(slimming::channel_graph& g, both& a, stranger& b) {
  return slimming::chain(g, slimming::input(g, 3), a, b);
}
