// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/prune.hpp>

#include <span>
#include <vector>

namespace {

struct conv {
  slimming::index_t out, in;
  std::vector<float> w = std::vector<float>(static_cast<std::size_t>(out * in * 9), 1.0F);
};

}  // namespace

template <>
struct slimming::layer_traits<conv> {
  using kind = slimming::kinds::conv;
  static auto weight(conv& c) { return view(c.w.data(), c.out, c.in, 3, 3); }
  static void resized(conv& c, std::span<const index_t> e) {
    c.out = e[0];
    c.in = e[1];
    c.w.resize(static_cast<std::size_t>(c.out * c.in * 9));
  }
};

int main() {
  conv first{8, 3};
  conv second{4, 8};
  slimming::channel_graph graph;
  slimming::output(graph,
                   slimming::chain(graph, slimming::input(graph, 3, {32, 32}), first, second));
  const auto plan = slimming::make_plan(graph, slimming::l1_norm{}, slimming::global_ratio{0.5});
  return plan.end_mask("0.weight").count() == 4 ? 0 : 1;
}
