// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Turns one host layer into facts and hands them to its rule.
/// Area: layer.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/graph/channel_graph.hpp>     // channel_graph, channels
#include <slimming/graph/parameter.hpp>         // parameter, parameter_owner, role
#include <slimming/layer/concepts.hpp>          // any_layer
#include <slimming/layer/detail/accessors.hpp>  // set_window, owner_of, extents_of, ...
#include <slimming/layer/detail/contract.hpp>   // check_...
#include <slimming/layer/scope.hpp>             // layer_scope
#include <slimming/layer/traits.hpp>            // layer_traits, kinds
#include <slimming/rules/concat.hpp>            // channel_pad_facts
#include <slimming/rules/conv.hpp>              // conv_facts
#include <slimming/rules/linear.hpp>            // linear_facts
#include <slimming/rules/norm.hpp>              // batch_norm_facts, ...
#include <slimming/rules/pass.hpp>              // pass_facts, pool_facts, ...
#include <slimming/rules/reshape.hpp>           // flatten_facts, ...
#include <slimming/rules/select.hpp>            // channel_select_facts

#include <concepts>  // std::same_as
#include <vector>    // std::vector

namespace slimming::inline v0 {

namespace detail {

// The templates below only collect what the accessors say; names are given here, once for all
// types.
inline feature_map connect_named(layer_scope& at, rules::conv_facts& facts, const feature_map& x) {
  facts.name = at.name();
  facts.weight.name = at.name("weight");
  if (facts.bias) facts.bias->name = at.name("bias");
  return rules::connect(at.graph(), facts, x);
}

inline feature_map connect_named(layer_scope& at, rules::linear_facts& facts,
                                 const feature_map& x) {
  facts.name = at.name();
  facts.weight.name = at.name("weight");
  if (facts.bias) facts.bias->name = at.name("bias");
  return rules::connect(at.graph(), facts, x);
}

template <class Facts>
feature_map connect_named_norm(layer_scope& at, Facts& facts, const feature_map& x) {
  facts.name = at.name();
  if (facts.gamma) facts.gamma->name = at.name("weight");
  if (facts.beta) facts.beta->name = at.name("bias");
  if constexpr (std::same_as<Facts, rules::batch_norm_facts>) {
    if (facts.mean) facts.mean->name = at.name("running_mean");
    if (facts.variance) facts.variance->name = at.name("running_var");
  }
  return rules::connect(at.graph(), facts, x);
}

inline void bind_extents(layer_scope& at, channels c, const parameter_owner& owner) {
  channel_graph& graph = at.graph();
  graph.bind(graph.add(extents_of(at.name("extents"), {graph.size(c)}, owner)), 0, c,
             role::statistic);
}

// The layer would go on padding by the old numbers.
inline void pin_padded(channel_graph& graph, const rules::channel_pad_facts& facts, channels y) {
  for (index_t i = 0; i < graph.size(y); ++i)
    if (i < facts.before || i >= graph.size(y) - facts.after)
      graph.pin(y, i,
                "padded by a layer that cannot hear of it: its layer_traits have no "
                "resized(L&, std::span<const index_t>), which is told (before, after)");
}

template <class L>
feature_map connect_conv(layer_scope& at, L& layer, const feature_map& x) {
  using kind = typename layer_traits<L>::kind;
  rules::conv_facts facts;
  facts.weight.array = layer_traits<L>::weight(layer);
  facts.weight.owner = owner_of(layer);
  if constexpr (has_bias<L>) set_if_there(facts.bias, layer_traits<L>::bias(layer));
  if constexpr (std::same_as<kind, kinds::transposed_conv>) {
    facts.transposed = true;
    facts.axes = rules::iohw;
    if constexpr (has_output_padding<L>)
      facts.output_pad = to_list(layer_traits<L>::output_padding(layer));
  }
  if constexpr (has_axes<L>) facts.axes = layer_traits<L>::axes(layer);
  set_window(facts.window, layer);
  if constexpr (std::same_as<kind, kinds::depthwise_conv>)
    facts.groups = at.graph().size(x.c);
  else if constexpr (has_groups<L>)
    facts.groups = static_cast<index_t>(layer_traits<L>::groups(layer));
  if constexpr (has_grouping<L>) facts.grouping = layer_traits<L>::grouping(layer);
  return connect_named(at, facts, x);
}

template <class L>
feature_map connect_linear(layer_scope& at, L& layer, const feature_map& x) {
  rules::linear_facts facts;
  facts.weight.array = layer_traits<L>::weight(layer);
  facts.weight.owner = owner_of(layer);
  if constexpr (has_bias<L>) set_if_there(facts.bias, layer_traits<L>::bias(layer));
  if constexpr (has_axes<L>) facts.axes = layer_traits<L>::axes(layer);
  return connect_named(at, facts, x);
}

template <class Facts, class L>
feature_map connect_norm(layer_scope& at, L& layer, const feature_map& x) {
  using kind = typename layer_traits<L>::kind;
  Facts facts;
  set_if_there(facts.gamma, layer_traits<L>::gamma(layer));
  if (facts.gamma) facts.gamma->owner = owner_of(layer);
  if constexpr (has_beta<L>) set_if_there(facts.beta, layer_traits<L>::beta(layer));
  if constexpr (is_one_of<kind, kinds::batch_norm>) {
    if constexpr (has_running_mean<L>)
      set_if_there(facts.mean, layer_traits<L>::running_mean(layer));
    if constexpr (has_running_variance<L>)
      set_if_there(facts.variance, layer_traits<L>::running_variance(layer));
  }
  if constexpr (is_one_of<kind, kinds::group_norm>) {
    facts.groups = static_cast<index_t>(layer_traits<L>::groups(layer));
    if constexpr (has_grouping<L>) facts.grouping = layer_traits<L>::grouping(layer);
  }
  const feature_map y = connect_named_norm(at, facts, x);
  if (!facts.gamma) bind_extents(at, y.c, owner_of(layer));
  return y;
}

template <class L>
feature_map connect_pool(layer_scope& at, L& layer, const feature_map& x) {
  rules::pool_facts facts{at.name(), to_list(layer_traits<L>::kernel(layer))};
  set_window(facts.window, layer);
  return rules::connect(at.graph(), facts, x);
}

template <class L>
feature_map connect_flatten(layer_scope& at, L& layer, const feature_map& x) {
  rules::flatten_facts facts{.name = at.name()};
  if constexpr (has_block<L>) facts.block = static_cast<index_t>(layer_traits<L>::block(layer));
  if constexpr (has_order<L>) facts.order = layer_traits<L>::order(layer);
  return rules::connect(at.graph(), facts, x);
}

template <class L>
feature_map connect_channel_pad(layer_scope& at, L& layer, const feature_map& x) {
  rules::channel_pad_facts facts{.name = at.name(),
                                 .before = static_cast<index_t>(layer_traits<L>::before(layer)),
                                 .after = static_cast<index_t>(layer_traits<L>::after(layer))};
  if constexpr (has_resized<L>)
    if (facts.before + facts.after > 0)
      facts.amounts = extents_of(at.name("extents"), {facts.before, facts.after}, owner_of(layer));
  const feature_map y = rules::connect(at.graph(), facts, x);
  if constexpr (!has_resized<L>) pin_padded(at.graph(), facts, y.c);
  return y;
}

// One factor per spatial axis; a single one holds for all axes, for two where the size is unknown.
template <class L>
std::vector<index_t> factors_of(L& layer, const feature_map& x) {
  std::vector<index_t> factors = to_list(layer_traits<L>::factor(layer));
  if (factors.size() == 1) factors.resize(x.has_size ? x.spatial.size() : 2, factors[0]);
  return factors;
}

template <class L>
feature_map connect_described(layer_scope& at, L& layer, const feature_map& x) {
  using kind = typename layer_traits<L>::kind;
  channel_graph& graph = at.graph();
  if constexpr (is_one_of<kind, kinds::conv, kinds::depthwise_conv, kinds::transposed_conv>) {
    if constexpr (check_conv<L>()) return connect_conv(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::linear>) {
    if constexpr (check_linear<L>()) return connect_linear(at, layer, x);
  } else if constexpr (is_one_of<kind, kinds::batch_norm, kinds::instance_norm>) {
    if constexpr (check_norm<L>()) return connect_norm<rules::batch_norm_facts>(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::layer_norm>) {
    if constexpr (check_norm<L>()) return connect_norm<rules::layer_norm_facts>(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::group_norm>) {
    if constexpr (check_group_norm<L>()) return connect_norm<rules::group_norm_facts>(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::prelu>) {
    if constexpr (check_prelu<L>())
      return rules::connect(graph,
                            rules::per_channel_facts{
                                .name = at.name(),
                                .value = parameter{at.name("weight"), layer_traits<L>::slope(layer),
                                                   owner_of(layer)}},
                            x);
  } else if constexpr (std::same_as<kind, kinds::channel_select>) {
    if constexpr (check_channel_select<L>())
      return rules::connect(
          graph,
          rules::channel_select_facts{
              .name = at.name(),
              .index_list =
                  parameter{at.name("indices"), layer_traits<L>::indices(layer), owner_of(layer)}},
          x);
  } else if constexpr (std::same_as<kind, kinds::elementwise>) {
    return rules::connect(graph, rules::pass_facts{at.name()}, x);
  } else if constexpr (std::same_as<kind, kinds::pool>) {
    if constexpr (check_pool<L>()) return connect_pool(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::global_pool>) {
    return rules::connect(graph, rules::pool_facts{.name = at.name()}, x);
  } else if constexpr (std::same_as<kind, kinds::resize>) {
    if constexpr (check_resize<L>()) {
      rules::resize_facts facts{.name = at.name()};
      if (x.has_size)
        facts.spatial =
            to_list(layer_traits<L>::spatial(layer, std::span<const index_t>(x.spatial)));
      return rules::connect(graph, facts, x);
    }
  } else if constexpr (std::same_as<kind, kinds::flatten>) {
    if constexpr (check_flatten<L>()) return connect_flatten(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::pixel_shuffle>) {
    if constexpr (check_factor<L>())
      return rules::connect(graph, rules::depth_to_space_facts{at.name(), factors_of(layer, x)}, x);
  } else if constexpr (std::same_as<kind, kinds::pixel_unshuffle>) {
    if constexpr (check_factor<L>())
      return rules::connect(graph, rules::space_to_depth_facts{at.name(), factors_of(layer, x)}, x);
  } else if constexpr (std::same_as<kind, kinds::channel_shuffle>) {
    if constexpr (check_channel_shuffle<L>())
      return rules::connect(graph,
                            rules::channel_shuffle_facts{
                                at.name(), static_cast<index_t>(layer_traits<L>::groups(layer))},
                            x);
  } else if constexpr (std::same_as<kind, kinds::channel_pad>) {
    if constexpr (check_channel_pad<L>()) return connect_channel_pad(at, layer, x);
  } else if constexpr (std::same_as<kind, kinds::barrier>) {
    rules::barrier_facts facts{.name = at.name()};
    if constexpr (has_reason<L>) facts.reason = layer_traits<L>::reason(layer);
    return rules::connect(graph, facts, x);
  } else {
    static_assert(
        is_one_of<kind>,
        "slimming: layer_traits<L>::kind is none of slimming::kinds; for a meaning of your "
        "own write layer_traits<L>::connect(layer_scope&, L&, const feature_map&)");
  }
  return x;  // reached only if a static_assert has failed
}

/// A layer whose type a chain has erased.
template <class L>
feature_map connect_erased(layer_scope& at, void* erased, const feature_map& x) {
  static_assert(
      !(described_layer<L> && connecting_layer<L>),
      "slimming: layer_traits<L> has a kind and a connect() of its own: keep one of them");
  L& layer = *static_cast<L*>(erased);
  if constexpr (connecting_layer<L>)
    return layer_traits<L>::connect(at, layer, x);
  else
    return connect_described(at, layer, x);
}

}  // namespace detail

/// Writes one layer into the graph of \p at and returns what it makes of \p x.
/// \throws shape_mismatch  if the layer does not fit \p x.
template <any_layer L>
feature_map connect(layer_scope& at, L& layer, const feature_map& x) {
  return detail::connect_erased<L>(at, __builtin_addressof(layer), x);
}

}  // namespace slimming::inline v0
