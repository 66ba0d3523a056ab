// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// No ratio and no rounding empties a layer of any network: the recipes, and the shapes of torchvision's
// and YOLOv5's networks that the benchmarks use.
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/graph/verify.hpp>    // verify
#include <slimming/model/channels.hpp>  // connect
#include <slimming/model/prune.hpp>     // prune
#include <slimming/models/by_name.hpp>  // by_name
#include <slimming/plan/plan.hpp>       // make_plan

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "benchmarks/surgery/networks.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::index_t;

namespace {

constexpr std::array recipes = {"vgg11",       "vgg16",      "vgg19",      "preresnet20",
                                "preresnet56", "densenet22", "densenet40", "resnet20",
                                "resnet56",    "mlp"};
constexpr std::array ratios = {0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99};
constexpr std::array<index_t, 5> steps = {1, 4, 8, 16, 32};

sl::model recipe(const std::string& name) {
  return sl::models::by_name(name, {.multiplier = name == "mlp" ? 1 : 0.5});
}

void check_nothing_is_empty(const sl::prune_plan& plan) {
  for (index_t v = 0; v < plan.value_count(); ++v)
    if (plan.keep({static_cast<std::int32_t>(v)}).count() == 0)
      FAIL_CHECK(plan.value_name({static_cast<std::int32_t>(v)}) << " is empty");
  for (const auto& cut : plan.record().parameters)
    if (std::ranges::min(cut.after()) == 0) FAIL_CHECK(cut.name << " is empty");
}

// Every value has a reader, or is declared as an output.
void check_all_is_read(const sl::channel_graph& graph) {
  for (const auto& finding : sl::verify(graph))
    if (finding.code == "unread_channels") FAIL_CHECK(sl::to_string(finding));
}

// Every ratio with every rounding; the fewest parameters that a plan has left.
index_t sweep(const sl::channel_graph& graph) {
  const sl::channel_groups groups(graph);
  const auto scores = sl::importance(graph, groups, sl::random_choice{5});
  index_t least = sl::cost_of(graph).parameters;
  for (const double ratio : ratios)
    for (const index_t round_to : steps) {
      const sl::policy policies[] = {sl::global_ratio{ratio}, sl::per_layer_ratio{ratio},
                                     sl::compat::network_slimming{ratio}};
      for (const auto& policy : policies) {
        INFO("ratio " << ratio << ", policy " << &policy - policies << ", round_to " << round_to);
        const auto plan = sl::make_plan(graph, groups, scores, policy, {.round_to = round_to});
        check_nothing_is_empty(plan);
        least = std::min(least, plan.after().parameters);
      }
    }
  return least;
}

}  // namespace

TEST_CASE("recipes: no ratio and no rounding empties a layer, and 0.99 leaves little") {
  for (const std::string name : recipes) {
    INFO(name);
    auto net = recipe(name);
    const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
    check_all_is_read(of.graph);
    const index_t least = sweep(of.graph);
    CHECK(least > 0);
    CHECK(least * 20 < sl::cost_of(of.graph).parameters);
  }
}

TEST_CASE("recipes: what is left at the extremes is a network with consistent shapes") {
  for (const std::string name : recipes)
    for (const auto& [ratio, round_to] :
         {std::pair<double, index_t>{0.99, 1}, {0.99, 8}, {0.5, 32}}) {
      INFO(name << ", ratio " << ratio << ", round_to " << round_to);
      auto net = recipe(name);
      const auto of = sl::connect(net, sl::testing::ops());
      const auto plan = sl::make_plan(of.graph, sl::random_choice{5}, sl::global_ratio{ratio},
                                      {.round_to = round_to});
      CHECK_NOTHROW(sl::prune(net, sl::testing::ops(), plan));  // infers every shape again
    }
}

TEST_CASE("torchvision and YOLOv5 shapes: no ratio and no rounding empties a layer") {
  for (const auto& [name, network] : bench::networks) {
    if (name == "chain") continue;
    INFO(name);
    bench::arrays memory(bench::contents::none);
    sl::channel_graph graph;
    bench::layers layers(graph, memory);
    network(layers);
    check_all_is_read(graph);
    const index_t least = sweep(graph);
    CHECK(least > 0);
    CHECK(least * 5 < sl::cost_of(graph).parameters);
  }
}
