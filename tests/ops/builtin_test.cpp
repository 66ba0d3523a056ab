// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/builtin.hpp>

#include <slimming/model/evaluate.hpp>  // evaluate
#include <slimming/model/infer.hpp>     // infer

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/node_cases.hpp"

namespace sl = slimming;

namespace {

// The case as a network: the floating first input is fed, the others are initialisers; so are the bounds
// of a Range, on which its shape depends.
struct one_node_net {
  sl::model net;
  std::vector<sl::any_tensor> feeds;
  std::vector<sl::value_id> outputs;

  explicit one_node_net(const sl::testing::node_case& c) {
    net.opsets[""] = c.opset;
    sl::op_node node = c.node;
    for (std::size_t i = 0; i < c.inputs.size(); ++i) {
      const std::string name = "i" + std::to_string(i);
      if (!c.inputs[i]) {
        node.inputs.push_back(sl::no_value);
      } else if (sl::is_floating(c.inputs[i]->type()) && i == 0 && node.op != "Range") {
        node.inputs.push_back(net.add_input(name, c.inputs[i]->extents()));
        feeds.push_back(*c.inputs[i]);
      } else {
        node.inputs.push_back(net.add_initializer(name, *c.inputs[i]));
      }
    }
    for (std::size_t i = 0; i < c.outputs.size(); ++i)
      node.outputs.push_back(net.add_value("o" + std::to_string(i)));
    outputs = node.outputs;
    net.add_node(node);
    for (const auto o : outputs) net.add_output(o);
  }
};

const std::vector<sl::testing::node_case>& cases() {
  static const auto all =
      sl::testing::read_node_cases(std::string(SLIMMING_TEST_DIR) + "/ops/node_cases.txt");
  return all;
}

double largest_difference(const sl::any_tensor& a, const sl::any_tensor& b) {
  const auto x = a.converted<double>(), y = b.converted<double>();
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(x[i] - y[i]) / std::max(1.0, std::abs(y[i])));
  return worst;
}

}  // namespace

TEST_CASE("every operator evaluates as ONNX Runtime does, in float and in double") {
  for (const auto& c : cases())
    for (const auto real : {sl::dtype::float32, sl::dtype::float64}) {
      INFO(c.name);
      const one_node_net n(c);
      const auto results = sl::evaluate(n.net, sl::builtin_ops(), n.feeds, {.real = real});
      REQUIRE(results.size() == c.outputs.size());
      for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].extents() == c.outputs[i].extents());
        CHECK(results[i].type() ==
              (sl::is_floating(c.outputs[i].type()) ? real : c.outputs[i].type()));
        CHECK(largest_difference(results[i], c.outputs[i]) < 2e-6);
      }
    }
}

TEST_CASE("shapes and types are inferred as they come out") {
  const std::set<std::string> depends_on_data = {"NonMaxSuppression", "NonZero"};
  for (const auto& c : cases()) {
    INFO(c.name);
    const one_node_net n(c);
    const auto facts = sl::infer(n.net, sl::builtin_ops());
    for (std::size_t i = 0; i < c.outputs.size(); ++i) {
      const auto& known = facts[static_cast<std::size_t>(n.outputs[i])];
      CHECK(known.type == c.outputs[i].type());
      if (depends_on_data.contains(c.node.op)) {
        CHECK_FALSE(known.extents);
        continue;
      }
      REQUIRE(known.extents);
      CHECK(*known.extents == c.outputs[i].extents());
      if (known.constant) CHECK(largest_difference(*known.constant, c.outputs[i]) < 2e-6);
    }
  }
}

TEST_CASE("the operators of CNN exports: shapes, evaluation, a rule or a barrier, and a witness") {
  const std::vector<std::string> ruled = {"Conv",
                                          "ConvTranspose",
                                          "Gemm",
                                          "MatMul",
                                          "BatchNormalization",
                                          "InstanceNormalization",
                                          "GroupNormalization",
                                          "LayerNormalization",
                                          "PRelu",
                                          "Relu",
                                          "LeakyRelu",
                                          "Sigmoid",
                                          "HardSigmoid",
                                          "HardSwish",
                                          "Clip",
                                          "Tanh",
                                          "Elu",
                                          "Selu",
                                          "Gelu",
                                          "Softplus",
                                          "Mish",
                                          "Erf",
                                          "Exp",
                                          "Log",
                                          "Sqrt",
                                          "Pow",
                                          "Abs",
                                          "Neg",
                                          "Reciprocal",
                                          "Add",
                                          "Sub",
                                          "Mul",
                                          "Div",
                                          "Max",
                                          "Min",
                                          "Sum",
                                          "Mean",
                                          "Concat",
                                          "Split",
                                          "Slice",
                                          "Gather",
                                          "Pad",
                                          "Reshape",
                                          "Flatten",
                                          "Squeeze",
                                          "Unsqueeze",
                                          "Transpose",
                                          "Expand",
                                          "Tile",
                                          "Cast",
                                          "Identity",
                                          "Dropout",
                                          "MaxPool",
                                          "AveragePool",
                                          "LpPool",
                                          "GlobalAveragePool",
                                          "GlobalMaxPool",
                                          "ReduceMean",
                                          "ReduceSum",
                                          "ReduceMax",
                                          "ReduceMin",
                                          "ReduceL2",
                                          "Resize",
                                          "Upsample",
                                          "DepthToSpace",
                                          "SpaceToDepth",
                                          "Softmax",
                                          "LogSoftmax",
                                          "ArgMax",
                                          "Where",
                                          "Equal",
                                          "Less",
                                          "LessOrEqual",
                                          "Greater",
                                          "GreaterOrEqual"};
  // These make their output from shapes or from all that they read.
  const std::vector<std::string> barriers = {"Shape", "Constant", "ConstantOfShape",
                                             "Range", "TopK",     "NonMaxSuppression"};
  std::set<std::string> witnessed;
  for (const auto& c : cases()) witnessed.insert(c.node.op);
  for (const auto* list : {&ruled, &barriers})
    for (const auto& op : *list) {
      INFO(op);
      const auto* entry = sl::builtin_ops().find({op, "n", {}, {}, {}, ""});
      REQUIRE(entry != nullptr);
      CHECK(entry->infer);
      CHECK(entry->evaluate);
      CHECK((entry->connect || list == &barriers));
      CHECK(witnessed.contains(op));
    }
}

TEST_CASE("a table of one's own takes further operators without touching the built-in one") {
  auto mine = sl::make_builtin_ops();
  mine.add("Twist", {.infer = [](sl::infer_context& c) { c.outputs[0] = *c.input(0); }}, "acme");
  const sl::op_node node{"Twist", "t", {}, {}, {}, "acme"};
  CHECK(mine.find(node) != nullptr);
  CHECK(sl::builtin_ops().find(node) == nullptr);
  CHECK(sl::builtin_ops().find({"Conv", "c", {}, {}, {}, ""}) != nullptr);
}
