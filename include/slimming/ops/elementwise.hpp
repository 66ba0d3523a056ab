// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Functions of several values with broadcasting: arithmetic, PRelu, comparisons, Where.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/dtype.hpp>         // dtype
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/evaluate.hpp>     // detail::tensor_of
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/join.hpp>    // connect_join, zero rules
#include <slimming/ops/detail/naive.hpp>   // broadcast_to
#include <slimming/ops/detail/shapes.hpp>  // infer_broadcast

#include <algorithm>  // std::max
#include <cmath>      // std::pow, std::fmod
#include <cstddef>    // std::size_t
#include <cstring>    // std::memcpy
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::ops {

namespace detail {

template <bool IsMax>
bool extreme_is_zero(std::span<const removed_operand> operands) {
  double extreme = 0;
  bool has_zero = false;
  for (const auto& x : operands) {
    if (!x.is_zero && !x.number) return false;
    has_zero = has_zero || is_zero_operand(x);
    if (x.number) extreme = IsMax ? std::max(extreme, *x.number) : std::min(extreme, *x.number);
  }
  return has_zero && extreme == 0;
}
inline bool power_is_zero(std::span<const removed_operand> operands) {
  return operands[0].is_zero && operands[1].number && *operands[1].number > 0;
}
inline bool choice_is_zero(std::span<const removed_operand> operands) {
  return is_zero_operand(operands[1]) && is_zero_operand(operands[2]);
}

inline void infer_arithmetic(infer_context& c) { infer_broadcast(c, facts_of(c, 0).type); }
inline void infer_truth(infer_context& c) { infer_broadcast(c, dtype::boolean); }
inline void infer_where(infer_context& c) { infer_broadcast(c, facts_of(c, 1).type); }

/// y = f(f(x0, x1), x2) ... over any number of operands. Integers keep all their bits.
struct folded_operands {
  double (*real)(double, double);
  index_t (*integer)(index_t, index_t);

  void operator()(evaluate_context& c) const {
    std::vector<shape> extents;
    for (const any_tensor* x : c.inputs) extents.push_back(x->extents());
    const shape out = broadcast(extents, c.node);
    c.outputs[0] = is_floating(input_of(c, 0).type()) ? fold<double>(c, out, real)
                                                      : fold<index_t>(c, out, integer);
  }

 private:
  template <class T>
  static any_tensor fold(const evaluate_context& c, const shape& out, T (*f)(T, T)) {
    auto y = broadcast_to(input_of(c, 0), out).converted<T>();
    for (std::size_t k = 1; k < c.inputs.size(); ++k) {
      const auto x = broadcast_to(*c.inputs[k], out).converted<T>();
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = f(y[i], x[i]);
    }
    if (c.node.op == "Mean")
      for (T& v : y) v /= static_cast<T>(c.inputs.size());
    return slimming::detail::tensor_of<T>(input_of(c, 0).type(), out, y);
  }
};

/// A truth value of two operands; reals compare after rounding to double, which is exact.
struct compared_operands {
  bool (*real)(double, double);
  bool (*integer)(index_t, index_t);

  void operator()(evaluate_context& c) const {
    const shape extents[] = {input_of(c, 0).extents(), input_of(c, 1).extents()};
    const shape out = broadcast(extents, c.node);
    const any_tensor a = broadcast_to(input_of(c, 0), out), b = broadcast_to(input_of(c, 1), out);
    c.outputs[0] = any_tensor(dtype::boolean, out);
    if (is_floating(a.type()))
      compare<double>(a, b, real, c.outputs[0].values<bool>());
    else
      compare<index_t>(a, b, integer, c.outputs[0].values<bool>());
  }

 private:
  template <class T>
  static void compare(const any_tensor& a, const any_tensor& b, bool (*f)(T, T),
                      std::span<bool> out) {
    const auto x = a.converted<T>(), z = b.converted<T>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(x[i], z[i]);
  }
};

inline void evaluate_where(evaluate_context& c) {
  const shape extents[] = {input_of(c, 0).extents(), input_of(c, 1).extents(),
                           input_of(c, 2).extents()};
  const shape out = broadcast(extents, c.node);
  const auto condition = broadcast_to(input_of(c, 0), out);
  any_tensor y = broadcast_to(input_of(c, 1), out);
  const any_tensor otherwise = broadcast_to(input_of(c, 2), out);
  const std::size_t size = size_of(y.type());
  std::size_t at = 0;
  for (const bool is_first : condition.values<bool>()) {
    if (!is_first) std::memcpy(y.bytes().data() + at, otherwise.bytes().data() + at, size);
    at += size;
  }
  c.outputs[0] = std::move(y);
}

// A removed channel of the divisor is zero in the masked network: nothing may be divided by it.
inline void connect_division(connect_context& c) {
  const value_id divisor = c.node.input(1);
  const auto& layout = c.layouts[static_cast<std::size_t>(divisor)];
  for (const auto& axis : layout.axes)
    if (axis.c && axis.is_zero) {
      c.graph.enter(label_of(c));
      c.graph.pin(axis.c, "something is divided by it");
    }
  connect_join(c, role::scale, zero_if_first);
}

}  // namespace detail

inline void add_elementwise(op_registry& ops) {
  const auto join = [&ops](const char* name, role constants_as, detail::zero_rule rule,
                           double (*real)(double, double), index_t (*integer)(index_t, index_t)) {
    ops.add(name, {detail::infer_arithmetic,
                   [constants_as, rule](connect_context& c) {
                     detail::connect_join(c, constants_as, rule);
                   },
                   {},
                   detail::folded_operands{real, integer}});
  };
  const auto plus = [](auto a, auto b) { return a + b; };
  join("Add", role::bias, detail::zero_if_all, plus, plus);
  join("Sum", role::bias, detail::zero_if_all, plus, plus);
  join("Mean", role::bias, detail::zero_if_all, plus, plus);
  const auto minus = [](auto a, auto b) { return a - b; };
  join("Sub", role::bias, detail::zero_if_all, minus, minus);
  const auto times = [](auto a, auto b) { return a * b; };
  join("Mul", role::scale, detail::zero_if_any, times, times);
  const auto larger = [](auto a, auto b) { return std::max(a, b); };
  join("Max", role::slope, detail::extreme_is_zero<true>, larger, larger);
  const auto smaller = [](auto a, auto b) { return std::min(a, b); };
  join("Min", role::slope, detail::extreme_is_zero<false>, smaller, smaller);
  const auto leak = [](auto x, auto slope) { return x < 0 ? x * slope : x; };
  join("PRelu", role::slope, detail::zero_if_first, leak, leak);
  join(
      "Pow", role::slope, detail::power_is_zero, [](double a, double b) { return std::pow(a, b); },
      [](index_t a, index_t b) {
        return static_cast<index_t>(std::pow(static_cast<double>(a), static_cast<double>(b)));
      });
  join(
      "Mod", role::slope, detail::never_zero, [](double a, double b) { return std::fmod(a, b); },
      [](index_t a, index_t b) { return b == 0 ? index_t{0} : (a % b + b) % b; });
  ops.add("Div", {detail::infer_arithmetic,
                  detail::connect_division,
                  {},
                  detail::folded_operands{
                      [](double a, double b) { return a / b; },
                      [](index_t a, index_t b) { return b == 0 ? index_t{0} : a / b; }}});

  const auto compare = [&ops](const char* name, bool (*real)(double, double),
                              bool (*integer)(index_t, index_t)) {
    ops.add(name,
            {detail::infer_truth,
             [](connect_context& c) { detail::connect_join(c, role::slope, detail::never_zero); },
             {},
             detail::compared_operands{real, integer}});
  };
  const auto both = [&compare](const char* name, auto f) { compare(name, f, f); };
  both("Equal", [](auto a, auto b) { return a == b; });
  both("Less", [](auto a, auto b) { return a < b; });
  both("LessOrEqual", [](auto a, auto b) { return a <= b; });
  both("Greater", [](auto a, auto b) { return a > b; });
  both("GreaterOrEqual", [](auto a, auto b) { return a >= b; });
  both("And", [](auto a, auto b) { return a != 0 && b != 0; });
  both("Or", [](auto a, auto b) { return a != 0 || b != 0; });
  both("Xor", [](auto a, auto b) { return (a != 0) != (b != 0); });
  ops.add("Where",
          {detail::infer_where,
           [](connect_context& c) { detail::connect_join(c, role::slope, detail::choice_is_zero); },
           {},
           detail::evaluate_where});
}

}  // namespace slimming::inline v0::ops
