// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Moving channels of padded NHWC activations: concatenation, selection, cropping, flattening, and
/// sums over pixels.
/// Area: cuda. Twin of <slimming/kernels/cpu/channels.hpp>.

#include <slimming/cuda/activation.cuh>            // pixel_grid
#include <slimming/cuda/block.cuh>                 // vector_lanes
#include <slimming/cuda/detail/channel_tiles.cuh>  // reduce_tile
#include <slimming/cuda/detail/divisor.cuh>        // divisor
#include <slimming/cuda/detail/pixel_map.cuh>      // launch_map, load_wide
#include <slimming/cuda/reduction.cuh>             // reduction_workspace

#include <algorithm>  // std::min

namespace slimming::inline v0::cuda {

/// Some consecutive channels of an activation.
template <class T>
struct channel_range {
  T* data = nullptr;  ///< of channel 0 of pixel 0
  int stride = 0;     ///< elements per pixel
  int first = 0;      ///< channel of the range
};

/// Where row h, column w and channel c of one activation come from in another: row
/// `first_row + h * row_step`, column alike, channel `first_channel + c`, where those exist.
struct crop_facts {
  int from_h = 1, from_w = 1, from_channels = 1;
  int to_h = 1, to_w = 1, to_channels = 1;
  int batch = 1;
  int first_row = 0, first_column = 0, first_channel = 0;
  int row_step = 1, column_step = 1;
};

namespace detail {

// One thread per V channels of the range.
template <class T, int V>
struct copy_channels_body {
  static constexpr const char* name = "copy_channels";
  static constexpr int threads = 256;
  static constexpr int per_thread = 4;
  using shared_type = no_shared;
  channel_range<const T> from;
  channel_range<T> to;
  int vectors;
  divisor per_pixel;
  bool accumulate;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int k = 0; k < per_thread; ++k) {
      const int i = (block.x() * per_thread + k) * threads + block.thread();
      if (i >= vectors) return;
      const int pixel = per_pixel.quotient(i);
      const int c = (i - pixel * static_cast<int>(per_pixel.value)) * V;
      const T* source = from.data + static_cast<index_t>(pixel) * from.stride + from.first + c;
      T* target = to.data + static_cast<index_t>(pixel) * to.stride + to.first + c;
      packed<T, V> value = block.template load<V>(source);
      if (accumulate) {
        const packed<T, V> old = block.template load<V>(static_cast<const T*>(target));
        for (int l = 0; l < V; ++l)
          value.lane[l] = narrow<T>(widen(value.lane[l]) + widen(old.lane[l]));
      }
      block.store(target, value);
    }
  }
};

template <class T, class Stream>
void launch_copy_channels(Stream&& stream, channel_range<const T> from, channel_range<T> to,
                          index_t count, index_t pixels, bool accumulate) {
  const pixel_grid all(pixels, std::max(from.stride, to.stride));
  validate(all, "copy_channels");
  if (count <= 0 || pixels == 0) return;
  const auto run = [&]<int V>(std::integral_constant<int, V>) {
    using body = copy_channels_body<T, V>;
    const auto per_pixel = static_cast<int>(count / V);
    const auto vectors = static_cast<int>(pixels * per_pixel);
    stream.template launch<body::threads>(grid{ceil_div(vectors, body::threads * body::per_thread)},
                                          body{from, to, vectors, divisor(per_pixel), accumulate});
  };
  constexpr int wide = vector_lanes<T>;
  if (from.first % wide == 0 && to.first % wide == 0 && count % wide == 0)
    run(std::integral_constant<int, wide>());
  else
    run(std::integral_constant<int, 1>());
}

template <class T>
struct clear_padding_body {
  static constexpr const char* name = "clear_padding";
  static constexpr int threads = 256;
  using shared_type = no_shared;
  T* x;
  int pixels;
  int channels;
  int stride;
  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const int i = block.x() * threads + block.thread();
    const int pixel = i / channel_block;
    const int c = channels + i % channel_block;
    if (pixel < pixels && c < stride)
      block.store(x + static_cast<index_t>(pixel) * stride + c, narrow<T>(0.0f));
  }
};

template <class T>
struct gather_channels_op {
  static constexpr const char* name = "gather_channels";
  static constexpr int lanes = vector_lanes<T>;
  const T* x;
  const int* index;
  int count;
  int stride;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    for (int l = 0; l < lanes; ++l) {
      const int from = c + l < count ? block.load(index + c + l) : -1;
      v[l] = from < 0 ? 0.0f : widen(block.load(x + static_cast<index_t>(pixel) * stride + from));
    }
  }
};

template <class T>
struct crop_forward_op {
  static constexpr const char* name = "crop_forward";
  static constexpr int lanes = vector_lanes<T>;
  crop_facts k;
  divisor by_w, by_h;
  int from_stride;
  const T* x;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const int rows = by_w.quotient(pixel);
    const int image = by_h.quotient(rows);
    const int h = k.first_row + (rows - image * k.to_h) * k.row_step;
    const int w = k.first_column + (pixel - rows * k.to_w) * k.column_step;
    const bool inside = h >= 0 && h < k.from_h && w >= 0 && w < k.from_w;
    for (int l = 0; l < lanes; ++l) {
      const int from = k.first_channel + c + l;
      const bool exists = inside && from >= 0 && from < k.from_channels;
      v[l] =
          exists
              ? widen(block.load(
                    x + static_cast<index_t>((image * k.from_h + h) * k.from_w + w) * from_stride +
                    from))
              : 0.0f;
    }
  }
};

// dx(h, w, c) += dy at the place that takes x(h, w, c), if there is one.
template <class T>
struct crop_backward_op {
  static constexpr const char* name = "crop_backward";
  static constexpr int lanes = vector_lanes<T>;
  crop_facts k;
  divisor by_w, by_h;
  int from_stride, to_stride;
  const T* dy;
  const T* old;  // null: nothing to add to
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const int rows = by_w.quotient(pixel);
    const int image = by_h.quotient(rows);
    const int h = taker(rows - image * k.from_h, k.first_row, k.row_step, k.to_h);
    const int w = taker(pixel - rows * k.from_w, k.first_column, k.column_step, k.to_w);
    for (float& value : v) value = 0.0f;
    if (old) load_wide(block, old + static_cast<index_t>(pixel) * from_stride + c, v);
    if (h < 0 || w < 0) return;
    for (int l = 0; l < lanes; ++l) {
      const int to = c + l - k.first_channel;
      if (to >= 0 && to < k.to_channels)
        v[l] += widen(block.load(
            dy + static_cast<index_t>((image * k.to_h + h) * k.to_w + w) * to_stride + to));
    }
  }
  SLIMMING_HOST_DEVICE static int taker(int at, int first, int step, int count) {
    const int distance = at - first;
    if (distance % step != 0) return -1;
    const int i = distance / step;
    return i >= 0 && i < count ? i : -1;
  }
};

// (n, p, c) of NHWC is feature c * area + p of image n, in the file's order.
template <class T>
struct flatten_forward_op {
  static constexpr const char* name = "flatten_forward";
  static constexpr int lanes = vector_lanes<T>;
  const T* x;
  int stride;
  divisor area;
  int features;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int image, int f, float (&v)[lanes]) const {
    for (int l = 0; l < lanes; ++l) {
      const int c = area.quotient(f + l);
      const auto n_area = static_cast<int>(area.value);
      const int p = f + l - c * n_area;
      v[l] = f + l < features
                 ? widen(block.load(x + static_cast<index_t>(image * n_area + p) * stride + c))
                 : 0.0f;
    }
  }
};

template <class T>
struct flatten_backward_op {
  static constexpr const char* name = "flatten_backward";
  static constexpr int lanes = vector_lanes<T>;
  const T* dy;
  int feature_stride;
  divisor area;
  int channels;
  template <class Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, int pixel, int c, float (&v)[lanes]) const {
    const auto n_area = static_cast<int>(area.value);
    const int image = area.quotient(pixel);
    const int p = pixel - image * n_area;
    for (int l = 0; l < lanes; ++l)
      v[l] = c + l < channels ? widen(block.load(dy + static_cast<index_t>(image) * feature_stride +
                                                 (c + l) * n_area + p))
                              : 0.0f;
  }
};

template <class T, int V>
struct sum_channels_body {
  static constexpr const char* name = "sum_channels";
  using tiles_type = channel_tiles<V, layout::nhwc>;
  using shared_type = reduction_scratch<tiles_type::lanes>;
  tiles_type tiles;
  const T* x;
  float* sums;
  float* partial;
  unsigned* counters;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const {
    const int column = block.x() * tiles.tx + block.thread() % tiles.tx;
    const bool has_column = column < tiles.columns();
    const int begin = tiles.slice_begin(block.y()) + block.thread() / tiles.tx;
    const int end = has_column ? tiles.slice_begin(block.y() + 1) : 0;
    channel_sums own[V] = {};
    for_each_item<4, packed<T, V>>(
        tiles, column * V, begin, end, tiles.rows(),
        [&](int offset) { return block.template load<V>(x + offset); },
        [&](const packed<T, V>& v, int) {
          for (int l = 0; l < V; ++l) own[l].a += widen(v.lane[l]);
        });
    reduce_tile<add_sums>(block, shared, tiles, partial, counters, own,
                          [&](int of_column, int lane, const channel_sums& sum) {
                            block.store(sums + of_column * V + lane, sum.a);
                          });
  }
};

}  // namespace detail

/// Copies \p count channels of every pixel: a concatenation is one call per input, its gradient one
/// per output. Touches no other channel and no padding.
template <class T, class Stream>
void copy_channels(Stream&& stream, channel_range<const T> from, channel_range<T> to, index_t count,
                   index_t pixels) {
  detail::launch_copy_channels<T>(stream, from, to, count, pixels, false);
}

/// The same, adding to what is there: a gradient with several uses.
template <class T, class Stream>
void add_channels(Stream&& stream, channel_range<const T> from, channel_range<T> to, index_t count,
                  index_t pixels) {
  detail::launch_copy_channels<T>(stream, from, to, count, pixels, true);
}

/// Zeroes what lies behind the last channel of every pixel.
template <class T, class Stream>
void clear_padding(Stream&& stream, const pixel_grid& g, T* x) {
  validate(g, "clear_padding");
  if (g.stride == g.channels || g.pixels == 0) return;
  using body = detail::clear_padding_body<T>;
  const auto pixels = static_cast<int>(g.pixels);
  stream.template launch<body::threads>(
      grid{static_cast<int>(ceil_div(g.pixels * channel_block, index_t{body::threads}))},
      body{x, pixels, g.channels, g.stride});
}

/// y(pixel, i) = x(pixel, index[i]) for the channels of \p out, zero where the index is negative:
/// channel_select, and with the inverse list its gradient. \p index lies in device memory.
template <class T, class Stream>
void gather_channels(Stream&& stream, const pixel_grid& out, const T* x, int stride,
                     const int* index, T* y) {
  detail::launch_map(stream, out, y, detail::gather_channels_op<T>{x, index, out.channels, stride});
}

/// y = the part of x that the crop names, zeros where it lies outside.
template <class T, class Stream>
void crop_forward(Stream&& stream, const crop_facts& k, const T* x, T* y) {
  const pixel_grid to(index_t{k.batch} * k.to_h * k.to_w, k.to_channels);
  detail::launch_map(
      stream, to, y,
      detail::crop_forward_op<T>{k, detail::divisor(k.to_w), detail::divisor(k.to_h),
                                 static_cast<int>(padded_channels(k.from_channels)), x});
}

/// dx = the adjoint of crop_forward() on dy, or with \p accumulate dx += it.
template <class T, class Stream>
void crop_backward(Stream&& stream, const crop_facts& k, const T* dy, bool accumulate, T* dx) {
  const pixel_grid from(index_t{k.batch} * k.from_h * k.from_w, k.from_channels);
  detail::launch_map(
      stream, from, dx,
      detail::crop_backward_op<T>{k, detail::divisor(k.from_w), detail::divisor(k.from_h),
                                  from.stride, static_cast<int>(padded_channels(k.to_channels)), dy,
                                  accumulate ? dx : nullptr});
}

/// (N, H, W, C) to (N, C * H * W) in the order of files.
template <class T, class Stream>
void flatten_forward(Stream&& stream, index_t batch, index_t area, index_t channels, const T* x,
                     T* y) {
  const pixel_grid to(batch, channels * area);
  detail::launch_map(
      stream, to, y,
      detail::flatten_forward_op<T>{x, static_cast<int>(padded_channels(channels)),
                                    detail::divisor(static_cast<int>(area)), to.channels});
}

/// And back, for its gradient.
template <class T, class Stream>
void flatten_backward(Stream&& stream, index_t batch, index_t area, index_t channels, const T* dy,
                      T* dx) {
  const pixel_grid from(batch * area, channels);
  detail::launch_map(
      stream, from, dx,
      detail::flatten_backward_op<T>{dy, static_cast<int>(padded_channels(channels * area)),
                                     detail::divisor(static_cast<int>(area)), from.channels});
}

/// sums[c] = sum over pixels of x(pixel, c), up to the stride: the gradient of a bias. fp32, in an
/// order that the shape fixes.
template <class T, class Stream>
void sum_channels(Stream&& stream, const pixel_grid& g, const T* x, float* sums,
                  const reduction_workspace& workspace) {
  validate(g, "sum_channels");
  if (g.pixels == 0 || g.stride == 0) return;
  using body = detail::sum_channels_body<T, vector_lanes<T>>;
  const activation_shape shape{1, g.stride, g.pixels, layout::nhwc};
  const auto tiles = detail::tiles_for<T, vector_lanes<T>, layout::nhwc>(shape, {});
  stream.template launch<detail::tile_threads>(
      grid{tiles.tiles(), tiles.slices},
      body{tiles, x, sums, workspace.partial, workspace.counters});
}

}  // namespace slimming::inline v0::cuda
