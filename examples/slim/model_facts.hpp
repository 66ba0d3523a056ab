// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What commands ask of a classifier: does it fit the images, how well does it do on them?

#include "dataset.hpp"  // dataset_options
#include "engine.hpp"   // engine

#include <slimming/data/image_dataset.hpp>  // image_dataset, image_extents
#include <slimming/model/model.hpp>         // model

#include <optional>  // std::optional
#include <string>    // std::string

namespace slim {

/// Channels, height and width of the one input, where the file states them.
[[nodiscard]] std::optional<slimming::image_extents> image_input(const slimming::model& net);

/// \throws usage_error  if the network takes other images, or has fewer outputs than there are classes.
void require_fit(const slimming::model& net, const slimming::image_dataset& images);

/// \throws usage_error  if the network ends in a softmax: the loss applies its own.
void require_logits(const slimming::model& net);

/// Accuracy on the test images.
/// \throws usage_error  as require_fit(), or if no data are known.
[[nodiscard]] slimming::evaluation measure(const slimming::model& net, dataset_options data,
                                           engine& device, slimming::index_t batch = 100);
/// "93.39 % (9,339 of 10,000)".
[[nodiscard]] std::string accuracy_words(const slimming::evaluation& e);

}  // namespace slim
