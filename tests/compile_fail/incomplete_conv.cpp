// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Everything that is wrong with one convolution is named at once.
// expected-error: slimming: layer_traits<L>::weight(L&) is missing: a convolution returns its kernel
// expected-error: slimming: layer_traits<L>::bias(L&) must return a tensor_view of rank 1 (out)
// expected-error: slimming: layer_traits<L>::stride(L&) must return an integer or a range of integers
// expected-error: slimming: layer_traits<L>::dilation(L&) must return an integer or a range of integers
// expected-error: slimming: layer_traits<L>::padding(L&) must return an integer or a range of integers
// expected-error: slimming: layer_traits<L>::padding_end(L&) must return an integer or a range
// expected-error: slimming: layer_traits<L>::groups(L&) must return an integer
// expected-error: slimming: layer_traits<L>::grouping(L&) must return a slimming::rules::group_policy
// expected-error: slimming: layer_traits<L>::resized(L&, std::span<const index_t>) is missing
// expected-error: slimming: layer_traits<L>::accepts(L&, std::span<const index_t>) must return bool
#include <slimming/layer/compose.hpp>

#include <vector>

struct conv {
  int out, in;
  std::vector<float> w, b;
};

template <>
struct slimming::layer_traits<conv> {
  using kind = slimming::kinds::conv;
#if defined(SLIMMING_EXPECT_FAIL)
  static auto wieght(conv& c) { return view(c.w.data(), c.out, c.in, 3, 3); }
  static auto bias(conv& c) { return c.b.data(); }
  static auto stride(conv&) { return 1.5; }
  static auto dilation(conv&) { return "1"; }
  static auto padding(conv&) { return std::vector<double>{1, 1}; }
  static auto padding_end(conv&) { return nullptr; }
  static auto groups(conv&) { return 1.0f; }
  static auto grouping(conv&) { return 1; }
  static int accepts(conv&, std::span<const index_t>) { return 1; }
#else
  static auto weight(conv& c) { return view(c.w.data(), c.out, c.in, 3, 3); }
  static auto bias(conv& c) { return view(c.b.data(), c.b.size()); }
  static auto stride(conv&) { return 1; }
  static auto dilation(conv&) { return std::vector<int>{1, 1}; }
  static auto padding(conv&) { return std::vector<long>{1, 1}; }
  static auto padding_end(conv&) { return 0u; }
  static auto groups(conv&) { return 1; }
  static auto grouping(conv&) { return rules::group_policy::whole_groups; }
  static bool accepts(conv&, std::span<const index_t>) { return true; }
  static void resized(conv&, std::span<const index_t>) {}
#endif
};

slimming::feature_map describe(slimming::channel_graph& g, conv& c) {
  return slimming::chain(g, slimming::input(g, 3), c);
}
