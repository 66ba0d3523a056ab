// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Kinds without what their contract asks for.
// expected-error: slimming: layer_traits<L>::weight(L&) is missing: a linear layer returns its matrix
// expected-error: slimming: layer_traits<L>::gamma(L&) is missing: a normalisation returns its scale
// expected-error: slimming: layer_traits<L>::groups(L&) is missing: a group normalisation returns
// expected-error: slimming: layer_traits<L>::slope(L&) is missing: a PReLU returns its slopes
// expected-error: slimming: layer_traits<L>::indices(L&) is missing: a channel_select returns its list
// expected-error: slimming: layer_traits<L>::kernel(L&) is missing: a pool returns the size of its
// expected-error: slimming: layer_traits<L>::spatial(L&, std::span<const index_t> in) is missing
// expected-error: slimming: layer_traits<L>::factor(L&) is missing: a pixel shuffle returns its factor
// expected-error: slimming: layer_traits<L>::groups(L&) is missing: a channel shuffle returns the number
// expected-error: slimming: layer_traits<L>::before(L&) is missing: a channel pad returns
// expected-error: slimming: layer_traits<L>::after(L&) is missing: a channel pad returns
// expected-error: slimming: layer_traits<L>::resized of a channel pad must be resized(L&, std::span<
#include <slimming/layer/compose.hpp>

#include <cstdint>

struct matrix {};
struct group_norm {};
struct prelu {};
struct select_layer {};
struct pool {};
struct resize {};
struct shuffle {};
struct channel_shuffle {};
struct pad {};

#if defined(SLIMMING_EXPECT_FAIL)
template <class Layer>
struct accessors {};
#else
template <class Layer>
struct accessors {
  using index_t = slimming::index_t;
  static auto weight(Layer&) { return slimming::tensor_view<float, 2>{}; }
  static auto gamma(Layer&) { return slimming::tensor_view<float, 1>{}; }
  static auto slope(Layer&) { return slimming::tensor_view<float, 1>{}; }
  static auto indices(Layer&) { return slimming::tensor_view<std::int32_t, 1>{}; }
  static int groups(Layer&) { return 1; }
  static int kernel(Layer&) { return 1; }
  static int factor(Layer&) { return 1; }
  static int before(Layer&) { return 1; }
  static int after(Layer&) { return 1; }
  static std::span<const index_t> spatial(Layer&, std::span<const index_t> in) { return in; }
  static void resized(Layer&, std::span<const index_t>) {}
};
#endif

namespace slimming {

template <>
struct layer_traits<matrix> : accessors<matrix> {
  using kind = kinds::linear;
};
template <>
struct layer_traits<group_norm> : accessors<group_norm> {
  using kind = kinds::group_norm;
};
template <>
struct layer_traits<prelu> : accessors<prelu> {
  using kind = kinds::prelu;
};
template <>
struct layer_traits<select_layer> : accessors<select_layer> {
  using kind = kinds::channel_select;
};
template <>
struct layer_traits<pool> : accessors<pool> {
  using kind = kinds::pool;
};
template <>
struct layer_traits<resize> : accessors<resize> {
  using kind = kinds::resize;
};
template <>
struct layer_traits<shuffle> : accessors<shuffle> {
  using kind = kinds::pixel_shuffle;
};
template <>
struct layer_traits<channel_shuffle> : accessors<channel_shuffle> {
  using kind = kinds::channel_shuffle;
};
template <>
struct layer_traits<pad> : accessors<pad> {
  using kind = kinds::channel_pad;
#if defined(SLIMMING_EXPECT_FAIL)
  static void resized(pad&, index_t, index_t) {}
#endif
};

}  // namespace slimming

slimming::feature_map describe(slimming::channel_graph& g, matrix& a, group_norm& b, prelu& c,
                               select_layer& d, pool& e, resize& f, shuffle& h, channel_shuffle& i,
                               pad& j) {
  return slimming::chain(g, slimming::input(g, 3), a, b, c, d, e, f, h, i, j);
}
