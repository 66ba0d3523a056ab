// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/support/oracle.hpp"

#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/prune.hpp>     // prune, masked
#include <slimming/ops/builtin.hpp>     // builtin_ops

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace slimming::testing {

const op_registry& ops() { return builtin_ops(); }

std::vector<any_tensor> random_inputs(const model& net, random_stream random, dtype real) {
  std::vector<any_tensor> inputs;
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    shape extents = net.at(v).extents.value();
    for (index_t& e : extents)
      if (e < 0) e = 2;
    any_tensor t(real, extents);
    visit_floating(real, "random_inputs", [&]<class T>() {
      for (T& x : t.values<T>()) x = T(static_cast<float>(random.uniform(-1, 1)));
    });
    inputs.push_back(std::move(t));
  }
  return inputs;
}

double relative_difference(const std::vector<any_tensor>& expected,
                           const std::vector<any_tensor>& got) {
  const double apart = std::numeric_limits<double>::infinity();
  double worst = 0;
  if (expected.size() != got.size()) return apart;
  for (std::size_t o = 0; o < expected.size(); ++o) {
    if (expected[o].extents() != got[o].extents()) return apart;
    const auto a = expected[o].converted<double>(), b = got[o].converted<double>();
    double scale = 1e-30, difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return apart;
      scale = std::max(scale, std::abs(a[i]));
      difference = std::max(difference, std::abs(a[i] - b[i]));
    }
    worst = std::max(worst, difference / scale);
  }
  return worst;
}

namespace {

// What stays of a value of the masked network.
any_tensor live_part(const any_tensor& t, const channel_layout& layout, const prune_plan& plan) {
  const shape extents = t.extents();
  const std::vector<double> from = t.converted<double>();
  shape after = extents;
  std::vector<double> kept;
  for (std::size_t i = 0; i < from.size(); ++i) {
    auto rest = static_cast<index_t>(i);
    bool stays = true;
    for (std::size_t axis = extents.size(); axis-- > 0; rest /= extents[axis])
      if (const channels c = layout.on(axis)) stays = stays && plan.keep(c)[rest % extents[axis]];
    if (stays) kept.push_back(from[i]);
  }
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
    if (const channels c = layout.on(axis)) after[axis] = plan.keep(c).count();
  return any_tensor::from(std::span<const double>(kept), after);
}

}  // namespace

proof prove(const model& net, const prune_plan& plan, const connect_options& options,
            std::uint64_t seed, dtype real) {
  proof p;
  model copy = net;
  const model_channels of = connect(copy, ops(), options);
  p.approximate = !of.graph.approximations().empty();
  for (std::int32_t v = 0; v < static_cast<std::int32_t>(plan.value_count()); ++v)
    p.removed += plan.keep({v}).size() - plan.keep({v}).count();
  const channel_groups groups(of.graph);
  for (index_t g = 0; g < groups.count(); ++g) p.groups += !groups.is_pinned(g);
  p.before = plan.before();
  p.after = plan.after();
  const model reference = masked(net, ops(), plan, options);
  p.pruned = net;
  prune(p.pruned, ops(), plan, options);
  const auto inputs = random_inputs(net, random_stream{seed}, real);
  p.difference = relative_difference(evaluate(reference, ops(), inputs, {.real = real}),
                                     evaluate(p.pruned, ops(), inputs, {.real = real}));
  return p;
}

std::string first_difference(const model& net, const prune_plan& plan,
                             const connect_options& options, std::uint64_t seed) {
  model copy = net;
  const model_channels of = connect(copy, ops(), options);
  model pruned = net;
  prune(pruned, ops(), plan, options);
  const auto inputs = random_inputs(net, random_stream{seed}, dtype::float64);
  const auto expected =
      evaluate_values(masked(net, ops(), plan, options), ops(), inputs, {.keep_all = true});
  const auto got = evaluate_values(pruned, ops(), inputs, {.keep_all = true});
  for (const op_node& node : net.nodes())
    for (const value_id v : node.outputs) {
      if (v == no_value) continue;
      const auto at = static_cast<std::size_t>(v);
      if (!expected[at] || !got[at] || !is_floating(expected[at]->type())) continue;
      const any_tensor kept = live_part(*expected[at], of.layouts[at], plan);
      const double difference = relative_difference({kept}, {*got[at]});
      if (difference > 1e-10)
        return node.op + " '" + node.name + "': " + std::to_string(difference) + " between " +
               to_string(kept.extents()) + " and " + to_string(got[at]->extents());
    }
  return "none";
}

proof prove(const model& net, const policy& how_much, const constraints& limits,
            const connect_options& options, std::uint64_t seed) {
  model copy = net;
  const model_channels of = connect(copy, ops(), options);
  return prove(net, make_plan(of.graph, random_choice{seed}, how_much, limits), options, seed);
}

}  // namespace slimming::testing
