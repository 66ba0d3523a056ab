// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/io/native.hpp>
#include <slimming/models/by_name.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "tests/io/hostile.hpp"
#include "tests/io/scratch_file.hpp"

namespace sl = slimming;
using slimming::testing::containing;

using test_support::scratch_file;

namespace {

bool same(const sl::any_tensor& a, const sl::any_tensor& b) {
  return a.type() == b.type() && a.extents() == b.extents() &&
         std::ranges::equal(a.bytes(), b.bytes());
}

bool same(const sl::attribute& a, const sl::attribute& b) {
  if (const auto* t = std::get_if<sl::any_tensor>(&a))
    return std::holds_alternative<sl::any_tensor>(b) && same(*t, std::get<sl::any_tensor>(b));
  if (const auto* x = std::get_if<double>(&a); x && std::isnan(*x))
    return std::holds_alternative<double>(b) && std::isnan(std::get<double>(b));
  if (const auto* x = std::get_if<std::vector<double>>(&a)) {
    const auto* y = std::get_if<std::vector<double>>(&b);
    return y && std::memcmp(x->data(), y->data(), x->size() * sizeof(double)) == 0;
  }
  return !std::holds_alternative<sl::any_tensor>(b) && a.index() == b.index() &&
         std::visit(
             [&](const auto& x) {
               using T = std::remove_cvref_t<decltype(x)>;
               if constexpr (std::is_same_v<T, sl::any_tensor>)
                 return false;
               else
                 return x == std::get<T>(b);
             },
             a);
}

void check_same(const sl::model& a, const sl::model& b) {
  CHECK(a.inputs() == b.inputs());
  CHECK(a.outputs() == b.outputs());
  CHECK(a.metadata == b.metadata);
  CHECK(a.opsets == b.opsets);
  REQUIRE(a.values().size() == b.values().size());
  for (std::size_t v = 0; v < a.values().size(); ++v) {
    const auto& x = a.values()[v];
    const auto& y = b.values()[v];
    INFO(x.name);
    CHECK(x.name == y.name);
    CHECK(x.extents == y.extents);
    CHECK(x.type == y.type);
    CHECK(x.producer == y.producer);
    REQUIRE(x.data.has_value() == y.data.has_value());
    if (x.data) CHECK(same(*x.data, *y.data));
  }
  REQUIRE(a.nodes().size() == b.nodes().size());
  for (std::size_t n = 0; n < a.nodes().size(); ++n) {
    const auto& x = a.nodes()[n];
    const auto& y = b.nodes()[n];
    INFO(x.name);
    CHECK(x.op == y.op);
    CHECK(x.name == y.name);
    CHECK(x.domain == y.domain);
    CHECK(x.inputs == y.inputs);
    CHECK(x.outputs == y.outputs);
    REQUIRE(x.attributes.size() == y.attributes.size());
    for (const auto& [key, value] : x.attributes) {
      INFO(key);
      REQUIRE(y.attributes.contains(key));
      CHECK(same(value, y.attributes.at(key)));
    }
  }
}

/// One of everything that a model can hold.
sl::model everything() {
  const double inf = std::numeric_limits<double>::infinity();
  sl::model net;
  net.opsets = {{"", 17}, {"slimming", 1}};
  net.metadata = {{"cfg", "4 M"}, {"note", "gr\u00fc\u00dfe"}};
  const auto a = net.add_input("a", {-1, 3});
  const auto b = net.add_input("b", {}, sl::dtype::int64);
  net.at(b).extents.reset();
  const std::vector<float> numbers{1.5f, -2.0f};
  const auto w = net.add_initializer("conv.weight", sl::any_tensor::from<float>(numbers, {2, 1}));
  const auto out = net.add_value("out", sl::shape{-1, 2});
  const auto second = net.add_value("second");
  net.add_node({"Odd",
                "odd",
                {a, sl::no_value, w, b},
                {out, sl::no_value, second},
                {{"int", sl::index_t{-5}},
                 {"whole", 1.0},
                 {"tenth", 0.1},
                 {"nan", std::nan("")},
                 {"text", std::string("caf\u00e9")},
                 {"raw", std::string("\xff\0\x80", 3)},
                 {"ints", std::vector<sl::index_t>{1, -1}},
                 {"none", std::vector<sl::index_t>{}},
                 {"reals", std::vector<double>{inf, -inf, 0.25}},
                 {"texts", std::vector<std::string>{"a", ""}},
                 {"raws", std::vector<std::string>{"a", "\xfe"}},
                 {"tensor", sl::any_tensor::from<float>(numbers, {2})},
                 {"bytes", sl::opaque_attribute{std::string("\x01\xff", 2)}}},
                "test"});
  net.add_output(second);
  net.add_output(out);
  return net;
}

const auto native_of = [](std::span<const std::byte> content) {
  return sl::io::from_safetensors(sl::io::parse_safetensors(content, "test"), "test");
};

}  // namespace

TEST_CASE("a network comes back whole: values, nodes, attributes of every kind, metadata") {
  const scratch_file scratch;
  const sl::model net = everything();
  sl::io::write_native(scratch.path, net);
  const auto again = sl::io::read_native(scratch.path);
  check_same(net, again.net);
  CHECK(again.others.empty());
}

TEST_CASE("the recipes come back whole, their parameters under their own names") {
  const scratch_file scratch;
  for (const char* name : {"vgg11", "preresnet20", "densenet40", "resnet20", "mlp"}) {
    INFO(name);
    const sl::model net = sl::models::by_name(name, {.multiplier = 0.25});
    sl::io::write_native(scratch.path, net);
    check_same(net, sl::io::read_native(scratch.path).net);
    const auto file = sl::io::read_safetensors(scratch.path);
    CHECK(sl::io::holds_network(file));
    CHECK(file.metadata.at("architecture") == name);
    std::size_t parameters = 0;
    for (const auto& v : net.values()) parameters += v.data.has_value();
    CHECK(file.tensors.size() == parameters);
  }
}

TEST_CASE("tensors beside the network come back beside it") {
  const scratch_file scratch;
  sl::io::native_file file{everything()};
  file.others.push_back({"momentum.conv.weight", sl::any_tensor(sl::dtype::float32, {2, 1})});
  sl::io::write_native(scratch.path, file);
  const auto again = sl::io::read_native(scratch.path);
  check_same(file.net, again.net);
  REQUIRE(again.others.size() == 1);
  CHECK(again.others[0].name == "momentum.conv.weight");
  file.others.push_back({"conv.weight", {}});
  CHECK_THROWS_AS(sl::io::write_native(scratch.path, file), sl::bad_value);
}

TEST_CASE("weights without a network, and keys of ours, are refused") {
  const auto weights = [](std::span<const std::byte> content) { return native_of(content); };
  CHECK_THAT(hostile::refusal(hostile::file("python.safetensors"), weights),
             containing("no network"));
  sl::model net = everything();
  net.metadata["slimming.graph"] = "mine";
  CHECK_THROWS_AS(sl::io::to_safetensors({net}), sl::bad_value);
}

TEST_CASE("a graph that is not one is refused by what is wrong") {
  const auto refusal = [](const std::string& graph) {
    sl::io::safetensors file;
    file.tensors.push_back({"w", sl::any_tensor(sl::dtype::float32, {2})});
    file.metadata["slimming.graph"] = graph;
    try {
      (void)sl::io::from_safetensors(file, "test");
      return std::string("accepted");
    } catch (const sl::bad_file& e) {
      return std::string(e.what());
    }
  };
  const auto with = [&](const std::string& values, const std::string& nodes,
                        const std::string& inputs = "\"x\"", const std::string& outputs = "\"y\"") {
    return refusal(R"({"format":"slimming-model/1","opsets":{"":17},"inputs":[)" + inputs +
                   R"(],"outputs":[)" + outputs + R"(],"values":[)" + values + R"(],"nodes":[)" +
                   nodes + "]}");
  };
  const std::string x = R"({"name":"x","dtype":"float32","shape":[-1,3]})";
  const std::string y = R"({"name":"y","dtype":"float32"})";
  const std::string relu = R"({"op":"Relu","name":"r","inputs":["x"],"outputs":["y"]})";
  CHECK(with(x + "," + y, relu) == "accepted");
  CHECK_THAT(refusal("nonsense"), containing("parse error"));
  CHECK_THAT(refusal("[1]"), containing("bad_file"));
  CHECK_THAT(refusal(R"({"format":"other"})"), containing("slimming-model/1"));
  CHECK_THAT(with(x, relu), containing("'y'") && containing("not declared"));
  CHECK_THAT(with(x + "," + x, ""), containing("taken"));
  CHECK_THAT(with(x + "," + y, relu, "\"z\""), containing("input 'z'"));
  CHECK_THAT(with(x + "," + y, relu + "," + relu), containing("already has a producer"));
  CHECK_THAT(with(x + "," + y, R"({"op":"Relu","name":"r","inputs":["y"],"outputs":["y"]})"),
             containing("not produced before it"));
  CHECK_THAT(with(x + "," + y, relu, "\"x\"", "null"), containing("bad_file"));
  CHECK_THAT(with(R"({"name":"x","dtype":"float33"})", ""), containing("float33"));
  CHECK_THAT(with(R"({"name":"x","dtype":"float32","shape":[-2]})", ""), containing("-2"));
  CHECK_THAT(with(R"({"name":"v","dtype":"float32","data":true})", ""),
             containing("'v'") && containing("missing"));
  CHECK_THAT(with(R"({"name":"w","dtype":"int8","data":true})", ""), containing("float32"));
  const auto refuses = [](const std::string& message, const std::string& what) {
    return message.find(what) != std::string::npos;
  };
  // Numbers that are no integers are not cut to some, and what is declared of a tensor holds.
  CHECK(refuses(with(R"({"name":"x","dtype":"float32","shape":[1.5]})", ""), "1.5 is no integer"));
  CHECK(refuses(with(R"({"name":"x","dtype":"float32","shape":[1e300]})", ""), "is no integer"));
  CHECK(refuses(with(R"({"name":"x","dtype":"float32","shape":[18446744073709551615]})", ""),
                "18446744073709551615 is no integer of 64 bits"));
  CHECK(refuses(with(R"({"name":"w","dtype":"float32","shape":[3],"data":true})", ""),
                "'w': is declared as (3), got (2)"));
  CHECK(refuses(refusal(R"({"format":"slimming-model/1","opsets":{"":1e30}})"), "is no integer"));
  const auto attribute = [&](const std::string& pair) {
    return with(x + "," + y,
                R"({"op":"Relu","name":"r","inputs":["x"],"outputs":["y"],"attributes":{"a":)" +
                    pair + "}}");
  };
  CHECK(attribute(R"(["int",1])") == "accepted");
  CHECK(refuses(attribute(R"(["int",2.5])"), "2.5 is no integer"));
  CHECK(refuses(attribute(R"(["ints",[1,1e300]])"), "is no integer"));
  CHECK_THAT(attribute(R"(["word",1])"), containing("unknown kind 'word'"));
  CHECK_THAT(attribute(R"(["int"])"), containing("bad_file"));
  CHECK_THAT(attribute("7"), containing("bad_file"));
  CHECK_THAT(attribute(R"(["hex","0g"])"), containing("hexadecimal"));
  CHECK_THAT(attribute(R"(["hex","0"])"), containing("hexadecimal"));
  CHECK_THAT(attribute(R"(["real","big"])"), containing("no number"));
  CHECK_THAT(attribute(R"(["tensor","w"])"), containing("slimming.attribute.0.a"));
}

TEST_CASE("a cut or damaged native file is refused, never trusted") {
  const scratch_file scratch;
  sl::io::write_native(scratch.path, everything());
  const auto content = sl::io::detail::file_bytes(scratch.path);
  hostile::check_every_truncation_fails(content, native_of);
  hostile::check_every_bit_flip_is_survived(content, native_of);
}
