// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/onnx.hpp>

#include <cstring>
#include <variant>

#include "tests/io/onnx_support.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
namespace fs = std::filesystem;
using hostile::bytes;
using onnx_support::fixture;
using onnx_support::parse;
using onnx_support::reparsed;
using onnx_support::serialised;
using slimming::testing::containing;
using test_support::temporary_directory;

TEST_CASE("external data are read from beside the network and nowhere else") {
  const auto document = sl::io::read_onnx(fixture("onnx_external.onnx"));
  const auto* w = document.net.initializer(document.net.find("w"));
  REQUIRE(w);
  CHECK(w->converted<double>() == std::vector<double>{0, 1, 2, 3, 4, 5});
  // Written, they move into the file.
  const auto inside = parse(sl::io::onnx_bytes(document));
  CHECK(sl::io::detail::same_tensor(*w, *inside.net.initializer(inside.net.find("w"))));
  CHECK_THAT(hostile::refusal(document.source, parse), containing("came from memory"));

  const temporary_directory folder;
  fs::create_directory(folder / "net");
  for (const char* name : {"secret.bin", "net/data.bin"})
    sl::io::write_atomically(folder / name,
                             std::as_bytes(std::span("0123456789abcdef0123456789", 26)));
  fs::create_symlink("../secret.bin", folder / "net" / "link.bin");
  const auto with = [&](const std::string& location, const std::string& offset,
                        const std::string& length) {
    onnx::ModelProto proto = reparsed(document.source);
    auto& data = *proto.mutable_graph()->mutable_initializer(0)->mutable_external_data();
    data.Mutable(0)->set_value(location);
    data.Mutable(1)->set_value(offset);
    data.Mutable(2)->set_value(length);
    return hostile::refusal(serialised(proto), [&](std::span<const std::byte> content) {
      return sl::io::parse_onnx(bytes(content.begin(), content.end()), "net", folder / "net");
    });
  };
  CHECK(with("data.bin", "2", "24") == "accepted");
  CHECK_THAT(with("../secret.bin", "0", "24"), containing("outside the network's folder"));
  CHECK_THAT(with("a/../../secret.bin", "0", "24"), containing("outside the network's folder"));
  CHECK_THAT(with((folder / "secret.bin").string(), "0", "24"), containing("outside"));
  CHECK_THAT(with("link.bin", "0", "24"), containing("outside the network's folder"));
  CHECK_THAT(with("", "0", "24"), containing("outside the network's folder"));
  CHECK_THAT(with("none.bin", "0", "24"), containing("no file beside"));
  CHECK_THAT(with(".", "0", "24"), containing("no file beside"));
  CHECK_THAT(with("data.bin", "3", "24"), containing("has 26 bytes"));
  CHECK_THAT(with("data.bin", "18446744073709551615", "24"), containing("has 26 bytes"));
  CHECK_THAT(with("data.bin", "2", "23"), containing("needs 24 bytes"));
  CHECK_THAT(with("data.bin", "-2", "24"), containing("malformed"));
}

TEST_CASE("data beside the network move into it from attributes, subgraphs and functions too") {
  onnx::ModelProto proto = reparsed(sl::io::read_onnx(fixture("onnx_external.onnx")).source);
  const onnx::TensorProto outside = proto.graph().initializer(0);
  const auto add = [&](onnx::NodeProto & node, const char* op, const char* output) -> auto& {
    node.set_op_type(op);
    node.set_domain("test");
    node.add_output(output);
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name("value");
    return attribute;
  };
  onnx::GraphProto& graph = *proto.mutable_graph();
  *add(*graph.add_node(), "Keeps", "kept").mutable_t() = outside;
  graph.mutable_node(1)->mutable_attribute(0)->set_type(onnx::AttributeProto::TENSOR);
  auto& branch = add(*graph.add_node(), "Branch", "chosen");
  branch.set_type(onnx::AttributeProto::GRAPH);
  branch.mutable_g()->set_name("body");
  *branch.mutable_g()->add_initializer() = outside;
  *add(*branch.mutable_g()->add_node(), "Keeps", "inner").mutable_t() = outside;
  onnx::FunctionProto& function = *proto.add_functions();
  function.set_name("Function");
  *add(*function.add_node(), "Keeps", "own").mutable_t() = outside;
  onnx::TensorProto& packed = *graph.add_initializer();  // a type that the model only carries
  packed = outside;
  packed.set_name("packed");
  packed.set_data_type(onnx::TensorProto::COMPLEX64);
  packed.clear_dims();
  packed.add_dims(3);

  const bytes content = serialised(proto);
  const auto document =
      sl::io::parse_onnx(content, "net", fs::path(fixture("onnx_external.onnx")).parent_path());
  const onnx::ModelProto inside = reparsed(sl::io::onnx_bytes(document));
  const auto& body = inside.graph().node(2).attribute(0).g();
  for (const onnx::TensorProto& t :
       {inside.graph().initializer(0), inside.graph().initializer(1),
        inside.graph().node(1).attribute(0).t(), body.initializer(0), body.node(0).attribute(0).t(),
        inside.functions(0).node(0).attribute(0).t()}) {
    CHECK(t.data_location() == onnx::TensorProto::DEFAULT);
    CHECK(t.external_data_size() == 0);
    REQUIRE(t.raw_data().size() == 24);
    float last = 0;
    std::memcpy(&last, t.raw_data().data() + 20, sizeof(last));
    CHECK(last == 5.0f);
  }
  // What a model carries of a subgraph no longer needs the folder.
  const auto& carried = document.net.nodes()[document.net.nodes().size() - 1].attributes;
  CHECK(std::get<sl::opaque_attribute>(carried.at("value")).bytes.find("onnx_external.bin") ==
        std::string::npos);
}

TEST_CASE("what is only carried must have its data when it is read, not when it is written") {
  onnx::ModelProto proto = reparsed(sl::io::read_onnx(fixture("onnx_external.onnx")).source);
  onnx::TensorProto absent = proto.graph().initializer(0);
  absent.set_name("absent");
  absent.mutable_external_data(0)->set_value("none.bin");
  const auto refusal = [](const onnx::ModelProto& changed) {
    return hostile::refusal(serialised(changed), [&](std::span<const std::byte> content) {
      return sl::io::parse_onnx(bytes(content.begin(), content.end()), "net",
                                fs::path(fixture("onnx_external.onnx")).parent_path());
    });
  };
  onnx::ModelProto typed = proto, sparse = proto, function = proto;
  absent.set_data_type(onnx::TensorProto::COMPLEX64);
  *typed.mutable_graph()->add_initializer() = absent;
  absent.set_data_type(onnx::TensorProto::FLOAT);
  *sparse.mutable_graph()->add_sparse_initializer()->mutable_values() = absent;
  function.add_functions()->set_name("Function");
  onnx::NodeProto& node = *function.mutable_functions(0)->add_node();
  node.set_op_type("Keeps");
  *node.add_attribute()->mutable_t() = absent;
  CHECK(refusal(proto) == "accepted");
  for (const onnx::ModelProto& changed : {typed, sparse, function})
    CHECK_THAT(refusal(changed), containing("no file beside"));
}
