// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// ONNX files that nobody should trust: each is refused by the name at fault, within its memory.

#include <functional>  // std::function

#include "tests/io/onnx_support.hpp"

namespace sl = slimming;
using hostile::bytes;
using onnx_support::parse;
using onnx_support::serialised;
using slimming::testing::containing;

namespace {

/// x -> Relu -> y, opset 13; tests break it in one place.
onnx::ModelProto relu() {
  onnx::ModelProto proto;
  proto.set_ir_version(8);
  proto.add_opset_import()->set_version(13);
  auto& graph = *proto.mutable_graph();
  graph.set_name("relu");
  for (auto* value : {graph.add_input(), graph.add_output()}) {
    auto& type = *value->mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    type.mutable_shape()->add_dim()->set_dim_value(2);
  }
  graph.mutable_input(0)->set_name("x");
  graph.mutable_output(0)->set_name("y");
  auto& node = *graph.add_node();
  node.set_op_type("Relu");
  node.set_name("relu");
  node.add_input("x");
  node.add_output("y");
  return proto;
}

std::string refusal(const onnx::ModelProto& proto) {
  return hostile::refusal(serialised(proto), parse);
}

}  // namespace

TEST_CASE("tensors whose data and shape disagree are refused with both numbers") {
  const auto with = [](auto&& change) {
    onnx::ModelProto proto = relu();
    auto& tensor = *proto.mutable_graph()->add_initializer();
    tensor.set_name("w");
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(2);
    tensor.set_raw_data(std::string(8, '\1'));
    change(tensor);
    const bytes content = serialised(proto);
    (void)hostile::accepted(content, parse, hostile::allowance(content.size()));
    return hostile::refusal(content, parse);
  };
  using tensor = onnx::TensorProto;
  CHECK(with([](tensor&) {}) == "accepted");
  CHECK_THAT(with([](tensor& t) { t.add_dims(2); }), containing("needs 16 bytes, got 8"));
  CHECK_THAT(with([](tensor& t) { t.set_dims(0, 1'000'000'000'000); }), containing("got 8"));
  CHECK_THAT(with([](tensor& t) { t.set_dims(0, -2); }), containing("impossible shape (-2)"));
  CHECK_THAT(with([](tensor& t) {
               t.set_dims(0, std::int64_t{1} << 62);
               t.add_dims(4);
             }),
             containing("impossible shape"));
  CHECK_THAT(with([](tensor& t) {
               t.clear_raw_data();
               t.add_float_data(1);
             }),
             containing("needs 2 elements, got 1"));
  CHECK_THAT(with([](tensor& t) { t.clear_raw_data(); }), containing("needs 2 elements, got 0"));
  CHECK_THAT(with([](tensor& t) {
               t.clear_raw_data();
               t.set_data_type(tensor::INT8);
               t.add_int32_data(127);
               t.add_int32_data(128);
             }),
             containing("beyond its type"));
  CHECK_THAT(with([](tensor& t) {
               t.clear_raw_data();
               t.set_data_type(tensor::FLOAT16);
               t.add_int32_data(0);
               t.add_int32_data(-1);
             }),
             containing("beyond its type"));
  CHECK_THAT(with([](tensor& t) { t.mutable_segment()->set_begin(1); }), containing("segment"));
  CHECK_THAT(with([](tensor& t) { t.set_name(""); }), containing("empty or taken"));
  CHECK_THAT(with([](tensor& t) { t.set_name("y"); }), containing("empty or taken"));
  CHECK_THAT(with([](tensor& t) {
               t.set_data_type(tensor::STRING);
               t.set_dims(0, -1);
             }),
             containing("impossible shape"));
}

TEST_CASE("graphs that nobody can run are refused by the name at fault") {
  const auto with = [](auto&& change) {
    onnx::ModelProto proto = relu();
    change(*proto.mutable_graph());
    return refusal(proto);
  };
  using graph = onnx::GraphProto;
  const auto add = [](graph& g, const char* in, const char* out) {
    auto& node = *g.add_node();
    node.set_op_type("Relu");
    node.set_name(std::string("to ") + out);
    node.add_input(in);
    node.add_output(out);
  };
  CHECK(with([](graph&) {}) == "accepted");
  CHECK_THAT(with([](graph& g) { g.mutable_node(0)->set_input(0, "z"); }),
             containing("'relu'") && containing("'z', which nothing produces"));
  CHECK_THAT(with([&](graph& g) {
               add(g, "a", "b");
               add(g, "b", "a");
             }),
             containing("cycle"));
  CHECK_THAT(with([&](graph& g) { add(g, "a", "a"); }), containing("cycle"));
  CHECK_THAT(with([&](graph& g) { add(g, "x", "y"); }), containing("'y' is empty or taken"));
  CHECK_THAT(with([&](graph& g) { add(g, "x", "x"); }), containing("'x' is empty or taken"));
  CHECK_THAT(with([](graph& g) { g.mutable_output(0)->set_name("z"); }),
             containing("output 'z'") && containing("nothing produces it"));
  CHECK_THAT(with([](graph& g) { *g.add_input() = g.input(0); }), containing("empty or taken"));
  CHECK_THAT(with([](graph& g) { g.mutable_input(0)->set_name(""); }),
             containing("empty or taken"));
  CHECK_THAT(with([](graph& g) {
               g.mutable_input(0)
                   ->mutable_type()
                   ->mutable_tensor_type()
                   ->mutable_shape()
                   ->mutable_dim(0)
                   ->set_dim_value(-2);
             }),
             containing("negative dimension"));
  CHECK_THAT(with([](graph& g) { g.mutable_node(0)->clear_op_type(); }),
             containing("without an operator"));
  CHECK_THAT(with([](graph& g) { g.mutable_node(0)->add_attribute(); }),
             containing("without a name"));
  CHECK_THAT(with([](graph& g) {
               for (int i = 0; i < 2; ++i) g.mutable_node(0)->add_attribute()->set_name("same");
             }),
             containing("'same' occurs twice"));
  CHECK_THAT(with([](graph& g) { g.add_node()->set_op_type("Relu"); }),
             containing("without outputs"));

  onnx::ModelProto proto = relu();
  for (int version = 7; version <= 26; ++version) {
    proto.mutable_opset_import(0)->set_version(version);
    CHECK(refusal(proto) == "accepted");
  }
  proto.mutable_opset_import(0)->set_version(6);
  CHECK_THROWS_AS(parse(serialised(proto)), sl::unsupported);
  proto.mutable_opset_import(0)->set_version(99);
  CHECK_THROWS_WITH(parse(serialised(proto)), containing("99") && containing("7 to 26"));
  proto.clear_graph();
  proto.mutable_opset_import(0)->set_version(13);
  CHECK_THAT(refusal(proto), containing("no graph"));
}

TEST_CASE("fields that could not be written again are refused when they are read") {
  auto proto = relu();
  auto& tensor = *proto.mutable_graph()->add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::STRING);
  CHECK(hostile::accepted(serialised(proto), parse, hostile::allowance(1 << 16)));
  tensor.GetReflection()->MutableUnknownFields(&tensor)->AddGroup(100);
  CHECK_THAT(refusal(proto), containing("no field of a message"));
}

TEST_CASE("a cut or damaged network is refused, never trusted") {
  // Behind the graph the file may end between two fields: those prefixes are networks too.
  for (const char* name : {"onnx_small.onnx", "onnx_kinds.onnx"}) {
    const bytes whole = hostile::file(name);
    const auto survive = [](std::span<const std::byte> content) {
      try {
        parse(content);
      } catch (const sl::unsupported&) {
        throw sl::bad_file("test.onnx", "", "of another operator set");
      }
    };
    const std::size_t graph_end = whole.size() - 64;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      if (hostile::accepted(part, survive, hostile::allowance(n))) CHECK(n > graph_end);
    }
    hostile::check_every_bit_flip_is_survived(whole, survive);
  }
}

TEST_CASE("memory stays a small multiple of the file, whatever it repeats") {
  const auto frugal = [](const std::function<void(onnx::GraphProto&, int)>& add) {
    onnx::ModelProto proto = relu();
    for (int i = 0; i < 20'000; ++i) add(*proto.mutable_graph(), i);
    const bytes content = serialised(proto);
    (void)hostile::accepted(content, parse, hostile::allowance(content.size()));
  };
  frugal([](onnx::GraphProto& g, int i) {
    auto& node = *g.add_node();
    node.set_op_type("A");
    node.add_output(std::to_string(i));
  });
  frugal([](onnx::GraphProto& g, int) { g.mutable_node(0)->add_input(""); });
  frugal([](onnx::GraphProto& g, int) { g.mutable_node(0)->add_attribute(); });
  frugal([](onnx::GraphProto& g, int) { g.add_node(); });
  frugal([](onnx::GraphProto& g, int) { g.add_initializer(); });
  frugal([](onnx::GraphProto& g, int) { g.add_value_info(); });
  frugal([](onnx::GraphProto& g, int) {
    g.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
  });
  frugal([](onnx::GraphProto& g, int i) {
    auto& tensor = *g.add_initializer();
    tensor.set_name(std::to_string(i));
    tensor.set_data_type(onnx::TensorProto::BOOL);
    tensor.add_dims(0);
  });
}
