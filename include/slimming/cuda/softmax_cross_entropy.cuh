// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Mean cross entropy of softmax probabilities with label smoothing, its gradient, and the number
/// of right answers.
/// Area: cuda. Twin of <slimming/kernels/cpu/softmax_cross_entropy.hpp>.

#include <slimming/core/config.hpp>      // index_t
#include <slimming/core/error.hpp>       // bad_value
#include <slimming/cuda/activation.cuh>  // padded_channels
#include <slimming/cuda/block.cuh>       // thread_block, block_sum
#include <slimming/cuda/reduction.cuh>   // reduction_workspace

#include <cmath>   // std::exp, std::log
#include <limits>  // std::numeric_limits

namespace slimming::inline v0::cuda {

namespace detail {

inline constexpr float lowest = -std::numeric_limits<float>::infinity();

// One warp per image; the last block adds the images' losses in their order.
struct cross_entropy_body {
  static constexpr const char* name = "softmax_cross_entropy";
  static constexpr int threads = 256;
  static constexpr int images_per_block = threads / warp_size;
  struct shared_type {
    float scratch[warp_size];
    bool is_last;
  };
  const float* logits;
  const int* labels;
  float* dlogits;
  float* result;
  float* partial;  // (batch, 2)
  unsigned* counter;
  int batch;
  int classes;
  int stride;
  float smoothing;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    const int lane = block.thread() % warp_size;
    const int image = block.x() * images_per_block + block.thread() / warp_size;
    if (image < batch) one_image(block, image, lane);
    block.sync();
    if (block.thread() == 0) {
      const auto last = static_cast<unsigned>(block.count_x() - 1);
      shared.is_last = block.take_ticket(counter, last) == last;
    }
    block.sync();
    if (!shared.is_last) return;
    float loss = 0.0f;
    float right = 0.0f;
    for (int n = block.thread(); n < batch; n += threads) {
      const packed<float, 2> of_image = block.template load_published<2>(partial + 2 * n);
      loss += of_image.lane[0];
      right += of_image.lane[1];
    }
    loss = block_sum(block, shared.scratch, loss);
    right = block_sum(block, shared.scratch, right);
    if (block.thread() != 0) return;
    block.store(result, loss / static_cast<float>(batch));
    block.store(result + 1, right);
  }

 private:
  template <class Block>
  SLIMMING_HOST_DEVICE void one_image(Block& block, int image, int lane) const {
    const float* z = logits + static_cast<index_t>(image) * stride;
    const int label = block.load(labels + image);
    float top = lowest;
    int best = classes;  // the first of equal maxima
    float total = 0.0f;
    for (int k = lane; k < classes; k += warp_size) {
      const float value = block.load(z + k);
      total += value;
      if (value > top) {
        top = value;
        best = k;
      }
    }
    for (int lanes = warp_size / 2; lanes > 0; lanes /= 2) {
      const float other = block.shuffle_xor(top, lanes);
      const int other_best = block.shuffle_xor(best, lanes);
      total += block.shuffle_xor(total, lanes);
      if (other > top || (other == top && other_best < best)) {
        top = other;
        best = other_best;
      }
    }
    float sum = 0.0f;
    for (int k = lane; k < classes; k += warp_size) sum += std::exp(block.load(z + k) - top);
    for (int lanes = warp_size / 2; lanes > 0; lanes /= 2) sum += block.shuffle_xor(sum, lanes);

    const auto n_classes = static_cast<float>(classes);
    const float off = smoothing / n_classes;
    if (lane == 0) {
      const float label_logit = block.load(z + label);
      const float loss = std::log(sum) - (1.0f - smoothing) * (label_logit - top) -
                         off * (total - n_classes * top);
      block.store(partial + 2 * image, packed<float, 2>{{loss, best == label ? 1.0f : 0.0f}});
      block.publish();
    }
    if (!dlogits) return;
    float* const d = dlogits + static_cast<index_t>(image) * stride;
    const float share = 1.0f / static_cast<float>(batch);
    for (int k = lane; k < stride; k += warp_size) {
      const float target = off + (k == label ? 1.0f - smoothing : 0.0f);
      const float gradient =
          k < classes ? (std::exp(block.load(z + k) - top) / sum - target) * share : 0.0f;
      block.store(d + k, gradient);
    }
  }
};

}  // namespace detail

/// Loss = mean over images of -sum_k q_k log p_k with q = (1 - smoothing) [k = label] + smoothing /
/// classes.
/// \param logits   (batch, padded classes)
/// \param labels   (batch), each a class
/// \param dlogits  gradient of the loss, the same shape as the logits; null: the loss only
/// \param result   (2) the loss and the number of images whose largest logit is their label's
/// \throws bad_value  if there are no classes, or more images than the workspace has room for.
template <class Stream>
void softmax_cross_entropy(Stream&& stream, index_t batch, index_t classes, const float* logits,
                           const int* labels, double smoothing, float* dlogits, float* result,
                           const reduction_workspace& workspace) {
  if (classes <= 0 || classes > std::numeric_limits<int>::max() - channel_block)
    throw bad_value("softmax_cross_entropy: classes", classes);
  if (batch <= 0 || batch > reduction_workspace::partial_size / 2)
    throw bad_value("softmax_cross_entropy: batch", batch);
  using body = detail::cross_entropy_body;
  const auto n = static_cast<int>(batch);
  stream.template launch<body::threads>(
      grid{ceil_div(n, body::images_per_block)},
      body{logits, labels, dlogits, result, workspace.partial, workspace.counters, n,
           static_cast<int>(classes), static_cast<int>(padded_channels(classes)),
           static_cast<float>(smoothing)});
}

}  // namespace slimming::inline v0::cuda
