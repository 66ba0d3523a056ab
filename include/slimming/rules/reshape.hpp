// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Operators that trade channels against space or reorder them: flatten, reshape, pixel shuffle and
/// its inverse, channel shuffle.
/// Area: rules.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value, shape_mismatch, unsupported
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/rules/conv.hpp>           // detail::one_for_all
#include <slimming/rules/feature_map.hpp>    // feature_map
#include <slimming/rules/window.hpp>         // detail::require_spatial_rank

#include <cstddef>  // std::size_t
#include <cstdint>  // std::uint8_t
#include <limits>   // std::numeric_limits
#include <span>     // std::span
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0::rules {

/// Order of the elements of one sample in memory.
enum class element_order : std::uint8_t {
  channels_first,  ///< all positions of a channel, then the next channel (NCHW)
  channels_last    ///< all channels of a position, then the next position (NHWC)
};

/// Facts of a flattening: every channel becomes one feature per position.
struct flatten_facts {
  std::string name = {};
  /// Positions per channel; 0: taken from the value, whose size must be known then.
  index_t block = 0;
  element_order order = element_order::channels_first;
};

/// Facts of a reshape that keeps the order of elements, channels first.
struct reshape_facts {
  std::string name = {};
  index_t channels = 0;
  std::vector<index_t> spatial = {};
};

/// How the channels of a block are numbered where r x r of them become one with r x r positions.
enum class block_order : std::uint8_t {
  channel_major,  ///< channel, row, column: torch.pixel_shuffle, ONNX "CRD"
  block_major     ///< row, column, channel: ONNX DepthToSpace "DCR" and SpaceToDepth
};

/// Facts of a pixel shuffle: `product(block)` channels become one with as many times the positions.
struct depth_to_space_facts {
  std::string name = {};
  std::vector<index_t> block = {};  ///< one factor per spatial axis
  block_order order = block_order::channel_major;
};

/// Facts of the inverse.
struct space_to_depth_facts {
  std::string name = {};
  std::vector<index_t> block = {};  ///< one divisor per spatial axis
  block_order order = block_order::channel_major;
};

/// Facts of a reshape of the channels to (groups, n / groups) that an operator relies on without
/// moving anything: equal positions of all groups must go together.
struct fold_facts {
  std::string name = {};
  index_t groups = 1;
};

/// Facts of a channel shuffle (ShuffleNet): channel (g, i) moves to (i, g).
struct channel_shuffle_facts {
  std::string name = {};
  index_t groups = 1;
};

namespace detail {

/// \pre n >= 0, k >= 0
inline index_t times(index_t n, index_t k, const std::string& place) {
  if (n > 0 && k > std::numeric_limits<index_t>::max() / n)
    throw bad_value(
        place, std::to_string(n) + " times " + std::to_string(k) + " is more than a graph holds");
  return n * k;
}

inline index_t product(std::span<const index_t> factors, const std::string& place) {
  index_t n = 1;
  for (const index_t f : factors) {
    if (f < 1) throw bad_value(place + ": block", f);
    n = times(n, f, place + ": block");
  }
  return n;
}

inline index_t divide(index_t n, index_t parts, const std::string& place) {
  if (parts < 1 || n % parts != 0)
    throw bad_value(place, std::to_string(n) + " channels do not divide into groups of " +
                               std::to_string(parts));
  return n / parts;
}

/// One channel of `coarse` stands for `k` of `fine`.
inline void tie_blocks(channel_graph& graph, channels coarse, channels fine, index_t k,
                       block_order order) {
  const index_t n = graph.size(coarse);
  if (order == block_order::channel_major)
    graph.tie_block(coarse, fine, k);
  else
    graph.tie_each(fine, coarse, [n](index_t i) { return i % n; });
}

}  // namespace detail

/// \throws bad_value  if the number of positions is neither stated nor known.
inline feature_map connect(channel_graph& graph, const flatten_facts& f, const feature_map& x) {
  if (f.block < 0 || (f.block == 0 && !x.has_size))
    throw bad_value(f.name,
                    "flatten needs the number of positions: state `block`, or give the "
                    "network input its spatial size");
  const index_t block = f.block > 0 ? f.block : x.positions();
  if (x.has_size && block != x.positions())
    throw shape_mismatch(f.name + ": positions per channel", x.positions(), block);
  const index_t n = detail::times(graph.size(x.c), block, f.name);
  graph.enter(f.name, block == 1 ? x.c : channels{});
  if (block == 1) return {x.c, {}, x.has_size};
  const channels y = graph.add(n, f.name);
  detail::tie_blocks(graph, x.c, y, block,
                     f.order == element_order::channels_first ? block_order::channel_major
                                                              : block_order::block_major);
  return {y, {}, x.has_size};
}

/// Splits every channel into several, or joins consecutive ones, or changes the positions only.
/// \throws unsupported     if neither number of channels divides the other, or one is 0.
/// \throws shape_mismatch  if the number of elements changes.
inline feature_map connect(channel_graph& graph, const reshape_facts& f, const feature_map& x) {
  const index_t n = graph.size(x.c);
  const index_t m = f.channels;
  feature_map y{x.c, f.spatial, x.has_size};
  if (n < 1 || m < 1 || (m % n != 0 && n % m != 0))
    throw unsupported(f.name, "a reshape from " + std::to_string(n) + " to " + std::to_string(m) +
                                  " channels cuts through channels");
  if (x.has_size)
    if (const auto from = detail::times(n, x.positions(), f.name),
        to = detail::times(m, y.positions(), f.name);
        from != to)
      throw shape_mismatch(f.name + ": elements", from, to);
  graph.enter(f.name, m == n ? x.c : channels{});
  if (m == n) return y;
  y.c = graph.add(m, f.name);
  if (m > n)
    graph.tie_block(x.c, y.c, m / n);
  else
    graph.tie_block(y.c, x.c, n / m);
  return y;
}

/// \throws bad_value       if the channels do not divide by the block.
/// \throws shape_mismatch  if the block has another rank than the map.
inline feature_map connect(channel_graph& graph, const depth_to_space_facts& f,
                           const feature_map& x) {
  const index_t k = detail::product(f.block, f.name);
  const index_t n = detail::divide(graph.size(x.c), k, f.name);
  feature_map y = x;
  if (x.has_size) detail::require_spatial_rank(f.block.size(), x.spatial.size(), f.name);
  for (std::size_t axis = 0; axis < y.spatial.size(); ++axis) y.spatial[axis] *= f.block[axis];
  graph.enter(f.name);
  y.c = graph.add(n, f.name);
  detail::tie_blocks(graph, y.c, x.c, k, f.order);
  return y;
}

/// \throws shape_mismatch  if the block does not divide the map.
inline feature_map connect(channel_graph& graph, const space_to_depth_facts& f,
                           const feature_map& x) {
  const index_t k = detail::product(f.block, f.name);
  const index_t n = detail::times(graph.size(x.c), k, f.name);
  feature_map y = x;
  if (x.has_size) detail::require_spatial_rank(f.block.size(), x.spatial.size(), f.name);
  for (std::size_t axis = 0; axis < y.spatial.size(); ++axis) {
    if (y.spatial[axis] % f.block[axis] != 0)
      throw shape_mismatch(f.name + ": spatial axis " + std::to_string(axis),
                           "block " + std::to_string(f.block[axis]) + " does not divide " +
                               std::to_string(y.spatial[axis]));
    y.spatial[axis] /= f.block[axis];
  }
  graph.enter(f.name);
  y.c = graph.add(n, f.name);
  detail::tie_blocks(graph, x.c, y.c, k, f.order);
  return y;
}

/// \throws bad_value  if the channels do not divide into the groups.
inline feature_map connect(channel_graph& graph, const fold_facts& f, const feature_map& x) {
  const index_t per_group = detail::divide(graph.size(x.c), f.groups, f.name);
  graph.enter(f.name, x.c);
  if (f.groups > 1) (void)detail::one_for_all(graph, x.c, per_group, f.name);
  return x;
}

/// Equal positions of all groups go together: the shuffle of what is left is a shuffle again.
/// \throws bad_value  if the channels do not divide into the groups.
inline feature_map connect(channel_graph& graph, const channel_shuffle_facts& f,
                           const feature_map& x) {
  const index_t per_group = detail::divide(graph.size(x.c), f.groups, f.name);
  const bool moves = f.groups > 1 && per_group > 1;
  graph.enter(f.name, moves ? channels{} : x.c);
  if (!moves) return x;
  const channels one = detail::one_for_all(graph, x.c, per_group, f.name + ".group");
  const channels y = graph.add(graph.size(x.c), f.name);
  graph.tie_block(one, y, f.groups);
  return {y, x.spatial, x.has_size};
}

}  // namespace slimming::inline v0::rules
