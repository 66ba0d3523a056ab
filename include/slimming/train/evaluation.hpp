// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Accuracy and loss of a classifier on a data set.
/// Area: train.

#include <slimming/core/config.hpp>        // index_t
#include <slimming/core/error.hpp>         // shape_mismatch
#include <slimming/core/tensor.hpp>        // shape
#include <slimming/data/loader.hpp>        // loader
#include <slimming/exec/executor.hpp>      // executor
#include <slimming/model/model.hpp>        // model
#include <slimming/model/op_registry.hpp>  // op_registry
#include <slimming/train/batches.hpp>      // feed_for

#include <algorithm>  // std::max_element
#include <chrono>     // std::chrono::steady_clock
#include <cmath>      // std::exp, std::log
#include <span>       // std::span
#include <utility>    // std::move

namespace slimming::inline v0 {

struct evaluation {
  double loss = 0.0;      ///< mean cross entropy
  double accuracy = 0.0;  ///< share of images whose class has the largest output
  index_t images = 0;
  double seconds = 0.0;
};

/// A model compiled for inference on batches of one size.
template <exec::execution_device Device>
class evaluator {
 public:
  /// \p image: extents (C, H, W) of one input image.
  evaluator(const model& net, const op_registry& ops, shape image, index_t batch_size,
            Device device = Device())
      : executor_(net, ops, options_for(std::move(image), batch_size), std::move(device)) {
    const auto& out = executor_.output_layout(0);
    if (out.extents.size() != 2)
      throw shape_mismatch("evaluator: the output must be (N, classes)", to_string(out.extents));
  }
  [[nodiscard]] executor<Device>& engine() noexcept { return executor_; }

  /// Takes over the parameters of a model of the same topology.
  void load(const model& net) { executor_.load(net); }

  /// One epoch of \p images, from its first batch. A batch that is not full is padded.
  /// \pre the loader makes batches of at most the size that this was compiled for.
  [[nodiscard]] evaluation run(loader& images) {
    const auto& out = executor_.output_layout(0);
    evaluation total;
    images.seek({images.position().epoch, 0});
    feed_for<Device> feed(executor_, images);
    const auto start = std::chrono::steady_clock::now();
    for (index_t b = 0; b < images.batches_per_epoch(); ++b) {
      const std::span<const index_t> labels = feed.next();
      executor_.forward();
      const auto logits = executor_.output(0);
      for (std::size_t n = 0; n < labels.size(); ++n) {
        const float* const z = logits.data() + static_cast<index_t>(n) * out.channels;
        const index_t label = labels[n];
        if (label < 0 || label >= out.channels)
          throw bad_value("evaluator: class of an image", label);
        const float* const top = std::max_element(z, z + out.channels);
        total.accuracy += top - z == label;
        double sum = 0.0;
        for (index_t k = 0; k < out.channels; ++k)
          sum += std::exp(static_cast<double>(z[k]) - static_cast<double>(*top));
        total.loss += std::log(sum) - (static_cast<double>(z[label]) - static_cast<double>(*top));
      }
      total.images += static_cast<index_t>(labels.size());
    }
    total.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    total.accuracy /= static_cast<double>(total.images);
    total.loss /= static_cast<double>(total.images);
    return total;
  }

 private:
  static executor_options options_for(shape image, index_t batch_size) {
    image.insert(image.begin(), batch_size);
    executor_options o;
    o.inputs = {std::move(image)};
    return o;
  }

  executor<Device> executor_;
};

}  // namespace slimming::inline v0
