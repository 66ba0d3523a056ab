// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/infer.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;

namespace {

// Copy: y = x. Halve: the last axis by two. Columns: the last extent of x, as shape arithmetic.
sl::op_registry shape_ops() {
  sl::op_registry ops;
  ops.add("Copy", {.infer = [](sl::infer_context& c) { c.outputs[0] = *c.input(0); }});
  ops.add("Halve", {.infer = [](sl::infer_context& c) {
            sl::shape e = *c.input(0)->extents;
            if (e.back() % 2 != 0) throw sl::shape_mismatch(c.node.name, 2, e.back());
            e.back() /= 2;
            c.outputs[0].extents = e;
          }});
  ops.add("Columns", {.infer = [](sl::infer_context& c) {
            const sl::index_t n[] = {c.input(0)->extents->back()};
            c.outputs[0] = {sl::shape{1}, sl::dtype::int64,
                            sl::any_tensor::from(std::span<const sl::index_t>(n), {1})};
          }});
  ops.add("Twice", {.infer =
                        [](sl::infer_context& c) {
                          c.outputs[0].extents = c.input(0)->extents;
                          c.outputs[0].type = c.input(0)->type;
                        },
                    .evaluate =
                        [](sl::evaluate_context& c) {
                          sl::any_tensor y = *c.inputs[0];
                          for (auto& n : y.values<sl::index_t>()) n *= 2;
                          c.outputs[0] = y;
                        }});
  return ops;
}

}  // namespace

TEST_CASE("a symbolic batch stays symbolic and everything else becomes a number") {
  sl::model m;
  const auto x = m.add_input("x", {-1, 3, 8});
  const auto y = m.append("Halve", "h", {x});
  const auto n = m.append("Columns", "c", {y});
  const auto facts = sl::infer(m, shape_ops());
  CHECK(facts[static_cast<std::size_t>(y)].extents == sl::shape{-1, 3, 4});
  REQUIRE(facts[static_cast<std::size_t>(n)].constant);
  CHECK(facts[static_cast<std::size_t>(n)].constant->values<sl::index_t>()[0] == 4);
}

TEST_CASE("shape arithmetic folds, and does not where it depends on a symbolic dimension") {
  for (const sl::index_t last : {sl::index_t{8}, sl::index_t{-1}}) {
    sl::model m;
    const auto x = m.add_input("x", {1, 3, last});
    const auto n = m.append("Twice", "t", {m.append("Columns", "c", {x})});
    const auto facts = sl::infer(m, shape_ops());
    const auto& constant = facts[static_cast<std::size_t>(n)].constant;
    CHECK(constant.has_value() == (last == 8));
    if (constant) CHECK(constant->values<sl::index_t>()[0] == 16);
    CHECK(facts[static_cast<std::size_t>(n)].extents == sl::shape{1});
  }
}

TEST_CASE("extents given by the caller replace the declared ones") {
  sl::model m;
  const auto x = m.add_input("x", {-1, 3, -1});
  const auto y = m.append("Halve", "h", {x});
  const auto facts = sl::infer(m, shape_ops(), {{"x", {4, 3, 10}}});
  CHECK(facts[static_cast<std::size_t>(y)].extents == sl::shape{4, 3, 5});
  CHECK_THROWS_AS(sl::infer(m, shape_ops(), {{"x", {4, 3}}}), sl::shape_mismatch);
}

TEST_CASE("behind an unknown operator only declared extents are known") {
  sl::model m;
  const auto x = m.add_input("x", {1, 4});
  const auto y = m.append("Mystery", "m", {x});
  const auto z = m.append("Halve", "h", {y});
  CHECK_FALSE(sl::infer(m, shape_ops())[static_cast<std::size_t>(z)].extents);
  m.at(y).extents = sl::shape{1, 6};
  CHECK(sl::infer(m, shape_ops())[static_cast<std::size_t>(z)].extents == sl::shape{1, 3});
}

TEST_CASE("an operator that does not fit its input names the node") {
  sl::model m;
  m.append("Halve", "odd", {m.add_input("x", {1, 5})});
  CHECK_THROWS_WITH(sl::infer(m, shape_ops()), sl::testing::containing("odd"));
}

TEST_CASE(
    "a stated real that only integers depend on is shape arithmetic; one that a value uses is "
    "not") {
  sl::testing::net_builder b;
  const auto x = b.input({1, 3, 6, 6});
  const auto real = [&](const char* name, float v) {
    return b.net.add_initializer(name, sl::any_tensor::from(std::span<const float>(&v, 1), {1}));
  };
  const auto stride = real("stride", 4.0f), gain = real("gain", 4.0f);
  const auto largest = b.op("ReduceMax", {stride}, {{"keepdims", sl::index_t{1}}});
  const auto count = b.op("Cast", {b.op("Sqrt", {largest})}, {{"to", sl::index_t{7}}});
  const auto scaled = b.op("Mul", {x, gain});
  const auto net = b.out(scaled);
  const auto facts = sl::infer(net, sl::testing::ops());
  REQUIRE(facts[static_cast<std::size_t>(count)].constant);
  CHECK(facts[static_cast<std::size_t>(count)].constant->values<sl::index_t>()[0] == 2);
  CHECK_FALSE(facts[static_cast<std::size_t>(gain)].constant);
}
