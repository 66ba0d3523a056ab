// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Channel selection: the wide side stays, the consumers see a narrow copy (PreResNet and DenseNet in
/// network slimming; a gather along the channels).
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/dtype.hpp>           // visit_dtype
#include <slimming/core/error.hpp>           // bad_value, shape_mismatch, unsupported
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter, role
#include <slimming/rules/feature_map.hpp>    // feature_map

#include <concepts>  // std::integral
#include <optional>  // std::optional
#include <string>    // std::string
#include <vector>    // std::vector

namespace slimming::inline v0::rules {

/// Facts of a channel selection. The list is an integer parameter, which surgery renumbers, or plain
/// numbers that the owner rewrites from the plan.
struct channel_select_facts {
  std::string name = {};
  std::optional<parameter> index_list = {};
  std::vector<index_t> indices = {};  ///< read where there is no `index_list`
};

namespace detail {

inline std::vector<index_t> read_indices(const parameter& p) {
  const array_ref& list = p.array;
  if (list.rank != 1)
    throw shape_mismatch(p.name + ": rank of an index list", 1, static_cast<index_t>(list.rank));
  if (list.data == nullptr && list.extent[0] > 0) throw bad_value(p.name, "has no memory");
  return visit_dtype(list.type, [&]<class T>() -> std::vector<index_t> {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      std::vector<index_t> indices(static_cast<std::size_t>(list.extent[0]));
      const T* at = reinterpret_cast<const T*>(list.data);
      for (index_t& i : indices) {
        i = static_cast<index_t>(*at);
        at += list.stride[0];
      }
      return indices;
    } else {
      throw unsupported(p.name,
                        "an index list holds integers, not " + std::string(name_of(list.type)));
    }
  });
}

}  // namespace detail

/// New channels, one per index. Removing one of them leaves the wide channel; removing a wide channel
/// removes all that read it.
/// \throws bad_value  if an index names no channel of \p x.
inline feature_map connect(channel_graph& graph, const channel_select_facts& f,
                           const feature_map& x) {
  const auto indices = f.index_list ? detail::read_indices(*f.index_list) : f.indices;
  graph.enter(f.name);
  const channels y = graph.add(static_cast<index_t>(indices.size()), f.name);
  graph.select(x.c, y, indices);
  if (f.index_list) graph.bind(graph.add(*f.index_list), 0, y, role::index);
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
