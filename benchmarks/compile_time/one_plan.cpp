// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

// The smallest use: one struct described, one network planned and cut.
#include <slimming/prune.hpp>

#include <span>
#include <vector>

struct dense {
  int out, in;
  std::vector<float> w;
};

template <>
struct slimming::layer_traits<dense> {
  using kind = slimming::kinds::linear;
  static auto weight(dense& l) { return view(l.w.data(), l.out, l.in); }
  static void resized(dense& l, std::span<const index_t> extents) {
    l.out = static_cast<int>(extents[0]);
    l.in = static_cast<int>(extents[1]);
    l.w.resize(static_cast<std::size_t>(l.out * l.in));
  }
};

int main() {
  dense a{8, 4, std::vector<float>(32, 1)}, b{2, 8, std::vector<float>(16, 1)};
  slimming::channel_graph graph;
  slimming::output(graph, slimming::chain(graph, slimming::input(graph, 4), a, b));
  slimming::apply_in_place(
      graph, slimming::make_plan(graph, slimming::l2_norm{}, slimming::global_ratio{0.5}));
  return a.out;
}
