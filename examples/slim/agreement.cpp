// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "agreement.hpp"
#include "operators.hpp"  // operators

#include <slimming/core/dtype.hpp>      // is_floating, visit_dtype
#include <slimming/core/error.hpp>      // shape_mismatch, bad_value
#include <slimming/core/random.hpp>     // random_stream
#include <slimming/core/tensor.hpp>     // any_tensor
#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/infer.hpp>     // infer

#include <algorithm>  // std::max
#include <cmath>      // std::abs

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
  for (std::size_t i = 0; i < x.size(); ++i) {
    // A NaN on either side must not pass as agreement.
    const bool same = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]));
    const double d = same ? 0 : std::abs(x[i] - y[i]);
    to.largest = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(to.largest, d);
    if (std::isfinite(x[i])) to.scale = std::max(to.scale, std::abs(x[i]));
  }
}

}  // namespace

std::vector<output_difference> compare(const model& first, const model& second,
                                       const connect_options& options, index_t runs,
                                       std::uint64_t seed) {
  if (first.outputs().size() != second.outputs().size())
    throw shape_mismatch("number of outputs", static_cast<index_t>(first.outputs().size()),
                         static_cast<index_t>(second.outputs().size()));
  const auto facts = infer(first, operators(), options.input_extents);
  std::vector<output_difference> differences;
  for (const value_id v : first.outputs()) differences.push_back({.output = first.at(v).name});
  for (index_t run = 0; run < runs; ++run) {
    const auto inputs =
        random_inputs(first, facts, {seed, static_cast<std::uint64_t>(run) << 16, 0});
    const auto a = evaluate(first, operators(), inputs);
    const auto b = evaluate(second, operators(), inputs);
    for (std::size_t i = 0; i < differences.size(); ++i) add(differences[i], a[i], b[i]);
  }
  return differences;
}

double worst(const std::vector<output_difference>& differences) {
  double result = 0;
  for (const output_difference& d : differences) result = std::max(result, d.relative());
  return result;
}

}  // namespace slim
