// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>      // random_stream
#include <slimming/cuda/executor.cuh>    // cuda_executor
#include <slimming/models/vgg.hpp>       // vgg
#include <slimming/ops/builtin.hpp>      // builtin_ops
#include <slimming/train/optimiser.hpp>  // sgd_rule

#include <algorithm>  // std::sort
#include <string>     // std::string
#include <vector>     // std::vector

#include "benchmarks/cuda/measure.cuh"

namespace bench {

using namespace slimming;

namespace {

// Milliseconds of a recorded training step.
template <class T>
double step_time(const model& net, index_t batch, const gpu::cuda_options& device) {
  executor_options options;
  options.mode = execution_mode::training;
  options.loss = cross_entropy{};
  options.inputs = {{batch, 3, 32, 32}};
  cuda_executor<T> e(net, builtin_ops(), options, cuda_device<T>(device));
  random_stream random{1};
  std::vector<float> images(static_cast<std::size_t>(batch * 3 * 32 * 32));
  for (float& v : images) v = static_cast<float>(random.normal());
  std::vector<index_t> labels;
  for (index_t n = 0; n < batch; ++n) labels.push_back(n % 10);
  e.set_input(0, images);
  e.set_labels(labels);
  const sgd_rule rule({.learning_rate = 0.01, .l1 = 1e-4});
  const auto step = [&](int) { e.step(rule); };
  for (int i = 0; i < 5; ++i) step(i);
  std::vector<double> means;
  constexpr int calls = 50;
  for (int round = 0; round < 7; ++round) {
    gpu::event start;
    gpu::event stop;
    start.record(e.device().stream());
    for (int i = 0; i < calls; ++i) step(i);
    stop.record(e.device().stream());
    stop.wait();
    means.push_back(stop.since(start) / calls);
  }
  std::sort(means.begin(), means.end());
  return means[means.size() / 2];
}

// The net that masked training compacts to: every width without the masked share.
model vgg19(double width) {
  models::recipe r;
  r.multiplier = width;
  return models::vgg(19, r);
}

template <class T>
void precision(report& results, const std::string& name, const gpu::cuda_options& device) {
  for (const index_t batch : {index_t{64}, index_t{256}}) {
    const std::string of = "VGG-19 step " + name + " batch " + std::to_string(batch);
    const double dense = step_time<T>(vgg19(1.0), batch, device);
    const double images = static_cast<double>(batch);
    results.add({of, dense, "thousand images/s", images / dense});
    results.add({of + ", 160 epochs of CIFAR-10", dense, "minutes",
                 160.0 * 50000.0 / images * dense / 60e3});
    for (const int masked : {50, 70}) {
      const double part = step_time<T>(vgg19(1.0 - masked / 100.0), batch, device);
      results.add({of + ", " + std::to_string(masked) + " % masked", part, "times as fast as dense",
                   dense / part});
    }
  }
}

}  // namespace

void run_training(report& results, bool nondeterministic) {
  gpu::cuda_options options;
  options.deterministic = !nondeterministic;
  precision<bfloat16>(results, "bf16", options);
  options.tf32 = true;
  precision<float>(results, "tf32", options);
  options.tf32 = false;
  precision<float>(results, "fp32", options);
}

}  // namespace bench
