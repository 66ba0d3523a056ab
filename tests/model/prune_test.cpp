// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/prune.hpp>

#include <slimming/model/infer.hpp>    // infer
#include <slimming/surgery/apply.hpp>  // apply_in_place

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/temporary_directory.hpp"  // message_of

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

namespace {

// A residual block, a concat and a classifier.
sl::model residual_net(sl::index_t batch = 1) {
  net_builder b;
  auto x = b.conv_bn_relu(b.input({batch, 3, 8, 8}), 8);
  x = b.relu(b.add(x, b.bn(b.conv(b.conv_bn_relu(x, 12), 8))));
  x = b.concat({x, b.conv_bn_relu(x, 4)});
  return b.classify(x);
}

sl::prune_plan random_plan(sl::model net, double ratio, std::uint64_t seed = 3) {
  const auto of = sl::connect(net, sl::testing::ops());
  return sl::make_plan(of.graph, sl::random_choice{seed}, sl::global_ratio{ratio});
}

std::vector<std::byte> all_bytes(const sl::model& net) {
  std::vector<std::byte> bytes;
  for (const auto& v : net.values())
    if (v.data) bytes.insert(bytes.end(), v.data->bytes().begin(), v.data->bytes().end());
  return bytes;
}

}  // namespace

TEST_CASE("the pruned network computes what the masked one computes, and is smaller") {
  const auto p = prove(residual_net(), sl::global_ratio{0.5});
  CHECK(p.difference < 1e-12);
  CHECK(p.after.parameters < p.before.parameters);
  CHECK(p.after.macs < p.before.macs);
}

TEST_CASE("a plan that removes nothing leaves every byte") {
  auto net = residual_net();
  const auto before = all_bytes(net);
  sl::prune(net, sl::testing::ops(), random_plan(net, 0));
  CHECK(all_bytes(net) == before);
  CHECK(all_bytes(sl::masked(net, sl::testing::ops(), random_plan(net, 0))) == before);
}

TEST_CASE("declared shapes follow and symbolic dimensions stay") {
  auto net = residual_net(-1);
  const auto facts = sl::infer(net, sl::testing::ops());
  for (std::size_t v = 0; v < facts.size(); ++v)
    net.at(static_cast<sl::value_id>(v)).extents = facts[v].extents;
  sl::prune(net, sl::testing::ops(), random_plan(net, 0.5));
  const auto after = sl::infer(net, sl::testing::ops());
  for (std::size_t v = 0; v < after.size(); ++v) CHECK(net.values()[v].extents == after[v].extents);
  CHECK(net.at(net.inputs()[0]).extents == sl::shape{-1, 3, 8, 8});
  CHECK(net.at(net.outputs()[0]).extents == sl::shape{-1, 5});
}

TEST_CASE("a plan of another network is refused and nothing has changed") {
  auto net = residual_net();
  net_builder b;
  auto other = b.classify(b.conv_bn_relu(b.input({1, 3, 8, 8}), 8));
  const auto before = all_bytes(net);
  CHECK_THROWS_AS(sl::prune(net, sl::testing::ops(), random_plan(other, 0.5)), sl::plan_mismatch);
  CHECK_THROWS_AS(sl::masked(net, sl::testing::ops(), random_plan(other, 0.5)), sl::plan_mismatch);
  CHECK(all_bytes(net) == before);
}

TEST_CASE("surgery in place refuses a model's graph and says what to call") {
  auto net = residual_net();
  const auto before = all_bytes(net);
  const auto of = sl::connect(net, sl::testing::ops());
  const auto p = sl::make_plan(of.graph, sl::random_choice{3}, sl::global_ratio{0.5});
  CHECK_THROWS_AS(sl::apply_in_place(of.graph, p), sl::owner_refused);
  CHECK_THROWS_WITH(sl::apply_in_place(of.graph, p),
                    sl::testing::ending_with(": cut a model by prune(net, ops, plan)"));
  CHECK(all_bytes(net) == before);
}

TEST_CASE("a node that cannot be brought in line leaves the network as it was") {
  // An operator that passes channels but whose shape inference insists on 8 of them.
  auto ops = sl::op_registry(sl::testing::ops());
  ops.add("Stubborn",
          {.infer =
               [](sl::infer_context& c) {
                 c.outputs[0] = *c.input(0);
                 (*c.outputs[0].extents)[1] = 8;
               },
           .connect =
               [](sl::connect_context& c) { c.outputs[0] = sl::layout_of(c, c.node.input(0)); }});
  net_builder b;
  auto x = b.conv_bn_relu(b.input({1, 3, 8, 8}), 8);
  sl::model net = b.net;
  const auto y = net.append("Stubborn", "stubborn", {x});
  net.add_output(net.append(
      "GlobalAveragePool", "pool",
      {net.append("Conv", "last", {y, net.add_initializer("last.w", b.tensor({2, 8, 1, 1}))})}));
  const auto before = all_bytes(net);
  const auto of = sl::connect(net, ops);
  const auto plan = sl::make_plan(of.graph, sl::random_choice{1}, sl::global_ratio{0.5});
  CHECK_THROWS_WITH(sl::prune(net, ops, plan), sl::testing::containing("stubborn"));
  CHECK(all_bytes(net) == before);
}

TEST_CASE("masking zeroes what makes and what reads a channel, never a variance") {
  net_builder b;
  auto x = b.conv_bn_relu(b.input({1, 3, 4, 4}), 6);
  const auto net = b.classify(x);
  const auto plan = random_plan(net, 0.5);
  const auto m = sl::masked(net, sl::testing::ops(), plan);
  const auto& bn = m.nodes()[1];
  REQUIRE(bn.op == "BatchNormalization");
  const auto zeros = [&](sl::value_id v) {
    sl::index_t n = 0;
    for (const double x : m.initializer(v)->converted<double>()) n += x == 0;
    return n;
  };
  CHECK(zeros(bn.inputs[1]) == 3);
  CHECK(zeros(bn.inputs[2]) == 3);
  CHECK(zeros(bn.inputs[4]) == 0);
  CHECK(zeros(m.nodes()[0].inputs[0 + 1]) == 3 * 27);
  CHECK(zeros(m.nodes().back().inputs[1]) == 3 * 5);
}

TEST_CASE("real numbers computed from shapes keep the value that they had") {
  // 1 / sqrt(channels) as exporters of attention write it.
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  const auto n =
      b.op("Gather", {b.op("Shape", {x}), b.scalar(sl::index_t{1})}, {{"axis", sl::index_t{0}}});
  const auto real = b.op("Sqrt", {b.op("Cast", {n}, {{"to", sl::index_t{1}}})});
  const auto net = b.classify(b.op("Div", {x, real}));
  const auto p = prove(net, sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-7);  // the network states the number in float
  for (const auto& node : p.pruned.nodes()) CHECK(node.op != "Shape");  // nobody reads it any more
}

TEST_CASE("a network that gives a parameter out gives out the whole of it") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 8, 8}), 8);
  const auto kernel = b.net.nodes().back().inputs[1];
  const auto y = b.conv(b.relu(x), 8);
  const auto scale = b.weight({8, 1, 1});
  b.net.add_output(kernel);
  b.net.add_output(scale);
  const auto p = prove(b.classify(b.conv(b.mul(y, scale), 8)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  CHECK(p.pruned.initializer(kernel)->extents() == sl::shape{8, 3, 3, 3});
  CHECK(p.pruned.initializer(scale)->extents() == sl::shape{8, 1, 1});
}

TEST_CASE("outputs that nothing reads do not bind their node, and their declarations follow") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 8, 8}), 8);
  const auto vectors = [&b] { return b.weight({8}, 0.5, 1.5); };
  const auto norm =
      b.op_n("BatchNormalization", 5, {x, vectors(), vectors(), vectors(), vectors()});
  x = b.op_n("Dropout", 2, {norm[0]})[0];
  const auto pool =
      b.op_n("MaxPool", 2, {x}, {{"kernel_shape", ints{2, 2}}, {"strides", ints{2, 2}}});
  x = b.op_n("LayerNormalization", 3, {pool[0], b.weight({4}), b.weight({4})})[0];
  auto net = b.classify(b.conv(x, 8));
  net.at(norm[1]).extents = sl::shape{8};
  net.at(pool[1]).extents = sl::shape{-1, 8, 4, 4};
  const auto p = prove(net, sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
  const auto after = sl::infer(p.pruned, sl::testing::ops());
  const auto extents = [&](sl::value_id v) { return *after[static_cast<std::size_t>(v)].extents; };
  const sl::index_t kept = extents(norm[0])[1];
  CHECK(kept < 8);
  CHECK(p.pruned.at(norm[1]).extents == sl::shape{kept});
  CHECK(p.pruned.at(pool[1]).extents == sl::shape{-1, kept, 4, 4});
}

namespace {

// A subgraph that names \p value as protocol buffers do.
void add_subgraph(sl::model& net, sl::value_id reads, sl::value_id value) {
  const std::string& name = net.at(value).name;
  net.add_output(
      net.append("If", "branch", {reads},
                 {{"then_branch", sl::opaque_attribute{static_cast<char>(name.size()) + name}}}));
}

}  // namespace

TEST_CASE("a list that a subgraph may read stays, and its other reader gets one of its own") {
  for (const bool is_computed : {false, true}) {
    net_builder b;
    const auto image = b.input({1, 3, 8, 8});
    const auto x = b.conv(image, 8);
    auto target = b.constant({1, 8, 64});
    if (is_computed)
      target = b.op("Concat", {b.constant({1}), b.constant({8}), b.constant({64})},
                    {{"axis", sl::index_t{0}}});
    const auto flat = b.op("Reshape", {b.relu(x), target});
    b.net.add_output(b.op("Conv", {flat, b.weight({5, 8, 1})}));
    add_subgraph(b.net, image, target);
    sl::model net = b.net;
    sl::prune(net, sl::testing::ops(), random_plan(net, 0.5));
    const auto facts = sl::infer(net, sl::testing::ops());
    CHECK(facts[static_cast<std::size_t>(flat)].extents == sl::shape{1, 4, 64});
    const auto& list = facts[static_cast<std::size_t>(target)].constant;
    REQUIRE(list);
    CHECK(list->converted<sl::index_t>() == std::vector<sl::index_t>{1, 8, 64});
  }
}

TEST_CASE("a number of channels that a subgraph may read is not changed behind its back") {
  net_builder b;
  const auto image = b.input({1, 3, 8, 8});
  const auto x = b.relu(b.conv(image, 8));
  const auto counted = b.op("Shape", {x});
  b.net.add_output(b.conv(x, 8));
  add_subgraph(b.net, image, counted);
  sl::model net = b.net;
  const auto before = all_bytes(net);
  const auto plan = random_plan(net, 0.5);
  const std::string message =
      test_support::message_of([&] { sl::prune(net, sl::testing::ops(), plan); });
  CHECK(message.find("'" + net.at(counted).name + "'") != std::string::npos);
  CHECK(message.find("a subgraph may read this number") != std::string::npos);
  CHECK(all_bytes(net) == before);
  sl::prune(net, sl::testing::ops(), random_plan(net, 0));
  CHECK(all_bytes(net) == before);
}
