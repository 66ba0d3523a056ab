// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Channels through a reshape, from the shapes alone: which axis of the result carries them, and
/// which of them belong together so that the result stays rectangular.
/// Area: ops. Channel shuffle, focus, reorg, head splits and flattening are all this one function.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/tensor.hpp>          // shape
#include <slimming/graph/channel_graph.hpp>  // channel_graph, channels
#include <slimming/model/op_registry.hpp>    // channel_layout
#include <slimming/rules/reshape.hpp>        // reshape_facts

#include <algorithm>      // std::find, std::max, std::sort
#include <cstddef>        // std::size_t
#include <numeric>        // std::gcd, std::iota
#include <string>         // std::string
#include <unordered_set>  // std::unordered_set
#include <utility>        // std::pair
#include <vector>         // std::erase_if, std::vector

namespace slimming::inline v0::ops::detail {

/// Consecutive axes of the input and of the output with the same number of elements.
struct reshape_block {
  std::vector<std::size_t> in, out;
};

/// The finest such blocks; axes of one element belong to none.
inline std::vector<reshape_block> reshape_blocks(const shape& in, const shape& out) {
  std::vector<reshape_block> blocks;
  std::size_t i = 0, o = 0;
  while (true) {
    while (i < in.size() && in[i] == 1) ++i;
    while (o < out.size() && out[o] == 1) ++o;
    if (i == in.size() || o == out.size()) return blocks;
    reshape_block block{{i}, {o}};
    index_t a = in[i++], b = out[o++];
    while (a != b && (a < b ? i < in.size() : o < out.size())) {
      if (a < b) {
        if (in[i] != 1) block.in.push_back(i);
        a *= in[i++];
      } else {
        if (out[o] != 1) block.out.push_back(o);
        b *= out[o++];
      }
    }
    blocks.push_back(std::move(block));
  }
}

/// A reshape of one block whose input carries channels on one axis.
class block_fold {
 public:
  /// The channels `c` lie on an axis with `inner` elements behind it, `elements` in the whole
  /// block.
  block_fold(channel_graph& graph, channels c, index_t inner, index_t elements)
      : graph_(graph), c_(c), size_(graph.size(c)), inner_(inner), elements_(elements) {}

  /// How many channel groups an output axis can tell apart if it carries the channels.
  [[nodiscard]] index_t distinct(index_t extent, index_t inner) const {
    std::vector<index_t> parent(static_cast<std::size_t>(size_ + extent));
    std::iota(parent.begin(), parent.end(), index_t{0});
    const auto find = [&](index_t x) {
      auto& p = parent;
      while (p[static_cast<std::size_t>(x)] != x)
        x = p[static_cast<std::size_t>(x)] =
            p[static_cast<std::size_t>(p[static_cast<std::size_t>(x)])];
      return x;
    };
    index_t sets = size_ + extent;
    const auto unite = [&](index_t a, index_t b) {
      a = find(a);
      b = find(b);
      if (a == b) return;
      parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
      --sets;
    };
    std::vector<std::pair<index_t, index_t>> tied;  // channels that belong together already
    for (index_t i = 0; i < size_; ++i) tied.emplace_back(graph_.representative(c_, i), i);
    std::sort(tied.begin(), tied.end());
    for (std::size_t i = 1; i < tied.size(); ++i)
      if (tied[i].first == tied[i - 1].first) unite(tied[i].second, tied[i - 1].second);
    for_each_pair(extent, inner, [&](index_t i, index_t u) { unite(i, size_ + u); });
    return sets;
  }

  /// The channels of an output axis, tied to those of the input.
  [[nodiscard]] channels carry(index_t extent, index_t inner, const std::string& name) const {
    if (is_blocked(extent, inner)) {
      const feature_map x{c_, {}, false};
      return rules::connect(graph_, rules::reshape_facts{name, extent, {}}, x).c;
    }
    std::vector<std::vector<index_t>> holds(static_cast<std::size_t>(extent));
    for_each_pair(extent, inner, [&](index_t i, index_t u) {
      auto& list = holds[static_cast<std::size_t>(u)];
      if (std::find(list.begin(), list.end(), i) == list.end()) list.push_back(i);
    });
    std::size_t rounds = 0;
    for (const auto& list : holds) rounds = std::max(rounds, list.size());
    graph_.enter(name);
    const channels y = graph_.add(extent, name);
    for (std::size_t r = 0; r < rounds;
         ++r)  // each ties every position to one more of its channels
      graph_.tie_each(y, c_, [&](index_t u) {
        const auto& list = holds[static_cast<std::size_t>(u)];
        return list[std::min(r, list.size() - 1)];
      });
    return y;
  }

 private:
  // Visits the pairs (channel, position on the output axis) that share an element.
  template <class Visit>
  void for_each_pair(index_t extent, index_t inner, const Visit& visit) const {
    const index_t step = std::gcd(inner_, inner);  // elements closer than this share both
    for (index_t e = 0; e < elements_; e += step) visit(e / inner_ % size_, e / inner % extent);
  }

  // Consecutive channels become one position, or one channel becomes consecutive positions.
  [[nodiscard]] bool is_blocked(index_t extent, index_t inner) const {
    if (extent % size_ != 0 && size_ % extent != 0) return false;
    const index_t widen = std::max(extent / size_, index_t{1});
    const index_t narrow = std::max(size_ / extent, index_t{1});
    bool holds = true;
    for_each_pair(extent, inner,
                  [&](index_t i, index_t u) { holds = holds && i / narrow == u / widen; });
    return holds;
  }

  channel_graph& graph_;
  channels c_;
  index_t size_, inner_, elements_;
};

/// All of \p c are pinned by what has been connected so far.
inline bool keeps_all(const channel_graph& graph, channels c) {
  std::unordered_set<index_t> pinned;
  for (const auto& pin : graph.pins()) {
    const index_t first = pin.index < 0 ? 0 : pin.index;
    const index_t last = pin.index < 0 ? graph.size(pin.at) : first + 1;
    for (index_t i = first; i < last; ++i) pinned.insert(graph.representative(pin.at, i));
  }
  for (index_t i = 0; i < graph.size(c); ++i)
    if (!pinned.contains(graph.representative(c, i))) return false;
  return true;
}

/// The layout of a value of extents \p in after a reshape to \p out. Where a block of axes is split
/// so that several output axes could carry the channels, the one that tells most groups apart does
/// (the outermost of equals), unless a reader wants them on \p read_axis. Channels that it does not
/// tell apart are tied: equal positions of all groups in a channel shuffle, all pixels of a channel
/// in a flattening, equal dimensions of all heads.
inline channel_layout fold(channel_graph& graph, const channel_layout& layout, const shape& in,
                           const shape& out, const std::string& name, index_t read_axis = -1) {
  channel_layout result(out.size());
  for (const reshape_block& block : reshape_blocks(in, out)) {
    std::vector<std::size_t> carriers;
    for (const std::size_t axis : block.in)
      if (layout.on(axis)) carriers.push_back(axis);
    if (carriers.size() > 1)  // an axis that keeps all it has is of fixed extent like any other
      std::erase_if(carriers, [&](std::size_t axis) { return keeps_all(graph, layout.on(axis)); });
    if (carriers.empty()) continue;
    if (block.in.size() == 1 && block.out.size() == 1) {
      result.axes[block.out[0]] = layout.axes[block.in[0]];
      continue;
    }
    if (carriers.size() > 1) {
      graph.enter(name);
      for (const std::size_t axis : carriers)
        graph.pin(layout.on(axis), "two axes of channels are merged into one");
      continue;
    }
    const auto inner_of = [](const shape& extents, const std::vector<std::size_t>& axes,
                             std::size_t axis) {
      index_t n = 1;
      for (const std::size_t a : axes)
        if (a > axis) n *= extents[a];
      return n;
    };
    index_t elements = 1;
    for (const std::size_t axis : block.in) elements *= in[axis];
    const block_fold folding(graph, layout.on(carriers[0]), inner_of(in, block.in, carriers[0]),
                             elements);
    std::size_t best = 0;
    index_t most = 1;
    for (const std::size_t axis : block.out) {
      const index_t n = folding.distinct(out[axis], inner_of(out, block.out, axis));
      const bool is_wanted = static_cast<index_t>(axis) == read_axis && n > 1;
      if (n <= most && !is_wanted) continue;
      most = n;
      best = axis;
      if (is_wanted) break;
    }
    if (most == 1) {
      graph.enter(name);
      graph.pin(layout.on(carriers[0]), "the reshape cuts through all channels at once");
      continue;
    }
    result.axes[best] = {folding.carry(out[best], inner_of(out, block.out, best), name),
                         layout.is_zero(carriers[0])};
  }
  return result;
}

}  // namespace slimming::inline v0::ops::detail
