// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/trainer.hpp>  // trainer

#include "tests/support/catch.hpp"                // TEST_CASE
#include "tests/support/cpu_executor.hpp"         // cpu_executor
#include "tests/support/temporary_directory.hpp"  // temporary_directory
#include "tests/train/tiny_run.hpp"               // tiny_classifier, coloured_noise

#include <cmath>      // std::isfinite
#include <fstream>    // std::ifstream
#include <limits>     // std::numeric_limits
#include <stdexcept>  // std::runtime_error
#include <string>     // std::string
#include <vector>     // std::vector

namespace sl = slimming;
using namespace test_support;

namespace {

sl::trainer_options tiny_options(sl::index_t epochs) {
  sl::trainer_options o;
  o.epochs = epochs;
  o.sgd.learning_rate = 0.1;
  o.sgd.l1 = 1e-3;
  o.seed = 9;
  o.settings = "tiny";
  return o;
}

// Trains from scratch without a break.
std::vector<float> undisturbed(const sl::image_dataset& images, sl::index_t epochs,
                               int threads = 2) {
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, tiny_options(epochs), sl::cpu_device(threads));
  CHECK(t.run() == sl::trainer<sl::cpu_device>::outcome::finished);
  return parameters_of(net);
}

}  // namespace

TEST_CASE("a network learns what can be learnt, and every epoch is reported") {
  const auto images = coloured_noise(96), unseen = coloured_noise(30, 2);
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::loader_options test_options;
  test_options.batch_size = 16;
  test_options.shuffle = false;
  sl::loader test(unseen, test_options);
  sl::trainer<sl::cpu_device> t(net, {}, batches, tiny_options(6), sl::cpu_device(2));
  sl::evaluator<sl::cpu_device> e(tiny_classifier(16), {}, {3, 8, 8}, 16, sl::cpu_device(2));
  t.evaluate_with(test, e);
  std::vector<sl::epoch_record> seen;
  sl::index_t steps = 0;
  sl::trainer_callbacks c;
  c.epoch = [&](const sl::epoch_record& r) { seen.push_back(r); };
  c.step = [&](const sl::training_progress& p) {
    CHECK(p.batch == steps % 12 + 1);
    ++steps;
  };
  t.run(c);
  CHECK(steps == 6 * 12);
  REQUIRE(seen.size() == 6);
  CHECK(seen == t.state().history);
  CHECK(seen.back().loss < seen.front().loss);
  CHECK(*seen.back().test_accuracy > 0.8);
  CHECK(seen.front().learning_rate == Approx(0.1));
  CHECK(seen.back().learning_rate == Approx(0.001));
  CHECK(seen.back().images_per_second > 0);
}

TEST_CASE(
    "an epoch has been saved when it is reported, so that a reader who throws costs nothing") {
  const auto images = coloured_noise(48);
  const temporary_directory folder;
  auto options = tiny_options(4);
  options.checkpoint = folder / "last.safetensors";
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(2));
  sl::trainer_callbacks c;
  c.epoch = [](const sl::epoch_record&) { throw std::runtime_error("the pipe is closed"); };
  CHECK_THROWS_AS(t.run(c), std::runtime_error);
  const auto saved = sl::read_checkpoint(options.checkpoint);
  CHECK(saved.state.position == sl::loader_position{1, 0});
  CHECK(saved.state.history.size() == 1);
}

TEST_CASE("the same seed gives the same weights on any number of threads") {
  const auto images = coloured_noise(48);
  const auto one = undisturbed(images, 2, 1);
  CHECK(undisturbed(images, 2, 2) == one);
  CHECK(undisturbed(images, 2, 4) == one);
}

TEST_CASE("a run that is stopped anywhere and resumed ends with the bits of an undisturbed one") {
  const auto images = coloured_noise(48);
  const auto expected = undisturbed(images, 3);
  for (const int stop_after : {1, 5, 6, 7, 13}) {
    const temporary_directory folder;
    auto options = tiny_options(3);
    options.checkpoint = folder / "last.safetensors";
    {
      auto net = tiny_classifier(tiny_batch);
      sl::loader batches(images, tiny_batches(tiny_batch));
      sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(2));
      int steps = 0;
      sl::trainer_callbacks c;
      c.should_stop = [&] { return ++steps == stop_after; };
      CHECK(t.run(c) == sl::trainer<sl::cpu_device>::outcome::stopped);
    }
    auto net = tiny_classifier(tiny_batch);
    sl::loader batches(images, tiny_batches(tiny_batch));
    sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(1));
    t.resume(sl::read_checkpoint(options.checkpoint));
    CHECK(t.run() == sl::trainer<sl::cpu_device>::outcome::finished);
    CHECK(parameters_of(net) == expected);
    CHECK(t.state().history.size() == 3);
    std::ifstream log(folder / "log.jsonl");
    std::string line;
    sl::index_t epoch = 0;
    while (std::getline(log, line))
      CHECK(nlohmann::json::parse(line).at("epoch").get<sl::index_t>() == epoch++);
    CHECK(epoch == 3);
  }
}

TEST_CASE("saving between the ends of epochs is as good") {
  const auto images = coloured_noise(48);
  const temporary_directory folder;
  auto options = tiny_options(2);
  options.checkpoint = folder / "last.safetensors";
  options.save_every_batches = 4;
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(2));
  int steps = 0;
  sl::trainer_callbacks c;
  c.step = [&](const sl::training_progress&) {
    if (++steps == 5) throw std::runtime_error("pulled the plug");
  };
  CHECK_THROWS_AS(t.run(c), std::runtime_error);
  const auto saved = sl::read_checkpoint(options.checkpoint);
  CHECK(saved.state.position == sl::loader_position{0, 4});
  auto again = tiny_classifier(tiny_batch);
  sl::loader more(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> u(again, {}, more, options, sl::cpu_device(2));
  u.resume(saved);
  u.run();
  CHECK(parameters_of(again) == undisturbed(images, 2));
}

TEST_CASE("a loss that is not a number stops the run and leaves the last good state") {
  const auto images = coloured_noise(48);
  const temporary_directory folder;
  auto options = tiny_options(4);
  options.checkpoint = folder / "last.safetensors";
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(2));
  std::vector<float> good;
  sl::trainer_callbacks c;
  c.epoch = [&](const sl::epoch_record& r) {
    if (r.epoch != 1) return;
    auto poisoned = net;
    t.engine().store(poisoned);
    good = parameters_of(poisoned);
  };
  c.should_stop = [&] {
    if (t.state().position.epoch != 2 || t.state().position.batch != 2) return false;
    auto poisoned = net;
    for (std::size_t v = 0; v < poisoned.values().size(); ++v)
      if (auto* w = poisoned.initializer(static_cast<sl::value_id>(v)))
        w->values<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    t.engine().load(poisoned);
    return false;
  };
  CHECK_THROWS_WITH(t.run(c), sl::testing::containing("epoch 3, batch 3") &&
                                  sl::testing::containing("rate of 0.01;") &&
                                  sl::testing::containing("nan") &&
                                  sl::testing::containing("last.safetensors"));
  auto restored = tiny_classifier(tiny_batch);
  const auto saved = sl::read_checkpoint(options.checkpoint);
  sl::restore(saved, restored);
  CHECK(saved.state.position == sl::loader_position{2, 0});
  CHECK(parameters_of(restored) == good);
  CHECK(parameters_of(net) == good);
}

TEST_CASE("parameters that are not numbers are never saved, even while the loss is one") {
  const auto images = coloured_noise(48);
  const temporary_directory folder;
  auto options = tiny_options(2);
  options.checkpoint = folder / "last.safetensors";
  options.save_every_batches = 2;
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(2));
  sl::trainer_callbacks c;
  c.step = [&](const sl::training_progress& p) {
    if (p.epoch != 0 || p.batch != 4) return;
    auto poisoned = net;
    t.engine().store(poisoned);
    const auto& norm = poisoned.nodes()[1];
    poisoned.initializer(norm.inputs[3])->values<float>()[0] =
        std::numeric_limits<float>::infinity();
    t.engine().load(poisoned);
  };
  CHECK_THROWS_WITH(t.run(c), sl::testing::containing("running_mean") &&
                                  sl::testing::containing("inf") &&
                                  sl::testing::containing("last.safetensors"));
  CHECK(sl::read_checkpoint(options.checkpoint).state.position == sl::loader_position{0, 2});
  for (const float v : parameters_of(net)) CHECK(std::isfinite(v));
}

TEST_CASE("a run is not resumed with other settings, nor with batches that differ in size") {
  const auto images = coloured_noise(20);
  const temporary_directory folder;
  auto options = tiny_options(1);
  options.checkpoint = folder / "last.safetensors";
  auto net = tiny_classifier(tiny_batch);
  sl::loader batches(images, tiny_batches(tiny_batch));
  sl::trainer<sl::cpu_device> t(net, {}, batches, options, sl::cpu_device(1));
  t.run();
  options.settings = "others";
  sl::trainer<sl::cpu_device> u(net, {}, batches, options, sl::cpu_device(1));
  CHECK_THROWS_AS(u.resume(sl::read_checkpoint(options.checkpoint)), sl::bad_value);
  auto uneven = tiny_batches(tiny_batch);
  uneven.drop_last = false;
  sl::loader odd(images, uneven);
  CHECK_THROWS_AS(sl::trainer<sl::cpu_device>(net, {}, odd, options, sl::cpu_device(1)),
                  sl::bad_value);
}
