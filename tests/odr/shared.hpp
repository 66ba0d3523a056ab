// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A layer that both translation units describe to the library.

#include <slimming/prune.hpp>  // layer_traits, chain

#include <span>    // std::span
#include <string>  // std::string
#include <vector>  // std::vector

struct conv {
  slimming::index_t out = 4, in = 3;
  std::vector<float> w = std::vector<float>(12, 1.0f);
};

template <>
struct slimming::layer_traits<conv> {
  using kind = kinds::conv;
  static auto weight(conv& c) { return view(c.w.data(), c.out, c.in, 1, 1); }
  static void resized(conv& c, std::span<const index_t> e) {
    c.out = e[0];
    c.in = e[1];
  }
};

/// What a translation unit sees: addresses of inline functions, and what they compute.
struct seen {
  slimming::feature_map (*connect_conv)(slimming::channel_graph&,
                                        const slimming::rules::conv_facts&,
                                        const slimming::feature_map&);
  std::string (*explain)(const slimming::channel_graph&, slimming::channels, slimming::index_t);
  void (*resized)(void*, std::span<const slimming::index_t>);
  std::string text;
};

inline seen look(conv& layer) {
  slimming::channel_graph graph;
  const auto y = slimming::chain(graph, slimming::input(graph, 3, {8, 8}), layer);
  slimming::output(graph, y);
  return {&slimming::rules::connect, &slimming::explain, graph.parameters()[0].value.owner.resized,
          slimming::to_text(graph)};
}

seen look_from_other(conv& layer);
