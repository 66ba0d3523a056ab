// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Functions of one value, applied element by element: activations, arithmetic, casts.
/// Area: ops.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/dtype.hpp>         // dtype
#include <slimming/core/error.hpp>         // unsupported
#include <slimming/model/connect.hpp>      // layout_of
#include <slimming/model/evaluate.hpp>     // detail::as_type
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/ops/detail/naive.hpp>   // input_of, reals_of
#include <slimming/ops/detail/shapes.hpp>  // infer_same
#include <slimming/rules/pass.hpp>         // pass_facts

#include <algorithm>   // std::clamp, std::max
#include <cmath>       // std::exp, ...
#include <functional>  // std::function
#include <limits>      // std::numeric_limits
#include <optional>    // std::optional
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0::ops {

namespace detail {

/// The parameters of an activation; which of them a function reads is its own business.
struct activation_numbers {
  double alpha = 0, beta = 0, gamma = 0;
};

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// y = f(x, numbers), the numbers by attribute or by default.
struct mapped_elements {
  double (*f)(double, const activation_numbers&);
  activation_numbers defaults = {};

  void operator()(evaluate_context& c) const {
    const any_tensor& x = input_of(c, 0);
    const activation_numbers numbers{c.node.real("alpha", defaults.alpha),
                                     c.node.real("beta", defaults.beta),
                                     c.node.real("gamma", defaults.gamma)};
    reals y = reals_of(x);
    for (double& v : y) v = f(v, numbers);
    c.outputs[0] = tensor_of(x.type(), x.extents(), y);
  }
};

/// What the node's evaluation makes of zero; none if that hangs on an input which the network
/// computes (a bound of Clip).
inline std::optional<double> value_at_zero(const connect_context& c,
                                           const std::function<void(evaluate_context&)>& evaluate) {
  const dtype type = c.facts[static_cast<std::size_t>(c.node.input(0))].type;
  const any_tensor zero(is_floating(type) ? dtype::float64 : type, {1});
  evaluate_context probe{c.node,
                         {&zero},
                         std::vector<any_tensor>(c.node.outputs.size()),
                         false,
                         c.net.opset(c.node.domain)};
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    const value_id v = c.node.inputs[i];
    const any_tensor* stated = c.net.constant(v);
    if (v != no_value && !stated) {
      const auto& folded = c.facts[static_cast<std::size_t>(v)].constant;
      if (!folded) return {};
      stated = &*folded;
    }
    probe.inputs.push_back(stated);
  }
  evaluate(probe);
  return reals_of(probe.outputs[0])[0];
}

/// Out = in on every axis; zeros stay zeros if the function maps 0 to 0, which its evaluation is
/// asked. Further outputs (Dropout's mask) have the channels of the first, and no zeros.
struct pass_rule {
  std::function<void(evaluate_context&)> evaluate;  // empty: 0 to 0 whatever the other inputs are

  void operator()(connect_context& c) const {
    channel_layout layout = slimming::layout_of(c, c.node.input(0));
    if (layout) {
      const std::optional<double> at_zero = evaluate ? value_at_zero(c, evaluate) : 0;
      for (auto& carried : layout.axes) {
        if (!carried.c) continue;
        carried.c =
            rules::connect(c.graph, rules::pass_facts{label_of(c)}, {carried.c, {}, false}).c;
        if (carried.is_zero && at_zero && !std::isfinite(*at_zero))
          c.graph.pin(carried.c, "operator '" + c.node.op + "' is not finite at zero");
        carried.is_zero = carried.is_zero && at_zero == 0;
      }
    }
    for (std::size_t i = 1; i < c.outputs.size(); ++i) {
      c.outputs[i] = layout;
      for (auto& carried : c.outputs[i].axes) carried.is_zero = false;
    }
    c.outputs[0] = std::move(layout);
  }
};

/// Bounds are attributes before operator set 11 and inputs since.
inline void evaluate_clip(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const auto bound = [&](std::size_t i, const char* key, double otherwise) {
    if (c.node.has(key)) return c.node.real(key, 0);
    return has_input(c, i) ? reals_of(*c.inputs[i]).at(0) : otherwise;
  };
  constexpr double all = std::numeric_limits<double>::infinity();
  const double low = bound(1, "min", -all), high = bound(2, "max", all);
  reals y = reals_of(x);
  for (double& v : y) v = std::min(std::max(v, low), high);
  c.outputs[0] = tensor_of(x.type(), x.extents(), y);
}

inline void evaluate_identity(evaluate_context& c) {
  c.outputs[0] = input_of(c, 0);
  for (std::size_t i = 1; i < c.outputs.size(); ++i) {  // Dropout's mask
    c.outputs[i] = any_tensor(dtype::boolean, input_of(c, 0).extents());
    for (bool& kept : c.outputs[i].values<bool>()) kept = true;
  }
}

/// The element types of ONNX by number.
inline dtype dtype_of_onnx(index_t number, const op_node& node) {
  switch (number) {
    case 1:
      return dtype::float32;
    case 2:
      return dtype::uint8;
    case 3:
      return dtype::int8;
    case 4:
      return dtype::uint16;
    case 5:
      return dtype::int16;
    case 6:
      return dtype::int32;
    case 7:
      return dtype::int64;
    case 9:
      return dtype::boolean;
    case 10:
      return dtype::float16;
    case 11:
      return dtype::float64;
    case 12:
      return dtype::uint32;
    case 13:
      return dtype::uint64;
    case 16:
      return dtype::bfloat16;
    default:
      throw unsupported(place_of(node), "element type " + std::to_string(number));
  }
}

inline void infer_cast(infer_context& c) {
  const dtype to = c.node.op == "CastLike" ? facts_of(c, 1).type
                                           : dtype_of_onnx(c.node.integer("to", 1), c.node);
  set_output(c, 0, extents_of(c, 0), to);
}
inline void evaluate_cast(evaluate_context& c) {
  const any_tensor& x = input_of(c, 0);
  const dtype to = c.node.op == "CastLike" ? input_of(c, 1).type()
                                           : dtype_of_onnx(c.node.integer("to", 1), c.node);
  // Among floating types a cast is exact here: the caller chose the precision of the evaluation.
  c.outputs[0] = is_floating(x.type()) && is_floating(to) ? x : slimming::detail::as_type(x, to);
}

inline void infer_dropout(infer_context& c) {
  infer_same(c);
  for (std::size_t i = 1; i < c.outputs.size(); ++i) c.outputs[i].type = dtype::boolean;
}

inline void evaluate_not(evaluate_context& c) {
  c.outputs[0] = input_of(c, 0);
  for (bool& v : c.outputs[0].values<bool>()) v = !v;
}
inline void infer_is_nan(infer_context& c) { set_output(c, 0, extents_of(c, 0), dtype::boolean); }
inline void evaluate_is_nan(evaluate_context& c) {
  c.outputs[0] = any_tensor(dtype::boolean, input_of(c, 0).extents());
  bool* to = c.outputs[0].values<bool>().data();
  for (const double v : reals_of(input_of(c, 0))) *to++ = std::isnan(v);
}

inline void evaluate_gelu(evaluate_context& c) {
  const bool by_tanh = c.node.text("approximate", "none") == "tanh";
  const mapped_elements by_error{[](double x, const activation_numbers&) {
    return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
  }};
  const mapped_elements by_tangent{[](double x, const activation_numbers&) {
    return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
  }};
  (by_tanh ? by_tangent : by_error)(c);
}

}  // namespace detail

inline void add_activation(op_registry& ops) {
  using numbers = detail::activation_numbers;
  const auto add = [&ops](const char* name, void (*infer)(infer_context&),
                          std::function<void(evaluate_context&)> evaluate) {
    ops.add(name, {infer, detail::pass_rule{evaluate}, {}, evaluate});
  };
  const auto map = [&add](const char* name, double (*f)(double, const numbers&),
                          const numbers& defaults = {}) {
    add(name, detail::infer_same, detail::mapped_elements{f, defaults});
  };
  map("Relu", [](double x, const numbers&) { return std::max(x, 0.0); });
  map("Abs", [](double x, const numbers&) { return std::abs(x); });
  map("Neg", [](double x, const numbers&) { return -x; });
  map("Sign", [](double x, const numbers&) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; });
  map("LeakyRelu", [](double x, const numbers& n) { return x < 0 ? n.alpha * x : x; }, {0.01});
  map("ThresholdedRelu", [](double x, const numbers& n) { return x > n.alpha ? x : 0; }, {1});
  map("Elu", [](double x, const numbers& n) { return x < 0 ? n.alpha * std::expm1(x) : x; }, {1});
  map("Celu",
      [](double x, const numbers& n) { return x < 0 ? n.alpha * std::expm1(x / n.alpha) : x; },
      {1});
  map("Selu",
      [](double x, const numbers& n) { return n.gamma * (x < 0 ? n.alpha * std::expm1(x) : x); },
      {1.6732632423543772, 0, 1.0507009873554805});
  map("Sigmoid", [](double x, const numbers&) { return detail::sigmoid(x); });
  map("HardSigmoid",
      [](double x, const numbers& n) { return std::clamp(n.alpha * x + n.beta, 0.0, 1.0); },
      {0.2, 0.5});
  map("HardSwish", [](double x, const numbers&) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  map("Softplus", [](double x, const numbers&) { return detail::softplus(x); });
  map("Softsign", [](double x, const numbers&) { return x / (1 + std::abs(x)); });
  map("Mish", [](double x, const numbers&) { return x * std::tanh(detail::softplus(x)); });
  map("Swish", [](double x, const numbers& n) { return x * detail::sigmoid(n.alpha * x); }, {1});
  map("Tanh", [](double x, const numbers&) { return std::tanh(x); });
  map("Erf", [](double x, const numbers&) { return std::erf(x); });
  map("Exp", [](double x, const numbers&) { return std::exp(x); });
  map("Log", [](double x, const numbers&) { return std::log(x); });
  map("Sqrt", [](double x, const numbers&) { return std::sqrt(x); });
  map("Reciprocal", [](double x, const numbers&) { return 1 / x; });
  map("Sin", [](double x, const numbers&) { return std::sin(x); });
  map("Cos", [](double x, const numbers&) { return std::cos(x); });
  map("Floor", [](double x, const numbers&) { return std::floor(x); });
  map("Ceil", [](double x, const numbers&) { return std::ceil(x); });
  map("Round", [](double x, const numbers&) { return std::nearbyint(x); });
  add("Gelu", detail::infer_same, detail::evaluate_gelu);
  add("Clip", detail::infer_same, detail::evaluate_clip);
  add("Identity", detail::infer_same, detail::evaluate_identity);
  ops.add("Dropout", {detail::infer_dropout, detail::pass_rule{}, {}, detail::evaluate_identity});
  add("Cast", detail::infer_cast, detail::evaluate_cast);
  ops.add("CastLike", {detail::infer_cast, detail::pass_rule{}, {}, detail::evaluate_cast});
  add("Not", detail::infer_same, detail::evaluate_not);
  add("IsNaN", detail::infer_is_nan, detail::evaluate_is_nan);
}

}  // namespace slimming::inline v0::ops
