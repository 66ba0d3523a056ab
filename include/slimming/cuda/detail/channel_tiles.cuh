// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How per-channel work over an activation is cut into blocks, and the reduction that goes with it.
/// Area: cuda, internal. The cut depends on the shape only, so sums do not depend on the device.

#include <slimming/cuda/activation.cuh>  // activation_shape, live_channels, layout
#include <slimming/cuda/block.cuh>       // thread_block, packed, ceil_div

#include <algorithm>  // std::clamp
#include <bit>        // std::bit_ceil

namespace slimming::inline v0::cuda {

namespace detail {

inline constexpr int tile_threads = 512;
inline constexpr int sector_bytes = 32;  // what memory moves at least
/// Limits of a grid whose blocks reduce: they bound the partial sums.
inline constexpr int most_reducing_blocks = 256;
inline constexpr int most_columns = warp_size;
/// Blocks that a pass without a reduction is cut into where there is enough to do.
inline constexpr int most_applying_blocks = 1024;
/// A tile of at most this many bytes is done by one block, reduction and application together.
inline constexpr index_t most_tile_bytes = 64 * 1024;

/// A grid of (tiles of channels) x (slices of positions). A block is `tx` columns wide; a column is
/// one access across channels (NHWC: V channels) or one channel (NCHW: V positions an access), and
/// the block's threads stand in `rows()` rows that share the slice's items among them.
template <int V, layout Order>
struct channel_tiles {
  static constexpr int lanes = Order == layout::nhwc ? V : 1;     // channels of a column
  static constexpr int per_item = Order == layout::nhwc ? 1 : V;  // positions of an item

  int images;
  int pixels;
  int channels;
  const int* live;  // null: all channels
  int live_count;
  int tx;
  int slices;

  SLIMMING_HOST_DEVICE int columns() const { return live_count / lanes; }
  SLIMMING_HOST_DEVICE int tiles() const { return ceil_div(columns(), tx); }
  SLIMMING_HOST_DEVICE int rows() const { return tile_threads / tx; }
  SLIMMING_HOST_DEVICE int items() const { return images * (pixels / per_item); }
  SLIMMING_HOST_DEVICE int slice_items() const { return ceil_div(items(), slices); }
  SLIMMING_HOST_DEVICE int slice_begin(int slice) const {
    const int begin = slice * slice_items();
    return begin < items() ? begin : items();
  }

  /// First channel of a column.
  template <class Block>
  SLIMMING_HOST_DEVICE int channel(Block& block, int column) const {
    return live ? block.load(live + column) : column * lanes;
  }
  /// Where an item of a column begins.
  SLIMMING_HOST_DEVICE int offset(int item, int channel) const {
    if constexpr (Order == layout::nhwc) {
      return item * channels + channel;
    } else {
      const int per_image = pixels / V;
      const int image = item / per_image;
      return (image * channels + channel) * pixels + (item - image * per_image) * V;
    }
  }
};

/// Slices for about \p blocks blocks, with a few items for every thread.
template <class Tiles>
void cut(Tiles& t, int blocks) {
  constexpr int least_items = 4;
  t.slices = std::clamp(ceil_div(t.items(), t.rows() * least_items), 1,
                        std::max(1, blocks / std::max(1, t.tiles())));
}

/// The tiles of a pass that reduces: one slice, narrow tiles where a block can do a tile alone.
template <class T, int V, layout Order>
[[nodiscard]] channel_tiles<V, Order> tiles_for(const activation_shape& shape,
                                                const live_channels& live) {
  channel_tiles<V, Order> t{};
  t.images = static_cast<int>(shape.images);
  t.pixels = static_cast<int>(shape.pixels);
  t.channels = static_cast<int>(shape.channels);
  t.live = live.index;
  t.live_count = static_cast<int>(live.index ? live.count : shape.channels);
  t.tx = 1;
  t.slices = 1;
  constexpr int access = V * static_cast<int>(sizeof(T));
  if constexpr (Order == layout::nhwc) {
    const int across = static_cast<int>(std::bit_ceil(static_cast<unsigned>(t.columns())));
    t.tx = std::min(across, std::max(1, sector_bytes / access));
    if (index_t{t.items()} * t.tx * access <= most_tile_bytes) return t;
    t.tx = std::min(across, most_columns);
  } else if (index_t{t.items()} * access <= most_tile_bytes) {
    return t;
  }
  cut(t, most_reducing_blocks);
  return t;
}

/// Calls `use(load(offset), offset)` for the items of a thread, \p Unroll at a time where there are
/// as many: all loads of a batch are under way before the first is used.
template <int Unroll, class Loaded, class Tiles, class Load, class Use>
SLIMMING_HOST_DEVICE void for_each_item(const Tiles& tiles, int channel, int begin, int end,
                                        int step, const Load& load, const Use& use) {
  Loaded batch[Unroll];
  int item = begin;
  for (; item + (Unroll - 1) * step < end; item += Unroll * step) {
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int u = 0; u < Unroll; ++u) batch[u] = load(tiles.offset(item + u * step, channel));
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int u = 0; u < Unroll; ++u) use(batch[u], tiles.offset(item + u * step, channel));
  }
  for (; item < end; item += step) {
    batch[0] = load(tiles.offset(item, channel));
    use(batch[0], tiles.offset(item, channel));
  }
}

/// What a reduction carries for one channel: the moments of `count` numbers (mean and sum of
/// squared deviations), or two sums.
struct channel_sums {
  float count;
  float a;
  float b;
};

struct add_sums {
  SLIMMING_HOST_DEVICE static channel_sums combine(const channel_sums& x, const channel_sums& y) {
    return {x.count + y.count, x.a + y.a, x.b + y.b};
  }
};

/// Chan, Golub, LeVeque: the moments of a union from those of its parts.
struct merge_moments {
  SLIMMING_HOST_DEVICE static channel_sums combine(const channel_sums& x, const channel_sums& y) {
    const float count = x.count + y.count;
    if (count == 0.0f) return x;
    const float delta = y.a - x.a;
    const float share = y.count / count;
    return {count, x.a + delta * share, x.b + y.b + delta * delta * x.count * share};
  }
};

template <int Lanes>
struct reduction_scratch {
  float count[tile_threads];
  float a[Lanes][tile_threads];
  float b[Lanes][tile_threads];
  bool is_last;
};

/// Combines, over groups of \p width threads, what the threads left in \p scratch; the first group
/// then holds the result. The order is that of a binary tree.
template <class Combine, int Lanes, class Block>
SLIMMING_HOST_DEVICE void combine_groups(Block& block, reduction_scratch<Lanes>& scratch, int width,
                                         int lanes) {
  const int t = block.thread();
  block.sync();
  for (int half = tile_threads / 2; half >= width; half /= 2) {
    if (t < half) {
      const float count = scratch.count[t];
      const float other = scratch.count[t + half];
      for (int l = 0; l < lanes; ++l) {
        const channel_sums sum =
            Combine::combine({count, scratch.a[l][t], scratch.b[l][t]},
                             {other, scratch.a[l][t + half], scratch.b[l][t + half]});
        scratch.a[l][t] = sum.a;
        scratch.b[l][t] = sum.b;
      }
      scratch.count[t] = count + other;
    }
    block.sync();
  }
}

/// Reduces `own[lane]` of all threads of all blocks of a tile, and calls `finish(column, lane,
/// sum)` once per channel, in the block that finishes the tile. Returns whether that is this block.
/// What `finish` stores may be read by the whole block then.
///
/// With one slice the block itself finishes. With more, each leaves its part in \p partial
/// (slices x columns x lanes x 2) and the last one to come combines the parts in their order.
template <class Combine, class Block, class Tiles, class Finish>
SLIMMING_HOST_DEVICE bool reduce_tile(Block& block, reduction_scratch<Tiles::lanes>& scratch,
                                      const Tiles& tiles, float* partial, unsigned* counters,
                                      const channel_sums (&own)[Tiles::lanes],
                                      const Finish& finish) {
  constexpr int lanes = Tiles::lanes;
  const int t = block.thread();
  scratch.count[t] = own[0].count;
  for (int l = 0; l < lanes; ++l) {
    scratch.a[l][t] = own[l].a;
    scratch.b[l][t] = own[l].b;
  }
  combine_groups<Combine>(block, scratch, tiles.tx, lanes);

  const int column = block.x() * tiles.tx + t;
  const bool owns_column = t < tiles.tx && column < tiles.columns();
  if (tiles.slices == 1) {
    if (owns_column)
      for (int l = 0; l < lanes; ++l)
        finish(column, l, channel_sums{scratch.count[t], scratch.a[l][t], scratch.b[l][t]});
    block.sync();
    return true;
  }

  if (owns_column) {
    float* part =
        partial + (static_cast<index_t>(block.y()) * tiles.columns() + column) * lanes * 2;
    for (int l = 0; l < lanes; ++l)
      block.store(part + 2 * l, packed<float, 2>{{scratch.a[l][t], scratch.b[l][t]}});
    block.publish();
  }
  block.sync();
  if (t == 0) {
    const auto last = static_cast<unsigned>(tiles.slices - 1);
    scratch.is_last = block.take_ticket(counters + block.x(), last) == last;
  }
  block.sync();
  if (!scratch.is_last) return false;

  // One thread per channel and group of slices; then the groups.
  const int width = tiles.tx * lanes;
  const int slot = t % width;
  const int slot_column = block.x() * tiles.tx + slot / lanes;
  const bool has_channel = slot_column < tiles.columns();
  channel_sums sum{0.0f, 0.0f, 0.0f};
  if (has_channel) {
    const int groups = tile_threads / width;
    for (int slice = t / width; slice < tiles.slices; slice += groups) {
      const float* part =
          partial +
          ((static_cast<index_t>(slice) * tiles.columns() + slot_column) * lanes + slot % lanes) *
              2;
      const auto items = tiles.slice_begin(slice + 1) - tiles.slice_begin(slice);
      const packed<float, 2> ab = block.template load_published<2>(part);
      sum = Combine::combine(sum,
                             {static_cast<float>(items * Tiles::per_item), ab.lane[0], ab.lane[1]});
    }
  }
  scratch.count[t] = sum.count;
  scratch.a[0][t] = sum.a;
  scratch.b[0][t] = sum.b;
  combine_groups<Combine>(block, scratch, width, 1);
  if (t < width && has_channel)
    finish(slot_column, slot % lanes,
           channel_sums{scratch.count[t], scratch.a[0][t], scratch.b[0][t]});
  block.sync();
  return true;
}

/// Launches a body's applying pass over slices of its own.
template <class Stream, class Body>
void launch_applying(Stream&& stream, Body body) {
  cut(body.tiles, most_applying_blocks);
  stream.template launch<tile_threads>(grid{body.tiles.tiles(), body.tiles.slices}, body);
}

/// Launches a body's reducing pass and, unless its blocks have gone on to it, the applying one.
template <class Stream, class Body, class Pass>
void launch_passes(Stream&& stream, Body body, Pass applying) {
  stream.template launch<tile_threads>(grid{body.tiles.tiles(), body.tiles.slices}, body);
  if (body.tiles.slices == 1) return;
  body.what = applying;
  launch_applying(stream, body);
}

}  // namespace detail
}  // namespace slimming::inline v0::cuda
