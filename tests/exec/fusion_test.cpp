// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/fusion.hpp>   // fuse
#include <slimming/exec/network.hpp>  // make_network

#include "tests/exec/small_net.hpp"  // small_net
#include "tests/support/catch.hpp"   // TEST_CASE

#include <algorithm>  // std::count
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
namespace fused = sl::exec::fused;
using test_support::small_net;

namespace {

sl::exec::network fused_network(const sl::model& net, bool training) {
  auto n = sl::exec::make_network(net, {}, {});
  sl::exec::fuse(n, {.training = training,
                     .convolution = true,
                     .normalization = true,
                     .selected_normalization = true,
                     .moments = true});
  return n;
}
std::vector<std::string> operators(const sl::exec::network& n) {
  std::vector<std::string> ops;
  for (const auto& node : n.nodes) ops.push_back(node.op);
  return ops;
}
using names = std::vector<std::string>;

}  // namespace

TEST_CASE("in training a normalisation takes its statistics from the convolution, relu and pool") {
  small_net b;
  const auto net = b.finish({b.max_pool(b.relu(b.norm(b.conv(b.input({2, 3, 8, 8}), 4, 3))))});
  const auto n = fused_network(net, true);
  REQUIRE(operators(n) == names{"Convolution", "Normalization"});
  CHECK(n.nodes[0].outputs.size() == 2);
  CHECK(n.nodes[1].inputs[fused::moments] == n.nodes[0].outputs[1]);
  CHECK(n.nodes[1].integer("relu", 0) == 1);
  CHECK(n.nodes[1].integer("pool", 0) == 1);
  CHECK(n.nodes[1].outputs[0] == net.outputs()[0]);
}

TEST_CASE("the statistics of a sum come from the convolution that adds the residual") {
  small_net b;
  const auto x = b.conv(b.input({2, 3, 8, 8}), 4, 3);
  const auto sum = b.add(b.conv(b.relu(b.norm(x)), 4, 3), x);
  const auto net = b.finish({b.add(b.norm(sum), sum)});
  const auto n = fused_network(net, true);
  REQUIRE(operators(n) == names{"Convolution", "Normalization", "Convolution", "Normalization"});
  CHECK(n.nodes[2].input(fused::conv_addend) == x);
  REQUIRE(n.nodes[2].outputs.size() == 2);
  CHECK(n.nodes[3].inputs[fused::moments] == n.nodes[2].outputs[1]);
}

TEST_CASE("the moments of a concatenation are put together from those of its parts") {
  small_net b;
  const auto join = [&](sl::value_id x, sl::value_id y) {
    auto e = b.extents(x);
    e[1] += b.extents(y)[1];
    return b.node("Concat", {x, y}, e, {{"axis", sl::index_t{1}}});
  };
  const auto layer = [&](sl::value_id x) { return b.conv(b.relu(b.norm(x)), 3, 3); };
  const auto x0 = b.max_pool(b.conv(b.input({2, 3, 8, 8}), 4, 3));
  const auto x1 = join(x0, layer(x0));
  const auto x2 = join(x1, layer(x1));
  const auto net = b.finish({b.norm(x2)});
  const auto n = fused_network(net, true);
  REQUIRE(operators(n) == names{"Convolution", "MaxPool", "Moments", "Normalization", "Convolution",
                                "Concat", "ConcatMoments", "Normalization", "Convolution", "Concat",
                                "ConcatMoments", "Normalization"});
  const auto moments_of = [&](std::size_t node) { return n.nodes[node].outputs.back(); };
  CHECK(n.nodes[2].inputs == std::vector<sl::value_id>{x0});
  CHECK(n.nodes[6].inputs == std::vector<sl::value_id>{moments_of(2), moments_of(4)});
  CHECK(n.nodes[6].integers("channels") == std::vector<sl::index_t>{4, 3});
  CHECK(n.nodes[10].inputs == std::vector<sl::value_id>{moments_of(6), moments_of(8)});
  CHECK(n.nodes[3].inputs[fused::moments] == moments_of(2));
  CHECK(n.nodes[7].inputs[fused::moments] == moments_of(6));
  CHECK(n.nodes[11].inputs[fused::moments] == moments_of(10));
  CHECK(operators(fused_network(net, false)).size() == 9);
}

namespace {

// Two layers of a dense block; \p read is called with what has grown after the first.
template <class Read>
std::vector<sl::exec::network> dense_block(const Read& read) {
  small_net b;
  auto x = b.input({2, 3, 8, 8});
  std::vector<sl::value_id> outputs;
  for (const sl::index_t channels : {5, 7}) {
    x = b.node("Concat", {x, b.conv(b.relu(b.norm(x)), 2, 3)}, {2, channels, 8, 8},
               {{"axis", sl::index_t{-3}}});
    if (channels == 5) outputs = read(b, x);
  }
  outputs.push_back(b.conv(x, 2, 1));
  const auto net = b.finish(outputs);
  std::vector<sl::exec::network> both;
  for (const bool training : {false, true}) {
    both.push_back(sl::exec::make_network(net, {}, {}));
    sl::exec::fuse(both.back(), {.training = training,
                                 .convolution = true,
                                 .normalization = true,
                                 .selected_normalization = true,
                                 .moments = true,
                                 .growing_concat = true});
  }
  return both;
}
std::ptrdiff_t count_of(const sl::exec::network& n, const std::string& op) {
  const auto ops = operators(n);
  return std::count(ops.begin(), ops.end(), op);
}
using values = std::vector<sl::value_id>;

}  // namespace

TEST_CASE("concatenations that grow share one buffer") {
  for (const auto& n : dense_block([](small_net&, sl::value_id) { return values{}; })) {
    REQUIRE(count_of(n, "GrowingConcat") == 2);
    bool is_first = true;
    for (const auto& node : n.nodes) {
      if (node.op != "GrowingConcat") continue;
      CHECK(node.integer("grows", -1) == (is_first ? 0 : 1));
      CHECK(n.at(node.outputs[0]).room == 7);
      is_first = false;
    }
  }
}

TEST_CASE("a concatenation that others read too is copied") {
  const auto is_copied = [](const auto& read) {
    for (const auto& n : dense_block(read)) {
      CHECK(count_of(n, "GrowingConcat") == 0);
      for (const auto& v : n.values) CHECK(v.room == 0);
    }
  };
  is_copied([](small_net&, sl::value_id x) { return values{x}; });
  is_copied([](small_net& b, sl::value_id x) { return values{b.conv(x, 2, 1)}; });
  is_copied([](small_net& b, sl::value_id x) {
    return values{b.node("Concat", {x, x}, {2, 10, 8, 8}, {{"axis", sl::index_t{1}}})};
  });
  is_copied([](small_net& b, sl::value_id x) { return values{b.add(b.norm(b.conv(x, 5, 3)), x)}; });
}

TEST_CASE("a concatenation of values without maps or features does not grow") {
  for (const sl::shape& e : {sl::shape{4}, sl::shape{2, 4, 3}, sl::shape{2, 4, 3, 3, 3}}) {
    INFO("rank " << e.size());
    const std::size_t axis = e.size() == 1 ? 0 : 1;
    small_net b;
    auto x = b.relu(b.input(e));
    for (const sl::index_t parts : {2, 3}) {
      sl::shape longer = e;
      longer[axis] = parts * e[axis];
      x = b.node("Concat", {x, b.input(e)}, longer, {{"axis", static_cast<sl::index_t>(axis)}});
    }
    const auto model = b.finish({x});
    auto n = sl::exec::make_network(model, {}, {});
    sl::exec::fuse(n, {.growing_concat = true});
    CHECK(count_of(n, "Concat") == 2);
  }
}

TEST_CASE("a concatenation along another axis is counted as a whole") {
  small_net b;
  const auto x = b.input({2, 3, 4, 4}), y = b.conv(x, 3, 3);
  const auto tall = b.node("Concat", {x, y}, {2, 3, 8, 4}, {{"axis", sl::index_t{2}}});
  CHECK(operators(fused_network(b.finish({b.norm(tall), b.norm(x)}), true)) ==
        names{"Moments", "Convolution", "Concat", "Moments", "Normalization", "Normalization"});
}

TEST_CASE("in inference a normalisation disappears into the convolution before it") {
  small_net b;
  const auto net = b.finish({b.max_pool(b.relu(b.norm(b.conv(b.input({2, 3, 8, 8}), 4, 3))))});
  const auto n = fused_network(net, false);
  REQUIRE(operators(n) == names{"Convolution", "MaxPool"});
  REQUIRE(n.nodes[0].input(fused::folded_norm) != sl::no_value);
  CHECK(n.at(n.nodes[0].input(fused::folded_norm)).name.ends_with("norm4.weight"));
  CHECK(n.nodes[0].integer("relu", 0) == 1);
}

TEST_CASE("only the first of two normalisations disappears") {
  small_net b;
  const auto first = b.norm(b.conv(b.input({2, 3, 8, 8}), 4, 3));
  const auto between = b.node("Dropout", {first}, {2, 4, 8, 8});
  const auto net = b.finish({b.relu(b.norm(between))});
  const auto n = fused_network(net, false);
  REQUIRE(operators(n) == names{"Convolution", "Normalization"});
  CHECK(n.at(n.nodes[0].input(fused::folded_norm)).name.ends_with("norm4.weight"));
  CHECK(n.nodes[1].integer("relu", 0) == 1);
}

TEST_CASE("a convolution whose result is read twice keeps its normalisation apart") {
  small_net b;
  const auto x = b.conv(b.input({2, 3, 8, 8}), 3, 3);
  const auto net = b.finish({b.add(b.norm(x), x)});
  const auto n = fused_network(net, false);
  CHECK(operators(n) == names{"Convolution", "Normalization"});
  CHECK(n.nodes[1].input(fused::norm_addend) == x);
}

TEST_CASE("a residual add and its relu join the later of the two branches") {
  for (const bool training : {true, false}) {
    small_net b;
    const auto x = b.input({2, 4, 8, 8});
    const auto shortcut = b.norm(b.conv(x, 4, 1));
    const auto net = b.finish({b.relu(b.add(b.norm(b.conv(x, 4, 3)), shortcut))});
    const auto n = fused_network(net, training);
    const names ops = operators(n);
    REQUIRE(ops.size() == (training ? 4u : 2u));
    const auto& last = n.nodes.back();
    CHECK(last.integer("relu", 0) == 1);
    CHECK(last.input(training ? fused::norm_addend : fused::conv_addend) == shortcut);
  }
}

TEST_CASE("an add behind a relu stays behind it") {
  for (const bool training : {true, false}) {
    small_net b;
    const auto x = b.input({2, 4, 8, 8});
    const auto y = b.relu(b.norm(b.conv(x, 4, 3)));
    const auto net = b.finish({b.relu(b.add(x, y))});
    const auto n = fused_network(net, training);
    const names ops = operators(n);
    REQUIRE(ops.size() >= 3);
    CHECK(names(ops.end() - 2, ops.end()) == names{"Add", "Relu"});
    const auto& last = n.nodes[n.nodes.size() - 3];
    CHECK(last.integer("relu", 0) == 1);
    CHECK(last.input(training ? fused::norm_addend : fused::conv_addend) == sl::no_value);
  }
}

TEST_CASE("one add, one relu and one pool join; what follows them does not") {
  small_net b;
  const auto x = b.input({2, 4, 8, 8});
  const auto twice = b.add(b.add(b.norm(b.conv(x, 4, 3)), x), x);
  const auto pools = b.max_pool(b.max_pool(b.relu(b.norm(b.conv(x, 4, 3)))));
  const auto n = fused_network(b.finish({twice, pools}), true);
  CHECK(operators(n) ==
        names{"Convolution", "Normalization", "Add", "Convolution", "Normalization", "MaxPool"});
}

TEST_CASE("an addend keeps a pool out of the normalisation") {
  small_net b;
  const auto x = b.input({2, 4, 8, 8});
  const auto net = b.finish({b.max_pool(b.relu(b.add(b.norm(b.conv(x, 4, 3)), x)))});
  CHECK(operators(fused_network(net, true)) == names{"Convolution", "Normalization", "MaxPool"});
}

TEST_CASE("a relu behind a convolution joins it in inference only") {
  small_net b;
  const auto net = b.finish({b.relu(b.conv(b.input({1, 3, 4, 4}), 2, 3))});
  CHECK(operators(fused_network(net, true)) == names{"Convolution", "Relu"});
  CHECK(operators(fused_network(net, false)) == names{"Convolution"});
}

TEST_CASE("an output of the network is never swallowed") {
  small_net b;
  const auto x = b.conv(b.input({1, 3, 4, 4}), 2, 3);
  const auto y = b.norm(x);
  const auto net = b.finish({x, y, b.relu(y)});
  const auto n = fused_network(net, false);
  CHECK(operators(n) == names{"Convolution", "Normalization", "Relu"});
  CHECK(n.nodes[1].outputs[0] == y);
}

TEST_CASE("identities, dropout in inference and selections of everything make way") {
  small_net b;
  const auto x = b.input({2, 3, 4, 4});
  auto y = b.norm(b.node("Identity", {b.conv(x, 3, 3)}, {2, 3, 4, 4}));
  y = b.node("ChannelSelect", {y, b.integers({0, 1, 2})}, {2, 3, 4, 4}, {}, "slimming");
  y = b.relu(b.node("Dropout", {y}, {2, 3, 4, 4}));
  const auto net = b.finish({y});
  CHECK(operators(fused_network(net, false)) == names{"Convolution"});
  CHECK(operators(fused_network(net, true)) ==
        names{"Convolution", "Normalization", "Dropout", "Relu"});
}

TEST_CASE("a selection joins the normalisation before it, and so does the relu behind") {
  for (const bool training : {true, false})
    for (const bool is_gather : {false, true}) {
      small_net b;
      const auto x = b.conv(b.input({2, 3, 4, 4}), 3, 3);
      const auto wide = b.norm(x);
      const auto list = b.integers({0, is_gather ? -1 : 2});
      const auto y = is_gather
                         ? b.node("Gather", {wide, list}, {2, 2, 4, 4}, {{"axis", sl::index_t{1}}})
                         : b.node("ChannelSelect", {wide, list}, {2, 2, 4, 4}, {}, "slimming");
      const auto n = fused_network(b.finish({b.relu(y), x}), training);
      REQUIRE(operators(n) == names{"Convolution", "SelectedNormalization"});
      CHECK(n.nodes[1].input(fused::selection) == list);
      CHECK(n.nodes[1].integer("relu", 0) == 1);
      CHECK((n.nodes[1].input(fused::moments) != sl::no_value) == training);
    }
}

TEST_CASE("a selection stays where others read all channels, or something lies between") {
  const auto select = [](small_net& b, sl::value_id v) {
    return b.node("ChannelSelect", {v, b.integers({0, 2})}, {2, 2, 4, 4}, {}, "slimming");
  };
  {
    small_net b;
    const auto y = b.norm(b.conv(b.input({2, 3, 4, 4}), 3, 3));
    CHECK(operators(fused_network(b.finish({select(b, y), b.relu(y)}), true)) ==
          names{"Convolution", "Normalization", "ChannelSelect", "Relu"});
  }
  {
    small_net b;
    const auto x = b.input({2, 3, 4, 4});
    const auto y = b.add(b.norm(b.conv(x, 3, 3)), x);
    CHECK(operators(fused_network(b.finish({select(b, y)}), true)) ==
          names{"Convolution", "Normalization", "ChannelSelect"});
  }
  {
    small_net b;
    const auto y = b.max_pool(b.norm(b.conv(b.input({2, 3, 8, 8}), 3, 3)));
    CHECK(operators(fused_network(b.finish({select(b, y)}), true)) ==
          names{"Convolution", "Normalization", "ChannelSelect"});
  }
}

TEST_CASE("a device without a lowering for it keeps the selection apart") {
  small_net b;
  const auto y = b.norm(b.conv(b.input({2, 3, 4, 4}), 3, 3));
  const auto net =
      b.finish({b.node("ChannelSelect", {y, b.integers({0, 2})}, {2, 2, 4, 4}, {}, "slimming")});
  auto n = sl::exec::make_network(net, {}, {});
  sl::exec::fuse(n, {.training = true, .convolution = true, .normalization = true});
  CHECK(operators(n) == names{"Convolution", "Normalization", "ChannelSelect"});
}

TEST_CASE("a linear layer behind a flatten reads the maps directly") {
  small_net b;
  const auto x = b.input({2, 3, 4, 4});
  const auto flat = b.node("Flatten", {b.relu(x)}, {2, 48});
  const auto net = b.finish({b.linear(flat, 5)});
  const auto n = fused_network(net, true);
  REQUIRE(operators(n) == names{"Relu", "Convolution"});
  CHECK(n.nodes[1].text("from", "") == "Gemm");
  CHECK(n.at(n.nodes[1].inputs[0]).extents == sl::shape{2, 3, 4, 4});
}

TEST_CASE("a mean over the maps is a global pooling, one over anything else stays a mean") {
  using list = std::vector<sl::index_t>;
  small_net b;
  const auto x = b.conv(b.input({2, 3, 8, 8}), 4, 3);
  const auto mean = [&](const list& axes, sl::index_t keepdims, sl::shape out) {
    return b.node("ReduceMean", {x, b.integers(axes)}, std::move(out), {{"keepdims", keepdims}});
  };
  const auto net = b.finish({mean({-1, 2}, 1, {2, 4, 1, 1}), mean({2, 3}, 0, {2, 4}),
                             b.node("ReduceMean", {x}, {2, 4, 1, 1}, {{"axes", list{2, 3}}}),
                             mean({1}, 1, {2, 1, 8, 8}), mean({1, 2, 3}, 1, {2, 1, 1, 1})});
  const auto n = fused_network(net, true);
  CHECK(operators(n) == names{"Convolution", "GlobalAveragePool", "GlobalAveragePool", "Flatten",
                              "GlobalAveragePool", "ReduceMean", "ReduceMean"});
  CHECK(n.at(n.nodes[2].outputs[0]).extents == sl::shape{2, 4, 1, 1});
  CHECK(n.nodes[3].outputs[0] == net.outputs()[1]);
}

TEST_CASE("without lowerings for the fused operators nothing is rewritten") {
  small_net b;
  const auto net = b.finish({b.relu(b.norm(b.conv(b.input({2, 3, 8, 8}), 4, 3)))});
  auto n = sl::exec::make_network(net, {}, {});
  sl::exec::fuse(n, {});
  CHECK(operators(n) == names{"Conv", "BatchNormalization", "Relu"});
}
