// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Networks of layers: one after the other, side by side, named or numbered.
/// Area: layer.

#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/layer/concepts.hpp>       // any_layer
#include <slimming/layer/connect.hpp>        // connect, connect_erased
#include <slimming/layer/scope.hpp>          // layer_scope
#include <slimming/rules/concat.hpp>         // concat_facts
#include <slimming/rules/feature_map.hpp>    // feature_map
#include <slimming/rules/join.hpp>           // join_facts
#include <slimming/rules/pass.hpp>           // pool_facts
#include <slimming/rules/reshape.hpp>        // flatten_facts

#include <initializer_list>  // std::initializer_list
#include <span>              // std::span
#include <string>            // std::string
#include <string_view>       // std::string_view
#include <type_traits>       // std::remove_reference_t

namespace slimming::inline v0 {

/// A layer and what it is called inside its parent.
template <class L>
struct named_layer {
  std::string_view name;
  L* layer;
};

/// Gives a layer a name: `chain(at, x, named("conv1", net.conv1), named("bn1", net.bn1))`.
template <class L>
[[nodiscard]] named_layer<L> named(std::string_view name, L& layer) noexcept {
  return {name, __builtin_addressof(layer)};
}

namespace detail {

// A layer with its type erased, so that a chain of any length is one loop.
struct link {
  std::string_view name;  // empty: numbered
  void* layer;
  feature_map (*connect)(layer_scope&, void*, const feature_map&);
};

template <class L>
consteval bool check_is_layer() {
  static_assert(
      any_layer<L>,
      "slimming: layer_traits<L> is not specialised for this type: give it a kind (`using "
      "kind = slimming::kinds::...;`) or `static feature_map connect(layer_scope&, L&, const "
      "feature_map&)`");
  return any_layer<L>;
}

template <class L>
link link_to(std::string_view name, L& layer) noexcept {
  if constexpr (check_is_layer<L>())
    return {name, __builtin_addressof(layer), &connect_erased<L>};
  else
    return {};
}

template <class L>
inline constexpr bool is_named = false;
template <class L>
inline constexpr bool is_named<named_layer<L>> = true;

template <class Argument>
link link_of(Argument& argument) noexcept {
  if constexpr (is_named<std::remove_const_t<Argument>>)
    return link_to(argument.name, *argument.layer);
  else
    return link_to({}, argument);
}

// Lvalues, or names of lvalues. An array instead of a fold: chains may be longer than 256 layers.
template <class... Arguments>
consteval bool outlive() {
  const bool each[] = {
      true, (std::is_lvalue_reference_v<Arguments> || is_named<std::remove_cvref_t<Arguments>>)...};
  for (const bool one : each)
    if (!one) return false;
  return true;
}

inline feature_map connect_all(layer_scope& at, feature_map x, std::span<const link> links) {
  for (const link& l : links) {
    layer_scope member = l.name.empty() ? at[at.next_number()] : at[l.name];
    x = l.connect(member, l.layer, x);
  }
  return x;
}

}  // namespace detail

/// Connects layers one after the other. Layers without a name are numbered on.
template <class... Layers>
feature_map chain(layer_scope& at, const feature_map& x, Layers&&... layers) {
  static_assert(detail::outlive<Layers...>(),
                "slimming: chain() keeps the addresses of its layers until surgery: a temporary "
                "would be gone by then");
  if constexpr (sizeof...(Layers) == 0) {
    return x;
  } else {
    const detail::link links[] = {detail::link_of(layers)...};
    return detail::connect_all(at, x, links);
  }
}

/// The same at the root of a graph.
template <class... Layers>
feature_map chain(channel_graph& graph, const feature_map& x, Layers&&... layers) {
  layer_scope root(graph);
  return chain(root, x, static_cast<Layers&&>(layers)...);
}

/// A whole network at the root of a graph: its members' names start with nothing.
template <any_layer L>
feature_map connect(channel_graph& graph, L& network, const feature_map& x) {
  layer_scope root(graph);
  return slimming::connect(root, network, x);
}

/// Adds (or multiplies, ...) branches element by element: `join(at, {x, chain(at, x, b.conv1,
/// ...)})`.
/// Write the branches between braces: they are then evaluated from left to right on every compiler.
inline feature_map join(layer_scope& at, std::initializer_list<feature_map> branches) {
  return rules::connect(at.graph(), rules::join_facts{at.name(at.next_number())},
                        std::span<const feature_map>(branches.begin(), branches.size()));
}

/// Puts the channels of branches side by side.
inline feature_map concat(layer_scope& at, std::initializer_list<feature_map> branches) {
  return rules::connect(at.graph(), rules::concat_facts{.name = at.name(at.next_number())},
                        std::span<const feature_map>(branches.begin(), branches.size()));
}

/// For forward functions that flatten without a layer of their own.
inline feature_map flatten(layer_scope& at, const feature_map& x,
                           rules::element_order order = rules::element_order::channels_first) {
  return rules::connect(at.graph(),
                        rules::flatten_facts{.name = at.name("flatten"), .order = order}, x);
}

/// For forward functions that average or take the maximum over the map without a layer of their
/// own.
inline feature_map global_pool(layer_scope& at, const feature_map& x) {
  return rules::connect(at.graph(), rules::pool_facts{.name = at.name("global_pool")}, x);
}

}  // namespace slimming::inline v0
