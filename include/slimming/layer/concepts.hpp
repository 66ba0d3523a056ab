// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The concepts of the compile-time front end, each a contract.
/// Area: layer.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/tensor_view.hpp>   // tensor_view
#include <slimming/layer/scope.hpp>        // layer_scope
#include <slimming/layer/traits.hpp>       // layer_traits, kinds
#include <slimming/rules/feature_map.hpp>  // feature_map

#include <concepts>     // std::same_as, std::integral
#include <type_traits>  // std::remove_cvref_t

namespace slimming::inline v0 {

/// A type whose `layer_traits` name a kind.
///
/// It does not promise that the accessors of that kind are there: connect() checks those one by
/// one.
///   valid:   `struct layer_traits<relu> { using kind = kinds::elementwise; };`
///   invalid: a type without a specialisation
template <class L>
concept described_layer = requires {
  typename layer_traits<L>::kind;
};

/// A type whose `layer_traits` connect it themselves.
///   1. `layer_traits<L>::connect(layer_scope&, L&, const feature_map&)` returns a `feature_map`.
/// It does not promise that the output belongs to the same graph; the graph's verbs check that.
template <class L>
concept connecting_layer = requires(layer_scope& at, L& layer, const feature_map& x) {
  { layer_traits<L>::connect(at, layer, x) } -> std::same_as<feature_map>;
};

/// A type that the library was told about, one way or the other.
template <class L>
concept any_layer = described_layer<L> || connecting_layer<L>;

namespace detail {

// Asked of the kind instead of the layer: the answer serves all layers of that kind.
template <class Kind, class... Kinds>
inline constexpr bool is_one_of = (std::same_as<Kind, Kinds> || ...);

template <class L, class... Kinds>
inline constexpr bool is_of_kind = false;
template <described_layer L, class... Kinds>
inline constexpr bool is_of_kind<L, Kinds...> = is_one_of<typename layer_traits<L>::kind, Kinds...>;

// Accessor present / of the right type. Absent accessors are no errors here.
template <class L>
concept has_weight = requires(L& layer) {
  layer_traits<L>::weight(layer);
};
template <class L>
concept has_gamma = requires(L& layer) {
  layer_traits<L>::gamma(layer);
};
template <class L>
concept has_indices = requires(L& layer) {
  layer_traits<L>::indices(layer);
};

template <has_weight L>
using weight_view = std::remove_cvref_t<decltype(layer_traits<L>::weight(std::declval<L&>()))>;
template <has_gamma L>
using gamma_view = std::remove_cvref_t<decltype(layer_traits<L>::gamma(std::declval<L&>()))>;
template <has_indices L>
using indices_view = std::remove_cvref_t<decltype(layer_traits<L>::indices(std::declval<L&>()))>;

template <class V, std::size_t Least>
concept view_of_rank_at_least = is_tensor_view<V> &&(V::rank() >= Least);

template <class V>
concept index_view = vector_view<V> && std::integral<typename V::value_type> &&
    !std::same_as<typename V::value_type, bool>;

}  // namespace detail

/// A convolution of any spatial rank: plain, grouped, depthwise or transposed.
///   1. `layer_traits<L>::kind` is `kinds::conv`, `kinds::depthwise_conv` or `kinds::transposed_conv`.
///   2. `layer_traits<L>::weight(L&)` returns a `tensor_view` of rank 3 or more.
/// It does not promise anything about the number of groups or the order of the axes: these are
/// data.
///   valid:   weight returns `view(w, out, in, 3, 3)`
///   invalid: weight returns `view(w, out, in)`, however much it looks like a 1x1 kernel
template <class L>
concept conv_layer =
    detail::is_of_kind<L, kinds::conv, kinds::depthwise_conv, kinds::transposed_conv> &&
    detail::has_weight<L> && detail::view_of_rank_at_least < detail::weight_view<L>,
3 > ;

/// A matrix that multiplies the channels.
///   1. `layer_traits<L>::kind` is `kinds::linear`.
///   2. `layer_traits<L>::weight(L&)` returns a `tensor_view` of rank 2.
template <class L>
concept linear_layer = detail::is_of_kind<L, kinds::linear> && detail::has_weight<L> &&
                       view_of_rank < detail::weight_view<L>,
2 > ;

/// A batch normalisation; its scale factors are what network slimming ranks.
///   1. `layer_traits<L>::kind` is `kinds::batch_norm`.
///   2. `layer_traits<L>::gamma(L&)` returns a `tensor_view` of rank 1.
template <class L>
concept batch_norm_layer = detail::is_of_kind<L, kinds::batch_norm> && detail::has_gamma<L> &&
    vector_view<detail::gamma_view<L>>;

/// A selection of channels: the consumers see `indices` of the producer's channels.
///   1. `layer_traits<L>::kind` is `kinds::channel_select`.
///   2. `layer_traits<L>::indices(L&)` returns a rank-1 `tensor_view` of integers.
/// It does not promise that the indices increase or differ.
template <class L>
concept channel_select_layer = detail::is_of_kind<L, kinds::channel_select> &&
    detail::has_indices<L> && detail::index_view<detail::indices_view<L>>;

}  // namespace slimming::inline v0
