// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/executor.hpp>  // executor
#include <slimming/exec/lowering.hpp>  // lowering_context, lowering_table

#include "tests/exec/host_device.hpp"  // host_device
#include "tests/exec/small_net.hpp"    // small_net, random_values
#include "tests/support/catch.hpp"     // TEST_CASE

#include <algorithm>  // std::copy_n
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
using test_support::host_device;
using test_support::random_values;
using test_support::small_net;
using context = sl::exec::lowering_context<host_device>;
using run = sl::exec::run_context<host_device>;
using floats = std::span<float>;

namespace {

// y = x * weight, element by element.
bool lower_scale(context& c) {
  const auto n = c.layout(c.node().inputs[0]).floats();
  const auto copy = [n](const float* from, float* to) { std::copy_n(from, n, to); };
  const auto w = c.parameter(c.node().inputs[1], sl::exec::parameter_kind::weight, {n, copy, copy});
  const auto x = c.value(c.node().inputs[0]), y = c.output(0);
  const auto times = [](run&, floats a, floats b, floats to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = a[i] * b[i];
  };
  c.forward("scale", times, x, w.value, y);
  if (!c.needs_backward()) return true;
  const auto dy = c.output_gradient(0);
  if (c.wants_gradient(0)) c.backward("scale", times, dy, w.value, c.plain_gradient(0));
  c.backward("scale", times, dy, x, w.gradient);
  return true;
}

bool lower_sum(context& c) {
  c.forward(
      "sum",
      [](run&, floats a, floats b, floats y) {
        for (std::size_t i = 0; i < y.size(); ++i) y[i] = a[i] + b[i];
      },
      c.value(c.node().inputs[0]), c.value(c.node().inputs[1]), c.output(0));
  if (!c.needs_backward()) return true;
  c.pass_gradient(0);
  c.pass_gradient(1);
  return true;
}

// Runs forward and forgets to go back.
bool lower_one_way(context& c) {
  c.forward(
      "copy", [](run&, floats x, floats y) { std::copy(x.begin(), x.end(), y.begin()); },
      c.value(c.node().inputs[0]), c.output(0));
  return true;
}

sl::exec::lowering_table<host_device> table() {
  sl::exec::lowering_table<host_device> t;
  t.add("Scale", lower_scale).add("Sum", lower_sum).add("OneWay", lower_one_way);
  return t;
}

sl::executor_options training_with_gradients() {
  sl::executor_options o;
  o.mode = sl::execution_mode::training;
  o.keep_gradients = true;
  return o;
}

}  // namespace

TEST_CASE("a table of the user's own operators makes a network that runs and trains") {
  small_net b;
  const auto x = b.input({4});
  const auto w = b.parameter("w", {4});
  const auto v = b.parameter("v", {4});
  const auto h = b.node("Scale", {x, w}, {4});
  const auto net = b.finish({b.node("Scale", {h, v}, {4})});
  sl::executor<host_device> e(net, {}, training_with_gradients(), {}, table());
  const auto in = random_values(4, 1), dy = random_values(4, 2);
  e.set_input(0, in);
  e.forward();
  e.set_output_gradient(0, dy);
  e.backward();
  const auto out = e.output();
  const auto ws = net.initializer(w)->converted<float>(),
             vs = net.initializer(v)->converted<float>();
  REQUIRE(e.parameters().size() == 2);
  const auto dw = e.gradient(e.parameters()[0]), dv = e.gradient(e.parameters()[1]);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(out[i] == Approx(in[i] * ws[i] * vs[i]));
    CHECK(dw[i] == Approx(dy[i] * in[i] * vs[i]));
    CHECK(dv[i] == Approx(dy[i] * in[i] * ws[i]));
  }
}

TEST_CASE("a parameter that several nodes use gets the sum of their gradients") {
  small_net b;
  const auto x = b.input({3});
  const auto w = b.parameter("w", {3});
  const auto net = b.finish({b.node("Scale", {b.node("Scale", {x, w}, {3}), w}, {3})});
  sl::executor<host_device> e(net, {}, training_with_gradients(), {}, table());
  const auto in = random_values(3, 1), dy = random_values(3, 2);
  e.set_input(0, in);
  e.forward();
  e.set_output_gradient(0, dy);
  e.backward();
  const auto ws = net.initializer(w)->converted<float>();
  const auto dw = e.gradient(e.parameters()[0]);
  for (std::size_t i = 0; i < 3; ++i) CHECK(dw[i] == Approx(2 * dy[i] * in[i] * ws[i]));
}

// Whatever the pattern of residual sums, gradients must come out right although buffers are shared.
TEST_CASE("gradients of random graphs of sums agree with the derivative") {
  sl::random_stream random{5, 0, 0};
  for (int round = 0; round < 200; ++round) {
    small_net b(static_cast<std::uint64_t>(round) + 1);
    std::vector<sl::value_id> values{
        b.node("Scale", {b.input({2}), b.parameter("w0", {2}, 0.5, 1.5)}, {2})};
    const auto pick = [&] {
      return values[static_cast<std::size_t>(
          random.below(static_cast<sl::index_t>(values.size())))];
    };
    const auto steps = random.below(9) + 1;
    for (sl::index_t k = 1; k <= steps; ++k) {
      const bool is_sum = random.below(3) != 0;
      values.push_back(
          is_sum ? b.node("Sum", {pick(), pick()}, {2})
                 : b.node("Scale", {pick(), b.parameter("w" + std::to_string(k), {2}, 0.5, 1.5)},
                          {2}));
    }
    auto net = b.finish({values.back()});
    sl::executor<host_device> e(net, {}, training_with_gradients(), {}, table());
    const std::vector<float> in{0.7f, -1.3f}, dy{1.0f, 0.5f};
    const auto loss = [&] {
      e.set_input(0, in);
      e.forward();
      const auto y = e.output();
      return static_cast<double>(y[0]) * 1.0 + static_cast<double>(y[1]) * 0.5;
    };
    loss();
    e.set_output_gradient(0, dy);
    e.backward();
    for (const auto& p : e.parameters()) {
      if (!p.gradient) continue;
      const auto gradient = e.gradient(p);
      auto* const w = net.initializer(p.source);
      for (std::size_t i = 0; i < 2; ++i) {
        const float kept = w->values<float>()[i];
        const float h = 0.01f;
        w->values<float>()[i] = kept + h;
        e.load(net);
        const double up = loss();
        w->values<float>()[i] = kept - h;
        e.load(net);
        const double down = loss();
        w->values<float>()[i] = kept;
        e.load(net);
        const double slope = (up - down) / (2.0 * static_cast<double>(h));
        CHECK(static_cast<double>(gradient[i]) == Approx(slope).epsilon(0.02).margin(0.02));
      }
    }
  }
}

TEST_CASE("a later entry replaces an earlier one and a declining entry leaves it to the fallback") {
  auto t = table();
  int asked = 0;
  t.add("Scale", [&](context&) {
    ++asked;
    return false;
  });
  t.fallback([](context& c) { return c.node().op == "Scale" && lower_scale(c); });
  small_net b;
  const auto net = b.finish({b.node("Scale", {b.input({2}), b.parameter("w", {2})}, {2})});
  CHECK_NOTHROW(sl::executor<host_device>(net, {}, {}, {}, t));
  CHECK(asked == 1);
}

TEST_CASE("an operator without a lowering and one without a way back are refused by name") {
  small_net b;
  const auto net = b.finish({b.node("Mystery", {b.input({2})}, {2})});
  CHECK_THROWS_WITH(sl::executor<host_device>(net, {}, {}, {}, table()),
                    sl::testing::containing("Mystery"));
  small_net d;
  const auto h = d.node("Scale", {d.input({2}), d.parameter("w", {2})}, {2});
  const auto one_way = d.finish({d.node("OneWay", {h}, {2})});
  CHECK_THROWS_WITH(sl::executor<host_device>(one_way, {}, training_with_gradients(), {}, table()),
                    sl::testing::containing("cannot be trained through"));
  CHECK_NOTHROW(sl::executor<host_device>(one_way, {}, {}, {}, table()));
}
