// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// An application with layers of its own, whose owners can be told to misbehave.

#include <slimming/core/random.hpp>
#include <slimming/core/tensor.hpp>
#include <slimming/graph/channel_graph.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace test {

namespace sl = slimming;

/// An application's layer: a vector per array, extents beside them.
struct layer {
  std::string name;
  std::vector<float> weight, bias;
  sl::shape extents;
  int heard = 0;      // calls of resized
  int refuse_at = 0;  // accepts says no
  int throw_at = 0;   // the call of resized that throws
  bool is_noexcept = false;
  bool allocates = false;    // resized takes memory for a while
  bool reallocates = false;  // resized moves the arrays to memory of their new size

  layer(std::string n, sl::shape e, std::uint64_t seed)
      : name(std::move(n)), extents(std::move(e)) {
    sl::random_stream random{seed};
    weight.resize(static_cast<std::size_t>(sl::element_count(extents)));
    bias.resize(static_cast<std::size_t>(extents[0]));
    for (float& x : weight) x = static_cast<float>(random.normal());
    for (float& x : bias) x = static_cast<float>(random.normal());
  }
  bool operator==(const layer& o) const {
    return weight == o.weight && bias == o.bias && extents == o.extents;
  }
  static bool accepts(void* self, std::span<const sl::index_t>) {
    return !static_cast<layer*>(self)->refuse_at;
  }
  static void resized(void* self, std::span<const sl::index_t> e) {
    auto& l = *static_cast<layer*>(self);
    if (++l.heard == l.throw_at) throw std::runtime_error("no");
    if (l.allocates) sl::any_tensor scratch(sl::dtype::float32, l.extents);
    l.extents.assign(e.begin(), e.end());
    l.weight.resize(static_cast<std::size_t>(sl::element_count(e)));
    l.bias.resize(static_cast<std::size_t>(e[0]));
    if (l.reallocates) {
      l.weight.shrink_to_fit();
      l.bias.shrink_to_fit();
    }
  }
  sl::parameter_owner owner() { return {this, accepts, resized, is_noexcept}; }
};

/// Three linear layers in a row.
struct app {
  std::vector<layer> layers;

  app() {
    layers.emplace_back("a", sl::shape{12, 5}, 1);
    layers.emplace_back("b", sl::shape{9, 12}, 2);
    layers.emplace_back("c", sl::shape{4, 9}, 3);
  }
  sl::channel_graph graph() {
    sl::channel_graph g;
    auto x = g.add(5, "input");
    g.pin(x, "network input");
    for (layer& l : layers) {
      const auto y = g.add(l.extents[0], l.name);
      const auto w =
          g.add({l.name + ".weight", sl::array_ref(l.weight.data(), sl::dtype::float32, l.extents),
                 l.owner()});
      g.bind(w, 0, y, sl::role::weight);
      g.bind(w, 1, x, sl::role::weight_in);
      const sl::index_t n[] = {l.extents[0]};
      g.bind(g.add({l.name + ".bias", sl::array_ref(l.bias.data(), sl::dtype::float32, n)}), 0, y,
             sl::role::bias);
      x = y;
    }
    g.pin(x, "network output");
    return g;
  }
};

}  // namespace test
