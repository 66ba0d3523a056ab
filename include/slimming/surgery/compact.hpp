// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Cutting one array: in place where it is contiguous, into other memory where it is not or may not
/// change; and renumbering a list whose entries name channels.
/// Area: surgery. By element size, so every dtype goes the same way.

#include <slimming/core/array_ref.hpp>             // array_ref
#include <slimming/core/config.hpp>                // index_t
#include <slimming/core/detail/index_list.hpp>     // index_at, set_index_at
#include <slimming/core/dtype.hpp>                 // size_of, name_of
#include <slimming/core/error.hpp>                 // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>                // shape, are_equal
#include <slimming/plan/detail/memory.hpp>         // require_memory
#include <slimming/plan/execution.hpp>             // task_runner, sequential
#include <slimming/plan/record.hpp>                // axis_cut, entry_cut
#include <slimming/surgery/detail/compaction.hpp>  // compaction
#include <slimming/surgery/detail/finishing.hpp>   // finishing

#include <array>        // std::array
#include <cstddef>      // std::byte
#include <cstring>      // std::memcpy
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

namespace detail {

/// \throws bad_value  unless axes increase inside the rank and indices increase inside the extents,
///                    at least one of each axis.
inline void require_cuts(std::span<const index_t> extents, const std::vector<axis_cut>& cuts,
                         std::string_view place) {
  std::size_t next_axis = 0;
  for (const axis_cut& c : cuts) {
    const auto fail = [&](const std::string& what) {
      throw bad_value(std::string(place) + " axis " + std::to_string(c.axis), what);
    };
    if (c.axis < next_axis || c.axis >= extents.size())
      fail("axes of a cut increase and lie below the rank " + std::to_string(extents.size()));
    next_axis = c.axis + 1;
    const index_t extent = extents[c.axis];
    if (c.kept.empty() && extent > 0)
      fail("nothing of " + std::to_string(extent) + " would stay; keep at least one index");
    index_t last = -1;
    for (const index_t i : c.kept) {
      if (i <= last || i >= extent)
        fail("index " + std::to_string(i) + " after " + std::to_string(last) +
             " is not increasing inside [0, " + std::to_string(extent) + ")");
      last = i;
    }
  }
}

inline void require_compactable(const array_ref& array, std::string_view place) {
  require_memory(array, place);
  if (array.read_only) throw bad_value(place, "is read-only: gather it into other memory");
  if (!array.is_contiguous())
    throw bad_value(place, "is not contiguous: gather it into other memory");
}

inline void require_gatherable(const array_ref& source, std::span<const index_t> extents,
                               const array_ref& destination, std::string_view place) {
  const std::string to = std::string(place) + ": destination";
  if (destination.type != source.type)
    throw bad_value(to, "holds " + std::string(name_of(destination.type)) + ", the source " +
                            std::string(name_of(source.type)));
  if (!are_equal(extents, destination.extents()))
    throw shape_mismatch(
        to, "expected " + to_string(extents) + ", got " + to_string(destination.extents()));
  if (destination.read_only) throw bad_value(to, "is read-only");
  require_memory(source, place);
  require_memory(destination, to);
}

/// The position of \p entry among those that stay, -1 if it goes. A search, not a table: the width
/// is whatever a plan file says. \pre `entries.kept` increases.
[[nodiscard]] inline index_t new_number(const entry_cut& entries, index_t entry) noexcept {
  std::size_t first = 0, last = entries.kept.size();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (entries.kept[middle] < entry)
      first = middle + 1;
    else
      last = middle;
  }
  return first < entries.kept.size() && entries.kept[first] == entry ? static_cast<index_t>(first)
                                                                     : -1;
}

/// \throws bad_value  if one of the \p kept entries (all if null) names a channel that goes or does
///                    not exist, or \p entries makes no sense.
inline void require_entries(const array_ref& list, const std::vector<index_t>* kept,
                            const entry_cut& entries, std::string_view place) {
  require_cuts(shape{entries.width}, {{0, entries.kept}}, std::string(place) + " entries");
  require_index_list(list, place);
  const index_t n = kept ? static_cast<index_t>(kept->size()) : list.extent[0];
  for (index_t k = 0; k < n; ++k) {
    const index_t e = index_at(list, kept ? (*kept)[static_cast<std::size_t>(k)] : k);
    if (new_number(entries, e) < 0)
      throw bad_value(place, "entry " + std::to_string(e) + " names no channel that stays, of " +
                                 std::to_string(entries.width));
  }
}

/// \pre require_entries(list, nullptr, entries)
inline void renumber_entries(const array_ref& list, const entry_cut& entries) {
  for (index_t k = 0; k < list.extent[0]; ++k)
    set_index_at(list, k, new_number(entries, index_at(list, k)));
}

}  // namespace detail

/// Moves what stays to the front of the array's memory, row-major. The caller owns the new shape.
///
/// \throws bad_value  if the array is strided, read-only or without memory, or a cut is out of
///                    range or keeps nothing; nothing has been written then.
/// \complexity O(kept bytes); runs of neighbours move as one.
template <task_runner Run = sequential>
void compact_in_place(const array_ref& array, const std::vector<axis_cut>& cuts,
                      const Run& run = {}) {
  detail::require_compactable(array, "compact_in_place");
  detail::require_cuts(array.extents(), cuts, "compact_in_place");
  if (cuts.empty()) return;
  const detail::compaction move(array, cuts);
  detail::finishing sure(run, move.most_tasks());
  move(sure);
}

/// Copies what stays of \p source into \p destination. Both may have any strides.
///
/// \pre    they do not overlap.
/// \throws bad_value, shape_mismatch  if a cut is out of range or \p destination has another type or
///         shape; nothing has been written then.
inline void gather(const array_ref& source, const std::vector<axis_cut>& cuts,
                   const array_ref& destination) {
  detail::require_cuts(source.extents(), cuts, "gather");
  std::array<const index_t*, array_ref::max_rank> kept{};
  shape extents(source.extents().begin(), source.extents().end());
  for (const axis_cut& c : cuts) {
    kept[c.axis] = c.kept.data();
    extents[c.axis] = static_cast<index_t>(c.kept.size());
  }
  detail::require_gatherable(source, extents, destination, "gather");
  if (element_count(extents) == 0) return;

  // Trailing axes that stay whole and are dense on both sides move as one block.
  const auto element = static_cast<index_t>(size_of(source.type));
  std::size_t outer = source.rank;
  index_t block = 1;
  while (outer > 0 && kept[outer - 1] == nullptr && source.stride[outer - 1] == block &&
         destination.stride[outer - 1] == block)
    block *= extents[--outer];
  const auto bytes = static_cast<std::size_t>(block * element);
  // The innermost of the other axes is walked without recomputing the rest.
  const bool has_inner = outer > 0;
  const std::size_t inner = has_inner ? --outer : 0;
  const index_t steps = has_inner ? extents[inner] : 1;
  const index_t* inner_kept = has_inner ? kept[inner] : nullptr;
  const index_t from_step = has_inner ? source.stride[inner] * element : 0;
  const index_t to_step = has_inner ? destination.stride[inner] * element : 0;
  std::array<index_t, array_ref::max_rank> at{};
  for (bool more = true; more;) {
    const std::byte* from = source.data;
    std::byte* to = destination.data;
    for (std::size_t axis = 0; axis < outer; ++axis) {
      from += (kept[axis] ? kept[axis][at[axis]] : at[axis]) * source.stride[axis] * element;
      to += at[axis] * destination.stride[axis] * element;
    }
    for (index_t k = 0; k < steps; ++k)
      std::memcpy(to + k * to_step, from + (inner_kept ? inner_kept[k] : k) * from_step, bytes);
    more = false;
    for (std::size_t axis = outer; axis-- > 0 && !more;) {
      more = ++at[axis] < extents[axis];
      if (!more) at[axis] = 0;
    }
  }
}

/// Gives every entry of a list of channel numbers its number after the channels were cut.
/// \throws bad_value  if an entry names a channel that goes; nothing has been written then.
inline void renumber(const array_ref& list, const entry_cut& entries) {
  detail::require_entries(list, nullptr, entries, "renumber");
  detail::renumber_entries(list, entries);
}

}  // namespace slimming::inline v0
