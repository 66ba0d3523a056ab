// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What subgraphs that a model carries unread may read: they name values of the network around
/// them.
/// Area: model, internal.

#include <slimming/model/model.hpp>    // model
#include <slimming/model/op_node.hpp>  // op_node, opaque_attribute

#include <algorithm>    // std::any_of
#include <cstddef>      // std::size_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <variant>      // std::get_if, std::holds_alternative
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

/// Whether the bytes that \p node carries hold \p name as protocol buffers write a text: behind its
/// length, seven bits to a byte. Any value may be meant that is named so.
[[nodiscard]] inline bool may_capture(const op_node& node, std::string_view name) {
  std::string text;
  std::size_t length = name.size();
  for (; length > 0x7f; length >>= 7) text.push_back(static_cast<char>(length | 0x80));
  text.push_back(static_cast<char>(length));
  text += name;
  return std::any_of(node.attributes.begin(), node.attributes.end(), [&](const auto& entry) {
    const auto* opaque = std::get_if<opaque_attribute>(&entry.second);
    return opaque && opaque->bytes.find(text) != std::string::npos;
  });
}

/// Whether there is anything unread in \p node.
[[nodiscard]] inline bool carries_bytes(const op_node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const auto& entry) {
    return std::holds_alternative<opaque_attribute>(entry.second);
  });
}

/// By value_id: whether a subgraph may read it.
[[nodiscard]] inline std::vector<char> captured_values(const model& net) {
  std::vector<char> captured(net.values().size(), 0);
  for (const op_node& node : net.nodes()) {
    if (!carries_bytes(node)) continue;
    for (std::size_t v = 0; v < captured.size(); ++v)
      if (!captured[v]) captured[v] = may_capture(node, net.values()[v].name);
  }
  return captured;
}

}  // namespace slimming::inline v0::detail
