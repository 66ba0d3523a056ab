// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// An application that owns its layers prunes them to half of their multiply-accumulates, in place, and
// checks that the smaller net computes what the masked one does. Exits with 1 if it does not.
#include <slimming/prune.hpp>  // channel_graph, make_plan, apply_in_place

#include <cmath>   // std::abs
#include <cstdio>  // std::printf
#include <vector>  // std::vector

#include "adapter.hpp"  // layer_traits of the structs
#include "nets.hpp"     // the application's own structs

namespace {

template <class Net>
slimming::prune_plan prune(Net& net) {
  slimming::channel_graph graph;
  const auto x = slimming::input(graph, 3, {32, 32});
  slimming::output(graph, slimming::connect(graph, net, x));

  auto plan = slimming::make_plan(graph, slimming::bn_gamma{}, slimming::mac_budget{.share = 0.5});
  slimming::apply_in_place(graph, plan);
  return plan;
}

// What pruning must not change: the net whose removed channels are silent.
template <class Net>
void silence(Net& net, const slimming::prune_plan& plan) {
  slimming::channel_graph graph;
  (void)slimming::connect(graph, net, slimming::input(graph, 3, {32, 32}));
  for (const auto& b : graph.bindings()) {
    if (b.as != slimming::role::scale && b.as != slimming::role::bias) continue;
    auto* v = reinterpret_cast<float*>(graph.at(b.parameter).value.array.data);
    for (slimming::index_t c = 0; c < graph.size(b.at); ++c)
      if (!plan.keep(b.at)[c]) v[c] = 0;
  }
}

template <class Net>
bool demonstrate(const char* name, Net net) {
  Net masked = net;
  const auto plan = prune(net);
  silence(masked, plan);

  const auto before = plan.before(), after = plan.after();
  std::printf("%s: %lld -> %lld MACs, %lld -> %lld parameters\n  widths", name,
              static_cast<long long>(before.macs), static_cast<long long>(after.macs),
              static_cast<long long>(before.parameters), static_cast<long long>(after.parameters));
  for (const auto& layer : plan.layers())
    std::printf(" %lld/%lld", static_cast<long long>(layer.remaining),
                static_cast<long long>(layer.total));

  app::Dice dice;
  double difference = 0, scale = 0;
  for (int k = 0; k < 4; ++k) {
    app::Image image{3, 32, 32};
    dice.roll(image.v, -1, 1);
    const std::vector<float> wanted = masked(image), got = net(image);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      difference = std::max(difference, static_cast<double>(std::abs(wanted[i] - got[i])));
      scale = std::max(scale, static_cast<double>(std::abs(wanted[i])));
    }
  }
  const double tolerance = 1e-5 * scale;
  const bool in_budget = after.macs * 2 <= before.macs;
  std::printf("\n  largest difference to the masked net: %.2e (tolerance %.2e)%s\n", difference,
              tolerance, in_budget ? "" : ", over the budget");
  return difference <= tolerance && in_budget;
}

}  // namespace

int main() {
  app::Dice dice;
  const bool vgg = demonstrate("VGG", app::make_vgg(dice));
  const bool resnet = demonstrate("ResNet", app::make_resnet(dice));
  return vgg && resnet ? 0 : 1;
}
