// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The solved ties of a channel_graph: dense channel groups, their units and what pins them.
/// Area: graph.

#include <slimming/graph/channel_graph.hpp>  // channel_graph

#include <bit>      // std::bit_ceil
#include <cstdint>  // std::int32_t
#include <span>     // std::span
#include <utility>  // std::exchange
#include <vector>   // std::vector

namespace slimming::inline v0 {

namespace detail {

/// Rows of integers of varying length in two flat arrays.
class ragged {
 public:
  ragged() : first_(1, 0) {}
  /// Distributes the items 0 ... n - 1 over \p rows rows by \p row_of(item), keeping their order.
  /// \pre n < 2^31
  template <class RowOf>
  ragged(std::size_t rows, std::size_t n, RowOf row_of) : first_(rows + 2, 0), items_(n) {
    // Lengths are counted two places on, so that filling a row moves its first to the next row's.
    for (std::size_t i = 0; i < n; ++i) ++first_[static_cast<std::size_t>(row_of(i)) + 2];
    for (std::size_t r = 2; r < first_.size(); ++r) first_[r] += first_[r - 1];
    for (std::size_t i = 0; i < n; ++i)
      items_[static_cast<std::size_t>(first_[static_cast<std::size_t>(row_of(i)) + 1]++)] =
          static_cast<std::int32_t>(i);
    first_.pop_back();
  }
  /// Adds \p item to the row that end_row() closes.
  void push(std::int32_t item) { items_.push_back(item); }
  void end_row() { first_.push_back(static_cast<std::int32_t>(items_.size())); }

  [[nodiscard]] std::size_t rows() const noexcept { return first_.size() - 1; }
  [[nodiscard]] std::span<const std::int32_t> row(std::size_t r) const {
    return {items_.data() + first_[r], static_cast<std::size_t>(first_[r + 1] - first_[r])};
  }
  /// The items of all rows, row after row.
  [[nodiscard]] std::span<const std::int32_t> items() const noexcept {
    return {items_.data(), items_.size()};
  }

 private:
  std::vector<std::int32_t> first_;
  std::vector<std::int32_t> items_;
};

}  // namespace detail

/// A snapshot: groups are numbered 0, 1, ... by their smallest atom, so numbers are deterministic.
///
/// A *unit* is a maximal set of groups whose channels lie in the same values: the interchangeable
/// channels of one convolution, or of all convolutions around one residual stream. Rounding, caps
/// and minimum widths speak of units. Pinned groups form units of their own.
///
/// Inside, groups come in *bands*: consecutive ones whose channels lie side by side in the same
/// values, all pinned or all free. A band says once where its groups have their channels.
/// \complexity construction O(atoms); queries O(1).
class channel_groups {
 public:
  /// A channel: position `i` of the value `at`.
  struct member {
    channels at;
    index_t i;
  };

  explicit channel_groups(const channel_graph& graph) {
    number_groups(graph);
    find_pins(graph);
    find_bands(lanes_in(graph));
    find_units();
    find_dependents(graph);
  }

  [[nodiscard]] index_t count() const noexcept { return static_cast<index_t>(pin_.size()); }
  [[nodiscard]] index_t group_of(channels c, index_t i) const {
    return group_of_[static_cast<std::size_t>(first_[static_cast<std::size_t>(c.id)] + i)];
  }
  /// How many channels group \p g has over all values.
  [[nodiscard]] index_t member_count(index_t g) const {
    return static_cast<index_t>(lanes_of_.row(band_of(g)).size());
  }
  /// Channel number \p k of group \p g, ordered by value, then position.
  [[nodiscard]] member member_at(index_t g, index_t k) const {
    const lane& at = lane_of(band_of(g), static_cast<std::size_t>(k));
    return {at.at, at.i + (g - at.group) * at.step};
  }
  [[nodiscard]] bool is_pinned(index_t g) const { return pin(g) >= 0; }
  /// Index into `channel_graph::pins()` of the first reason, -1 if the group is free.
  [[nodiscard]] index_t pin(index_t g) const { return pin_[static_cast<std::size_t>(g)]; }

  [[nodiscard]] index_t unit_count() const noexcept { return static_cast<index_t>(units_.rows()); }
  [[nodiscard]] index_t unit_of(index_t g) const { return unit_of_[band_of(g)]; }
  /// The groups of unit \p u, increasing.
  [[nodiscard]] std::span<const std::int32_t> unit(index_t u) const {
    return units_.row(static_cast<std::size_t>(u));
  }

  /// Groups that must go when \p g goes: the narrow sides of selections that read it, increasing.
  [[nodiscard]] std::span<const std::int32_t> dependents(index_t g) const {
    if (dependents_.rows() == 0) return {};
    return dependents_.row(static_cast<std::size_t>(g));
  }

 private:
  /// The `n` groups from `group` have a channel each of one value: `i`, `i + step`, ...
  struct lane {
    channels at;
    std::int32_t i, step, group, n;
  };

  [[nodiscard]] std::size_t band_of(index_t g) const {
    return static_cast<std::size_t>(band_of_[static_cast<std::size_t>(g)]);
  }

  [[nodiscard]] const lane& lane_of(std::size_t band, std::size_t k) const {
    return lanes_[static_cast<std::size_t>(lanes_of_.row(band)[k])];
  }

  void number_groups(const channel_graph& graph) {
    group_of_.resize(static_cast<std::size_t>(graph.atom_count()));
    first_.reserve(graph.values().size());
    std::int32_t count = 0;
    for (const auto& value : graph.values()) {
      const channels c{static_cast<std::int32_t>(first_.size())};
      const channels twin = graph.like(c);
      first_.push_back(twin == c ? value.first_atom : first_[static_cast<std::size_t>(twin.id)]);
      const bool in_parts = graph.is_tied_in_parts(c);
      if (twin != c && !in_parts) continue;  // no path leads over its own atoms
      for (index_t i = 0; i < value.size; ++i) {
        // The next atom is smaller, so it has its number: no need to walk to the representative,
        // which may be as far away as there are ties.
        const index_t atom = value.first_atom + i;
        const index_t next = in_parts ? graph.next_atom(c, i) : atom;
        group_of_[static_cast<std::size_t>(atom)] =
            next == atom ? count++ : group_of_[static_cast<std::size_t>(next)];
      }
    }
    pin_.assign(static_cast<std::size_t>(count), -1);
  }

  void find_pins(const channel_graph& graph) {
    const auto set = [this](index_t g, std::int32_t reason) {
      auto& p = pin_[static_cast<std::size_t>(g)];
      if (p < 0) p = reason;
    };
    for (std::size_t r = 0; r < graph.pins().size(); ++r) {
      const auto& p = graph.pins()[r];
      const index_t first = p.index < 0 ? 0 : p.index;
      const index_t last = p.index < 0 ? graph.size(p.at) : p.index + 1;
      for (index_t i = first; i < last; ++i) set(group_of(p.at, i), static_cast<std::int32_t>(r));
    }
    // A pinned narrow channel needs the wide channel that it reads; later selections may read
    // earlier ones, so the newest speaks first.
    for (std::size_t s = graph.selects().size(); s-- > 0;) {
      const auto& select = graph.selects()[s];
      for (index_t j = 0; j < graph.size(select.narrow); ++j)
        if (const auto reason = pin(group_of(select.narrow, j)); reason >= 0)
          set(group_of(select.wide, select.indices[static_cast<std::size_t>(j)]),
              static_cast<std::int32_t>(reason));
    }
  }

  /// The longest lanes, value by value.
  [[nodiscard]] std::vector<lane> lanes_in(const channel_graph& graph) const {
    std::vector<lane> lanes;
    std::vector<index_t> first_lane;  // of each value
    first_lane.reserve(first_.size() + 1);
    for (std::size_t v = 0; v < first_.size(); ++v) {
      const channels c{static_cast<std::int32_t>(v)};
      first_lane.push_back(static_cast<index_t>(lanes.size()));
      if (const auto twin = static_cast<std::size_t>(graph.like(c).id); twin != v) {
        for (index_t k = first_lane[twin]; k < first_lane[twin + 1]; ++k) {
          lanes.push_back(lanes[static_cast<std::size_t>(k)]);
          lanes.back().at = c;
        }
        continue;
      }
      const std::int32_t* group = group_of_.data() + first_[v];
      const auto size = static_cast<std::int32_t>(graph.size(c));
      for (std::int32_t i = 0; i < size;) {
        // Side by side as many lanes as the first group has channels here.
        std::int32_t step = 1;
        while (i + step < size && group[i + step] == group[i]) ++step;
        std::int32_t end = i + step;
        while (end < size && group[end] == group[end - step] + 1) ++end;
        const std::int32_t n = (end - i) / step;
        for (std::int32_t k = 0; k < step; ++k) lanes.push_back({c, i + k, step, group[i], n});
        i += n * step;
      }
    }
    return lanes;
  }

  /// Bands begin where a lane begins or ends; cuts the lanes there.
  void find_bands(const std::vector<lane>& lanes) {
    const auto groups = static_cast<std::size_t>(count());
    std::vector<char> is_first(groups + 1, 0);
    for (const lane& l : lanes)
      is_first[static_cast<std::size_t>(l.group)] =
          is_first[static_cast<std::size_t>(l.group + l.n)] = 1;
    band_of_.resize(groups);
    for (std::size_t g = 0; g < groups; ++g) {
      if (is_first[g] || (pin_[g] >= 0) != (pin_[g - 1] >= 0))
        first_group_.push_back(static_cast<std::int32_t>(g));
      band_of_[g] = static_cast<std::int32_t>(first_group_.size()) - 1;
    }
    const std::size_t bands = first_group_.size();
    first_group_.push_back(static_cast<std::int32_t>(groups));
    for (const lane& l : lanes)
      for (std::int32_t g = l.group; g < l.group + l.n;) {
        const std::int32_t end = first_group_[band_of(g) + 1];
        lanes_.push_back({l.at, l.i + (g - l.group) * l.step, l.step, g, end - g});
        g = end;
      }
    lanes_of_ = detail::ragged(bands, lanes_.size(), [this](std::size_t k) {
      return band_of_[static_cast<std::size_t>(lanes_[k].group)];
    });
  }

  [[nodiscard]] bool are_interchangeable(std::size_t a, std::size_t b) const {
    const std::size_t n = lanes_of_.row(a).size();
    if (n != lanes_of_.row(b).size() || is_pinned(first_group_[a]) != is_pinned(first_group_[b]))
      return false;
    for (std::size_t k = 0; k < n; ++k)
      if (lane_of(a, k).at != lane_of(b, k).at) return false;
    return true;
  }

  [[nodiscard]] std::size_t signature(std::size_t b) const {
    std::uint64_t hash = is_pinned(first_group_[b]) ? 1 : 0;
    for (std::size_t k = 0; k < lanes_of_.row(b).size(); ++k)
      hash = (hash ^ static_cast<std::uint64_t>(lane_of(b, k).at.id + 1)) * 0x9e3779b97f4a7c15ull;
    return static_cast<std::size_t>(hash >> 32);
  }

  void find_units() {
    const std::size_t bands = lanes_of_.rows();
    unit_of_.resize(bands);
    std::vector<std::int32_t> first_of;  // unit -> its first band
    std::vector<std::int32_t> next;      // unit -> one with the same hash, or -1
    std::vector<std::int32_t> newest(std::bit_ceil(bands + 64), -1);  // hash -> unit
    for (std::size_t b = 0; b < bands; ++b) {
      auto& unit = unit_of_[b];
      auto& chain = newest[signature(b) & (newest.size() - 1)];
      for (unit = chain; unit >= 0; unit = next[static_cast<std::size_t>(unit)]) {
        const auto first = first_of[static_cast<std::size_t>(unit)];
        if (are_interchangeable(static_cast<std::size_t>(first), b)) break;
      }
      if (unit >= 0) continue;
      unit = static_cast<std::int32_t>(first_of.size());
      first_of.push_back(static_cast<std::int32_t>(b));
      next.push_back(std::exchange(chain, unit));
    }
    const detail::ragged bands_in(first_of.size(), bands,
                                  [this](std::size_t b) { return unit_of_[b]; });
    for (std::size_t u = 0; u < bands_in.rows(); ++u) {
      for (const auto b : bands_in.row(u)) {
        const std::int32_t* first = first_group_.data() + b;
        for (auto g = first[0]; g < first[1]; ++g) units_.push(g);
      }
      units_.end_row();
    }
  }

  void find_dependents(const channel_graph& graph) {
    std::vector<std::int32_t> wide_end, narrow_end;  // groups, per edge
    for (const auto& s : graph.selects())
      for (index_t j = 0; j < graph.size(s.narrow); ++j) {
        const index_t wide = group_of(s.wide, s.indices[static_cast<std::size_t>(j)]);
        const index_t narrow = group_of(s.narrow, j);
        if (wide == narrow) continue;
        wide_end.push_back(static_cast<std::int32_t>(wide));
        narrow_end.push_back(static_cast<std::int32_t>(narrow));
      }
    if (wide_end.empty()) return;
    // Distributed by the narrow end, then by the wide one, which keeps that order: rows increase.
    const auto groups = static_cast<std::size_t>(count());
    const detail::ragged by_narrow(groups, narrow_end.size(),
                                   [&](std::size_t e) { return narrow_end[e]; });
    const auto edge = by_narrow.items();
    const detail::ragged by_wide(groups, edge.size(), [&](std::size_t k) {
      return wide_end[static_cast<std::size_t>(edge[k])];
    });
    for (std::size_t g = 0; g < groups; ++g) {
      std::int32_t last = -1;
      for (const auto k : by_wide.row(g)) {
        const auto narrow = narrow_end[static_cast<std::size_t>(edge[static_cast<std::size_t>(k)])];
        if (narrow != last) dependents_.push(narrow);
        last = narrow;
      }
      dependents_.end_row();
    }
  }

  std::vector<index_t> first_;             // value -> position in group_of_
  std::vector<std::int32_t> group_of_;     // atom of the first of joined values -> group
  std::vector<std::int32_t> pin_;          // group -> reason
  std::vector<std::int32_t> band_of_;      // group -> band
  std::vector<std::int32_t> first_group_;  // band -> its first group; one entry more
  std::vector<lane> lanes_;                // value by value
  detail::ragged lanes_of_;                // band -> lanes
  std::vector<std::int32_t> unit_of_;      // band -> unit
  detail::ragged units_;                   // unit -> groups
  detail::ragged dependents_;              // group -> groups; empty if nothing is selected
};

}  // namespace slimming::inline v0
