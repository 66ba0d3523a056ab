// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// The trainer on a device, which makes its batches there, beside the trainer on the CPU.
#include <slimming/cuda/batches.cuh>   // batch_feed
#include <slimming/plan/plan.hpp>      // make_plan
#include <slimming/train/batches.hpp>  // feed_for
#include <slimming/train/masked.hpp>   // compact_network

#include <type_traits>  // std::is_same_v
#include <vector>       // std::vector

#include "tests/cuda/device_under_test.hpp"
#include "tests/cuda/support.hpp"
#include "tests/cuda/tiny_training.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"

using namespace slimming;
using namespace test_support;
using testing::device_under_test;
using testing::run_record;
using testing::run_training;

namespace {

using wide_device = device_under_test<float>;
using narrow_device = device_under_test<bfloat16>;
static_assert(!std::is_same_v<feed_for<wide_device>, loader_feed<wide_device>>);

executor_options training(index_t batch) {
  executor_options o;
  o.mode = execution_mode::training;
  o.inputs = {{batch, 3, 8, 8}};
  o.loss = cross_entropy{};
  return o;
}

const auto on_device = [] { return wide_device(); };
const auto on_narrow = [] { return narrow_device(); };

// Dropout draws other masks on other devices.
model without_dropout() {
  small_net b;
  auto x = b.relu(b.norm(b.conv(b.input({tiny_batch, 3, 8, 8}), 6, 3)));
  x = b.relu(b.norm(b.conv(b.max_pool(x), 8, 3)));
  return b.finish({b.linear(b.global_pool(x), 3)});
}

}  // namespace

TEST_CASE("a device's batches have the bits of the loader's", "[cuda.batches]") {
  const image_dataset images = coloured_noise(20);
  auto options = tiny_batches(tiny_batch);
  options.drop_last = false;
  options.statistics = channel_statistics{{0.5, 0.4, 0.3}, {0.2, 0.3, 0.25}};
  loader there(images, options);
  options.layout = batches_for<wide_device>(images.extents());
  loader here(images, options);
  executor<wide_device> net(tiny_classifier(tiny_batch), testing::ops(), training(tiny_batch),
                            on_device());
  feed_for<wide_device> feed(net, there);
  for (int step = 0; step < 7; ++step) {
    const batch& expected = here.next();
    const auto labels = feed.next();
    REQUIRE(there.position() == here.position());
    REQUIRE(std::vector<index_t>(labels.begin(), labels.end()) == expected.labels);
    const auto values = expected.images.values<float>();
    std::vector<float> got(values.size());
    net.device().download(net.input_memory(0).data(), got.data(), static_cast<index_t>(got.size()));
    REQUIRE(got == std::vector<float>(values.begin(), values.end()));
  }
}

TEST_CASE("a network on flat images gets them in the order of files", "[cuda.batches]") {
  const image_dataset images = coloured_noise(tiny_batch);
  small_net b;
  const model net = b.finish({b.linear(b.input({tiny_batch, 192}), 3)});
  loader_options options;
  options.batch_size = tiny_batch;
  loader batches(images, options);
  executor<wide_device> e(net, testing::ops(), {}, on_device());
  feed_for<wide_device>(e, batches).next();
  e.forward();
  CHECK(testing::worst_error(testing::widened(e.output(0)),
                             testing::outputs_on_cpu(net, images, options)) < 1e-5);
}

TEST_CASE("images that do not fit the network are refused", "[cuda.batches]") {
  const image_dataset images = coloured_noise(20);
  loader_options options;
  options.batch_size = tiny_batch + 1;
  loader too_many(images, options);
  executor<wide_device> net(tiny_classifier(tiny_batch), testing::ops(), training(tiny_batch),
                            on_device());
  CHECK_THROWS_AS(feed_for<wide_device>(net, too_many), shape_mismatch);
  const image_dataset four({3, 8, 8}, {"a", "b", "c", "d"}, std::vector<std::uint8_t>(8 * 3 * 64),
                           {0, 1, 2, 3, 0, 1, 2, 3});
  options.batch_size = tiny_batch;
  loader one_class_more(four, options);
  CHECK_THROWS_AS(feed_for<wide_device>(net, one_class_more), bad_value);
}

TEST_CASE("training on the device follows training on the CPU, step by step", "[cuda.batches]") {
  const model net = without_dropout();
  const run_record cpu = testing::run_training_on_cpu(net, 2);
  const run_record device = run_training<wide_device>(on_device, net, 2);
  REQUIRE(device.losses.size() == 12);
  CHECK(testing::worst_error(device.losses, cpu.losses) < 2e-4);
  CHECK(testing::worst_error(device.parameters, cpu.parameters) < 2e-3);
  CHECK(device.accuracies.size() == 2);
  const run_record narrow = run_training<narrow_device>(on_narrow, net, 2);
  CHECK(testing::worst_error(narrow.losses, cpu.losses) < 0.03);
}

TEST_CASE("a run that is stopped and resumed on the device ends with the undisturbed bits",
          "[cuda.batches]") {
  const model net = tiny_classifier(tiny_batch);
  const run_record whole = run_training<narrow_device>(on_narrow, net, 2);
  for (const int stop_after : {4, 6}) {
    const run_record parts = run_training<narrow_device>(on_narrow, net, 2, stop_after);
    CHECK(parts.parameters == whole.parameters);
    CHECK(parts.accuracies.back() == whole.accuracies.back());
  }
}

TEST_CASE("masked training by compaction does on the device what it does on the CPU",
          "[cuda.batches]") {
  model full = without_dropout();
  const auto plan = make_plan(connect(full, testing::ops()).graph, bn_gamma{}, global_ratio{0.4});
  compact_network compact(full, testing::ops(), plan);
  compact.gather(full);
  const run_record cpu = testing::run_training_on_cpu(compact.net(), 1);
  const run_record device = run_training<wide_device>(on_device, compact.net(), 1);
  CHECK(testing::worst_error(device.losses, cpu.losses) < 2e-4);
}
