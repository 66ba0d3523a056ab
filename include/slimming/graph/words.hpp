// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How reports spell roles, channels and operators.
/// Area: graph.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/parameter.hpp>      // role

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int32_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

/// "weight", "weight_in", "bias", "scale", "slope", "statistic", "index".
[[nodiscard]] constexpr std::string_view name_of(role r) noexcept {
  switch (r) {
    case role::weight:
      return "weight";
    case role::weight_in:
      return "weight_in";
    case role::bias:
      return "bias";
    case role::scale:
      return "scale";
    case role::slope:
      return "slope";
    case role::statistic:
      return "statistic";
    case role::index:
      return "index";
  }
  return "?";
}

namespace detail {

/// "0, 3 to 7, 9". \pre \p indices increase.
inline std::string range_words(const std::vector<index_t>& indices) {
  std::string text;
  for (std::size_t k = 0; k < indices.size();) {
    std::size_t end = k + 1;
    while (end < indices.size() && indices[end] == indices[end - 1] + 1) ++end;
    if (!text.empty()) text += ", ";
    text += std::to_string(indices[k]);
    if (end - k == 2) text += ", " + std::to_string(indices[k + 1]);
    if (end - k > 2) text += " to " + std::to_string(indices[end - 1]);
    k = end;
  }
  return text;
}

/// "channel 3 of 'conv1'", "channels 3 to 7 of 'conv1'".
inline std::string channel_words(const channel_graph& graph, channels c,
                                 const std::vector<index_t>& indices) {
  return (indices.size() == 1 ? "channel " : "channels ") + range_words(indices) + " of '" +
         graph.name(c) + "'";
}

/// \p preposition and the operator in quotes; nothing if the verb was spoken before any enter().
inline std::string op_words(const channel_graph& graph, std::int32_t op,
                            std::string_view preposition) {
  if (op < 0) return {};
  return std::string(preposition) + "'" + graph.ops()[static_cast<std::size_t>(op)] + "'";
}

}  // namespace detail

}  // namespace slimming::inline v0
