// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Views of the wrong rank or element type, and pointers where views are wanted.
// expected-error: of a convolution must return a tensor_view of rank 3 or more, for two spatial axes of rank 4 (out, in, kh, kw)
// expected-error: of a linear layer must return a tensor_view of rank 2 (out, in)
// expected-error: slimming: layer_traits<L>::weight(L&) must return a tensor_view; make one with slimming::view(pointer, out, in)
// expected-error: slimming: layer_traits<L>::gamma(L&) must return a tensor_view of rank 1 (n)
// expected-error: slimming: layer_traits<L>::beta(L&) must return a tensor_view of rank 1 (n)
// expected-error: slimming: layer_traits<L>::running_mean(L&) must return a tensor_view of rank 1 (n)
// expected-error: slimming: layer_traits<L>::running_variance(L&) must return a tensor_view of rank 1 (n)
// expected-error: slimming: layer_traits<L>::slope(L&) must return a tensor_view of rank 1 (n) or (1)
// expected-error: slimming: layer_traits<L>::indices(L&) must return a tensor_view of rank 1 over integers
#include <slimming/layer/compose.hpp>

#include <cstdint>

#if defined(SLIMMING_EXPECT_FAIL)
inline constexpr bool right = false;
#else
inline constexpr bool right = true;
#endif

struct conv {};
struct matrix {};
struct pointer {};
struct norm {};
struct prelu {};
struct select_layer {};

namespace slimming {

// A view of `Right` axes, or of `Wrong` ones where the file is to fail.
template <std::size_t Right, std::size_t Wrong>
using axes = tensor_view<float, right ? Right : Wrong>;

template <>
struct layer_traits<conv> {
  using kind = kinds::conv;
  static axes<4, 2> weight(conv&) { return {}; }
  static void resized(conv&, std::span<const index_t>) {}
};
template <>
struct layer_traits<matrix> {
  using kind = kinds::linear;
  static axes<2, 4> weight(matrix&) { return {}; }
  static void resized(matrix&, std::span<const index_t>) {}
};
template <>
struct layer_traits<pointer> {
  using kind = kinds::linear;
  static std::conditional_t<right, axes<2, 2>, float*> weight(pointer&) { return {}; }
  static void resized(pointer&, std::span<const index_t>) {}
};
template <>
struct layer_traits<norm> {
  using kind = kinds::batch_norm;
  static axes<1, 2> gamma(norm&) { return {}; }
  static axes<1, 2> beta(norm&) { return {}; }
  static axes<1, 2> running_mean(norm&) { return {}; }
  static axes<1, 2> running_variance(norm&) { return {}; }
  static void resized(norm&, std::span<const index_t>) {}
};
template <>
struct layer_traits<prelu> {
  using kind = kinds::prelu;
  static axes<1, 3> slope(prelu&) { return {}; }
  static void resized(prelu&, std::span<const index_t>) {}
};
template <>
struct layer_traits<select_layer> {
  using kind = kinds::channel_select;
  static tensor_view<std::conditional_t<right, std::int64_t, float>, 1> indices(select_layer&) {
    return {};
  }
  static void resized(select_layer&, std::span<const index_t>) {}
};

}  // namespace slimming

slimming::feature_map describe(slimming::channel_graph& g, conv& a, matrix& b, pointer& c, norm& d,
                               prelu& e, select_layer& f) {
  return slimming::chain(g, slimming::input(g, 3), a, b, c, d, e, f);
}
