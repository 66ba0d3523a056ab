// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/model.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("nodes come in topological order or not at all") {
  sl::model m;
  const auto x = m.add_input("x", {1, 3, 8, 8});
  const auto later = m.add_value("later");
  CHECK_THROWS_AS(m.add_node({"Relu", "r", {later}, {m.add_value("y")}, {}, ""}), sl::bad_value);
  CHECK(m.nodes().empty());
  const auto y = m.append("Relu", "r", {x});
  CHECK(m.at(y).producer == 0);
  CHECK(m.at(y).name == "r.out");
  CHECK_THROWS_AS(m.add_node({"Relu", "again", {x}, {y}, {}, ""}), sl::bad_value);
  CHECK_THROWS_AS(m.add_node({"Relu", "onto the input", {y}, {x}, {}, ""}), sl::bad_value);
}

TEST_CASE("names are unique and findable; copies are deep") {
  sl::model m;
  const float w[] = {1, 2};
  const auto v = m.add_initializer("w", sl::any_tensor::from(std::span<const float>(w), {2}));
  CHECK(m.find("w") == v);
  CHECK(m.find("v") == sl::no_value);
  CHECK_THROWS_AS(m.add_value("w"), sl::bad_value);
  sl::model copy = m;
  m.initializer(v)->values<float>()[0] = 9;
  CHECK(copy.initializer(v)->values<float>()[0] == 1);
  CHECK(m.initializer(m.add_value("")) == nullptr);
  CHECK_THROWS_AS(m.at(99), sl::bad_value);
}

TEST_CASE("an operator is put behind another: who read the one reads the other") {
  sl::model m;
  const auto x = m.add_input("x", {1, 3});
  const auto y = m.append("Relu", "a", {x});
  const auto z = m.append("Neg", "b", {y});
  m.add_output(y);
  const auto& fresh = m.insert_behind(0, {"Abs", "between", {}, {}, {}, ""}, "made");
  CHECK(fresh.op == "Abs");
  CHECK(fresh.inputs == std::vector<sl::value_id>{m.find("made")});
  CHECK(fresh.outputs == std::vector<sl::value_id>{y});
  REQUIRE(m.nodes().size() == 3);
  CHECK(m.nodes()[0].outputs[0] == m.find("made"));
  CHECK(m.nodes()[2].inputs[0] == y);
  CHECK(m.at(m.find("made")).producer == 0);
  CHECK(m.at(y).producer == 1);
  CHECK(m.at(z).producer == 2);
  CHECK_THROWS_AS(m.insert_behind(0, {"Abs", "again", {}, {}, {}, ""}, "made"), sl::bad_value);
}
