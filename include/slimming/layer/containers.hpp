// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Standard containers of layers are layers: vector, array and tuple one after the other, owning
/// pointers and variant as what they hold.
/// Area: layer.

#include <slimming/core/error.hpp>      // bad_value
#include <slimming/layer/compose.hpp>   // chain
#include <slimming/layer/concepts.hpp>  // any_layer
#include <slimming/layer/connect.hpp>   // connect
#include <slimming/layer/scope.hpp>     // layer_scope
#include <slimming/layer/traits.hpp>    // layer_traits

#include <array>     // std::array
#include <concepts>  // std::same_as
#include <tuple>     // std::tuple, std::apply
#include <vector>    // std::vector

namespace slimming::inline v0 {

namespace detail {

template <class Range>
feature_map connect_each(layer_scope& at, Range& layers, feature_map x) {
  for (auto& layer : layers) x = chain(at, x, layer);
  return x;
}

}  // namespace detail

template <class L, class Allocator>
struct layer_traits<std::vector<L, Allocator>> {
  static feature_map connect(layer_scope& at, std::vector<L, Allocator>& layers,
                             const feature_map& x) {
    return detail::connect_each(at, layers, x);
  }
};

template <class L, std::size_t N>
struct layer_traits<std::array<L, N>> {
  static feature_map connect(layer_scope& at, std::array<L, N>& layers, const feature_map& x) {
    return detail::connect_each(at, layers, x);
  }
};

template <class... Layers>
struct layer_traits<std::tuple<Layers...>> {
  static feature_map connect(layer_scope& at, std::tuple<Layers...>& layers, const feature_map& x) {
    return std::apply([&](auto&... each) { return chain(at, x, each...); }, layers);
  }
};

/// std::unique_ptr, std::shared_ptr and whatever else owns one object. (Named by what they do:
/// <memory> alone would be a quarter of this library's compile time.)
template <class Pointer>
requires requires(Pointer& p) {
  typename Pointer::element_type;
  { p.get() } -> std::same_as<typename Pointer::element_type*>;
  { *p } -> std::same_as<typename Pointer::element_type&>;
}
struct layer_traits<Pointer> {
  /// \throws bad_value  if it holds nothing.
  static feature_map connect(layer_scope& at, Pointer& layer, const feature_map& x) {
    if (layer.get() == nullptr) throw bad_value(at.name(), "the pointer to this layer is null");
    return slimming::connect(at, *layer, x);
  }
};

/// std::variant, likewise.
template <class Variant>
requires requires(const Variant& v) {
  v.index();
  v.valueless_by_exception();
}
struct layer_traits<Variant> {
  static feature_map connect(layer_scope& at, Variant& layer, const feature_map& x) {
    return visit([&](auto& held) { return slimming::connect(at, held, x); }, layer);  // std's
  }
};

}  // namespace slimming::inline v0
