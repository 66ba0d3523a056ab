// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The solved ties of a channel_graph: dense channel groups, the units they come in, what pins them.
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
  ragged() = default;
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
  [[nodiscard]] std::size_t rows() const noexcept { return first_.empty() ? 0 : first_.size() - 1; }
  [[nodiscard]] std::span<const std::int32_t> row(std::size_t r) const {
    return {items_.data() + first_[r], static_cast<std::size_t>(first_[r + 1] - first_[r])};
  }
  /// The items of all rows, row after row.
  [[nodiscard]] std::span<const std::int32_t> items() const noexcept { return items_; }

 private:
  std::vector<std::int32_t> first_;
  std::vector<std::int32_t> items_;
};

}  // namespace detail

/// A snapshot: groups are numbered 0, 1, ... by their smallest atom, so numbers are deterministic.
///
/// A *unit* is a maximal set of groups whose channels lie in the same values: the interchangeable
/// channels of one convolution, or of all convolutions around one residual stream. Rounding, caps and
/// minimum widths speak of units. Pinned groups form units of their own.
/// \complexity construction O(atoms); queries O(1).
class channel_groups {
 public:
  /// A channel: position `i` of the value `at`.
  struct member {
    channels at;
    index_t i;
  };

  explicit channel_groups(const channel_graph& graph) {
    const auto atoms = static_cast<std::size_t>(graph.atom_count());
    group_of_.resize(atoms);
    value_of_.resize(atoms);
    first_atom_.reserve(graph.values().size());
    std::int32_t count = 0;
    for (const auto& value : graph.values()) {
      const auto v = static_cast<std::int32_t>(first_atom_.size());
      first_atom_.push_back(value.first_atom);
      for (index_t i = value.first_atom; i < value.first_atom + value.size; ++i) {
        // A representative is the smallest atom of its group, so it has been numbered already.
        const auto a = static_cast<std::size_t>(i);
        const auto r = static_cast<std::size_t>(graph.representative(i));
        group_of_[a] = r == a ? count++ : group_of_[r];
        value_of_[a] = v;
      }
    }
    atoms_ = detail::ragged(static_cast<std::size_t>(count), atoms,
                            [this](std::size_t a) { return group_of_[a]; });
    find_pins(graph);
    find_units();
    find_dependents(graph);
  }

  [[nodiscard]] index_t count() const noexcept { return static_cast<index_t>(atoms_.rows()); }
  [[nodiscard]] index_t group_of(channels c, index_t i) const {
    return group_of_[static_cast<std::size_t>(first_atom_[static_cast<std::size_t>(c.id)] + i)];
  }
  /// How many channels group \p g has over all values.
  [[nodiscard]] index_t member_count(index_t g) const {
    return static_cast<index_t>(atoms_.row(static_cast<std::size_t>(g)).size());
  }
  /// Channel number \p k of group \p g, ordered by value, then position.
  [[nodiscard]] member member_at(index_t g, index_t k) const {
    const auto a = atoms_.row(static_cast<std::size_t>(g))[static_cast<std::size_t>(k)];
    const auto v = value_of_[static_cast<std::size_t>(a)];
    return {{v}, a - first_atom_[static_cast<std::size_t>(v)]};
  }
  [[nodiscard]] bool is_pinned(index_t g) const { return pin(g) >= 0; }
  /// Index into `channel_graph::pins()` of the first reason, -1 if the group is free.
  [[nodiscard]] index_t pin(index_t g) const { return pin_[static_cast<std::size_t>(g)]; }

  [[nodiscard]] index_t unit_count() const noexcept { return static_cast<index_t>(units_.rows()); }
  [[nodiscard]] index_t unit_of(index_t g) const { return unit_of_[static_cast<std::size_t>(g)]; }
  /// The groups of unit \p u, increasing.
  [[nodiscard]] std::span<const std::int32_t> unit(index_t u) const {
    return units_.row(static_cast<std::size_t>(u));
  }

  /// Groups that must go when \p g goes: the narrow sides of selections that read it, increasing.
  [[nodiscard]] std::span<const std::int32_t> dependents(index_t g) const {
    if (dependents_.empty()) return {};
    const auto* first = first_dependent_.data() + g;
    return {dependents_.data() + first[0], static_cast<std::size_t>(first[1] - first[0])};
  }

 private:
  void find_pins(const channel_graph& graph) {
    pin_.assign(static_cast<std::size_t>(count()), -1);
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
    // A pinned narrow channel needs the wide channel that it reads; later selections may read earlier
    // ones, so the newest speaks first.
    for (std::size_t s = graph.selects().size(); s-- > 0;) {
      const auto& select = graph.selects()[s];
      for (index_t j = 0; j < graph.size(select.narrow); ++j)
        if (const auto reason = pin(group_of(select.narrow, j)); reason >= 0)
          set(group_of(select.wide, select.indices[static_cast<std::size_t>(j)]),
              static_cast<std::int32_t>(reason));
    }
  }

  [[nodiscard]] bool are_interchangeable(index_t a, index_t b) const {
    const auto x = atoms_.row(static_cast<std::size_t>(a));
    const auto y = atoms_.row(static_cast<std::size_t>(b));
    if (x.size() != y.size() || is_pinned(a) != is_pinned(b)) return false;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (value_of_[static_cast<std::size_t>(x[k])] != value_of_[static_cast<std::size_t>(y[k])])
        return false;
    return true;
  }

  [[nodiscard]] std::size_t signature(index_t g) const {
    std::uint64_t hash = is_pinned(g) ? 1 : 0;
    for (const auto a : atoms_.row(static_cast<std::size_t>(g)))
      hash = (hash ^ static_cast<std::uint64_t>(value_of_[static_cast<std::size_t>(a)] + 1)) *
             0x9e3779b97f4a7c15ull;
    return static_cast<std::size_t>(hash >> 32);
  }

  void find_units() {
    const auto groups = static_cast<std::size_t>(count());
    unit_of_.resize(groups);
    std::vector<std::int32_t> first_of;  // unit -> its first group
    std::vector<std::int32_t> next;      // unit -> one with the same hash, or -1
    std::vector<std::int32_t> newest(std::bit_ceil(groups / 4 + 64), -1);  // hash -> unit
    for (index_t g = 0; g < count(); ++g) {
      auto& unit = unit_of_[static_cast<std::size_t>(g)];
      if (g > 0 && are_interchangeable(g - 1, g)) {  // neighbours mostly are
        unit = unit_of_[static_cast<std::size_t>(g - 1)];
        continue;
      }
      auto& chain = newest[signature(g) & (newest.size() - 1)];
      for (unit = chain; unit >= 0; unit = next[static_cast<std::size_t>(unit)])
        if (are_interchangeable(first_of[static_cast<std::size_t>(unit)], g)) break;
      if (unit >= 0) continue;
      unit = static_cast<std::int32_t>(first_of.size());
      first_of.push_back(static_cast<std::int32_t>(g));
      next.push_back(std::exchange(chain, unit));
    }
    units_ = detail::ragged(first_of.size(), groups, [this](std::size_t g) { return unit_of_[g]; });
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
    first_dependent_.assign(groups + 1, 0);
    for (std::size_t g = 0; g < groups; ++g) {
      std::int32_t last = -1;
      for (const auto k : by_wide.row(g)) {
        const auto narrow = narrow_end[static_cast<std::size_t>(edge[static_cast<std::size_t>(k)])];
        if (narrow != last) dependents_.push_back(narrow);
        last = narrow;
      }
      first_dependent_[g + 1] = static_cast<std::int32_t>(dependents_.size());
    }
  }

  std::vector<std::int32_t> group_of_;         // atom -> group
  std::vector<std::int32_t> value_of_;         // atom -> value
  std::vector<index_t> first_atom_;            // value -> its first atom
  detail::ragged atoms_;                       // group -> atoms
  std::vector<std::int32_t> pin_;              // group -> reason
  std::vector<std::int32_t> unit_of_;          // group -> unit
  detail::ragged units_;                       // unit -> groups
  std::vector<std::int32_t> first_dependent_;  // group -> position in dependents_
  std::vector<std::int32_t> dependents_;       // groups
};

}  // namespace slimming::inline v0
