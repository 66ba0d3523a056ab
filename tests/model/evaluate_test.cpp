// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/evaluate.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

sl::op_registry sum_op() {
  sl::op_registry ops;
  ops.add("Sum2", {.evaluate = [](sl::evaluate_context& c) {
            sl::any_tensor y = *c.inputs[0];
            sl::visit_floating(y.type(), "Sum2", [&]<class T>() {
              const auto b = c.inputs[1]->values<T>();
              auto out = y.values<T>();
              for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(out[i] + b[i]);
            });
            c.outputs[0] = y;
          }});
  ops.add("Silent", {});
  return ops;
}

sl::any_tensor pair(float a, float b) {
  const float v[] = {a, b};
  return sl::any_tensor::from(std::span<const float>(v), {2});
}

}  // namespace

TEST_CASE("every floating tensor becomes the type that was asked for") {
  sl::model m;
  const auto x = m.add_input("x", {2});
  const auto w = m.add_initializer("w", pair(0.1f, 2));
  const auto y = m.append("Sum2", "s", {x, w});
  m.add_output(m.append("Sum2", "t", {y, y}));
  const sl::any_tensor in[] = {pair(1, 2)};
  const auto wide = sl::evaluate(m, sum_op(), in);
  CHECK(wide.at(0).values<double>()[0] == 2 * (1 + static_cast<double>(0.1f)));
  const auto narrow = sl::evaluate(m, sum_op(), in, {.real = sl::dtype::float32});
  CHECK(narrow.at(0).values<float>()[1] == 8);
}

TEST_CASE("values die after their last use unless all are kept") {
  sl::model m;
  const auto x = m.add_input("x", {2});
  const auto y = m.append("Sum2", "s", {x, x});
  const auto z = m.append("Sum2", "t", {y, x});
  m.add_output(z);
  const sl::any_tensor in[] = {pair(1, 2)};
  CHECK_FALSE(sl::evaluate_values(m, sum_op(), in)[static_cast<std::size_t>(y)]);
  const auto all = sl::evaluate_values(m, sum_op(), in, {.keep_all = true});
  CHECK(all[static_cast<std::size_t>(y)]->values<double>()[1] == 4);
}

TEST_CASE("a wrong number of inputs and an operator without evaluation are errors") {
  sl::model m;
  m.add_output(m.append("Silent", "s", {m.add_input("x", {2})}));
  CHECK_THROWS_AS(sl::evaluate(m, sum_op(), {}), sl::bad_value);
  const sl::any_tensor in[] = {pair(1, 2)};
  CHECK_THROWS_WITH(sl::evaluate(m, sum_op(), in),
                    sl::testing::containing("'Silent' has no evaluation"));
}

TEST_CASE("what does not depend on an operator without evaluation can still be had") {
  sl::model m;
  const auto x = m.add_input("x", {2});
  const auto silent = m.append("Silent", "s", {x});
  const auto behind = m.append("Sum2", "t", {silent, x});
  const auto beside = m.append("Sum2", "u", {x, x});
  m.add_output(behind);
  const sl::any_tensor in[] = {pair(1, 2)};
  const auto values =
      sl::evaluate_values(m, sum_op(), in, {.keep_all = true, .skip_unknown = true});
  CHECK_FALSE(values[static_cast<std::size_t>(silent)]);
  CHECK_FALSE(values[static_cast<std::size_t>(behind)]);
  REQUIRE(values[static_cast<std::size_t>(beside)]);
  CHECK(values[static_cast<std::size_t>(beside)]->values<double>()[1] == 4);
}

TEST_CASE("an output that an evaluation leaves unset is an error once something reads it") {
  sl::op_registry ops;
  ops.add("Half", {.evaluate = [](sl::evaluate_context& c) { c.outputs[0] = *c.inputs[0]; }});
  sl::model m;
  const auto x = m.add_input("x", {2});
  const auto y = m.add_value("y"), unset = m.add_value("unset");
  m.add_node({"Half", "h", {x}, {y, unset}, {}, ""});
  m.add_output(y);
  const sl::any_tensor in[] = {pair(1, 2)};
  const auto values = sl::evaluate_values(m, ops, in, {.keep_all = true});
  CHECK(values[static_cast<std::size_t>(y)]);
  CHECK_FALSE(values[static_cast<std::size_t>(unset)]);
  m.add_output(unset);
  CHECK_THROWS_WITH(
      sl::evaluate(m, ops, in),
      sl::testing::containing("unsupported: h: output 1 ('unset') of operator 'Half'"));
}
