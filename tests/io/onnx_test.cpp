// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/onnx.hpp>
#include <slimming/io/torch.hpp>
#include <slimming/model/evaluate.hpp>  // detail::as_real

#include <algorithm>
#include <cmath>
#include <variant>

#include "tests/io/onnx_support.hpp"
#include "tests/io/shared_data.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/temporary_directory.hpp"  // message_of

namespace sl = slimming;
using hostile::bytes;
using onnx_support::fixture;
using onnx_support::parse;
using onnx_support::reparsed;
using onnx_support::serialised;
using slimming::testing::containing;

namespace {

/// Rows of one axis.
sl::any_tensor sliced(const sl::any_tensor& t, std::size_t axis, std::vector<sl::index_t> keep) {
  sl::shape extents = t.extents();
  const sl::index_t from = extents[axis];
  extents[axis] = static_cast<sl::index_t>(keep.size());
  sl::any_tensor out(t.type(), extents);
  sl::index_t inner = static_cast<sl::index_t>(sl::size_of(t.type()));
  for (std::size_t a = axis + 1; a < extents.size(); ++a) inner *= extents[a];
  const sl::index_t outer = static_cast<sl::index_t>(out.bytes().size()) / (inner * extents[axis]);
  auto* to = out.bytes().data();
  for (sl::index_t o = 0; o < outer; ++o) {
    for (const sl::index_t k : keep) {
      std::memcpy(to, t.bytes().data() + (o * from + k) * inner, static_cast<std::size_t>(inner));
      to += inner;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a network's nodes, values and metadata are read") {
  const auto document = sl::io::read_onnx(fixture("onnx_small.onnx"));
  const sl::model& net = document.net;
  REQUIRE(net.nodes().size() == 7);
  const sl::op_node& conv = net.nodes()[1];
  CHECK(conv.op == "Conv");
  CHECK(conv.name == "conv1");
  CHECK(conv.integers("kernel_shape") == std::vector<sl::index_t>{3, 3});
  CHECK(net.at(conv.inputs[1]).name == "w1");
  REQUIRE(net.initializer(conv.inputs[1]));
  CHECK(net.initializer(conv.inputs[1])->extents() == sl::shape{4, 3, 3, 3});
  REQUIRE(net.constant(net.find("gamma")));
  CHECK(net.constant(net.find("gamma"))->extents() == sl::shape{4});
  CHECK(net.nodes()[2].real("epsilon", 0) == static_cast<double>(1e-3f));
  REQUIRE(net.inputs().size() == 1);
  CHECK(net.at(net.inputs()[0]).extents == sl::shape{-1, 3, 8, 8});
  CHECK(net.at(net.find("c1")).extents == sl::shape{-1, 4, 8, 8});
  CHECK(net.at(net.outputs()[0]).name == "y");
  CHECK(net.opsets.at("") == 13);
  CHECK(net.metadata ==
        std::map<std::string, std::string>{{"author", "somebody"}, {"note", "kept"}});
}

TEST_CASE("every attribute kind and element type is read, raw or typed") {
  const auto document = sl::io::read_onnx(fixture("onnx_kinds.onnx"));
  const sl::model& net = document.net;
  const auto kinds = std::ranges::find(net.nodes(), "Kinds", &sl::op_node::op);
  REQUIRE(kinds != net.nodes().end());
  CHECK(kinds->domain == "test");
  CHECK(kinds->real("real", 0) == static_cast<double>(0.1f));
  CHECK(kinds->integer("integer", 0) == -3);
  CHECK(kinds->text("text", "") == "words");
  const auto reals = kinds->get<std::vector<double>>("reals", {});
  REQUIRE(reals.size() == 2);
  CHECK((reals[0] == 1.5 && std::isnan(reals[1])));
  CHECK(kinds->integers("integers") == std::vector<sl::index_t>{1, -(sl::index_t{1} << 40)});
  CHECK(kinds->get<std::vector<std::string>>("texts", {}) == std::vector<std::string>{"a", ""});
  const auto tensor = kinds->get<sl::any_tensor>("tensor", {});
  CHECK(tensor.extents() == sl::shape{2, 3});
  CHECK(tensor.converted<int>() == std::vector<int>{0, 1, 2, 3, 4, 5});
  for (const char* unread : {"branch", "strings", "type"})
    CHECK(std::holds_alternative<sl::opaque_attribute>(kinds->attributes.at(unread)));
  CHECK(kinds->inputs.size() == 3);
  CHECK(kinds->inputs[1] == sl::no_value);
  CHECK(kinds->outputs[1] == sl::no_value);

  std::size_t types = 0;
  for (const sl::model::value& v : net.values()) {
    if (!v.data) continue;
    ++types;
    INFO(v.name);
    const std::string name = v.name.substr(v.name.find('.') + 1);
    const double first = name == "BOOL" ? 1 : name[0] == 'U' ? 0 : -1;
    const std::vector<double> expected{first, name == "BOOL" ? 0 : first + 1,
                                       name == "BOOL" ? 1 : first + 2};
    CHECK(v.data->converted<double>() == expected);
    CHECK(v.data->type() == net.initializer(net.find("typed." + name))->type());
  }
  CHECK(types == 2 * 13);
}

TEST_CASE("what the model cannot hold is carried, and nodes come in topological order") {
  const auto document = sl::io::read_onnx(fixture("onnx_kinds.onnx"));
  const sl::model& net = document.net;
  std::vector<std::string> order;
  for (const sl::op_node& n : net.nodes()) order.push_back(n.name);
  CHECK(order ==
        std::vector<std::string>{"words", "complex", "sparse", "before", "kinds", "reads ahead"});
  CHECK(net.nodes()[0].op == "Initializer");
  CHECK(net.nodes()[0].domain == "slimming");
  CHECK(net.at(net.find("sparse")).extents == sl::shape{5});
  // "raw.FLOAT" is declared as an input with a default: a parameter, not something to feed.
  REQUIRE(net.inputs().size() == 1);
  CHECK(net.at(net.inputs()[0]).extents == sl::shape{-1, -1, 4});

  // Written back: sorted, and not a byte of a node or initialiser has changed.
  const auto before = reparsed(document.source).graph();
  const auto after = reparsed(sl::io::onnx_bytes(document)).graph();
  REQUIRE(after.node_size() == 3);
  for (const auto& [now, was] : {std::pair{0, 2}, {1, 1}, {2, 0}})
    CHECK(after.node(now).SerializeAsString() == before.node(was).SerializeAsString());
  REQUIRE(after.initializer_size() == before.initializer_size());
  for (int i = 0; i < after.initializer_size(); ++i)
    CHECK(after.initializer(i).SerializeAsString() == before.initializer(i).SerializeAsString());
  CHECK(after.sparse_initializer_size() == 1);
}

TEST_CASE("an unchanged network is written as it was, whatever the file holds") {
  onnx::ModelProto proto = reparsed(hostile::file("onnx_small.onnx"));
  bytes content = serialised(proto);
  CHECK(sl::io::onnx_bytes(parse(content)) == content);
  // Fields of versions to come, in the graph and behind it.
  proto.mutable_graph()
      ->GetReflection()
      ->MutableUnknownFields(proto.mutable_graph())
      ->AddVarint(900, 7);
  proto.mutable_graph()
      ->mutable_node(1)
      ->GetReflection()
      ->MutableUnknownFields(proto.mutable_graph()->mutable_node(1))
      ->AddLengthDelimited(901, "future");
  proto.GetReflection()->MutableUnknownFields(&proto)->AddFixed64(902, 1);
  content = serialised(proto);
  CHECK(sl::io::onnx_bytes(parse(content)) == content);
  for (const char* name : {"fastestdet/FastestDet.onnx", "nanodet/nanodet_m.onnx",
                           "preresnet20_hswish_cifar10/resnet_best.onnx",
                           "preresnet20_hswish_cifar10/pruned_resnet_best.onnx",
                           "ultraface/version-RFB-320.onnx", "yunet/yunet_n_320_320.onnx"}) {
    if (const auto path = shared_checkpoint(name)) {
      INFO(name);
      const auto document = sl::io::read_onnx(*path);
      CHECK(document.net.nodes().size() > 100);
      CHECK(sl::io::onnx_bytes(document) == document.source);
    }
  }
}

TEST_CASE("the same net as ONNX and as a checkpoint has the same weights") {
  const auto onnx_path = shared_checkpoint("ultraface/version-RFB-320.onnx");
  const auto torch_path = shared_checkpoint("ultraface/version-RFB-320.pth");
  if (!onnx_path || !torch_path) return;
  const sl::model net = sl::io::read_onnx(*onnx_path).net;
  const auto file = sl::io::read_torch(*torch_path);
  std::size_t compared = 0;
  for (const auto& [name, value] : file.tensors) {
    if (name.ends_with(".num_batches_tracked")) continue;
    INFO(name);
    const auto* parameter = net.initializer(net.find(name));
    REQUIRE(parameter);
    CHECK(sl::io::detail::same_tensor(*parameter, value));
    ++compared;
  }
  CHECK(compared > 200);
}

TEST_CASE("a pruned network keeps every byte that pruning does not concern") {
  auto document = sl::io::read_onnx(fixture("onnx_small.onnx"));
  sl::model& net = document.net;
  const std::vector<sl::index_t> keep{0, 2};
  for (const char* name : {"w1", "b1", "beta", "mean", "var"})
    *net.initializer(net.find(name)) = sliced(*net.initializer(net.find(name)), 0, keep);
  *net.constant(net.find("gamma")) = sliced(*net.constant(net.find("gamma")), 0, keep);
  *net.initializer(net.find("w2")) = sliced(*net.initializer(net.find("w2")), 1, keep);
  std::vector<sl::value_facts> facts(net.values().size());
  for (const char* name : {"c1", "n1"})
    facts[static_cast<std::size_t>(net.find(name))].extents = sl::shape{-1, 2, 8, 8};

  // The committed result was written by this test and checked by fixtures/make_onnx.py --check.
  const bytes written = sl::io::onnx_bytes(document, facts);
  CHECK(written == hostile::file("onnx_small_pruned.onnx"));

  const auto before = reparsed(document.source);
  const auto after = reparsed(written);
  REQUIRE(after.graph().node_size() == 7);
  for (int i = 1; i < 7; ++i)  // all but the Constant
    CHECK(after.graph().node(i).SerializeAsString() == before.graph().node(i).SerializeAsString());
  CHECK(after.graph().input(0).SerializeAsString() == before.graph().input(0).SerializeAsString());
  CHECK(after.graph().doc_string() == "a graph");
  // Known hints follow, keeping their symbols; those that nobody knows any more are gone.
  REQUIRE(after.graph().value_info_size() == 2);
  const auto& dims = after.graph().value_info(0).type().tensor_type().shape();
  CHECK(dims.dim(0).dim_param() == "N");
  CHECK(dims.dim(1).dim_value() == 2);

  const auto again = parse(written);
  CHECK(again.net.metadata.at("note") == "kept");
  CHECK(again.net.metadata.at("slimming.pruned") ==
        "w1 (4, 3, 3, 3) -> (2, 3, 3, 3); b1 (4) -> (2); beta (4) -> (2); mean (4) -> (2); "
        "var (4) -> (2); w2 (2, 4, 1, 1) -> (2, 2, 1, 1); gamma (4) -> (2)");
  for (std::size_t v = 0; v < net.values().size(); ++v) {
    const auto id = static_cast<sl::value_id>(v);
    if (!net.constant(id)) continue;
    CHECK(sl::io::detail::same_tensor(*net.constant(id),
                                      *again.net.constant(again.net.find(net.at(id).name))));
  }
  // Pruned again, the history grows.
  auto once_more = again;
  *once_more.net.initializer(once_more.net.find("b1")) = sl::any_tensor(sl::dtype::float32, {1});
  CHECK_THAT(parse(sl::io::onnx_bytes(once_more)).net.metadata.at("slimming.pruned"),
             containing("gamma (4) -> (2); b1 (2) -> (1)"));
}

TEST_CASE("parameters of every floating type are pruned and written in their type") {
  for (const sl::dtype type : {sl::dtype::float16, sl::dtype::bfloat16, sl::dtype::float64}) {
    INFO(sl::name_of(type));
    sl::testing::net_builder b;
    sl::model net = b.classify(b.conv_bn_relu(b.conv_bn_relu(b.input({-1, 3, 8, 8}), 16), 16));
    for (std::size_t v = 0; v < net.values().size(); ++v)
      if (auto* tensor = net.constant(static_cast<sl::value_id>(v)))
        *tensor = sl::detail::as_real(*tensor, type);
    sl::io::onnx_document document = parse(sl::io::onnx_bytes({net}));
    const auto proof = sl::testing::prove(document.net, sl::per_layer_ratio{0.5});
    CHECK(proof.difference < 1e-12);
    CHECK(proof.after.parameters < proof.before.parameters / 2);
    document.net = proof.pruned;
    const sl::model again = parse(sl::io::onnx_bytes(document)).net;
    std::size_t narrower = 0;
    for (const sl::model::value& v : again.values()) {
      if (!v.data || !sl::is_floating(v.data->type())) continue;
      CHECK(v.data->type() == type);
      CHECK(sl::io::detail::same_tensor(*v.data,
                                        *proof.pruned.initializer(proof.pruned.find(v.name))));
      narrower += v.data->extents() != net.initializer(net.find(v.name))->extents();
    }
    CHECK(narrower == 13);  // all but the bias of the last layer
  }
}

TEST_CASE("a changed attribute, input or node leaves its neighbours alone") {
  auto document = parse(hostile::file("onnx_small.onnx"));
  sl::model& net = document.net;
  net.nodes()[2].attributes["epsilon"] = 0.5;
  net.nodes()[2].attributes["momentum"] = 0.75;
  net.nodes()[1].inputs.pop_back();  // the bias
  net.nodes()[3] = {"Clip",         "clip", net.nodes()[3].inputs, net.nodes()[3].outputs,
                    {{"min", 0.0}}, ""};
  const auto added = net.add_initializer("six", sl::any_tensor(sl::dtype::float32, {}));
  net.nodes()[3].inputs.insert(net.nodes()[3].inputs.end(), {sl::no_value, added});
  const auto before = reparsed(document.source).graph();
  const auto after = reparsed(sl::io::onnx_bytes(document)).graph();
  REQUIRE(after.node_size() == 7);
  CHECK(after.node(1).input_size() == 2);
  CHECK(after.node(1).doc_string() == "first");
  CHECK(after.node(1).attribute(0).SerializeAsString() ==
        before.node(1).attribute(0).SerializeAsString());
  CHECK(after.node(2).attribute(0).f() == 0.5f);
  CHECK(after.node(2).attribute(1).name() == "momentum");
  CHECK(after.node(2).attribute(1).type() == onnx::AttributeProto::FLOAT);
  CHECK(after.node(3).op_type() == "Clip");
  CHECK(after.node(3).input(1).empty());
  CHECK(after.node(3).input(2) == "six");
  CHECK(after.initializer_size() == before.initializer_size() + 1);
  for (const int i : {0, 4, 5, 6})
    CHECK(after.node(i).SerializeAsString() == before.node(i).SerializeAsString());
}

TEST_CASE("a network that no file held becomes one") {
  sl::model net;
  net.opsets = {{"", 17}, {"slimming", 1}};
  net.metadata = {{"architecture", "tiny"}, {"cfg", "2"}};
  const auto x = net.add_input("x", {-1, 4, 8, 8});
  const std::vector<sl::index_t> indices{3, 1};
  const auto list = net.add_initializer("indices", sl::any_tensor::from<sl::index_t>(indices, {2}));
  const auto y = net.append("ChannelSelect", "select", {x, list}, {}, "slimming");
  net.add_output(net.append("LeakyRelu", "relu", {y}, {{"alpha", 0.25}}));
  const auto document = parse(sl::io::onnx_bytes({net}));
  REQUIRE(document.net.nodes().size() == 2);
  CHECK(document.net.nodes()[0].op == "Gather");
  CHECK(document.net.nodes()[0].domain.empty());
  CHECK(document.net.nodes()[0].integer("axis", 0) == 1);
  CHECK(document.net.nodes()[1].real("alpha", 0) == 0.25);
  CHECK(document.net.opsets == std::map<std::string, sl::index_t>{{"", 17}});
  CHECK(document.net.metadata == net.metadata);
  CHECK(document.net.at(document.net.inputs()[0]).extents == sl::shape{-1, 4, 8, 8});
  CHECK(document.net.initializer(document.net.find("indices"))->converted<sl::index_t>() ==
        indices);
  CHECK(reparsed(document.source).graph().name() == "tiny");
}

TEST_CASE("an initialiser that is only carried is not lost in silence") {
  onnx::ModelProto proto = reparsed(sl::io::read_onnx(fixture("onnx_small.onnx")).source);
  onnx::TensorProto& dense = *proto.mutable_graph()->add_initializer();
  dense.set_name("dense");
  dense.set_data_type(onnx::TensorProto::COMPLEX64);
  onnx::SparseTensorProto& sparse = *proto.mutable_graph()->add_sparse_initializer();
  sparse.mutable_values()->set_name("sparse");
  auto document = parse(serialised(proto));
  CHECK(sl::io::onnx_bytes(document) == serialised(proto));
  document.source.clear();
  const auto refusal = [&] {
    return test_support::message_of([&] { (void)sl::io::onnx_bytes(document); });
  };
  CHECK(refusal().find("initialiser 'dense'") != std::string::npos);
  document.net.erase_nodes([](const sl::op_node& node) { return node.name == "dense"; });
  CHECK(refusal().find("initialiser 'sparse'") != std::string::npos);
  document.net.erase_nodes([](const sl::op_node& node) { return node.name == "sparse"; });
  CHECK(refusal().empty());
}
