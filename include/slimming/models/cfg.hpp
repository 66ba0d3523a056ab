// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The list of widths that a recipe is built from: "64 M 128 M 256 256 M".
/// Area: models. Source: the `cfg` of the published network slimming scripts.

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>    // any_tensor
#include <slimming/model/model.hpp>    // model
#include <slimming/model/op_node.hpp>  // op_node

#include <algorithm>    // std::max
#include <charconv>     // std::from_chars
#include <cmath>        // std::llround
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::models {

/// Channels of every batch normalisation in order (what a channel_select lets through, where one
/// follows), and where a VGG pools.
struct cfg {
  static constexpr index_t pool = -1;  ///< the entry written as M

  std::vector<index_t> entries;

  /// The entries without the pools.
  [[nodiscard]] std::vector<index_t> widths() const {
    std::vector<index_t> result;
    for (const index_t e : entries)
      if (e != pool) result.push_back(e);
    return result;
  }
  /// Every width multiplied and rounded, at least 1.
  /// \throws bad_value  if \p multiplier is not positive, not finite or beyond any memory.
  [[nodiscard]] cfg scaled(double multiplier) const;

  friend bool operator==(const cfg&, const cfg&) = default;
};

/// \p width times \p multiplier, rounded, at least 1.
/// \throws bad_value  if \p multiplier is not positive, not finite or beyond any memory.
[[nodiscard]] inline index_t scaled_width(index_t width, double multiplier) {
  if (!(multiplier > 0) || !std::isfinite(multiplier))
    throw bad_value("width multiplier", multiplier);
  const double scaled = static_cast<double>(width) * multiplier;
  if (scaled > 0x1p40) throw bad_value("width multiplier: a layer would be too wide", multiplier);
  return std::max<index_t>(1, std::llround(scaled));
}

inline cfg cfg::scaled(double multiplier) const {
  cfg result(*this);
  for (index_t& e : result.entries)
    if (e != pool) e = scaled_width(e, multiplier);
  return result;
}

namespace detail {

/// The \p n widths of a recipe that does not pool by cfg.
/// \throws shape_mismatch, bad_value  naming \p place, if there are more, fewer, or an M.
[[nodiscard]] inline std::vector<index_t> expect_widths(const std::string& place, const cfg& c,
                                                        index_t n) {
  if (static_cast<index_t>(c.entries.size()) != n)
    throw shape_mismatch(place + ": entries of the cfg", n, static_cast<index_t>(c.entries.size()));
  for (const index_t e : c.entries)
    if (e == cfg::pool) throw bad_value(place, "the cfg holds an M, but only VGG pools by cfg");
  return c.entries;
}

}  // namespace detail

/// "64 M 128".
[[nodiscard]] inline std::string to_string(const cfg& c) {
  std::string text;
  for (const index_t e : c.entries) {
    if (!text.empty()) text += ' ';
    text += e == cfg::pool ? "M" : std::to_string(e);
  }
  return text;
}

/// Reads what to_string() writes, and Python's form of it: "[64, 'M', 128]".
/// \throws bad_value  naming the word that is neither a positive width nor M.
[[nodiscard]] inline cfg parse_cfg(std::string_view text) {
  constexpr std::string_view separators = " \t\r\n,[]()'\"";
  cfg result;
  while (true) {
    const auto first = text.find_first_not_of(separators);
    if (first == text.npos) return result;
    text.remove_prefix(first);
    const std::string_view word = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(word.size());
    index_t width = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), width);
    const bool is_width = failure == std::errc() && end == word.data() + word.size() && width > 0;
    if (word != "M" && !is_width)
      throw bad_value("cfg", "'" + std::string(word) + "' is neither a width nor M");
    result.entries.push_back(word == "M" ? cfg::pool : width);
  }
}

/// The cfg of a network: one entry per batch normalisation, one M per max pooling, in node order.
[[nodiscard]] inline cfg cfg_of(const model& net) {
  const auto selected = [&](const op_node& norm) -> const any_tensor* {
    for (const op_node& n : net.nodes())
      if (n.op == "ChannelSelect" && n.input(0) == norm.outputs[0])
        return net.initializer(n.input(1));
    return nullptr;
  };
  cfg result;
  for (const op_node& node : net.nodes()) {
    if (node.op == "MaxPool") result.entries.push_back(cfg::pool);
    if (node.op != "BatchNormalization") continue;
    const any_tensor* channels = selected(node);
    if (!channels) channels = net.initializer(node.input(1));
    if (channels) result.entries.push_back(channels->size());
  }
  return result;
}

}  // namespace slimming::inline v0::models
