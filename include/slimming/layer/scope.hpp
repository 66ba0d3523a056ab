// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where in the network a layer stands: the graph to write to and the dotted name of the place.
/// Area: layer.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channel_graph

#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move

namespace slimming::inline v0 {

/// A place that layers are connected at. Unnamed layers are numbered: "0", "1.block.0".
class layer_scope {
 public:
  explicit layer_scope(channel_graph& graph, std::string name = {})
      : graph_(&graph), name_(std::move(name)) {}

  [[nodiscard]] channel_graph& graph() const noexcept { return *graph_; }
  /// Dotted name of this place; empty at the root.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Dotted name of something below this place.
  [[nodiscard]] std::string name(std::string_view child) const {
    std::string full = name_;
    if (!full.empty()) full += '.';
    return full.append(child);
  }
  /// The place of a member.
  [[nodiscard]] layer_scope operator[](std::string_view child) const {
    return layer_scope(*graph_, name(child));
  }
  /// The next number of this place, for a member without a name.
  [[nodiscard]] std::string next_number() { return std::to_string(count_++); }

 private:
  channel_graph* graph_;
  std::string name_;
  index_t count_ = 0;
};

}  // namespace slimming::inline v0
