// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Do two graphs say the same? Names of values and operators may differ, everything that plans and
/// surgery read may not.

#include <slimming/graph/channel_graph.hpp>  // channel_graph

#include <string>  // std::string
#include <vector>  // std::vector

namespace support {

/// Empty if the graphs are equal, else the first difference in words.
inline std::string difference(const slimming::channel_graph& a, const slimming::channel_graph& b) {
  using slimming::index_t;
  const auto count = [](std::string what, auto m, auto n) {
    return what + ": " + std::to_string(m) + " against " + std::to_string(n);
  };
  if (a.values().size() != b.values().size())
    return count("values", a.values().size(), b.values().size());
  for (std::size_t v = 0; v < a.values().size(); ++v)
    if (a.values()[v].size != b.values()[v].size)
      return count("channels of " + a.values()[v].name, a.values()[v].size, b.values()[v].size);
  for (std::size_t v = 0; v < a.values().size(); ++v) {
    const slimming::channels c{static_cast<int>(v)};
    for (index_t i = 0; i < a.size(c); ++i)
      if (a.representative(c, i) != b.representative(c, i))
        return count("representative of channel " + std::to_string(i) + " of " + a.name(c),
                     a.representative(c, i), b.representative(c, i));
  }
  if (a.parameters().size() != b.parameters().size())
    return count("parameters", a.parameters().size(), b.parameters().size());
  for (std::size_t p = 0; p < a.parameters().size(); ++p) {
    const auto& x = a.parameters()[p];
    const auto& y = b.parameters()[p];
    if (x.value.array.rank != y.value.array.rank || x.value.array.extent != y.value.array.extent)
      return "extents of " + x.value.name + " and " + y.value.name;
    if (x.axis_binding != y.axis_binding) return "bindings of " + x.value.name;
    if (x.positions != y.positions)
      return count("positions of " + x.value.name, x.positions, y.positions);
  }
  if (a.bindings().size() != b.bindings().size())
    return count("bindings", a.bindings().size(), b.bindings().size());
  for (std::size_t i = 0; i < a.bindings().size(); ++i) {
    const auto& x = a.bindings()[i];
    const auto& y = b.bindings()[i];
    if (x.parameter != y.parameter || x.axis != y.axis || x.at != y.at || x.as != y.as)
      return "binding " + std::to_string(i);
  }
  if (a.selects().size() != b.selects().size())
    return count("selections", a.selects().size(), b.selects().size());
  for (std::size_t i = 0; i < a.selects().size(); ++i)
    if (a.selects()[i].wide != b.selects()[i].wide ||
        a.selects()[i].narrow != b.selects()[i].narrow ||
        a.selects()[i].indices != b.selects()[i].indices)
      return "selection " + std::to_string(i);
  if (a.pins().size() != b.pins().size()) return count("pins", a.pins().size(), b.pins().size());
  for (std::size_t i = 0; i < a.pins().size(); ++i)
    if (a.pins()[i].at != b.pins()[i].at || a.pins()[i].index != b.pins()[i].index)
      return "pin " + std::to_string(i);
  if (a.approximations().size() != b.approximations().size())
    return count("approximations", a.approximations().size(), b.approximations().size());
  return {};
}

}  // namespace support
