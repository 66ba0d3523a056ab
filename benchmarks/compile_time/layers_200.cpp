// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

// A network of 200 layers, each of a type of its own.
#include <slimming/prune.hpp>

#include <span>
#include <tuple>
#include <utility>
#include <vector>

template <int N>
struct conv {
  int out = 8, in = N == 0 ? 3 : 8;
  std::vector<float> w = std::vector<float>(static_cast<std::size_t>(out * in * 9), 1.0f);
};
template <int N>
struct norm {
  std::vector<float> gamma = std::vector<float>(8, 1.0f), beta = std::vector<float>(8);
};

template <int N>
struct slimming::layer_traits<conv<N>> {
  using kind = slimming::kinds::conv;
  static auto weight(conv<N>& l) { return view(l.w.data(), l.out, l.in, 3, 3); }
  static auto padding(conv<N>&) { return 1; }
  static void resized(conv<N>& l, std::span<const index_t> extents) {
    l.out = static_cast<int>(extents[0]);
    l.in = static_cast<int>(extents[1]);
    l.w.resize(static_cast<std::size_t>(l.out * l.in * 9));
  }
};
template <int N>
struct slimming::layer_traits<norm<N>> {
  using kind = slimming::kinds::batch_norm;
  static auto gamma(norm<N>& l) { return view(l.gamma.data(), l.gamma.size()); }
  static auto beta(norm<N>& l) { return view(l.beta.data(), l.beta.size()); }
  static void resized(norm<N>& l, std::span<const index_t> extents) {
    l.gamma.resize(static_cast<std::size_t>(extents[0]));
    l.beta.resize(static_cast<std::size_t>(extents[0]));
  }
};

template <int... N>
auto make_network(std::integer_sequence<int, N...>) {
  return std::tuple<std::pair<conv<N>, norm<N>>...>{};
}

int main() {
  auto net = make_network(std::make_integer_sequence<int, 100>{});
  slimming::channel_graph graph;
  std::apply(
      [&](auto&... unit) {
        slimming::layer_scope root(graph);
        auto x = slimming::input(graph, 3, {32, 32});
        ((x = slimming::chain(root, x, unit.first, unit.second)), ...);
        slimming::output(graph, x);
      },
      net);
  slimming::apply_in_place(
      graph, slimming::make_plan(graph, slimming::bn_gamma{}, slimming::global_ratio{0.5}));
  return std::get<0>(net).first.out;
}
