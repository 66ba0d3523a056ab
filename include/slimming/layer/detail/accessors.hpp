// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which accessors a layer's traits offer, and what they say as plain facts.
/// Area: layer, internal.

#include <slimming/core/array_ref.hpp>   // array_ref
#include <slimming/core/config.hpp>      // index_t
#include <slimming/core/dtype.hpp>       // dtype
#include <slimming/graph/parameter.hpp>  // parameter, parameter_owner
#include <slimming/layer/concepts.hpp>   // is_one_of, has_weight, has_gamma, has_indices
#include <slimming/layer/traits.hpp>     // layer_traits, kinds
#include <slimming/rules/window.hpp>     // window

#include <concepts>          // std::integral, std::convertible_to
#include <initializer_list>  // std::initializer_list
#include <optional>          // std::optional
#include <span>              // std::span
#include <string>            // std::string
#include <type_traits>       // std::remove_cvref_t
#include <utility>           // std::declval, std::move
#include <vector>            // std::vector

namespace slimming::inline v0::detail {

template <class L>
concept has_bias = requires(L& layer) {
  layer_traits<L>::bias(layer);
};
template <class L>
concept has_beta = requires(L& layer) {
  layer_traits<L>::beta(layer);
};
template <class L>
concept has_running_mean = requires(L& layer) {
  layer_traits<L>::running_mean(layer);
};
template <class L>
concept has_running_variance = requires(L& layer) {
  layer_traits<L>::running_variance(layer);
};
template <class L>
concept has_slope = requires(L& layer) {
  layer_traits<L>::slope(layer);
};
template <class L>
concept has_stride = requires(L& layer) {
  layer_traits<L>::stride(layer);
};
template <class L>
concept has_dilation = requires(L& layer) {
  layer_traits<L>::dilation(layer);
};
template <class L>
concept has_padding = requires(L& layer) {
  layer_traits<L>::padding(layer);
};
template <class L>
concept has_padding_end = requires(L& layer) {
  layer_traits<L>::padding_end(layer);
};
template <class L>
concept has_output_padding = requires(L& layer) {
  layer_traits<L>::output_padding(layer);
};
template <class L>
concept has_kernel = requires(L& layer) {
  layer_traits<L>::kernel(layer);
};
template <class L>
concept has_round_up = requires(L& layer) {
  layer_traits<L>::round_up(layer);
};
template <class L>
concept has_groups = requires(L& layer) {
  layer_traits<L>::groups(layer);
};
template <class L>
concept has_grouping = requires(L& layer) {
  layer_traits<L>::grouping(layer);
};
template <class L>
concept has_axes = requires(L& layer) {
  layer_traits<L>::axes(layer);
};
template <class L>
concept has_block = requires(L& layer) {
  layer_traits<L>::block(layer);
};
template <class L>
concept has_order = requires(L& layer) {
  layer_traits<L>::order(layer);
};
template <class L>
concept has_factor = requires(L& layer) {
  layer_traits<L>::factor(layer);
};
template <class L>
concept has_before = requires(L& layer) {
  layer_traits<L>::before(layer);
};
template <class L>
concept has_after = requires(L& layer) {
  layer_traits<L>::after(layer);
};
template <class L>
concept has_reason = requires(L& layer) {
  layer_traits<L>::reason(layer);
};
template <class L>
concept has_spatial = requires(L& layer, std::span<const index_t> in) {
  layer_traits<L>::spatial(layer, in);
};
template <class L>
concept has_resized = requires(L& layer, std::span<const index_t> extents) {
  layer_traits<L>::resized(layer, extents);
};
template <class L>
concept names_resized = requires {
  &layer_traits<L>::resized;
};
template <class L>
concept has_accepts = requires(L& layer, std::span<const index_t> extents) {
  layer_traits<L>::accepts(layer, extents);
};

// One integer for all axes, or a range with one per axis.
template <class T>
concept integer_list = std::integral<T> || requires(const T& list) {
  requires std::integral<std::remove_cvref_t<decltype(*std::begin(list))>>;
  std::end(list);
};

template <integer_list T>
std::vector<index_t> to_list(const T& list) {
  if constexpr (std::integral<T>) {
    return {static_cast<index_t>(list)};
  } else {
    std::vector<index_t> out;
    for (const auto entry : list) out.push_back(static_cast<index_t>(entry));
    return out;
  }
}

template <class L>
void set_window(rules::window& w, L& layer) {
  if constexpr (has_stride<L>) w.stride = to_list(layer_traits<L>::stride(layer));
  if constexpr (has_dilation<L>) w.dilation = to_list(layer_traits<L>::dilation(layer));
  if constexpr (has_padding<L>) w.pad_begin = to_list(layer_traits<L>::padding(layer));
  if constexpr (has_padding_end<L>) w.pad_end = to_list(layer_traits<L>::padding_end(layer));
  if constexpr (has_round_up<L>) w.round_up = layer_traits<L>::round_up(layer);
}

/// What a layer hears of its first parameter's extents: not the 0 at the end of those without
/// elements.
template <class Kind>
std::span<const index_t> heard(std::span<const index_t> extents) {
  if constexpr (is_one_of<Kind, kinds::batch_norm, kinds::instance_norm, kinds::group_norm,
                          kinds::layer_norm>)
    return extents.first(1);
  else if constexpr (is_one_of<Kind, kinds::channel_pad>)
    return extents.first(2);
  else
    return extents;
}

// The hooks with their types erased: functions that know what the object is. (Lambdas would cost
// three symbols each, for every layer of a network.)
template <class L>
bool accepts_erased(void* object, std::span<const index_t> extents) {
  return layer_traits<L>::accepts(*static_cast<L*>(object),
                                  heard<typename layer_traits<L>::kind>(extents));
}
template <class L>
void resized_erased(void* object, std::span<const index_t> extents) {
  layer_traits<L>::resized(*static_cast<L*>(object),
                           heard<typename layer_traits<L>::kind>(extents));
}

template <class L>
parameter_owner owner_of(L& layer) {
  parameter_owner owner;
  // In this room everywhere: std::addressof without <memory>, which brings the streams along.
  owner.object = __builtin_addressof(layer);
  if constexpr (has_accepts<L>) owner.accepts = &accepts_erased<L>;
  if constexpr (has_resized<L>) {
    owner.resized = &resized_erased<L>;
    owner.resized_is_noexcept = noexcept(
        layer_traits<L>::resized(std::declval<L&>(), std::declval<std::span<const index_t>>()));
  }
  return owner;
}

/// A parameter without elements, for a layer that has no array along these channels: \p owner
/// hears how many of \p extents are left.
inline parameter extents_of(std::string name, std::initializer_list<index_t> extents,
                            const parameter_owner& owner) {
  std::vector<index_t> shape(extents);
  shape.push_back(0);
  return {std::move(name), array_ref(nullptr, dtype::float32, shape), owner};
}

/// Arrays that a layer may or may not have: a view without elements says that this one has none.
inline void set_if_there(std::optional<parameter>& to, const array_ref& array) {
  if (array.size() > 0) to.emplace().array = array;
}

}  // namespace slimming::inline v0::detail
