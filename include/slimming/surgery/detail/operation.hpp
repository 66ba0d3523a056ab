// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Parameters matched with their cuts, checked as a whole before the first write.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>           // array_ref
#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/error.hpp>               // plan_mismatch, bad_value, owner_refused
#include <slimming/core/tensor.hpp>              // element_count, to_string
#include <slimming/graph/detail/key_index.hpp>   // key_index
#include <slimming/graph/detail/memory_use.hpp>  // memory_use, sort_by_address
#include <slimming/graph/parameter.hpp>          // parameter, parameter_owner
#include <slimming/plan/detail/memory.hpp>       // require_memory
#include <slimming/plan/record.hpp>              // plan_record, parameter_cut
#include <slimming/surgery/compact.hpp>          // require_cuts, require_entries

#include <cstdint>      // std::int32_t
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

/// A parameter and what happens to it.
struct matched {
  const parameter* what;
  const parameter_cut* cut = nullptr;
};

[[nodiscard]] inline bool have_names_of(const std::vector<matched>& pairs,
                                        const std::vector<parameter_cut>& cuts) {
  if (pairs.size() != cuts.size()) return false;
  for (std::size_t k = 0; k < cuts.size(); ++k)
    if (pairs[k].what->name != cuts[k].name) return false;
  return true;
}

/// Finds the cut of every pair: by position where all names agree, else by name.
/// \throws plan_mismatch  if a parameter is unknown to the plan, missing, ambiguous or of another shape.
inline void match(std::vector<matched>& pairs, const plan_record& plan) {
  const auto& cuts = plan.parameters;
  if (have_names_of(pairs, cuts)) {
    for (std::size_t k = 0; k < cuts.size(); ++k) pairs[k].cut = &cuts[k];
  } else {
    const auto name_of = [&](std::int32_t k) {
      return std::string_view(cuts[static_cast<std::size_t>(k)].name);
    };
    key_index<std::string_view> by_name;
    for (std::int32_t k = 0; k < static_cast<std::int32_t>(cuts.size()); ++k)
      if (by_name.find_or_add(name_of(k), k, name_of) != k)
        throw plan_mismatch(name_of(k), "two parameters of the plan have this name");
    std::vector<char> is_matched(cuts.size(), 0);
    for (auto& [what, cut] : pairs) {
      const std::int32_t found = by_name.find(what->name, name_of);
      if (found < 0) throw plan_mismatch(what->name, "the plan has no parameter of this name");
      const auto k = static_cast<std::size_t>(found);
      if (std::exchange(is_matched[k], 1) != 0)
        throw plan_mismatch(what->name, "two parameters of the network have this name");
      cut = &cuts[k];
    }
    // Nobody misses an array without elements: only the network that owns it has one.
    for (std::size_t k = 0; k < cuts.size(); ++k)
      if (!cuts[k].is_untouched() && is_matched[k] == 0 && element_count(cuts[k].before) > 0)
        throw plan_mismatch(cuts[k].name,
                            "the plan cuts it, and the network has no such parameter");
  }
  for (const auto& [what, cut] : pairs) {
    const auto extents = what->array.extents();
    if (extents.size() != cut->before.size())
      throw plan_mismatch(what->name, "planned for rank " + std::to_string(cut->before.size()) +
                                          ", got " + std::to_string(extents.size()));
    for (std::size_t axis = 0; axis < extents.size(); ++axis)
      if (extents[axis] != cut->before[axis])
        throw plan_mismatch(what->name + " axis " + std::to_string(axis),
                            "planned for " + std::to_string(cut->before[axis]) + ", got " +
                                std::to_string(extents[axis]));
    require_memory(*what);
    require_cuts(extents, cut->axes, what->name);
    if (cut->entries) require_entries(what->array, cut->kept(0), *cut->entries, what->name);
  }
}

/// \throws bad_value  if memory that is written overlaps any other. The uses number \p pairs.
inline void require_unshared(std::vector<memory_use>& uses, const std::vector<matched>& pairs) {
  sort_by_address(uses);
  const memory_use *reader = nullptr, *writer = nullptr;  // those that reach furthest so far
  for (const memory_use& use : uses) {
    if (use.first == use.end) continue;
    for (const memory_use* other : {writer, use.is_written ? reader : nullptr})
      if (other && use.first < other->end)
        throw bad_value(pairs[use.parameter].what->name, "shares memory with " +
                                                             pairs[other->parameter].what->name +
                                                             ", which surgery would corrupt");
    const memory_use*& furthest = use.is_written ? writer : reader;
    if (!furthest || furthest->end < use.end) furthest = &use;
  }
}

/// Matches and does every check that surgery in place needs. Nothing has been written when it
/// throws.
/// \throws owner_refused  if an owner does not accept its new extents.
inline void prepare_in_place(std::vector<matched>& pairs, const plan_record& plan) {
  match(pairs, plan);
  std::vector<memory_use> uses;
  uses.reserve(pairs.size());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const auto& [what, cut] = pairs[k];
    if (!cut->is_untouched()) require_compactable(what->array, what->name);
    uses.emplace_back(what->array, k, !cut->is_untouched());
  }
  require_unshared(uses, pairs);
  for (const matched& pair : pairs) {
    if (pair.cut->axes.empty()) continue;
    const shape after = pair.cut->after();
    pair.what->for_each_owner([&](const parameter_owner& owner) {
      if (owner.accepts && !owner.accepts(owner.object, after))
        throw owner_refused(pair.what->name,
                            "its owner does not accept " + to_string(after) + " in place of " +
                                to_string(pair.cut->before) +
                                (owner.advice ? std::string(": ") + owner.advice : std::string()));
    });
  }
}

/// The same for surgery into other memory, with a destination per pair.
inline void prepare_into(std::vector<matched>& pairs, const plan_record& plan,
                         std::span<const array_ref> destinations) {
  if (destinations.size() != pairs.size())
    throw shape_mismatch("apply_into: destinations", static_cast<index_t>(pairs.size()),
                         static_cast<index_t>(destinations.size()));
  match(pairs, plan);
  std::vector<memory_use> uses;
  uses.reserve(2 * pairs.size());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const auto& [what, cut] = pairs[k];
    require_gatherable(what->array, cut->after(), destinations[k], what->name);
    uses.emplace_back(what->array, k, false);
    uses.emplace_back(destinations[k], k, true);
  }
  require_unshared(uses, pairs);
}

}  // namespace slimming::inline v0::detail
