// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/evaluation.hpp>  // evaluator

#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor
#include "tests/train/tiny_run.hpp"        // coloured_noise

#include <cmath>   // std::log
#include <vector>  // std::vector

namespace sl = slimming;
using namespace test_support;

namespace {

// Says the class with the brightest colour: right on all coloured noise.
sl::model brightest(sl::index_t batch) {
  small_net b;
  const auto x = b.global_pool(b.input({batch, 3, 8, 8}));
  const auto net_out = b.linear(x, 3);
  auto net = b.finish({net_out});
  for (std::size_t v = 0; v < net.values().size(); ++v)
    if (auto* t = net.initializer(static_cast<sl::value_id>(v)))
      for (std::size_t i = 0; i < static_cast<std::size_t>(t->size()); ++i)
        t->values<float>()[i] = t->rank() == 2 && i % 4 == 0 ? 10.0f : 0.0f;
  return net;
}

}  // namespace

TEST_CASE("accuracy counts every image once, also those of a batch that is not full") {
  const auto images = coloured_noise(10);
  sl::loader_options o;
  o.batch_size = 4;
  o.shuffle = false;
  sl::loader batches(images, o);
  sl::evaluator<sl::cpu_device> e(brightest(4), {}, {3, 8, 8}, 4, sl::cpu_device(1));
  const auto result = e.run(batches);
  CHECK(result.images == 10);
  CHECK(result.accuracy == 1.0);
  CHECK(result.loss > 0.0);
  CHECK(result.loss < std::log(3.0));
  const auto again = e.run(batches);
  CHECK(again.loss == result.loss);
}

TEST_CASE("constant outputs have the loss of a uniform guess") {
  const auto images = coloured_noise(9);
  auto net = brightest(9);
  for (std::size_t v = 0; v < net.values().size(); ++v)
    if (auto* t = net.initializer(static_cast<sl::value_id>(v)))
      for (float& f : t->values<float>()) f = 0.0f;
  sl::loader_options o;
  o.batch_size = 9;
  sl::loader batches(images, o);
  sl::evaluator<sl::cpu_device> e(net, {}, {3, 8, 8}, 9, sl::cpu_device(1));
  const auto result = e.run(batches);
  CHECK(result.loss == Approx(std::log(3.0)));
  CHECK(result.accuracy == Approx(1.0 / 3.0));
}
