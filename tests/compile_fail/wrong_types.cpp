// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Accessors that return something else than the number, order or axes that they stand for.
// expected-error: slimming: layer_traits<L>::output_padding(L&) must return an integer or a range of
// expected-error: slimming: layer_traits<L>::axes(L&) must return a slimming::rules::kernel_axes
// expected-error: slimming: layer_traits<L>::block(L&) must return an integer, the number of positions
// expected-error: slimming: layer_traits<L>::order(L&) must return a slimming::rules::element_order
// expected-error: slimming: layer_traits<L>::before(L&) and after(L&) must return integers
#include <slimming/layer/compose.hpp>

struct transposed {};
struct flattening {};
struct pad {};

namespace slimming {

template <>
struct layer_traits<transposed> {
  using kind = kinds::transposed_conv;
  static auto weight(transposed&) { return tensor_view<float, 4>{}; }
  static void resized(transposed&, std::span<const index_t>) {}
#if defined(SLIMMING_EXPECT_FAIL)
  static auto output_padding(transposed&) { return 1.0; }
  static auto axes(transposed&) { return 1; }
#else
  static auto output_padding(transposed&) { return 1; }
  static auto axes(transposed&) { return rules::iohw; }
#endif
};
template <>
struct layer_traits<flattening> {
  using kind = kinds::flatten;
#if defined(SLIMMING_EXPECT_FAIL)
  static auto block(flattening&) { return "4"; }
  static auto order(flattening&) { return 0; }
#else
  static auto block(flattening&) { return 4u; }
  static auto order(flattening&) { return rules::element_order::channels_last; }
#endif
};
template <>
struct layer_traits<pad> {
  using kind = kinds::channel_pad;
#if defined(SLIMMING_EXPECT_FAIL)
  static auto before(pad&) { return 0.5; }
  static auto after(pad&) { return 0.5; }
#else
  static auto before(pad&) { return 1; }
  static auto after(pad&) { return 1l; }
#endif
};

}  // namespace slimming

slimming::feature_map describe(slimming::channel_graph& g, transposed& a, flattening& b, pad& c) {
  return slimming::chain(g, slimming::input(g, 3), a, b, c);
}
