// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Layers that satisfy their concept and nothing more: not copyable, not movable, not comparable, and
/// whose address the `&` operator does not give.

#include <slimming/core/tensor_view.hpp>   // view
#include <slimming/layer/scope.hpp>        // layer_scope
#include <slimming/layer/traits.hpp>       // layer_traits
#include <slimming/rules/feature_map.hpp>  // feature_map

#include <cstdint>  // std::int32_t
#include <span>     // std::span

namespace archetypes {

struct immobile {
  immobile() = default;
  immobile(const immobile&) = delete;
  immobile& operator=(const immobile&) = delete;
  void operator&() const = delete;
};

struct conv : immobile {
  float w[2 * 3] = {};
};
struct linear : immobile {
  double w[2 * 2] = {};
};
struct batch_norm : immobile {
  float g[2] = {};
};
struct channel_select : immobile {
  std::int32_t list[2] = {0, 1};
};
struct elementwise : immobile {};
struct connecting : immobile {};

}  // namespace archetypes

template <>
struct slimming::layer_traits<archetypes::conv> {
  using kind = slimming::kinds::conv;
  static tensor_view<float, 3> weight(archetypes::conv& l) { return view(l.w, 2, 3, 1); }
  static void resized(archetypes::conv&, std::span<const index_t>) {}
};
template <>
struct slimming::layer_traits<archetypes::linear> {
  using kind = slimming::kinds::linear;
  static tensor_view<double, 2> weight(archetypes::linear& l) { return view(l.w, 2, 2); }
  static void resized(archetypes::linear&, std::span<const index_t>) {}
};
template <>
struct slimming::layer_traits<archetypes::batch_norm> {
  using kind = slimming::kinds::batch_norm;
  static tensor_view<float, 1> gamma(archetypes::batch_norm& l) { return view(l.g, 2); }
  static void resized(archetypes::batch_norm&, std::span<const index_t>) {}
};
template <>
struct slimming::layer_traits<archetypes::channel_select> {
  using kind = slimming::kinds::channel_select;
  static tensor_view<std::int32_t, 1> indices(archetypes::channel_select& l) {
    return view(l.list, 2);
  }
  static void resized(archetypes::channel_select&, std::span<const index_t>) {}
};
template <>
struct slimming::layer_traits<archetypes::elementwise> {
  using kind = slimming::kinds::elementwise;
};
template <>
struct slimming::layer_traits<archetypes::connecting> {
  static feature_map connect(layer_scope&, archetypes::connecting&, const feature_map& x) {
    return x;
  }
};
