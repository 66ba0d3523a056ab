// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/channels.hpp>

#include <slimming/graph/groups.hpp>  // channel_groups

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Pass: out = in. Scale: in times a parameter of one number per channel.
sl::op_registry toy_ops() {
  const auto same = [](sl::infer_context& c) { c.outputs[0] = *c.input(0); };
  const auto pass = [](sl::connect_context& c) {
    c.outputs[0] = sl::layout_of(c, c.node.input(0));
  };
  sl::op_registry ops;
  ops.add("Pass", {.infer = same, .connect = pass});
  ops.add("Scale", {.infer = same, .connect = [](sl::connect_context& c) {
                      const auto x = sl::map_on(c, c.node.input(0));
                      c.graph.enter(sl::label_of(c));
                      const auto y = c.graph.add(c.graph.size(x.c), c.node.name);
                      const auto id = c.graph.add(sl::parameter_of(c.net, c.node.input(1)));
                      c.graph.bind(id, 0, y, sl::role::scale);
                      c.outputs[0] = sl::layout_with(3, 1, y, true);
                    }});
  ops.add("Inert", {.infer = same});
  return ops;
}

sl::value_id weights(sl::model& m, const std::string& name) {
  return m.add_initializer(name, sl::any_tensor(sl::dtype::float32, {4}));
}

}  // namespace

TEST_CASE("inputs and outputs are pinned with the reason, what lies between is free") {
  sl::model m;
  const auto x = m.add_input("x", {-1, 4, 5});
  const auto a = m.append("Scale", "a", {x, weights(m, "wa")});
  const auto b = m.append("Scale", "b", {m.append("Pass", "p", {a}), weights(m, "wb")});
  m.add_output(b);
  const auto connected = sl::connect(m, toy_ops());
  const sl::channel_groups groups(connected.graph);
  const auto on = [&](sl::value_id v) {
    return connected.layouts[static_cast<std::size_t>(v)].on(1);
  };
  CHECK(groups.is_pinned(groups.group_of(on(x), 0)));
  CHECK_FALSE(groups.is_pinned(groups.group_of(on(a), 0)));
  CHECK(groups.is_pinned(groups.group_of(on(b), 0)));
  REQUIRE(connected.graph.pins().size() == 2);
  CHECK(connected.graph.pins()[0].reason == "network input");
  CHECK(connected.graph.pins()[1].reason == "network output");
  CHECK(
      connected.graph.at(connected.parameters[static_cast<std::size_t>(m.find("wb"))]).value.name ==
      "wb");
}

TEST_CASE("an unknown operator is an error if strict, else a barrier that says so") {
  sl::model m;
  const auto x = m.add_input("x", {1, 4, 5});
  const auto a = m.append("Scale", "a", {x, weights(m, "wa")});
  m.add_output(m.append("Mystery", "q", {a}));
  CHECK_THROWS_AS(sl::connect(m, toy_ops(), {.strict = true}), sl::unknown_op);
  const auto connected = sl::connect(m, toy_ops());
  REQUIRE(connected.graph.pins().size() == 2);
  CHECK(connected.graph.pins()[1].reason == "operator 'Mystery' is unknown");
}

TEST_CASE("an operator without a rule is a barrier") {
  sl::model m;
  const auto x = m.add_input("x", {1, 4, 5});
  const auto a = m.append("Scale", "a", {x, weights(m, "wa")});
  const auto b = m.append("Inert", "i", {a});
  const auto connected = sl::connect(m, toy_ops(), {.strict = true});
  CHECK(connected.graph.pins()[1].reason == "operator 'Inert' needs all its channels");
  CHECK_FALSE(connected.layouts[static_cast<std::size_t>(b)]);
}

TEST_CASE("what an unread subgraph may name keeps its channels") {
  sl::model m;
  const auto x = m.add_input("x", {1, 4, 5});
  const auto a = m.append("Scale", "captured", {x, weights(m, "wa")});
  (void)m.append("Pass", "p", {a});
  m.append("Pass", "branch", {x},
           {{"body", sl::opaque_attribute{std::string("...\x0c") + "captured.out..."}}});
  const auto connected = sl::connect(m, toy_ops());
  bool found = false;
  for (const auto& pin : connected.graph.pins())
    found = found || (pin.at == connected.layouts[static_cast<std::size_t>(a)].on(1) &&
                      pin.reason == "a subgraph of operator 'Pass' may read it");
  CHECK(found);
}

TEST_CASE("a parameter that is a network output keeps its channels") {
  sl::model m;
  const auto x = m.add_input("x", {1, 4, 5});
  const auto w = weights(m, "wa");
  const auto a = m.append("Scale", "a", {x, w});
  m.add_output(m.append("Scale", "b", {a, weights(m, "wb")}));
  m.add_output(w);
  const auto connected = sl::connect(m, toy_ops());
  const sl::channel_groups groups(connected.graph);
  const auto c = connected.layouts[static_cast<std::size_t>(a)].on(1);
  for (sl::index_t i = 0; i < 4; ++i) CHECK(groups.is_pinned(groups.group_of(c, i)));
  CHECK(connected.graph.pins().back().reason == "network output");
}
