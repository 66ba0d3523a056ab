// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A training run of seconds, the same on every device; and what it gives on the CPU.
/// Area: tests/cuda. The CPU's part is compiled by the host compiler (tiny_training.cpp): nvcc does not
/// know the vector extensions of the CPU's kernels.

#include <slimming/model/model.hpp>    // model
#include <slimming/train/trainer.hpp>  // trainer, evaluator

#include <filesystem>  // std::filesystem::exists
#include <vector>      // std::vector

#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/train/tiny_run.hpp"

namespace slimming::testing {

struct run_record {
  std::vector<double> losses;      // after every step, over the epoch so far
  std::vector<double> parameters;  // at the end
  std::vector<double> accuracies;  // after every epoch
};

/// Trains a classifier of coloured noise; stops after a number of steps and goes on, if that is not 0.
template <class Device, class MakeDevice>
run_record run_training(const MakeDevice& make, const model& start, index_t epochs,
                        int stop_after = 0) {
  const test_support::temporary_directory folder;
  const image_dataset images = test_support::coloured_noise(48);
  const image_dataset unseen = test_support::coloured_noise(21, 2);
  trainer_options options;
  options.epochs = epochs;
  options.sgd.learning_rate = 0.05;
  options.sgd.l1 = 1e-3;
  options.seed = 9;
  options.checkpoint = folder / "last.safetensors";
  run_record r;
  trainer_callbacks callbacks;
  callbacks.step = [&](const training_progress& p) { r.losses.push_back(p.loss); };
  callbacks.epoch = [&](const epoch_record& e) { r.accuracies.push_back(*e.test_accuracy); };
  model net = start;
  const auto go = [&] {
    loader batches(images, test_support::tiny_batches(test_support::tiny_batch));
    loader_options test_options;
    test_options.batch_size = test_support::tiny_batch;  // the last one is not full
    test_options.shuffle = false;
    loader test(unseen, test_options);
    trainer<Device> t(net, testing::ops(), batches, options, make());
    evaluator<Device> e(net, testing::ops(), {3, 8, 8}, test_support::tiny_batch, make());
    t.evaluate_with(test, e);
    if (std::filesystem::exists(options.checkpoint)) t.resume(read_checkpoint(options.checkpoint));
    return t.run(callbacks);
  };
  if (stop_after > 0) {
    callbacks.should_stop = [&] { return static_cast<int>(r.losses.size()) == stop_after; };
    REQUIRE(go() == trainer<Device>::outcome::stopped);
    callbacks.should_stop = {};
    net = start;
  }
  REQUIRE(go() == trainer<Device>::outcome::finished);
  for (const auto& v : net.values())
    if (v.data)
      for (const double x : v.data->template converted<double>()) r.parameters.push_back(x);
  return r;
}

[[nodiscard]] run_record run_training_on_cpu(const model& start, index_t epochs);
/// Of the first batch.
[[nodiscard]] std::vector<double> outputs_on_cpu(const model& net, const image_dataset& images,
                                                 const loader_options& options);

}  // namespace slimming::testing
