// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/model/evaluate.hpp>    // evaluate
#include <slimming/model/infer.hpp>       // infer
#include <slimming/model/open_batch.hpp>  // open_batch

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;

namespace {

/// An image of 3 x 4 x 4, reshaped twice with the same target, and once over all of it.
struct fixed_net {
  net_builder b;
  sl::value_id first, second, whole;

  explicit fixed_net(sl::index_t batch) {
    const auto x = b.input({batch, 3, 4, 4});
    const auto target = b.constant({batch, 48});
    first = b.op("Reshape", {x, target}, {{"allowzero", sl::index_t{1}}});
    second = b.op("Reshape", {b.relu(x), target});
    const auto turned = b.op("Transpose", {x}, {{"perm", ints{1, 0, 2, 3}}});
    whole = b.op("Reshape", {turned, b.constant({3, -1})});
    for (const auto v : {first, second, whole}) b.net.add_output(v);
  }
};

}  // namespace

TEST_CASE("a network that was exported for one batch takes another") {
  for (const sl::index_t batch : {1, 2}) {
    fixed_net f(batch);
    sl::model& net = f.b.net;
    const sl::input_extents five{{"x", {5, 3, 4, 4}}};
    CHECK_THROWS_AS(sl::infer(net, sl::testing::ops(), five), sl::shape_mismatch);
    const sl::model before = net;
    sl::open_batch(net, sl::testing::ops());
    const auto facts = sl::infer(net, sl::testing::ops(), five);
    CHECK(facts[static_cast<std::size_t>(f.first)].extents == sl::shape{5, 48});
    CHECK(facts[static_cast<std::size_t>(f.second)].extents == sl::shape{5, 48});
    CHECK(facts[static_cast<std::size_t>(f.whole)].extents == sl::shape{3, 80});

    const auto inputs =
        sl::testing::random_inputs(before, sl::random_stream{1}, sl::dtype::float32);
    CHECK(sl::testing::relative_difference(sl::evaluate(before, sl::testing::ops(), inputs, {}),
                                           sl::evaluate(net, sl::testing::ops(), inputs, {})) == 0);
  }
}

TEST_CASE("a network of any batch stays as it is") {
  net_builder b;
  const auto x = b.input({-1, 3, 4, 4});
  const auto target = b.constant({1, -1});
  b.net.add_output(b.op("Reshape", {x, target}));
  sl::open_batch(b.net, sl::testing::ops());
  CHECK(b.net.constant(target)->converted<sl::index_t>() == std::vector<sl::index_t>{1, -1});
}
