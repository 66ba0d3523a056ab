// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Einsum: a product of any number of values, summed over the labels that the result does not have.
/// Area: ops. A label is one set of channels in every factor that has it.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // bad_value, shape_mismatch
#include <slimming/model/connect.hpp>      // channels_on, parameter_of, per_sample
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/naive.hpp>   // for_each_strided, reals_of
#include <slimming/ops/detail/shapes.hpp>  // place_of, set_output

#include <algorithm>    // std::find, std::count
#include <cctype>       // std::isalpha
#include <cstddef>      // std::size_t
#include <map>          // std::map
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move, std::pair
#include <vector>       // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// The equation of an Einsum on operands of known extents.
struct einsum_equation {
  using label = int;  ///< a letter; an axis of the ellipsis counts from the right, -1 the last
  using term = std::vector<label>;

  std::vector<term> factors;
  term out;
  std::map<label, index_t> extent;  ///< of every label, after broadcasting

  /// \throws bad_value       if the equation is malformed or has another number of terms.
  /// \throws shape_mismatch  if a term has another rank than its operand, or a label two extents.
  einsum_equation(const op_node& node, std::span<const shape> operands) : node_(node) {
    const std::string text = node.text("equation", "");
    const std::size_t arrow = text.find("->");
    const std::string_view all = text;
    std::string_view left = all.substr(0, arrow);
    for (std::size_t i = 0;; ++i) {
      const std::size_t comma = left.find(',');
      if (i == operands.size()) fail("has more terms than the " + std::to_string(i) + " operands");
      const term t = parse(left.substr(0, comma));
      const std::size_t rank = operands[i].size();
      factors.push_back(expand(t, rank - std::min(rank, t.size() - 1)));
      add(factors.back(), operands[i]);
      if (comma == std::string_view::npos) break;
      left.remove_prefix(comma + 1);
    }
    if (factors.size() != operands.size())
      fail("has " + std::to_string(factors.size()) + " terms for " +
           std::to_string(operands.size()) + " operands");
    if (arrow != std::string::npos) {
      out = expand(parse(all.substr(arrow + 2)), ellipsis_);
      for (const label l : out)
        if (!extent.contains(l)) fail("gives the result a label that no factor has");
    } else {
      for (const auto& [l, n] : extent)  // in order: the ellipsis, then letters that appear once
        if (l < 0 || uses(l) == 1) out.push_back(l);
    }
    if (has_diagonal(out)) fail("names a label of the result twice");
  }

  [[nodiscard]] shape extents_of(const term& t) const {
    shape e;
    for (const label l : t) e.push_back(extent.at(l));
    return e;
  }
  [[nodiscard]] bool is_summed(label l) const {
    return std::find(out.begin(), out.end(), l) == out.end();
  }
  /// The labels that are summed over.
  [[nodiscard]] term summed() const {
    term t;
    for (const auto& [l, n] : extent)
      if (is_summed(l)) t.push_back(l);
    return t;
  }
  [[nodiscard]] static bool has_diagonal(const term& t) {
    return std::any_of(t.begin(), t.end(),
                       [&](label l) { return std::count(t.begin(), t.end(), l) > 1; });
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw bad_value(place_of(node_), "equation '" + node_.text("equation", "") + "' " + why);
  }
  [[nodiscard]] std::size_t uses(label l) const {
    std::size_t n = 0;
    for (const term& t : factors) n += static_cast<std::size_t>(std::count(t.begin(), t.end(), l));
    return n;
  }
  [[nodiscard]] term parse(std::string_view text) const {
    term t;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == ' ') continue;
      if (text.substr(i, 3) == "..." && std::find(t.begin(), t.end(), dots) == t.end()) {
        t.push_back(dots);
        i += 2;
      } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
        t.push_back(text[i]);
      } else {
        fail("has '" + std::string(1, text[i]) + "' where a letter or one '...' belongs");
      }
    }
    return t;
  }
  /// Puts labels of \p axes axes in the place of the ellipsis.
  [[nodiscard]] static term expand(term t, std::size_t axes) {
    auto at = std::find(t.begin(), t.end(), dots);
    if (at == t.end()) return t;
    at = t.erase(at);
    for (std::size_t k = 1; k <= axes; ++k) at = t.insert(at, -static_cast<label>(k));
    return t;
  }
  void add(const term& t, const shape& e) {
    if (t.size() != e.size())
      throw shape_mismatch(place_of(node_) + ": axes of a factor", static_cast<index_t>(t.size()),
                           static_cast<index_t>(e.size()));
    for (std::size_t axis = 0; axis < t.size(); ++axis) {
      index_t& known = extent.try_emplace(t[axis], e[axis]).first->second;
      if (t[axis] < 0) ellipsis_ = std::max(ellipsis_, static_cast<std::size_t>(-t[axis]));
      if (known != e[axis] && known != 1 && e[axis] != 1)
        throw shape_mismatch(place_of(node_) + ": axis " + std::to_string(axis) + " of a factor",
                             known, e[axis]);
      if (known == 1) known = e[axis];
    }
  }

  static constexpr label dots = 0;

  const op_node& node_;
  std::size_t ellipsis_ = 0;  // the most axes that it stands for in a factor
};

inline std::vector<shape> operands_of(const infer_context& c) {
  std::vector<shape> operands;
  for (std::size_t i = 0; i < c.node.inputs.size(); ++i) operands.push_back(extents_of(c, i));
  return operands;
}

inline void infer_einsum(infer_context& c) {
  const einsum_equation e(c.node, operands_of(c));
  set_output(c, 0, e.extents_of(e.out), facts_of(c, 0).type);
}

/// Channels for a factor that is a parameter: what is summed over are its inputs.
inline void bind_factor(connect_context& c, value_id v, const einsum_equation& e,
                        const einsum_equation::term& t) {
  channel_layout& layout = c.layouts[static_cast<std::size_t>(v)];
  if (c.net.constant(v) == nullptr) return;
  const parameter p = parameter_of(c.net, v);
  const parameter_id id = c.graph.add(p);
  index_t positions = 1;
  for (const auto& [l, n] : e.extent)
    if (std::find(t.begin(), t.end(), l) == t.end()) positions *= n;
  c.graph.use(id, per_sample(c, positions));
  if (!layout.axes.empty()) return;  // read before
  layout = channel_layout(t.size());
  for (std::size_t axis = 0; axis < t.size(); ++axis) {
    const index_t n = p.array.extent[axis];
    if (n <= 1) continue;
    const channels own = c.graph.add(n, p.name + ".axis" + std::to_string(axis));
    c.graph.bind(id, axis, own, e.is_summed(t[axis]) ? role::weight_in : role::weight);
    layout.axes[axis] = {own, true};
  }
}

inline void connect_einsum(connect_context& c) {
  std::vector<shape> operands;
  for (const value_id v : c.node.inputs) operands.push_back(slimming::extents_of(c, v));
  const einsum_equation e(c.node, operands);
  for (const auto& t : e.factors)
    if (einsum_equation::has_diagonal(t)) return barrier(c, "a diagonal is taken of it");
  c.graph.enter(label_of(c));
  for (std::size_t i = 0; i < operands.size(); ++i)
    bind_factor(c, c.node.inputs[i], e, e.factors[i]);
  channel_layout layout(e.out.size());
  for (const auto& [l, n] : e.extent) {
    if (n == 1) continue;
    std::vector<std::pair<value_id, std::size_t>> places;  // where the label stands
    bool is_carried = false, is_zero = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const auto& t = e.factors[i];
      const auto axis = static_cast<std::size_t>(std::find(t.begin(), t.end(), l) - t.begin());
      if (axis == t.size() || operands[i][axis] == 1) continue;
      places.emplace_back(c.node.inputs[i], axis);
      const channel_layout& carried = slimming::layout_of(c, c.node.inputs[i]);
      is_carried = is_carried || carried.on(axis);
      is_zero = is_zero || carried.is_zero(axis);
    }
    if (!is_carried) continue;
    const channels first = channels_on(c, places.front().first, places.front().second);
    for (const auto& [v, axis] : places) c.graph.tie(first, channels_on(c, v, axis));
    if (!e.is_summed(l)) {
      const auto at = std::find(e.out.begin(), e.out.end(), l) - e.out.begin();
      layout.axes[static_cast<std::size_t>(at)] = {first, is_zero};
    } else if (!is_zero) {
      c.graph.pin(first, "it is summed over, and is not zero where it is removed");
    }
  }
  c.outputs[0] = std::move(layout);
}

inline void evaluate_einsum(evaluate_context& c) {
  std::vector<shape> operands;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) operands.push_back(input_of(c, i).extents());
  const einsum_equation e(c.node, operands);
  const auto summed = e.summed();
  const shape outer = e.extents_of(e.out), inner = e.extents_of(summed);
  const auto strides = [&](std::size_t i, const einsum_equation::term& labels) {
    const shape own = row_major_strides(operands[i]);
    shape s(labels.size(), 0);
    for (std::size_t axis = 0; axis < own.size(); ++axis)
      for (std::size_t k = 0; k < labels.size(); ++k)
        if (labels[k] == e.factors[i][axis] && operands[i][axis] != 1) s[k] += own[axis];
    return s;
  };
  // The places of every factor's elements, first along the result, then along the sum.
  std::vector<std::vector<index_t>> along_out(operands.size()), along_sum(operands.size());
  std::vector<reals> values;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    values.push_back(reals_of(input_of(c, i)));
    for_each_strided(outer, strides(i, e.out), 0,
                     [&](index_t, index_t at) { along_out[i].push_back(at); });
    for_each_strided(inner, strides(i, summed), 0,
                     [&](index_t, index_t at) { along_sum[i].push_back(at); });
  }
  reals y(static_cast<std::size_t>(element_count(outer)), 0);
  for (std::size_t o = 0; o < y.size(); ++o)
    for (std::size_t s = 0; s < along_sum.front().size(); ++s) {
      double product = 1;
      for (std::size_t i = 0; i < values.size(); ++i)
        product *= values[i][static_cast<std::size_t>(along_out[i][o] + along_sum[i][s])];
      y[o] += product;
    }
  c.outputs[0] = tensor_of(input_of(c, 0).type(), outer, y);
}

}  // namespace detail

inline void add_einsum(op_registry& ops) {
  ops.add("Einsum", {detail::infer_einsum, detail::connect_einsum, {}, detail::evaluate_einsum});
}

}  // namespace slimming::inline v0::ops
