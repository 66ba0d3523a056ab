// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A data set of coloured noise that can be learnt, and a network that learns it in seconds.
/// Area: tests/train.

#include <slimming/core/random.hpp>         // random_stream
#include <slimming/data/image_dataset.hpp>  // image_dataset
#include <slimming/data/loader.hpp>         // loader_options

#include "tests/exec/small_net.hpp"  // small_net

#include <cstdint>  // std::uint8_t
#include <utility>  // std::move
#include <vector>   // std::vector

namespace test_support {

/// Images per step of a tiny run.
inline constexpr sl::index_t tiny_batch = 8;

/// Three classes: red, green and blue noise of 8x8 pixels.
inline sl::image_dataset coloured_noise(sl::index_t images, std::uint64_t seed = 1) {
  sl::random_stream random{seed, 5, 0};
  std::vector<std::uint8_t> pixels;
  std::vector<sl::index_t> labels;
  for (sl::index_t i = 0; i < images; ++i) {
    labels.push_back(i % 3);
    for (sl::index_t c = 0; c < 3; ++c)
      for (int p = 0; p < 64; ++p)
        pixels.push_back(
            static_cast<std::uint8_t>(random.below(150) + (c == labels.back() ? 60 : 0)));
  }
  return {{3, 8, 8}, {"red", "green", "blue"}, std::move(pixels), std::move(labels)};
}

/// conv-norm-relu twice with a pool, dropout, and a linear layer.
inline sl::model tiny_classifier(sl::index_t batch) {
  small_net b;
  auto x = b.relu(b.norm(b.conv(b.input({batch, 3, 8, 8}), 6, 3)));
  x = b.relu(b.norm(b.conv(b.max_pool(x), 8, 3)));
  x = b.node("Dropout", {x}, {batch, 8, 4, 4}, {{"ratio", 0.2}});
  return b.finish({b.linear(b.global_pool(x), 3)});
}

/// Every parameter of \p net, one after another.
inline std::vector<float> parameters_of(const sl::model& net) {
  std::vector<float> all;
  for (const auto& v : net.values())
    if (v.data) {
      const auto values = v.data->converted<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
  return all;
}

inline sl::loader_options tiny_batches(sl::index_t batch) {
  sl::loader_options o;
  o.batch_size = batch;
  o.seed = 4;
  o.drop_last = true;
  o.augment = {1, true};
  return o;
}

}  // namespace test_support
