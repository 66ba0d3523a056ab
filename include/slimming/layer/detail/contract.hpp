// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One static_assert per requirement of a kind, each with what is wrong and what to write.
/// Area: layer, internal.

#include <slimming/layer/concepts.hpp>          // conv_layer, ...
#include <slimming/layer/detail/accessors.hpp>  // has_...
#include <slimming/layer/traits.hpp>            // layer_traits
#include <slimming/rules/conv.hpp>              // group_policy, kernel_axes
#include <slimming/rules/reshape.hpp>           // element_order

#include <concepts>     // std::same_as, std::integral
#include <span>         // std::span
#include <type_traits>  // std::remove_cvref_t
#include <utility>      // std::declval

namespace slimming::inline v0::detail {

// The accessor `present`, if it is there at all, is a rank-1 view. (A macro would be shorter; these
// stay greppable.)
template <class L>
consteval void check_vectors() {
  if constexpr (has_bias<L>)
    static_assert(
        vector_view<std::remove_cvref_t<decltype(layer_traits<L>::bias(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::bias(L&) must return a tensor_view of rank 1 (out); "
        "make one with slimming::view(pointer, n)");
  if constexpr (has_beta<L>)
    static_assert(
        vector_view<std::remove_cvref_t<decltype(layer_traits<L>::beta(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::beta(L&) must return a tensor_view of rank 1 (n)");
  if constexpr (has_running_mean<L>)
    static_assert(
        vector_view<
            std::remove_cvref_t<decltype(layer_traits<L>::running_mean(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::running_mean(L&) must return a tensor_view of rank 1 (n)");
  if constexpr (has_running_variance<L>)
    static_assert(
        vector_view<
            std::remove_cvref_t<decltype(layer_traits<L>::running_variance(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::running_variance(L&) must return a tensor_view of rank 1 "
        "(n)");
}

template <class L>
consteval void check_owner() {
  static_assert(
      has_resized<L>,
      "slimming: layer_traits<L>::resized(L&, std::span<const index_t>) is missing: after "
      "surgery the layer must learn its extents");
  if constexpr (has_accepts<L>)
    static_assert(
        std::same_as<bool, decltype(layer_traits<L>::accepts(
                               std::declval<L&>(), std::declval<std::span<const index_t>>()))>,
        "slimming: layer_traits<L>::accepts(L&, std::span<const index_t>) must return bool");
}

template <class L>
consteval void check_window() {
  if constexpr (has_stride<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::stride(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::stride(L&) must return an integer or a range of integers");
  if constexpr (has_dilation<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::dilation(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::dilation(L&) must return an integer or a range of integers");
  if constexpr (has_padding<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::padding(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::padding(L&) must return an integer or a range of integers");
  if constexpr (has_padding_end<L>)
    static_assert(
        integer_list<
            std::remove_cvref_t<decltype(layer_traits<L>::padding_end(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::padding_end(L&) must return an integer or a range of integers");
}

template <class L>
consteval void check_axes() {
  if constexpr (has_axes<L>)
    static_assert(
        std::same_as<rules::kernel_axes,
                     std::remove_cvref_t<decltype(layer_traits<L>::axes(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::axes(L&) must return a slimming::rules::kernel_axes, such as "
        "slimming::rules::hwio");
}

template <class L>
consteval void check_groups() {
  if constexpr (has_groups<L>)
    static_assert(
        std::integral<std::remove_cvref_t<decltype(layer_traits<L>::groups(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::groups(L&) must return an integer");
  if constexpr (has_grouping<L>)
    static_assert(
        std::same_as<rules::group_policy,
                     std::remove_cvref_t<decltype(layer_traits<L>::grouping(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::grouping(L&) must return a slimming::rules::group_policy");
}

template <class L>
consteval bool check_conv() {
  static_assert(
      has_weight<L>,
      "slimming: layer_traits<L>::weight(L&) is missing: a convolution returns its kernel, a "
      "tensor_view of rank 3 or more (out, in, kernel...)");
  if constexpr (has_weight<L>) {
    static_assert(is_tensor_view<weight_view<L>>,
                  "slimming: layer_traits<L>::weight(L&) must return a tensor_view; make one with "
                  "slimming::view(pointer, out, in, kh, kw)");
    if constexpr (is_tensor_view<weight_view<L>>)
      static_assert(
          weight_view<L>::rank() >= 3,
          "slimming: layer_traits<L>::weight(L&) of a convolution must return a tensor_view "
          "of rank 3 or more, for two spatial axes of rank 4 (out, in, kh, kw)");
  }
  check_vectors<L>();
  check_axes<L>();
  check_groups<L>();
  check_window<L>();
  if constexpr (has_output_padding<L>)
    static_assert(
        integer_list<
            std::remove_cvref_t<decltype(layer_traits<L>::output_padding(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::output_padding(L&) must return an integer or a range "
        "of integers");
  check_owner<L>();
  return conv_layer<L>;
}

template <class L>
consteval bool check_linear() {
  static_assert(
      has_weight<L>,
      "slimming: layer_traits<L>::weight(L&) is missing: a linear layer returns its matrix, a "
      "tensor_view of rank 2 (out, in)");
  if constexpr (has_weight<L>) {
    static_assert(is_tensor_view<weight_view<L>>,
                  "slimming: layer_traits<L>::weight(L&) must return a tensor_view; make one with "
                  "slimming::view(pointer, out, in)");
    if constexpr (is_tensor_view<weight_view<L>>)
      static_assert(
          weight_view<L>::rank() == 2,
          "slimming: layer_traits<L>::weight(L&) of a linear layer must return a tensor_view "
          "of rank 2 (out, in)");
  }
  check_vectors<L>();
  check_axes<L>();
  check_owner<L>();
  return linear_layer<L>;
}

template <class L>
consteval bool check_norm() {
  static_assert(
      has_gamma<L>,
      "slimming: layer_traits<L>::gamma(L&) is missing: a normalisation returns its scale "
      "factors, a tensor_view of rank 1 (n), without elements if it has none");
  if constexpr (has_gamma<L>)
    static_assert(
        vector_view<gamma_view<L>>,
        "slimming: layer_traits<L>::gamma(L&) must return a tensor_view of rank 1 (n); make "
        "one with slimming::view(pointer, n)");
  check_vectors<L>();
  check_owner<L>();
  if constexpr (has_gamma<L>)
    return vector_view<gamma_view<L>>;
  else
    return false;
}

template <class L>
consteval bool check_group_norm() {
  static_assert(
      has_groups<L>,
      "slimming: layer_traits<L>::groups(L&) is missing: a group normalisation returns the "
      "number of its groups");
  check_groups<L>();
  return check_norm<L>() && has_groups<L>;
}

template <class L>
consteval bool check_prelu() {
  static_assert(has_slope<L>,
                "slimming: layer_traits<L>::slope(L&) is missing: a PReLU returns its slopes, a "
                "tensor_view of rank 1 (n) or (1)");
  check_owner<L>();
  if constexpr (has_slope<L>) {
    using slope_view = std::remove_cvref_t<decltype(layer_traits<L>::slope(std::declval<L&>()))>;
    static_assert(
        vector_view<slope_view>,
        "slimming: layer_traits<L>::slope(L&) must return a tensor_view of rank 1 (n) or (1)");
    return vector_view<slope_view>;
  }
  return false;
}

template <class L>
consteval bool check_channel_select() {
  static_assert(
      has_indices<L>,
      "slimming: layer_traits<L>::indices(L&) is missing: a channel_select returns its list, a "
      "tensor_view of rank 1 over integers");
  if constexpr (has_indices<L>)
    static_assert(index_view<indices_view<L>>,
                  "slimming: layer_traits<L>::indices(L&) must return a tensor_view of rank 1 over "
                  "integers, such as slimming::view(std::int64_t*, n)");
  check_owner<L>();
  return channel_select_layer<L>;
}

template <class L>
consteval bool check_pool() {
  static_assert(has_kernel<L>,
                "slimming: layer_traits<L>::kernel(L&) is missing: a pool returns the size of its "
                "window; use kinds::global_pool for one that covers the whole map");
  if constexpr (has_kernel<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::kernel(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::kernel(L&) must return an integer or a range of integers");
  check_window<L>();
  return has_kernel<L>;
}

template <class L>
consteval bool check_resize() {
  static_assert(
      has_spatial<L>,
      "slimming: layer_traits<L>::spatial(L&, std::span<const index_t> in) is missing: it "
      "returns the spatial extents that the layer makes of `in`");
  if constexpr (has_spatial<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::spatial(
            std::declval<L&>(), std::declval<std::span<const index_t>>()))>>,
        "slimming: layer_traits<L>::spatial(L&, in) must return an integer or a range of integers");
  return has_spatial<L>;
}

template <class L>
consteval bool check_flatten() {
  if constexpr (has_block<L>)
    static_assert(
        std::integral<std::remove_cvref_t<decltype(layer_traits<L>::block(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::block(L&) must return an integer, the number of positions");
  if constexpr (has_order<L>)
    static_assert(
        std::same_as<rules::element_order,
                     std::remove_cvref_t<decltype(layer_traits<L>::order(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::order(L&) must return a slimming::rules::element_order");
  return true;
}

template <class L>
consteval bool check_factor() {
  static_assert(
      has_factor<L>,
      "slimming: layer_traits<L>::factor(L&) is missing: a pixel shuffle returns its factor, an "
      "integer or one per spatial axis");
  if constexpr (has_factor<L>)
    static_assert(
        integer_list<std::remove_cvref_t<decltype(layer_traits<L>::factor(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::factor(L&) must return an integer or a range of integers");
  return has_factor<L>;
}

template <class L>
consteval bool check_channel_shuffle() {
  static_assert(
      has_groups<L>,
      "slimming: layer_traits<L>::groups(L&) is missing: a channel shuffle returns the number "
      "of its groups");
  check_groups<L>();
  return has_groups<L>;
}

template <class L>
consteval bool check_channel_pad() {
  static_assert(has_before<L>,
                "slimming: layer_traits<L>::before(L&) is missing: a channel pad returns how many "
                "channels it puts before the present ones");
  static_assert(has_after<L>,
                "slimming: layer_traits<L>::after(L&) is missing: a channel pad returns how many "
                "channels it puts behind the present ones");
  if constexpr (has_before<L> && has_after<L>)
    static_assert(
        std::integral<std::remove_cvref_t<decltype(layer_traits<L>::before(std::declval<L&>()))>> &&
            std::integral<
                std::remove_cvref_t<decltype(layer_traits<L>::after(std::declval<L&>()))>>,
        "slimming: layer_traits<L>::before(L&) and after(L&) must return integers");
  // Without `resized` the new channels are pinned; that should not come of a slip of the pen.
  if constexpr (has_resized<L>)
    check_owner<L>();
  else
    static_assert(!names_resized<L>,
                  "slimming: layer_traits<L>::resized of a channel pad must be resized(L&, "
                  "std::span<const index_t>): the extents are (before, after)");
  return has_before<L> && has_after<L>;
}

}  // namespace slimming::inline v0::detail
