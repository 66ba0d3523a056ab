// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The engine of any device that the executor runs on. Included once per device.

#include "engine.hpp"     // engine
#include "operators.hpp"  // operators

#include <slimming/exec/executor.hpp>     // executor
#include <slimming/train/batches.hpp>     // batches_for
#include <slimming/train/evaluation.hpp>  // evaluator
#include <slimming/train/trainer.hpp>     // trainer

#include <algorithm>  // std::nth_element
#include <chrono>     // std::chrono::steady_clock
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slim {

/// \p MakeDevice makes a Device; every executor gets one of its own.
template <class Device, class MakeDevice>
class device_engine final : public engine {
 public:
  device_engine(MakeDevice make, std::string words, std::string numerics)
      : make_(std::move(make)), words_(std::move(words)), numerics_(std::move(numerics)) {}

  [[nodiscard]] std::string words() const override { return words_; }
  [[nodiscard]] std::string numerics() const override { return numerics_; }

  [[nodiscard]] slimming::batch_layout layout(slimming::image_extents image) const override {
    return slimming::batches_for<Device>(image);
  }

  training_result train(slimming::model& net, slimming::loader& images, slimming::loader& test,
                        const slimming::trainer_options& options,
                        const slimming::training_checkpoint* from,
                        const slimming::trainer_callbacks& callbacks) override {
    slimming::trainer<Device> trainer(net, operators(), images, options, make_());
    auto measure = evaluator_for(net, test);
    trainer.evaluate_with(test, measure);
    if (from != nullptr) trainer.resume(*from);
    const auto outcome = trainer.run(callbacks);
    return {outcome == slimming::trainer<Device>::outcome::finished, trainer.state()};
  }

  [[nodiscard]] slimming::evaluation evaluate(const slimming::model& net,
                                              slimming::loader& images) override {
    return evaluator_for(net, images).run(images);
  }

  [[nodiscard]] double latency(const slimming::model& net, slimming::image_extents image,
                               slimming::index_t batch) override {
    slimming::executor_options options;
    options.inputs = {{batch, image.channels, image.height, image.width}};
    slimming::executor<Device> net_on_device(net, operators(), options, make_());
    constexpr std::size_t most = 200;
    constexpr double budget = 2;  // seconds
    std::vector<double> seconds;
    for (double total = 0; seconds.size() < most && (seconds.size() < 20 || total < budget);) {
      const auto start = std::chrono::steady_clock::now();
      net_on_device.forward();
      (void)net_on_device.output(0);  // waits for the device
      seconds.push_back(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      total += seconds.back();
    }
    seconds.erase(seconds.begin(), seconds.begin() + 5);  // caches and pages warm up
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle;
  }

 private:
  [[nodiscard]] slimming::evaluator<Device> evaluator_for(const slimming::model& net,
                                                          const slimming::loader& images) const {
    const slimming::image_extents e = images.images().extents();
    return {
        net, operators(), {e.channels, e.height, e.width}, images.options().batch_size, make_()};
  }

  MakeDevice make_;
  std::string words_, numerics_;
};

}  // namespace slim
