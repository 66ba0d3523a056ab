// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Kernel bodies of <slimming/cuda/batch_norm.cuh>.
/// Area: cuda, internal.
///
/// Forward is two passes over x (statistics, normalise), backward two over x and the output
/// gradient (sums, input gradient). Where one block can do a whole tile, both passes are one
/// launch.

#include <slimming/cuda/detail/channel_tiles.cuh>  // channel_tiles, reduce_tile

#include <cmath>  // std::sqrt

namespace slimming::inline v0::cuda {

/// Arrays over all channels of the activation, in device memory.
struct batch_norm_arrays {
  const float* gamma = nullptr;
  const float* beta = nullptr;
  float* running_mean = nullptr;      ///< training: null where it is not kept
  float* running_variance = nullptr;  ///< unbiased; training: null where it is not kept
  float* mean = nullptr;              ///< written by forward, read by backward
  float* inv_std = nullptr;           ///< written by forward, read by backward
};

namespace detail {

// The one formula of the output before ReLU: forward and backward must agree on its sign.
SLIMMING_HOST_DEVICE inline float normalise(float x, float mean, float scale, float beta) {
  return (x - mean) * scale + beta;
}

/// What the normalising pass knows of the channels of its column.
template <int Lanes>
struct norm_column {
  float mean[Lanes];
  float scale[Lanes];
  float beta[Lanes];
};

template <class T, int V, layout Order>
struct norm_forward_body {
  static constexpr const char* name = "batch_norm_forward";
  using tiles_type = channel_tiles<V, Order>;
  static constexpr int lanes = tiles_type::lanes;
  using shared_type = reduction_scratch<lanes>;

  enum class pass { statistics, normalise, normalise_with_running };

  tiles_type tiles;
  const T* x;
  const T* residual;  // null: nothing is added
  T* y;
  batch_norm_arrays arrays;
  float epsilon;
  float momentum;
  float* partial;
  unsigned* counters;
  bool relu;
  pass what;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    const int column = block.x() * tiles.tx + block.thread() % tiles.tx;
    const bool has_column = column < tiles.columns();
    const int channel = has_column ? tiles.channel(block, column) : 0;
    // The pass that reads x again starts where the first one ended, in what the cache still holds.
    const int slice = what == pass::statistics ? block.y() : tiles.slices - 1 - block.y();
    const int row = block.thread() / tiles.tx;
    const int begin = tiles.slice_begin(slice) + row;
    const int end = has_column ? tiles.slice_begin(slice + 1) : 0;

    if (what == pass::statistics) {
      channel_sums own[lanes];
      local_moments(block, channel, begin, end, own);
      const auto finish = [&](int of_column, int lane, const channel_sums& sum) {
        finish_channel(block, tiles.channel(block, of_column) + lane, sum);
      };
      reduce_tile<merge_moments>(block, shared, tiles, partial, counters, own, finish);
      if (tiles.slices > 1) return;
    }
    if (has_column) apply(block, channel, begin, end);
  }

 private:
  template <class Block>
  SLIMMING_HOST_DEVICE void local_moments(Block& block, int channel, int begin, int end,
                                          channel_sums (&own)[lanes]) const {
    // Deviations from the first number of the thread: no cancellation when the mean is far from 0.
    float first[lanes] = {};
    float sum[lanes] = {};
    float squares[lanes] = {};
    int items = 0;
    if (begin < end) {
      const auto head = block.template load<V>(x + tiles.offset(begin, channel));
      for (int l = 0; l < lanes; ++l) first[l] = widen(head.lane[l]);
    }
    for_each_item<4, packed<T, V>>(
        tiles, channel, begin, end, tiles.rows(),
        [&](int offset) { return block.template load<V>(x + offset); },
        [&](const packed<T, V>& v, int) {
          for (int i = 0; i < V; ++i) {
            const int l = i % lanes;
            const float d = widen(v.lane[i]) - first[l];
            sum[l] += d;
            squares[l] += d * d;
          }
          ++items;
        });
    const auto count = static_cast<float>(items * tiles_type::per_item);
    for (int l = 0; l < lanes; ++l) {
      own[l] = {count, 0.0f, 0.0f};
      if (items == 0) continue;
      const float mean = sum[l] / count;
      const float rest = squares[l] - sum[l] * mean;
      own[l].a = first[l] + mean;
      own[l].b = rest > 0.0f ? rest : 0.0f;
    }
  }

  template <class Block>
  SLIMMING_HOST_DEVICE void finish_channel(Block& block, int c, const channel_sums& m) const {
    const batch_norm_arrays& p = arrays;
    const float variance = m.b / m.count;
    block.store(p.mean + c, m.a);
    block.store(p.inv_std + c, 1.0f / std::sqrt(variance + epsilon));
    if (p.running_mean)
      block.store(p.running_mean + c,
                  block.load(p.running_mean + c) * (1.0f - momentum) + momentum * m.a);
    if (p.running_variance) {
      const float unbiased = m.b / (m.count > 1.0f ? m.count - 1.0f : 1.0f);
      block.store(p.running_variance + c,
                  block.load(p.running_variance + c) * (1.0f - momentum) + momentum * unbiased);
    }
  }

  template <class Block>
  SLIMMING_HOST_DEVICE void apply(Block& block, int channel, int begin, int end) const {
    norm_column<lanes> k;
    for (int l = 0; l < lanes; ++l) {
      const batch_norm_arrays& p = arrays;
      const int c = channel + l;
      const float inv_std = what == pass::normalise_with_running
                                ? 1.0f / std::sqrt(block.load(p.running_variance + c) + epsilon)
                                : block.load(p.inv_std + c);
      k.mean[l] = block.load((what == pass::normalise_with_running ? p.running_mean : p.mean) + c);
      k.scale[l] = block.load(p.gamma + c) * inv_std;
      k.beta[l] = block.load(p.beta + c);
    }
    struct pair {
      packed<T, V> x;
      packed<T, V> residual;
    };
    for_each_item<4, pair>(
        tiles, channel, begin, end, tiles.rows(),
        [&](int offset) {
          pair loaded;
          loaded.x = block.template load<V>(x + offset);
          if (residual) loaded.residual = block.template load<V>(residual + offset);
          return loaded;
        },
        [&](const pair& in, int offset) {
          packed<T, V> out;
          for (int i = 0; i < V; ++i) {
            const int l = i % lanes;
            float value = normalise(widen(in.x.lane[i]), k.mean[l], k.scale[l], k.beta[l]);
            if (residual) value += widen(in.residual.lane[i]);
            if (relu && !(value > 0.0f)) value = 0.0f;
            out.lane[i] = narrow<T>(value);
          }
          block.store(y + offset, out);
        });
  }
};

template <class T, int V, layout Order>
struct norm_backward_body {
  static constexpr const char* name = "batch_norm_backward";
  using tiles_type = channel_tiles<V, Order>;
  static constexpr int lanes = tiles_type::lanes;
  using shared_type = reduction_scratch<lanes>;

  enum class pass { sums, input_gradient };
  /// How the pass finds out where ReLU let the gradient through.
  enum class gate { open, from_x, from_y };

  tiles_type tiles;
  const T* x;
  const T* y;  // read with gate::from_y only
  const T* dy;
  T* dx;
  T* dresidual;  // null: no residual
  batch_norm_arrays arrays;
  float* dgamma;
  float* dbeta;
  float* partial;
  unsigned* counters;
  gate open;
  pass what;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    const int column = block.x() * tiles.tx + block.thread() % tiles.tx;
    const bool has_column = column < tiles.columns();
    const int channel = has_column ? tiles.channel(block, column) : 0;
    const int slice = what == pass::sums ? block.y() : tiles.slices - 1 - block.y();
    const int row = block.thread() / tiles.tx;
    const int begin = tiles.slice_begin(slice) + row;
    const int end = has_column ? tiles.slice_begin(slice + 1) : 0;

    norm_column<lanes> k = {};
    float inv_std[lanes] = {};
    if (has_column) {
      for (int l = 0; l < lanes; ++l) {
        const batch_norm_arrays& p = arrays;
        k.mean[l] = block.load(p.mean + channel + l);
        inv_std[l] = block.load(p.inv_std + channel + l);
        k.scale[l] = block.load(p.gamma + channel + l) * inv_std[l];
        k.beta[l] = block.load(p.beta + channel + l);
      }
    }
    if (what == pass::sums) {
      channel_sums own[lanes];
      local_sums(block, k, inv_std, channel, begin, end, own);
      const auto finish = [&](int of_column, int lane, const channel_sums& sum) {
        const int c = tiles.channel(block, of_column) + lane;
        block.store(dbeta + c, sum.a);
        block.store(dgamma + c, sum.b);
      };
      reduce_tile<add_sums>(block, shared, tiles, partial, counters, own, finish);
      if (tiles.slices > 1) return;
    }
    if (has_column) apply(block, k, inv_std, channel, begin, end);
  }

 private:
  struct loaded {
    packed<T, V> x;
    packed<T, V> y;
    packed<T, V> dy;
  };
  template <class Block>
  SLIMMING_HOST_DEVICE loaded load(Block& block, int offset) const {
    loaded in;
    in.x = block.template load<V>(x + offset);
    in.dy = block.template load<V>(dy + offset);
    if (open == gate::from_y) in.y = block.template load<V>(y + offset);
    return in;
  }
  // The gradient that arrives in front of ReLU.
  SLIMMING_HOST_DEVICE float gated(const loaded& in, int i, const norm_column<lanes>& k) const {
    const int l = i % lanes;
    const float gradient = widen(in.dy.lane[i]);
    if (open == gate::open) return gradient;
    const float out = open == gate::from_y
                          ? widen(in.y.lane[i])
                          : normalise(widen(in.x.lane[i]), k.mean[l], k.scale[l], k.beta[l]);
    return out > 0.0f ? gradient : 0.0f;
  }

  template <class Block>
  SLIMMING_HOST_DEVICE void local_sums(Block& block, const norm_column<lanes>& k,
                                       const float (&inv_std)[lanes], int channel, int begin,
                                       int end, channel_sums (&own)[lanes]) const {
    for (int l = 0; l < lanes; ++l) own[l] = {0.0f, 0.0f, 0.0f};
    for_each_item<2, loaded>(
        tiles, channel, begin, end, tiles.rows(), [&](int offset) { return load(block, offset); },
        [&](const loaded& in, int) {
          for (int i = 0; i < V; ++i) {
            const int l = i % lanes;
            const float gradient = gated(in, i, k);
            own[l].a += gradient;
            own[l].b += gradient * (widen(in.x.lane[i]) - k.mean[l]);
          }
        });
    for (int l = 0; l < lanes; ++l) own[l].b *= inv_std[l];
  }

  template <class Block>
  SLIMMING_HOST_DEVICE void apply(Block& block, const norm_column<lanes>& k,
                                  const float (&inv_std)[lanes], int channel, int begin,
                                  int end) const {
    // dx = scale * (g - mean(g) - x^ * mean(g x^)), x^ = (x - mean) * inv_std
    const float share =
        1.0f / (static_cast<float>(tiles.images) * static_cast<float>(tiles.pixels));
    float slope[lanes];
    float constant[lanes];
    for (int l = 0; l < lanes; ++l) {
      slope[l] = k.scale[l] * inv_std[l] * share * block.load(dgamma + channel + l);
      constant[l] = k.scale[l] * share * block.load(dbeta + channel + l);
    }
    for_each_item<2, loaded>(
        tiles, channel, begin, end, tiles.rows(), [&](int offset) { return load(block, offset); },
        [&](const loaded& in, int offset) {
          packed<T, V> out;
          packed<T, V> through;
          for (int i = 0; i < V; ++i) {
            const int l = i % lanes;
            const float gradient = gated(in, i, k);
            const float centred = widen(in.x.lane[i]) - k.mean[l];
            out.lane[i] = narrow<T>(k.scale[l] * gradient - slope[l] * centred - constant[l]);
            through.lane[i] = narrow<T>(gradient);
          }
          block.store(dx + offset, out);
          if (dresidual) block.store(dresidual + offset, through);
        });
  }
};

}  // namespace detail
}  // namespace slimming::inline v0::cuda
