// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything that is odd about a graph, all at once: what surgery would refuse, what it would
/// miss.
/// Area: graph.

#include <slimming/core/array_ref.hpp>           // array_ref
#include <slimming/core/detail/ordering.hpp>     // larger
#include <slimming/graph/channel_graph.hpp>      // channel_graph
#include <slimming/graph/detail/key_index.hpp>   // key_index
#include <slimming/graph/detail/memory_use.hpp>  // memory_use, sort_by_address
#include <slimming/graph/groups.hpp>             // channel_groups

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int32_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange
#include <vector>       // std::vector

namespace slimming::inline v0 {

enum class severity : std::uint8_t {
  warning,  ///< surgery works, perhaps not as meant
  error     ///< surgery would corrupt memory or fail
};

/// One thing that is odd. `code` is a stable word: "null_data", "overlap", "aliased_elements",
/// "empty_value", "empty_parameter", "read_only", "unbound_parameter", "unbound_channels",
/// "unread_channels", "duplicate_name", "uncounted".
struct finding {
  severity level;
  std::string code;
  std::string place;  ///< the parameter or value
  std::string what;
};

[[nodiscard]] inline std::string to_string(const finding& f) {
  return (f.level == severity::error ? "error: " : "warning: ") + f.code + ": " + f.place + ": " +
         f.what;
}

namespace detail {

inline void find_overlaps(const channel_graph& graph, std::vector<finding>& findings) {
  std::vector<memory_use> ranges;
  for (std::size_t p = 0; p < graph.parameters().size(); ++p) {
    const array_ref& a = graph.parameters()[p].value.array;
    if (a.data != nullptr && a.size() > 0) ranges.emplace_back(a, p, true);
  }
  sort_by_address(ranges);
  std::size_t widest = 0;  // the range that reaches furthest so far
  for (std::size_t r = 1; r < ranges.size(); ++r) {
    const auto& a = ranges[widest];
    const auto& b = ranges[r];
    if (b.first < a.end) {
      const bool maybe = a.has_gaps || b.has_gaps;
      findings.push_back({maybe ? severity::warning : severity::error, "overlap",
                          graph.parameters()[b.parameter].value.name,
                          std::string(maybe ? "may share" : "shares") + " memory with '" +
                              graph.parameters()[a.parameter].value.name +
                              "', which starts elsewhere: cutting one would change the other"});
    }
    if (b.end > a.end) widest = r;
  }
}

inline void inspect_parameter(const channel_graph::parameter_record& record, bool sizes_are_known,
                              std::vector<finding>& findings) {
  const array_ref& a = record.value.array;
  const std::string& name = record.value.name;
  bool is_bound = false;
  for (const auto b : record.axis_binding) is_bound = is_bound || b >= 0;
  if (a.size() == 0) {
    if (a.data == nullptr && record.value.owner.resized) return;  // it carries extents
    findings.push_back({severity::error, "empty_parameter", name, "has no elements"});
    return;
  }
  if (a.data == nullptr)
    findings.push_back({severity::error, "null_data", name,
                        "has no memory: plans can be made, surgery cannot be done"});
  for (std::size_t axis = 0; axis < a.rank; ++axis)
    if (a.extent[axis] > 1 && a.stride[axis] == 0)
      findings.push_back(
          {severity::error, "aliased_elements", name,
           "axis " + std::to_string(axis) + " has stride 0: its elements are one place in memory"});
  if (!is_bound)
    findings.push_back({severity::warning, "unbound_parameter", name,
                        "no axis is indexed by channels: it is never cut"});
  else if (a.read_only)
    findings.push_back({severity::warning, "read_only", name,
                        "is read-only: it can be copied from, not cut in place"});
  if (sizes_are_known && is_bound && a.rank >= 2 && record.positions == 0)
    findings.push_back({severity::warning, "uncounted", name,
                        "its multiply-accumulates are not counted: the spatial size was lost on "
                        "the way to it"});
}

/// The last operators that write and that read the channels of each group. An operator that takes
/// in channels and makes others reads them: it binds them as inputs, selects from them, or ties two
/// values of which it neither made nor hands on one (a product of two activations, a layer that is
/// used again).
struct last_uses {
  static constexpr std::int32_t never = -2;  // -1: before the first operator
  std::vector<std::int32_t> written, read;   // by group

  last_uses(const channel_graph& graph, const channel_groups& groups)
      : written(static_cast<std::size_t>(groups.count()), never), read(written) {
    const auto note = [&](std::vector<std::int32_t>& last, channels c, std::int32_t op) {
      for (index_t i = 0; i < graph.size(c); ++i) {
        auto& known = last[static_cast<std::size_t>(groups.group_of(c, i))];
        known = larger(known, op);
      }
    };
    for (const auto& b : graph.bindings()) {
      if (b.as == role::weight) note(written, b.at, b.op);
      if (b.as == role::weight_in) note(read, b.at, b.op);
    }
    for (const auto& s : graph.selects()) {
      note(written, s.narrow, s.op);
      note(read, s.wide, s.op);
    }
    for (const auto& t : graph.ties()) {
      if (t.op < 0) continue;
      const channels handed_on = graph.handed_on()[static_cast<std::size_t>(t.op)];
      const auto is_own = [&](channels c) {
        return c == handed_on || graph.values()[static_cast<std::size_t>(c.id)].op == t.op;
      };
      if (is_own(t.a) || is_own(t.b)) continue;
      note(read, t.a, t.op);
      note(read, t.b, t.op);
    }
  }
  [[nodiscard]] bool is_unread(index_t g) const {
    const auto k = static_cast<std::size_t>(g);
    return written[k] != never && read[k] < written[k];
  }
};

/// Values all of whose channels are free and unread: most likely an output() was forgotten. Each is
/// named by the last value that has its channels.
inline void find_unread(const channel_graph& graph, const channel_groups& groups,
                        std::vector<finding>& findings) {
  const last_uses uses(graph, groups);
  for (std::size_t v = 0; v < graph.values().size(); ++v) {
    const channels c{static_cast<std::int32_t>(v)};
    bool is_unread = graph.size(c) > 1;  // a single channel is never cut
    for (index_t i = 0; is_unread && i < graph.size(c); ++i) {
      const index_t g = groups.group_of(c, i);
      is_unread = !groups.is_pinned(g) && uses.is_unread(g) &&
                  groups.member_at(g, groups.member_count(g) - 1).at == c;
    }
    if (is_unread)
      findings.push_back(
          {severity::warning, "unread_channels", graph.name(c),
           "nobody reads its " + std::to_string(graph.size(c)) +
               " channels, so they may go: declare it with output() if the caller does"});
  }
}

}  // namespace detail

/// All findings: parameters in their order, then memory, then values.
/// \complexity O(atoms + parameters log parameters).
[[nodiscard]] inline std::vector<finding> verify(const channel_graph& graph) {
  std::vector<finding> findings;
  const auto& parameters = graph.parameters();
  bool sizes_are_known = false;
  for (const auto& p : parameters) sizes_are_known = sizes_are_known || p.positions > 0;
  detail::key_index<std::string_view> by_name;
  std::vector<char> is_ambiguous(parameters.size(), 0);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto& record = parameters[p];
    detail::inspect_parameter(record, sizes_are_known, findings);
    const auto first = static_cast<std::size_t>(
        by_name.find_or_add(record.value.name, static_cast<std::int32_t>(p), [&](std::int32_t k) {
          return std::string_view(parameters[static_cast<std::size_t>(k)].value.name);
        }));
    if (first != p && std::exchange(is_ambiguous[first], 1) == 0)
      findings.push_back(
          {severity::warning, "duplicate_name", record.value.name,
           "several parameters have this name: a saved plan cannot tell them apart"});
  }
  detail::find_overlaps(graph, findings);

  const channel_groups groups(graph);
  std::vector<char> is_indexed(static_cast<std::size_t>(groups.count()), 0);
  for (const auto& b : graph.bindings())
    for (index_t i = 0; i < graph.size(b.at); ++i)
      is_indexed[static_cast<std::size_t>(groups.group_of(b.at, i))] = 1;
  for (std::size_t v = 0; v < graph.values().size(); ++v) {
    const channels c{static_cast<std::int32_t>(v)};
    if (graph.size(c) == 0) {
      findings.push_back({severity::error, "empty_value", graph.name(c), "has no channels"});
      continue;
    }
    index_t bare = 0;
    for (index_t i = 0; i < graph.size(c); ++i) {
      const index_t g = groups.group_of(c, i);
      const bool first = groups.member_at(g, 0).at == c;  // report a group where it first appears
      if (first && !is_indexed[static_cast<std::size_t>(g)] && !groups.is_pinned(g)) ++bare;
    }
    if (bare > 0)
      findings.push_back({severity::warning, "unbound_channels", graph.name(c),
                          std::to_string(bare) + " of " + std::to_string(graph.size(c)) +
                              " channels index no parameter, nor do those that they go with"});
  }
  detail::find_unread(graph, groups, findings);
  return findings;
}

}  // namespace slimming::inline v0
