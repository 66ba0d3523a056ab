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
#include <slimming/plan/execution.hpp>             // task_runner, sequential
#include <slimming/plan/record.hpp>                // axis_cut, entry_cut
#include <slimming/surgery/detail/compaction.hpp>  // compaction

#include <array>        // std::array
#include <cstddef>      // std::byte
#include <cstring>      // std::memcpy
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0 {

namespace detail {

/// \throws bad_value  unless axes increase inside the rank and indices increase inside the extents.
inline void require_cuts(std::span<const index_t> extents, const std::vector<axis_cut>& cuts,
                         std::string_view place) {
  std::size_t next_axis = 0;
  for (const axis_cut& c : cuts) {
    const std::string axis = std::string(place) + " axis " + std::to_string(c.axis);
    if (c.axis < next_axis || c.axis >= extents.size())
      throw bad_value(
          axis, "axes of a cut increase and lie below the rank " + std::to_string(extents.size()));
    next_axis = c.axis + 1;
    index_t last = -1;
    for (const index_t i : c.kept) {
      if (i <= last || i >= extents[c.axis])
        throw bad_value(axis, "index " + std::to_string(i) + " after " + std::to_string(last) +
                                  " is not increasing inside [0, " +
                                  std::to_string(extents[c.axis]) + ")");
      last = i;
    }
  }
}

inline void require_compactable(const array_ref& array, std::string_view place) {
  if (array.data == nullptr && array.size() > 0)
    throw bad_value(place, "has no memory (was its owner moved from?)");
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
  if (element_count(extents) > 0 && (source.data == nullptr || destination.data == nullptr))
    throw bad_value(place, "has no memory (was its owner moved from?)");
}

/// Old entry -> new entry, -1 for channels that go.
[[nodiscard]] inline std::vector<index_t> new_numbers(const entry_cut& entries) {
  std::vector<index_t> to(static_cast<std::size_t>(entries.width), -1);
  for (std::size_t k = 0; k < entries.kept.size(); ++k)
    to[static_cast<std::size_t>(entries.kept[k])] = static_cast<index_t>(k);
  return to;
}

/// \throws bad_value  if one of the \p kept entries (all if null) names a channel that goes or does not
///                    exist.
inline void require_entries(const array_ref& list, const std::vector<index_t>* kept,
                            const std::vector<index_t>& to, std::string_view place) {
  require_index_list(list, place);
  const index_t n = kept ? static_cast<index_t>(kept->size()) : list.extent[0];
  for (index_t k = 0; k < n; ++k) {
    const index_t e = index_at(list, kept ? (*kept)[static_cast<std::size_t>(k)] : k);
    if (e < 0 || e >= static_cast<index_t>(to.size()) || to[static_cast<std::size_t>(e)] < 0)
      throw bad_value(place, "entry " + std::to_string(e) + " names no channel that stays, of " +
                                 std::to_string(to.size()));
  }
}

/// \pre require_entries(list, nullptr, to)
inline void renumber_entries(const array_ref& list, const std::vector<index_t>& to) {
  for (index_t k = 0; k < list.extent[0]; ++k)
    set_index_at(list, k, to[static_cast<std::size_t>(index_at(list, k))]);
}

}  // namespace detail

/// Moves what stays to the front of the array's memory, row-major. The caller owns the new shape.
///
/// \throws bad_value  if the array is strided, read-only or without memory, or a cut is out of range;
///                    nothing has been written then.
/// \complexity O(kept bytes); runs of neighbours move as one.
template <task_runner Run = sequential>
void compact_in_place(const array_ref& array, const std::vector<axis_cut>& cuts,
                      const Run& run = {}) {
  detail::require_compactable(array, "compact_in_place");
  detail::require_cuts(array.extents(), cuts, "compact_in_place");
  if (!cuts.empty()) detail::compaction(array, cuts)(run);
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
  const auto to = detail::new_numbers(entries);
  detail::require_entries(list, nullptr, to, "renumber");
  detail::renumber_entries(list, to);
}

}  // namespace slimming::inline v0
