// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// The typed and the run-time front end describe the same network: graphs and plans must be equal, as far
// as parameters can see. Each network is built once, in both ways at the same time.
#include <slimming/graph/groups.hpp>
#include <slimming/model/channels.hpp>
#include <slimming/plan/plan.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/layer/twin.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"  // ops

namespace sl = slimming;
using sl::index_t;
using sl::testing::twin;

namespace {

// What parameters see of a graph: for every element of every bound axis its group, numbered in order of
// appearance over the names of the parameters, whether it is pinned, and the roles and costs.
struct sight {
  std::vector<std::string> axes;
  std::vector<index_t> groups;
  std::vector<bool> pinned;
  std::vector<std::pair<index_t, index_t>> reads;  // selected group, reading group
};

sight look(const sl::channel_graph& graph) {
  const sl::channel_groups groups(graph);
  std::map<std::string, const sl::channel_graph::parameter_record*> by_name;
  for (const auto& p : graph.parameters())  // without elements: for the ears of a host
    if (p.value.array.size() > 0) by_name.emplace(p.value.name, &p);
  sight seen;
  std::map<index_t, index_t> number;
  for (const auto& [name, p] : by_name)
    for (std::size_t axis = 0; axis < p->value.array.rank; ++axis) {
      if (p->value.array.extent[axis] == 1) continue;
      const auto b = p->axis_binding[axis];
      auto& text = seen.axes.emplace_back(name + " " + std::to_string(axis) + " at " +
                                          std::to_string(p->positions));
      if (b < 0) continue;
      const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
      text += " as " + std::to_string(static_cast<int>(binding.as));
      for (index_t i = 0; i < graph.size(binding.at); ++i) {
        const index_t g = groups.group_of(binding.at, i);
        const auto known = number.emplace(g, static_cast<index_t>(number.size())).first;
        seen.groups.push_back(known->second);
        seen.pinned.push_back(groups.is_pinned(g));
      }
    }
  for (const auto& [g, n] : number)
    for (const auto reader : groups.dependents(g))
      if (number.contains(reader)) seen.reads.emplace_back(n, number.at(reader));
  std::sort(seen.reads.begin(), seen.reads.end());
  return seen;
}

template <class Criterion>
void check_same_plans(const sl::channel_graph& a, const sl::channel_graph& b, Criterion criterion,
                      const sl::policy& policy) {
  const auto p = sl::make_plan(a, criterion, policy), q = sl::make_plan(b, criterion, policy);
  CHECK(p.before() == q.before());
  CHECK(p.after() == q.after());
  const auto by_name = [](const sl::prune_plan& plan) {
    std::map<std::string, sl::parameter_cut> cuts;
    for (const auto& c : plan.record().parameters)
      if (sl::element_count(c.before) > 0) cuts.emplace(c.name, c);
    return cuts;
  };
  const auto left = by_name(p), right = by_name(q);
  REQUIRE(left.size() == right.size());
  for (const auto& [name, cut] : left) {
    INFO(name);
    REQUIRE(right.contains(name));
    const auto& other = right.at(name);
    // A slope is (n) for one front end and (n, 1, 1) for the other.
    CHECK(cut.after().front() == other.after().front());
    CHECK(cut.axes == other.axes);
    CHECK(cut.entries == other.entries);
  }
}

void check_same(twin& t, bool has_norms = true) {
  const auto run_time =
      sl::connect(t.net, sl::testing::ops(), {.strict = true, .grouping = t.grouping});
  const sight typed = look(t.graph), other = look(run_time.graph);
  CHECK(typed.axes == other.axes);
  CHECK(typed.groups == other.groups);
  CHECK(typed.pinned == other.pinned);
  CHECK(typed.reads == other.reads);
  CHECK(std::count(typed.pinned.begin(), typed.pinned.end(), false) > 0);
  check_same_plans(t.graph, run_time.graph, sl::l1_norm{}, sl::global_ratio{0.4});
  check_same_plans(t.graph, run_time.graph, sl::l2_norm{}, sl::per_layer_ratio{0.5});
  check_same_plans(t.graph, run_time.graph, sl::l1_norm{}, sl::mac_budget{.share = 0.6});
  if (has_norms) check_same_plans(t.graph, run_time.graph, sl::bn_gamma{}, sl::global_ratio{0.3});
}

}  // namespace

TEST_CASE("VGG: units, pools, flatten, linear") {
  twin t;
  auto x = t.input(3, 16, 16);
  x = t.pool(t.unit(t.unit(x, 8), 8), 2);
  x = t.pool(t.unit(x, 12), 2);
  t.output(t.linear(t.flatten(x), 10));
  check_same(t);
}

TEST_CASE("residual: identity and projected shortcuts") {
  twin t;
  auto x = t.unit(t.input(3, 16, 16), 8);
  x = t.relu(t.add(t.norm(t.conv(t.unit(x, 6), 8, 3)), x));
  x = t.relu(t.add(t.norm(t.conv(t.unit(x, 10, 2), 12, 3)), t.norm(t.conv(x, 12, 1, 2))));
  t.output(t.linear(t.flatten(t.average(x)), 10));
  check_same(t);
}

TEST_CASE("residual: shortcuts that pad the channels") {
  for (const auto& [before, after] : {std::pair<index_t, index_t>{0, 8}, {4, 4}, {6, 0}}) {
    twin t;
    auto x = t.unit(t.input(3, 8, 8), 8);
    const auto y = t.pad(x, before, after);
    x = t.relu(t.norm(t.add(t.conv(t.unit(x, 6), 8 + before + after, 3), y)));
    t.output(t.linear(t.flatten(t.average(t.unit(x, 5))), 10));
    check_same(t);
  }
}

TEST_CASE("dense: every layer reads all before it") {
  twin t;
  auto x = t.conv(t.input(3, 8, 8), 6, 3);
  for (int k = 0; k < 3; ++k) x = t.concat(x, t.conv(t.relu(t.norm(x)), 4, 3));
  x = t.pool(t.conv(t.relu(t.norm(x)), 9, 1), 2);
  t.output(t.linear(t.flatten(x), 10));
  check_same(t);
}

TEST_CASE("channel selection behind the norms of a wide stream") {
  twin t;
  auto x = t.conv(t.input(3, 8, 8), 8, 3);
  const auto first = t.select(t.norm(x), {0, 2, 3, 5, 7});
  x = t.add(x, t.conv(t.relu(t.norm(t.conv(t.relu(first), 6, 3))), 8, 1));
  const auto last = t.relu(t.select(t.norm(x), {1, 2, 6}));
  t.output(t.linear(t.flatten(t.average(last)), 10));
  check_same(t);
}

TEST_CASE("squeeze and excitation: the gate goes with what it scales") {
  twin t;
  const auto x = t.unit(t.input(3, 8, 8), 8);
  const auto gate = t.conv(t.relu(t.conv(t.average(x), 3, 1)), 8, 1);
  t.output(t.linear(t.flatten(t.average(t.unit(t.mul(x, gate), 6))), 10));
  check_same(t);
}

TEST_CASE("depthwise, with a multiplier, and PReLU") {
  twin t;
  auto x = t.unit(t.input(3, 16, 16), 6);
  x = t.prelu(t.norm(t.conv(x, 6, 3, 1, 6)));
  x = t.norm(t.conv(t.conv(x, 12, 3, 2, 6), 8, 1));
  t.output(t.linear(t.flatten(t.average(x)), 10));
  check_same(t);
}

TEST_CASE("grouped convolutions keep equal positions of all groups") {
  twin t;
  auto x = t.unit(t.input(3, 8, 8), 12);
  x = t.relu(t.norm(t.conv(x, 12, 3, 1, 3)));
  t.output(t.linear(t.flatten(t.average(t.unit(x, 5))), 10));
  check_same(t);
}

TEST_CASE("grouped convolutions of which whole groups go") {
  twin t(sl::rules::group_policy::whole_groups);
  auto x = t.unit(t.input(3, 8, 8), 12);
  x = t.relu(t.norm(t.conv(x, 18, 3, 1, 6)));
  x = t.transposed(x, 12, 3);
  t.output(t.linear(t.flatten(t.average(t.unit(x, 5))), 10));
  check_same(t);
}

TEST_CASE("transposed convolutions, whole and in groups") {
  twin t;
  auto x = t.unit(t.unit(t.input(3, 8, 8), 8, 2), 12, 2);
  x = t.relu(t.norm(t.transposed(x, 8)));
  x = t.relu(t.norm(t.transposed(x, 6, 2)));
  t.output(t.linear(t.flatten(t.average(t.unit(x, 5))), 10));
  check_same(t);
}

TEST_CASE("uneven splits: each part goes its way, two of them meet again") {
  twin t;
  const auto x = t.unit(t.input(3, 8, 8), 12);
  const auto parts = t.split(x, {3, 5, 4});
  const auto a = t.conv(parts[0], 5, 3), b = t.unit(parts[2], 7);
  const auto y = t.concat(t.concat(t.add(a, parts[1]), b), parts[0]);
  t.output(t.linear(t.flatten(t.average(t.unit(y, 6))), 10));
  check_same(t);
}

TEST_CASE("channel shuffle: halves are worked on, joined and shuffled") {
  twin t;
  auto x = t.unit(t.input(3, 8, 8), 12);
  for (int k = 0; k < 2; ++k) {
    const auto halves = t.split(x, {6, 6});
    x = t.shuffle(t.concat(halves[0], t.unit(halves[1], 6)), 2);
  }
  t.output(t.linear(t.flatten(t.average(t.unit(x, 6))), 10));
  check_same(t);
}
