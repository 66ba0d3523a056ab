// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/scatter.hpp>

#include <slimming/core/error.hpp>      // shape_mismatch
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/model/channels.hpp>  // connect
#include <slimming/model/evaluate.hpp>  // evaluate

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("a mask that a scatter writes is known before the network runs and stops no channel") {
  net_builder b;
  const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  const auto zeros = b.constant({0, 0, 0, 0});
  const auto at = b.net.add_initializer(
      "at",
      sl::any_tensor::from(std::span<const sl::index_t>(std::array<sl::index_t, 2>{1, 2}), {2, 1}));
  const auto written = b.op("ScatterND", {zeros, at, b.constant({4, -4})});
  const auto target = b.op("Add", {written, b.constant({1, 4, 8, 4})});  // 1, 8, 4, 4
  const auto y = b.op("Reshape", {x, target});
  const auto p = prove(b.out(b.linear(b.flatten(b.conv(y, 6)), 4)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("elements that are chosen at run time keep their channels, with the reason") {
  for (const char* op : {"GatherElements", "GatherND"}) {
    net_builder b;
    const auto x = b.conv(b.input({1, 3, 4, 4}), 8);
    const auto at = b.net.add_initializer("at", sl::any_tensor(sl::dtype::int64, {1, 2, 2, 2}));
    auto net = b.out(b.op(op, {x, at}));
    const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
    const sl::channel_groups groups(of.graph);
    const auto g = groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(1), 0);
    REQUIRE(groups.is_pinned(g));
    CHECK_THAT(of.graph.pins()[static_cast<std::size_t>(groups.pin(g))].reason,
               sl::testing::containing("needs all its channels"));
  }
}

TEST_CASE("an index that names no element is an error, and so are updates of another shape") {
  net_builder b;
  const auto x = b.input({2, 3});
  const auto at = b.net.add_initializer(
      "at",
      sl::any_tensor::from(std::span<const sl::index_t>(std::array<sl::index_t, 1>{2}), {1, 1}));
  const auto bad = b.out(b.op("GatherND", {x, at}));
  const sl::any_tensor in[] = {sl::any_tensor(sl::dtype::float64, {2, 3})};
  CHECK_THROWS_AS(sl::evaluate(bad, sl::testing::ops(), in), sl::bad_value);

  net_builder c;
  const auto data = c.input({2, 3});
  const auto row = c.net.add_initializer("row", sl::any_tensor(sl::dtype::int64, {1, 1}));
  const auto short_row = c.net.add_initializer("short", sl::any_tensor(sl::dtype::float32, {1, 2}));
  const auto narrow = c.out(c.op("ScatterND", {data, row, short_row}));
  CHECK_THROWS_AS(sl::evaluate(narrow, sl::testing::ops(), in), sl::shape_mismatch);
}

TEST_CASE("rows that are written at stated places go with those that they replace") {
  net_builder b;
  const auto x = b.conv1(b.input({2, 3, 4, 4}), 8);
  const auto rows = b.op("Unsqueeze", {b.constant({5, -8}), b.constant({1})});
  const auto updates = b.weight({2, 1, 1});
  const auto bias = b.op("ScatterND", {b.weight({8, 1, 1}), rows, updates});
  auto net = b.out(b.linear(b.flatten(b.relu(b.add(x, bias))), 4));

  const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
  const sl::channel_groups groups(of.graph);
  const auto on = [&](sl::value_id v, std::size_t axis, sl::index_t i) {
    return groups.group_of(of.layouts[static_cast<std::size_t>(v)].on(axis), i);
  };
  CHECK(on(updates, 0, 0) == on(x, 1, 5));
  CHECK(on(updates, 0, 1) == on(x, 1, 0));
  CHECK_FALSE(groups.is_pinned(on(x, 1, 0)));

  for (const double ratio : {0.3, 0.5, 0.8}) {
    const auto p = prove(net, sl::global_ratio{ratio});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE("a part that is overwritten along several axes is found from the indices alone") {
  for (const bool is_grid : {true, false}) {
    net_builder b;
    const auto x = b.conv1(b.input({2, 3, 4, 4}), 8);
    const auto part = b.conv1(b.slice(x, 2, 5), 3);
    ints places;
    for (const sl::index_t sample : {0, 1})
      for (const sl::index_t channel : {2, 3, 4}) {
        places.push_back(sample);
        places.push_back(channel);
      }
    if (!is_grid) std::swap(places[1], places[3]);  // two channels change places in one sample
    const auto at = b.reshape(b.constant(places), {2, 3, 2});
    const auto y = b.op("ScatterND", {x, at, part});
    auto net = b.out(b.linear(b.flatten(b.relu(b.conv1(y, 6))), 4));

    const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
    const sl::channel_groups groups(of.graph);
    const auto on = [&](sl::value_id v, sl::index_t i) {
      return groups.group_of(of.layouts[static_cast<std::size_t>(v)].on(1), i);
    };
    CHECK(groups.is_pinned(on(x, 2)) == !is_grid);
    CHECK((on(part, 0) == on(x, 2)) == is_grid);
    const auto p = prove(net, sl::per_layer_ratio{0.5});
    CHECK(p.removed > 0);
    CHECK(p.difference < 1e-12);
  }
}

TEST_CASE(
    "places that are counted from a symbolic batch cannot be written down: all channels stay") {
  net_builder b;
  const auto x = b.conv1(b.input({-1, 3, 4, 4}), 8);
  const auto batch = b.op("Squeeze", {b.slice(b.op("Shape", {x}), 0, 1, 1, 0)});
  const auto samples = b.op("Range", {b.scalar(sl::index_t{0}), batch, b.scalar(sl::index_t{1})});
  const auto at = b.op("Unsqueeze", {samples, b.constant({1})});
  const auto y = b.op("ScatterND", {x, at, b.relu(x)});
  auto net = b.out(b.conv1(b.relu(b.conv1(y, 6)), 4));
  const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
  const sl::channel_groups groups(of.graph);
  CHECK(groups.is_pinned(groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(1), 0)));
  const auto p = prove(net, sl::per_layer_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("rows that are written at places chosen at run time keep all of them, with the reason") {
  net_builder b;
  const auto x = b.transpose(b.conv(b.input({1, 3, 4, 4}), 8), {1, 0, 2, 3});
  const auto at = b.net.add_input("at", {2, 1}, sl::dtype::int64);
  auto net = b.out(b.op("ScatterND", {x, at, b.weight({2, 1, 4, 4})}));
  const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
  const sl::channel_groups groups(of.graph);
  const auto g = groups.group_of(of.layouts[static_cast<std::size_t>(x)].on(0), 0);
  REQUIRE(groups.is_pinned(g));
  CHECK_THAT(of.graph.pins()[static_cast<std::size_t>(groups.pin(g))].reason,
             sl::testing::containing("places where it is written are not stated"));
}
