// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/activation.hpp>  // activation_of
#include <slimming/exec/network.hpp>     // make_network

#include "tests/exec/small_net.hpp"  // small_net
#include "tests/support/catch.hpp"   // TEST_CASE

namespace sl = slimming;
using sl::kernels::activation_kind;
using test_support::small_net;

namespace {

std::optional<sl::kernels::activation> last_activation(const sl::model& net) {
  const auto n = sl::exec::make_network(net, {}, {});
  return sl::exec::activation_of(n.nodes.back(), n);
}

}  // namespace

TEST_CASE("activations are known by name, with ONNX's default parameters") {
  small_net b;
  const auto f = last_activation(b.finish({b.node("LeakyRelu", {b.input({1, 2})}, {1, 2})}));
  REQUIRE(f);
  CHECK(f->kind == activation_kind::leaky_relu);
  CHECK(f->alpha == 0.01f);
}

TEST_CASE("a clip reads its bounds from constants, one of which may be absent") {
  small_net b;
  const auto x = b.input({1, 2});
  const auto six = b.parameter("six", {}, 6.0, 6.0);
  const auto f = last_activation(b.finish({b.node("Clip", {x, sl::no_value, six}, {1, 2})}));
  REQUIRE(f);
  CHECK(f->alpha < -1e38f);
  CHECK(f->beta == 6.0f);
  small_net old;
  const auto g = last_activation(
      old.finish({old.node("Clip", {old.input({1, 2})}, {1, 2}, {{"min", 0.0}, {"max", 6.0}})}));
  REQUIRE(g);
  CHECK((g->alpha == 0.0f && g->beta == 6.0f));
}

TEST_CASE("a clip between computed bounds and an unknown function are none") {
  small_net b;
  const auto x = b.input({1, 2});
  CHECK_FALSE(last_activation(b.finish({b.node("Clip", {x, b.relu(x)}, {1, 2})})));
  small_net c;
  CHECK_FALSE(last_activation(c.finish({c.node("Mystery", {c.input({1, 2})}, {1, 2})})));
}
