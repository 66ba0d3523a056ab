// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "agreement.hpp"
#include "operators.hpp"  // operators

#include <slimming/core/dtype.hpp>      // is_floating, visit_dtype
#include <slimming/core/error.hpp>      // shape_mismatch, bad_value, unsupported
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/core/tensor.hpp>     // any_tensor
#include <slimming/model/evaluate.hpp>  // evaluate_values
#include <slimming/model/infer.hpp>     // infer

#include <algorithm>  // std::max, std::ranges
#include <cmath>      // std::abs
#include <limits>     // std::numeric_limits
#include <map>        // std::map
#include <set>        // std::set
#include <variant>    // std::get_if

namespace slim {

using namespace slimming;

namespace {

/// Standard normal numbers for what is real, zeros and ones for what is not.
any_tensor random_tensor(dtype type, shape extents, random_stream random) {
  any_tensor t(type, std::move(extents));
  visit_dtype(type, [&]<class T>() {
    for (T& x : t.values<T>()) {
      if constexpr (std::is_same_v<T, bool>)
        x = random.below(2) == 1;
      else if constexpr (std::is_integral_v<T>)
        x = static_cast<T>(random.below(2));
      else
        x = static_cast<T>(static_cast<float>(random.normal()));
    }
  });
  return t;
}

std::vector<any_tensor> random_inputs(const model& net, const std::vector<value_facts>& facts,
                                      random_stream random) {
  std::vector<any_tensor> inputs;
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    const value_facts& f = facts[static_cast<std::size_t>(v)];
    if (!f.extents)
      throw bad_value("input '" + net.at(v).name + "'",
                      "its shape is not known; give it with --input-shape");
    shape extents = *f.extents;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      if (extents[axis] >= 0) continue;
      if (axis > 0)
        throw bad_value("input '" + net.at(v).name + "'",
                        "axis " + std::to_string(axis) +
                            " is left open by the file; give the shape with --input-shape");
      extents[axis] = 1;
    }
    inputs.push_back(random_tensor(f.type, std::move(extents), random));
    ++random.stream;
  }
  return inputs;
}

void add(output_difference& to, const any_tensor& a, const any_tensor& b) {
  if (a.extents() != b.extents())
    throw shape_mismatch("output '" + to.output + "'",
                         to_string(a.extents()) + " and " + to_string(b.extents()));
  const auto x = a.converted<double>(), y = b.converted<double>();
  to.elements = a.size();
  to.is_computed = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    // A NaN on either side must not pass as agreement.
    const bool same = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]));
    const double d = same ? 0 : std::abs(x[i] - y[i]);
    to.largest = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(to.largest, d);
    if (std::isfinite(x[i])) to.scale = std::max(to.scale, std::abs(x[i]));
  }
}

bool has_evaluation(const op_node& node) {
  const op_definition* const known = operators().find(node);
  return known && known->evaluate;
}

/// Random tensors by the name of the value that they stand for.
using tensors_by_name = std::map<std::string, any_tensor>;

tensors_by_name make_stand_ins(const model& net, const std::vector<value_facts>& facts,
                               random_stream random) {
  tensors_by_name made;
  for (const op_node& node : net.nodes()) {
    if (has_evaluation(node) || node.inputs.empty() || node.outputs.size() != 1) continue;
    const value_facts& f = facts[static_cast<std::size_t>(node.outputs[0])];
    if (!f.extents || std::ranges::any_of(*f.extents, [](index_t e) { return e < 0; })) continue;
    made.emplace(net.at(node.outputs[0]).name, random_tensor(f.type, *f.extents, random));
    ++random.stream;
  }
  return made;
}

/// What operators without an evaluation read, in their subgraphs too.
std::vector<std::string> read_by_unknown(const model& net) {
  std::set<value_id> read;
  std::string captured;
  for (const op_node& node : net.nodes()) {
    if (has_evaluation(node)) continue;
    read.insert(node.inputs.begin(), node.inputs.end());
    for (const auto& [key, value] : node.attributes)
      if (const auto* opaque = std::get_if<opaque_attribute>(&value)) captured += opaque->bytes;
  }
  std::vector<std::string> names;
  for (const op_node& node : net.nodes())
    for (const value_id v : node.outputs)
      if (v != no_value && !net.constant(v) &&
          (read.contains(v) || captured.find(net.at(v).name) != captured.npos))
        names.push_back(net.at(v).name);
  return names;
}

model with_stand_ins(model net, const tensors_by_name& tensors,
                     const std::vector<std::string>& compared) {
  for (const std::string& name : compared) {
    const value_id v = net.find(name);
    if (v == no_value) throw bad_value("value '" + name + "'", "one of the networks lacks it");
    net.add_output(v);
  }
  for (op_node& node : net.nodes()) {
    if (has_evaluation(node) || node.outputs.size() != 1) continue;
    const auto found = tensors.find(net.at(node.outputs[0]).name);
    if (found == tensors.end()) continue;
    const value_id number = net.add_initializer(found->first + " (random)", found->second);
    node = {"Identity", node.name, {number}, node.outputs, {}, ""};
  }
  return net;
}

}  // namespace

double agreement::worst() const {
  double result = 0;
  for (const output_difference& d : outputs)
    if (d.is_computed) result = std::max(result, d.relative());
  return result;
}

std::string agreement::reservation() const {
  if (stand_ins.empty()) return {};
  std::string text = "not computed: ";
  for (std::size_t i = 0; i < stand_ins.size() && i < 3; ++i)
    text += (i ? ", " : "") + stand_ins[i];
  if (stand_ins.size() > 3) text += " and " + std::to_string(stand_ins.size() - 3) + " more";
  text += "; what they read is compared, random numbers stand for what they write";
  const auto beyond =
      std::ranges::count_if(outputs, [](const output_difference& d) { return !d.is_computed; });
  if (beyond > 0) text += "; outputs behind them, not compared: " + std::to_string(beyond);
  return text;
}

agreement compare(const model& first, const model& second, const connect_options& options,
                  index_t runs, std::uint64_t seed) {
  if (first.outputs().size() != second.outputs().size())
    throw shape_mismatch("number of outputs", static_cast<index_t>(first.outputs().size()),
                         static_cast<index_t>(second.outputs().size()));
  const auto facts = infer(first, operators(), options.input_extents);
  const tensors_by_name tensors = make_stand_ins(first, facts, {seed, 1u << 24, 0});
  const std::vector<std::string> compared = read_by_unknown(first);
  const model a = with_stand_ins(first, tensors, compared);
  const model b = with_stand_ins(second, tensors, compared);
  agreement result;
  for (const value_id v : a.outputs()) result.outputs.push_back({.output = a.at(v).name});
  for (const op_node& node : first.nodes())
    if (!has_evaluation(node) && !node.inputs.empty())
      result.stand_ins.push_back(node.name + " (" + node.op + ")");
  for (index_t run = 0; run < runs; ++run) {
    const auto inputs =
        random_inputs(first, facts, {seed, static_cast<std::uint64_t>(run) << 16, 0});
    const auto x = evaluate_values(a, operators(), inputs, {.skip_unknown = true});
    const auto y = evaluate_values(b, operators(), inputs, {.skip_unknown = true});
    for (std::size_t i = 0; i < result.outputs.size(); ++i) {
      const auto& of_a = x[static_cast<std::size_t>(a.outputs()[i])];
      const auto& of_b = y[static_cast<std::size_t>(b.outputs()[i])];
      if (!of_a && !of_b) continue;
      if (!of_a || !of_b)
        throw bad_value("output '" + result.outputs[i].output + "'",
                        "only one of the networks computes it");
      add(result.outputs[i], *of_a, *of_b);
    }
  }
  if (std::ranges::none_of(result.outputs, &output_difference::is_computed))
    throw unsupported(result.stand_ins.empty() ? "the network" : result.stand_ins.front(),
                      "no output can be computed");
  return result;
}

}  // namespace slim
