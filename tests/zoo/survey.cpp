// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/zoo/survey.hpp"

#include <slimming/core/random.hpp>       // random_stream
#include <slimming/graph/groups.hpp>      // channel_groups
#include <slimming/model/channels.hpp>    // connect
#include <slimming/model/evaluate.hpp>    // evaluate_values
#include <slimming/model/prune.hpp>       // prune, masked
#include <slimming/plan/importance.hpp>   // l2_norm
#include <slimming/surgery/parallel.hpp>  // parallel

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "tests/zoo/operators.hpp"

namespace slimming::zoo {

namespace {

using values = std::vector<std::optional<any_tensor>>;

std::vector<any_tensor> random_inputs(const model& net, std::uint64_t seed) {
  std::vector<any_tensor> inputs;
  random_stream random{seed, 1u << 20};
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    any_tensor t(dtype::float64, net.at(v).extents.value());
    for (double& x : t.values<double>()) x = random.normal();
    inputs.push_back(std::move(t));
  }
  return inputs;
}

/// The slices of \p t along every axis that the plan keeps.
any_tensor kept_part(any_tensor t, const channel_layout& layout, const prune_plan& plan) {
  for (std::size_t axis = 0; axis < t.rank(); ++axis) {
    const channels c = layout.on(axis);
    if (!c || plan.keep(c).count() == plan.keep(c).size()) continue;
    const mask& keep = plan.keep(c);
    shape extents = t.extents();
    if (extents[axis] != keep.size()) return t;  // its consumer will see the shapes disagree
    index_t outer = 1;
    auto inner = static_cast<index_t>(size_of(t.type()));
    for (std::size_t a = 0; a < extents.size(); ++a)
      if (a != axis) (a < axis ? outer : inner) *= extents[a];
    extents[axis] = keep.count();
    any_tensor narrow(t.type(), extents);
    std::byte* to = narrow.bytes().data();
    for (index_t o = 0; o < outer; ++o)
      for (index_t i = 0; i < keep.size(); ++i)
        if (keep[i]) to = std::copy_n(t.bytes().data() + (o * keep.size() + i) * inner, inner, to);
    t = std::move(narrow);
  }
  return t;
}

double largest_magnitude(const std::vector<double>& x) {
  double result = 0;
  for (const double v : x)
    if (std::isfinite(v)) result = std::max(result, std::abs(v));
  return result;
}

double relative_difference(const any_tensor& expected, const any_tensor& got) {
  constexpr double apart = std::numeric_limits<double>::infinity();
  if (expected.extents() != got.extents() || expected.type() != got.type()) return apart;
  const auto a = expected.converted<double>(), b = got.converted<double>();
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) return apart;
    if (a[i] != b[i]) difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  return difference / std::max(largest_magnitude(a), 1e-30);
}

/// A reason with what is particular to one place taken out.
std::string without_names(const std::string& reason) {
  std::string text;
  bool quoted = false;
  for (const char c : reason) {
    if (c == '\'' && !std::exchange(quoted, !quoted)) text += "...";
    if (!quoted && c != '\'') text += c;
  }
  return text;
}

/// Not computed from the input: parameters, and numbers of channels, which surgery changes.
bool is_stated(const model& net, const model_channels& of, value_id v) {
  return net.constant(v) || of.facts[static_cast<std::size_t>(v)].constant;
}

void compare(findings& f, const model& net, const model_channels& of, const prune_plan& plan,
             values masked, values pruned) {
  std::set<std::string> stops;
  for (const op_node& node : net.nodes())
    for (const value_id v : node.outputs) {
      if (v == no_value || is_stated(net, of, v)) continue;
      auto& expected = masked[static_cast<std::size_t>(v)];
      const auto& got = pruned[static_cast<std::size_t>(v)];
      if (!expected) {
        ++f.beyond;
        const auto* known = operators().find(node);
        if (!known || !known->evaluate) stops.insert(node.op);
        continue;
      }
      if (!got) continue;  // replaced by a constant
      ++f.compared;
      const double d = relative_difference(
          kept_part(std::move(*expected), of.layouts[static_cast<std::size_t>(v)], plan), *got);
      if (d > f.difference || f.worst.empty()) {
        f.difference = d;
        f.worst = net.at(v).name;
      }
    }
  for (const std::string& op : stops) f.barrier += (f.barrier.empty() ? "" : ", ") + op;
  f.output_scale = std::numeric_limits<double>::infinity();
  for (const value_id v : net.outputs()) {
    const auto& x = pruned[static_cast<std::size_t>(v)];
    f.outputs_beyond += !x;
    if (x && is_floating(x->type()) && x->size() > 0)
      f.output_scale = std::min(f.output_scale, largest_magnitude(x->converted<double>()));
  }
}

}  // namespace

index_t macs_of(const model& net) {
  model copy = net;
  return cost_of(connect(copy, operators()).graph).macs;
}

findings survey(const model& net, double share, std::uint64_t seed) {
  const auto& ops = operators();
  findings f;
  const auto start = std::chrono::steady_clock::now();
  model pruned = net;
  const prune_plan plan = [&] {
    const model_channels known = connect(pruned, ops);
    const channel_groups groups(known.graph);
    importance_options how;
    how.over_unit = normaliser::mean;
    const auto scores = importance(known.graph, groups, l2_norm{}, how, parallel());
    return make_plan(known.graph, groups, scores, global_ratio{share});
  }();
  prune(pruned, ops, plan);
  f.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  f.before = plan.before();
  f.after = plan.after();
  for (std::int32_t v = 0; v < static_cast<std::int32_t>(plan.value_count()); ++v)
    f.removed += plan.keep({v}).size() - plan.keep({v}).count();
  for (const skipped_unit& unit : plan.skipped())
    f.declined[without_names(unit.reason)] += unit.channels;

  model reference = masked(net, ops, plan);
  const model_channels of = connect(reference, ops);
  f.approximate = !of.graph.approximations().empty();
  const auto inputs = random_inputs(net, seed);
  const evaluate_options all{.keep_all = true, .skip_unknown = true};
  values expected = evaluate_values(reference, ops, inputs, all);
  values got = evaluate_values(pruned, ops, inputs, all);
  compare(f, net, of, plan, std::move(expected), std::move(got));
  return f;
}

}  // namespace slimming::zoo
