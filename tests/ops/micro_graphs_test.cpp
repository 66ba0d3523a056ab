// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// Small graphs, one idea each. All are pruned at several ratios; the pruned network must compute what the
// masked one computes, and must really be smaller wherever a channel can go.
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/model/channels.hpp>  // connect
#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/prune.hpp>     // masked, prune

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/micro_graphs/micro_graph.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/zeroed.hpp"

namespace sl = slimming;

namespace {

sl::model build(const sl::testing::micro_graph& g) {
  sl::testing::net_builder b;
  return g.build(b);
}

// A graph cut by one plan.
struct trial {
  sl::model net, pruned;
  sl::index_t gone = 0;    // groups
  sl::index_t widest = 0;  // groups of the largest unit in which something could go
  sl::prune_plan plan;

  trial(const sl::testing::micro_graph& g, const sl::policy& how_much,
        const sl::constraints& limits = {})
      : net(build(g)), pruned(net), plan(make(net, how_much, limits, gone, widest)) {
    sl::prune(pruned, sl::testing::ops(), plan);
  }

  // Between the zeroed network and the pruned one, in float.
  [[nodiscard]] double difference(bool is_read) const {
    return against(sl::testing::zeroed(net, plan.record(), is_read));
  }
  [[nodiscard]] double against(const sl::model& reference) const {
    const auto inputs = sl::testing::random_inputs(net, sl::random_stream{3}, sl::dtype::float32);
    const sl::evaluate_options in_float{.real = sl::dtype::float32};
    return sl::testing::relative_difference(
        sl::evaluate(reference, sl::testing::ops(), inputs, in_float),
        sl::evaluate(pruned, sl::testing::ops(), inputs, in_float));
  }

 private:
  static sl::prune_plan make(sl::model& net, const sl::policy& how_much,
                             const sl::constraints& limits, sl::index_t& gone,
                             sl::index_t& widest) {
    const auto of = sl::connect(net, sl::testing::ops());
    auto plan = sl::make_plan(of.graph, sl::random_choice{5}, how_much, limits);
    const sl::channel_groups groups(of.graph);
    for (sl::index_t u = 0; u < groups.unit_count(); ++u) {
      const auto unit = groups.unit(u);
      if (groups.is_pinned(unit.front())) continue;
      // What a selection reads goes with its reader only.
      const auto alone = std::count_if(unit.begin(), unit.end(), [&](std::int32_t group) {
        return groups.dependents(group).empty();
      });
      widest = std::max(widest, static_cast<sl::index_t>(alone));
    }
    for (sl::index_t g = 0; g < groups.count(); ++g) {
      const auto member = groups.member_at(g, 0);
      gone += !plan.keep(member.at)[member.i];
    }
    return plan;
  }
};

}  // namespace

TEST_CASE("micro-graphs: there are at least a hundred, each once") {
  std::set<std::string> names;
  for (const auto& g : sl::testing::micro_graphs()) names.insert(g.name);
  CHECK(names.size() >= 100);
  CHECK(names.size() == sl::testing::micro_graphs().size());
}

TEST_CASE("micro-graphs: as many channel groups are free as a person counts") {
  for (const auto& g : sl::testing::micro_graphs()) {
    INFO(g.name);
    auto net = build(g);
    const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
    const sl::channel_groups groups(of.graph);
    sl::index_t free = 0;
    for (sl::index_t u = 0; u < groups.unit_count(); ++u) {  // the last of a unit never goes
      const auto unit = groups.unit(u);
      if (unit.size() > 1 && !groups.is_pinned(unit.front()))
        free += static_cast<sl::index_t>(unit.size());
    }
    CHECK(free == g.free);
    CHECK(of.graph.approximations().empty() == !g.approximate);
  }
}

TEST_CASE("micro-graphs: pruned equals zeroed by whoever has only the plan file") {
  for (const auto& g : sl::testing::micro_graphs())
    for (const double ratio : {0.3, 0.5, 0.9}) {
      INFO(g.name << " at " << ratio);
      const trial t(g, sl::per_layer_ratio{ratio});
      CHECK(t.difference(g.is_read) < 1e-5);
    }
}

TEST_CASE("micro-graphs: what may go has gone") {
  for (const auto& g : sl::testing::micro_graphs())
    for (const double ratio : {0.3, 0.5, 0.9}) {
      INFO(g.name << " at " << ratio);
      const trial t(g, sl::per_layer_ratio{ratio});
      if (!g.approximate)
        CHECK(static_cast<double>(t.gone) > 0.6 * ratio * static_cast<double>(g.free));
      const auto before = t.plan.before(), after = t.plan.after();
      CHECK(static_cast<double>(after.parameters) <
            (1 - ratio / 2) * static_cast<double>(before.parameters));
      CHECK(after.macs < before.macs);
    }
}

TEST_CASE("micro-graphs: in steps of 8 channels") {
  for (const auto& g : sl::testing::micro_graphs()) {
    INFO(g.name);
    const trial t(g, sl::per_layer_ratio{0.5}, {.round_to = 8});
    CHECK(t.difference(g.is_read) < 1e-5);
    if (t.widest >= 16) CHECK(t.plan.after().parameters < t.plan.before().parameters);
  }
}

TEST_CASE("micro-graphs: the library's own masked network is the zeroed one") {
  for (const auto& g : sl::testing::micro_graphs()) {
    INFO(g.name);
    const trial t(g, sl::global_ratio{0.5});
    CHECK(t.against(sl::masked(t.net, sl::testing::ops(), t.plan)) < 1e-5);
  }
}

TEST_CASE("micro-graphs: without its readers zeroed, what a removed channel still holds is seen") {
  for (const auto& g : sl::testing::micro_graphs()) {
    if (!g.is_read) continue;
    INFO(g.name);
    CHECK(trial(g, sl::per_layer_ratio{0.5}).difference(false) > 1e-5);
  }
}

TEST_CASE("micro-graphs: what is not exact is flagged, and kept unless asked for") {
  for (const auto& g : sl::testing::micro_graphs()) {
    if (!g.approximate) continue;
    INFO(g.name);
    const trial exact(g, sl::per_layer_ratio{0.5});
    const trial flagged(g, sl::per_layer_ratio{0.5}, {.allow_approximate = true});
    CHECK(flagged.gone > exact.gone);
  }
}
