// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Masked equals pruned on random networks, with random masks, under every policy and cut twice over.
//   test_ops_random_nets                                                          500 networks
//   SLIMMING_RANDOM_NETS=10000 SLIMMING_RANDOM_SEED=501 test_ops_random_nets      a longer run
// A failure names the number of its network, which alone makes it again, and the first node that differs.
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/model/channels.hpp>  // connect
#include <slimming/plan/plan.hpp>       // make_plan
#include <slimming/plan/replay.hpp>     // replay

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/random_net.hpp"

namespace sl = slimming;
using sl::index_t;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A random choice of groups that leaves something of every unit, what a selection still reads, and what
// could only go approximately.
sl::prune_plan random_mask_plan(const sl::channel_graph& graph, sl::random_stream& random) {
  const sl::channel_groups groups(graph);
  sl::mask may_go(groups.count());
  for (const auto& a : graph.approximations())
    for (index_t i = 0; i < graph.size(a.at); ++i) may_go.set(groups.group_of(a.at, i), false);
  std::vector<std::size_t> left(static_cast<std::size_t>(groups.unit_count()));
  for (index_t u = 0; u < groups.unit_count(); ++u)
    left[static_cast<std::size_t>(u)] = groups.unit(u).size();

  const double ratio = random.uniform(0.1, 0.9);
  sl::mask keep(groups.count());
  for (index_t g = 0; g < groups.count(); ++g) {
    if (groups.is_pinned(g) || !may_go[g] || random.uniform() > ratio) continue;
    const auto readers = groups.dependents(g);
    auto& rest = left[static_cast<std::size_t>(groups.unit_of(g))];
    if (rest == 1 || std::any_of(readers.begin(), readers.end(), [&](auto r) { return keep[r]; }))
      continue;
    keep.set(g, false);
    --rest;
  }
  return {graph, groups, keep};
}

// One policy after the other, with one criterion and one set of constraints after the other; 120 numbers
// in a row are all combinations. Nothing where a budget is out of reach.
std::optional<sl::prune_plan> policy_plan(const sl::channel_graph& graph, std::uint64_t seed,
                                          sl::random_stream& random) {
  const double r = random.uniform(0.05, 0.95);
  const sl::policy policies[] = {sl::global_ratio{r},
                                 sl::per_layer_ratio{r},
                                 sl::score_threshold{r},
                                 sl::parameter_budget{.share = std::max(r, 0.3)},
                                 sl::mac_budget{.share = std::max(r, 0.3)},
                                 sl::compat::network_slimming{r}};
  const sl::constraints limits[] = {
      {}, {.keep_at_least = 2}, {.round_to = 4}, {.max_removed = 0.5}, {.round_to = 3}};
  const auto& policy = policies[seed % 6];
  const auto& limit = limits[seed / 6 % 5];
  try {
    switch (seed / 30 % 4) {
      case 0:
        return sl::make_plan(graph, sl::l1_norm{}, policy, limit);
      case 1:
        return sl::make_plan(graph, sl::bn_gamma{}, policy, limit);
      case 2:
        return sl::make_plan(graph, sl::l2_norm{}, policy, limit,
                             {.over_group = sl::reduction::max});
      default:
        return sl::make_plan(graph, sl::random_choice{seed}, policy, limit);
    }
  } catch (const sl::budget_unreachable&) {
    return {};
  }
}

// Both policies for grouped convolutions, and for group norms.
sl::connect_options options_of(std::uint64_t seed) {
  using enum sl::rules::group_policy;
  return {.strict = true,
          .grouping = seed % 3 == 0 ? whole_groups : same_positions,
          .norm_grouping = seed % 5 == 0 ? same_positions : whole_groups};
}

// What the run as a whole must show, lest a proof of nothing passes.
struct tally {
  std::uint64_t plans = 0, cut = 0, unreachable = 0;
  double free_groups = 0, removed_groups = 0, worst = 0;
  std::set<std::string> ops;

  // Returns the pruned network.
  sl::model prove(const sl::model& net, const sl::prune_plan& plan, const sl::channel_graph& graph,
                  const sl::connect_options& options, std::uint64_t seed) {
    auto p = sl::testing::prove(net, plan, options, seed);
    if (!(p.difference < 1e-10))
      FAIL_CHECK("they part by " << p.difference << ", first at "
                                 << sl::testing::first_difference(net, plan, options, seed));
    if (!(sl::replay(graph, plan.record()) == plan)) FAIL_CHECK("its record says something else");
    worst = std::max(worst, p.difference);
    ++plans;
    cut += p.removed > 0;
    const sl::channel_groups groups(graph);
    for (index_t g = 0; g < groups.count(); ++g) {
      const auto m = groups.member_at(g, 0);
      free_groups += !groups.is_pinned(g);
      removed_groups += !plan.keep(m.at)[m.i];
    }
    return std::move(p.pruned);
  }
};

}  // namespace

TEST_CASE("random networks: masked equals pruned under random masks and every policy") {
  const auto count = number_from("SLIMMING_RANDOM_NETS", 500);
  const auto first = number_from("SLIMMING_RANDOM_SEED", 1);
  tally all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    INFO("network " << seed);
    sl::random_stream random{seed, 1};
    auto net = sl::testing::random_net(seed, {.steps = 4 + static_cast<int>(seed % 13)});
    for (const auto& node : net.nodes()) all.ops.insert(node.op);
    const auto options = options_of(seed);
    const auto of = sl::connect(net, sl::testing::ops(), options);
    auto once = all.prove(net, random_mask_plan(of.graph, random), of.graph, options, seed);
    if (const auto plan = policy_plan(of.graph, seed, random))
      all.prove(net, *plan, of.graph, options, seed);
    else
      ++all.unreachable;
    // What surgery has left is a network like any other.
    const auto again = sl::connect(once, sl::testing::ops(), options);
    all.prove(once, random_mask_plan(again.graph, random), again.graph, options, seed);
  }
  const double share = all.removed_groups / all.free_groups;
  std::cout << count << " networks of " << all.ops.size() << " operators, " << all.plans
            << " plans, " << all.cut << " of them cut something, " << static_cast<int>(100 * share)
            << " % of all free groups; " << all.unreachable
            << " budgets out of reach; largest difference " << all.worst << '\n';
  CHECK(share > 0.25);
  CHECK(all.cut * 10 > all.plans * 9);
  CHECK(all.unreachable * 4 < count);
  if (count < 500) return;
  for (const char* op : {"Add",
                         "AveragePool",
                         "BatchNormalization",
                         "ChannelSelect",
                         "Concat",
                         "Conv",
                         "ConvTranspose",
                         "DepthToSpace",
                         "Flatten",
                         "Gather",
                         "Gemm",
                         "GlobalAveragePool",
                         "GroupNormalization",
                         "InstanceNormalization",
                         "Max",
                         "MaxPool",
                         "Mul",
                         "Pad",
                         "PRelu",
                         "Reshape",
                         "Resize",
                         "Slice",
                         "SpaceToDepth",
                         "Split",
                         "Sum",
                         "Transpose"}) {
    INFO(op);
    CHECK(all.ops.contains(op));
  }
}
