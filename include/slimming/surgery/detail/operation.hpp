// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Parameters matched with their cuts, checked as a whole before the first write.
/// Area: surgery.

#include <slimming/core/array_ref.hpp>          // array_ref
#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // plan_mismatch, bad_value, owner_refused
#include <slimming/core/tensor.hpp>             // to_string
#include <slimming/graph/detail/key_index.hpp>  // key_index
#include <slimming/graph/parameter.hpp>         // parameter
#include <slimming/plan/detail/memory.hpp>      // require_memory
#include <slimming/plan/record.hpp>             // plan_record, parameter_cut
#include <slimming/surgery/compact.hpp>         // require_cuts, require_entries

#include <algorithm>    // std::equal, std::sort
#include <cstdint>      // std::int32_t
#include <functional>   // std::less
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange, std::move
#include <vector>       // std::vector

namespace slimming::inline v0::detail {

/// A parameter and what happens to it.
struct matched {
  const parameter* what;
  const parameter_cut* cut;
};

/// By position where all names agree, else by name.
/// \throws plan_mismatch  if a parameter is unknown to the plan, missing, ambiguous or of another shape.
[[nodiscard]] inline std::vector<matched> match(const std::vector<const parameter*>& parameters,
                                                const plan_record& plan) {
  const auto& cuts = plan.parameters;
  std::vector<matched> pairs;
  pairs.reserve(parameters.size());
  if (std::equal(parameters.begin(), parameters.end(), cuts.begin(), cuts.end(),
                 [](const parameter* p, const parameter_cut& c) { return p->name == c.name; })) {
    for (std::size_t k = 0; k < cuts.size(); ++k) pairs.push_back({parameters[k], &cuts[k]});
  } else {
    const auto name_of = [&](std::int32_t k) {
      return std::string_view(cuts[static_cast<std::size_t>(k)].name);
    };
    key_index<std::string_view> by_name;
    for (std::int32_t k = 0; k < static_cast<std::int32_t>(cuts.size()); ++k)
      if (by_name.find_or_add(name_of(k), k, name_of) != k)
        throw plan_mismatch(name_of(k), "two parameters of the plan have this name");
    std::vector<char> is_matched(cuts.size(), 0);
    for (const parameter* p : parameters) {
      const std::int32_t found = by_name.find(p->name, name_of);
      if (found < 0) throw plan_mismatch(p->name, "the plan has no parameter of this name");
      const auto k = static_cast<std::size_t>(found);
      if (std::exchange(is_matched[k], 1) != 0)
        throw plan_mismatch(p->name, "two parameters of the network have this name");
      pairs.push_back({p, &cuts[k]});
    }
    for (std::size_t k = 0; k < cuts.size(); ++k)
      if (!cuts[k].is_untouched() && is_matched[k] == 0)
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
    if (cut->entries) {
      require_cuts(shape{cut->entries->width}, {{0, cut->entries->kept}}, what->name + " entries");
      require_entries(what->array, cut->kept(0), new_numbers(*cut->entries), what->name);
    }
  }
  return pairs;
}

/// Memory that surgery reads or writes.
struct memory_use {
  const std::byte *first, *last;
  std::string_view name;
  bool is_written;

  memory_use(const array_ref& a, std::string_view of, bool written)
      : first(a.data), last(a.data), name(of), is_written(written) {
    if (a.size() == 0) return;
    const auto element = static_cast<index_t>(size_of(a.type));
    for (std::size_t axis = 0; axis < a.rank; ++axis) {
      const index_t reach = (a.extent[axis] - 1) * a.stride[axis] * element;
      (reach < 0 ? first : last) += reach;
    }
    last += element;
  }
};

/// \throws bad_value  if memory that is written overlaps any other.
inline void require_unshared(std::vector<memory_use> uses) {
  std::sort(uses.begin(), uses.end(), [](const memory_use& a, const memory_use& b) {
    return std::less<>{}(a.first, b.first);
  });
  const memory_use *reader = nullptr, *writer = nullptr;  // those that reach furthest so far
  for (const memory_use& use : uses) {
    if (use.first == use.last) continue;
    for (const memory_use* other : {writer, use.is_written ? reader : nullptr})
      if (other && std::less<>{}(use.first, other->last))
        throw bad_value(use.name, "shares memory with " + std::string(other->name) +
                                      ", which surgery would corrupt");
    const memory_use*& furthest = use.is_written ? writer : reader;
    if (!furthest || std::less<>{}(furthest->last, use.last)) furthest = &use;
  }
}

/// Every check that surgery in place needs. Nothing has been written when it throws.
/// \throws owner_refused  if an owner does not accept its new extents.
[[nodiscard]] inline std::vector<matched> prepare_in_place(
    const std::vector<const parameter*>& parameters, const plan_record& plan) {
  auto pairs = match(parameters, plan);
  std::vector<memory_use> uses;
  uses.reserve(pairs.size());
  for (const auto& [what, cut] : pairs) {
    if (!cut->is_untouched()) require_compactable(what->array, what->name);
    uses.emplace_back(what->array, what->name, !cut->is_untouched());
  }
  require_unshared(std::move(uses));
  for (const auto& [what, cut] : pairs) {
    if (cut->axes.empty() || what->owner.accepts == nullptr) continue;
    const shape after = cut->after();
    if (!what->owner.accepts(what->owner.object, after))
      throw owner_refused(what->name, "its owner does not accept " + to_string(after) +
                                          " in place of " + to_string(cut->before));
  }
  return pairs;
}

/// Every check that surgery into other memory needs, for destinations in the order of \p parameters.
[[nodiscard]] inline std::vector<matched> prepare_into(
    const std::vector<const parameter*>& parameters, const plan_record& plan,
    std::span<const array_ref> destinations) {
  if (destinations.size() != parameters.size())
    throw shape_mismatch("apply_into: destinations", static_cast<index_t>(parameters.size()),
                         static_cast<index_t>(destinations.size()));
  auto pairs = match(parameters, plan);
  std::vector<memory_use> uses;
  uses.reserve(2 * pairs.size());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const auto& [what, cut] = pairs[k];
    require_gatherable(what->array, cut->after(), destinations[k], what->name);
    uses.emplace_back(what->array, what->name, false);
    uses.emplace_back(destinations[k], what->name, true);
  }
  require_unshared(std::move(uses));
  return pairs;
}

}  // namespace slimming::inline v0::detail
