// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Questions that tests of rules ask a graph.

#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // parameter

#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace support {

inline bool together(const slimming::channel_graph& g, slimming::channels a, slimming::index_t i,
                     slimming::channels b, slimming::index_t j) {
  return g.representative(a, i) == g.representative(b, j);
}

/// Channel i of `a` goes with channel j of `b` exactly if `expected(i, j)`, for all pairs.
template <class Expected>
bool ties_exactly(const slimming::channel_graph& g, slimming::channels a, slimming::channels b,
                  Expected expected) {
  for (slimming::index_t i = 0; i < g.size(a); ++i)
    for (slimming::index_t j = 0; j < g.size(b); ++j)
      if (together(g, a, i, b, j) != expected(i, j)) return false;
  return true;
}

/// Channels of one value that all go their own way.
inline bool are_free(const slimming::channel_graph& g, slimming::channels a) {
  return ties_exactly(g, a, a, [](auto i, auto j) { return i == j; });
}

/// Which channels axis `axis` of parameter number `p` is bound to; none if it is not.
inline slimming::channels bound_to(const slimming::channel_graph& g, std::size_t p,
                                   std::size_t axis) {
  const auto b = g.parameters()[p].axis_binding[axis];
  return b < 0 ? slimming::channels{} : g.bindings()[static_cast<std::size_t>(b)].at;
}

/// Memory for made-up parameters, each with a place of its own.
class arrays {
 public:
  template <class T = float>
  slimming::parameter make(std::string name, std::vector<slimming::index_t> extents) {
    slimming::index_t n = 1;
    for (const auto e : extents) n *= e;
    memory_.emplace_back(static_cast<std::size_t>(n) * sizeof(T) + 1);
    return {std::move(name), {memory_.back().data(), slimming::dtype_of<T>(), extents}};
  }

 private:
  std::vector<std::vector<std::byte>> memory_;
};

}  // namespace support
