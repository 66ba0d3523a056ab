// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A graph as text, and as DOT for Graphviz.
/// Area: graph.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/groups.hpp>         // channel_groups
#include <slimming/graph/words.hpp>          // name_of, op_words

#include <cstddef>      // std::size_t
#include <cstdint>      // std::int32_t
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0 {

namespace detail {

/// "conv1[0, 64)".
inline std::string run_words(const channel_graph& graph, channels c, index_t first, index_t n) {
  return graph.name(c) + "[" + std::to_string(first) + ", " + std::to_string(first + n) + ")";
}

inline std::string extent_words(const array_ref& a) {
  std::string text;
  for (std::size_t axis = 0; axis < a.rank; ++axis)
    text += (axis ? " x " : "") + std::to_string(a.extent[axis]);
  return text;
}

/// Inside a DOT string: quotes and backslashes are escaped, line ends are not.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

inline std::string dot_name(channels c) { return "v" + std::to_string(c.id); }

}  // namespace detail

/// Values, parameters, ties, selections, pins: one line each, in the order in which they were
/// stated.
[[nodiscard]] inline std::string to_text(const channel_graph& graph) {
  std::string text = "values\n";
  for (const auto& v : graph.values()) text += "  " + v.name + ": " + std::to_string(v.size) + '\n';
  text += "parameters\n";
  for (const auto& p : graph.parameters()) {
    text += "  " + p.value.name + ": " + detail::extent_words(p.value.array);
    if (p.positions > 0) text += " at " + std::to_string(p.positions) + " positions";
    text += '\n';
    for (std::size_t axis = 0; axis < p.value.array.rank; ++axis)
      if (const auto b = p.axis_binding[axis]; b >= 0) {
        const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
        text += "    axis " + std::to_string(axis) + " by " + graph.name(binding.at) + " as " +
                std::string(name_of(binding.as)) + '\n';
      }
  }
  text += "ties\n";
  for (const auto& t : graph.ties()) {
    text += "  " + detail::run_words(graph, t.a, t.first_a, t.n) + " = ";
    if (t.map.empty())
      text += detail::run_words(graph, t.b, t.first_b, t.n * t.block);
    else
      text += graph.name(t.b) + " by a map";
    if (t.block > 1) text += " in blocks of " + std::to_string(t.block);
    text += detail::op_words(graph, t.op, ", ") + '\n';
  }
  text += "selections\n";
  for (const auto& s : graph.selects())
    text += "  " + graph.name(s.narrow) + " reads " + std::to_string(s.indices.size()) + " of " +
            graph.name(s.wide) + detail::op_words(graph, s.op, ", ") + '\n';
  text += "pins\n";
  for (const auto& p : graph.pins())
    text += "  " + (p.index < 0 ? graph.name(p.at) : detail::run_words(graph, p.at, p.index, 1)) +
            ": " + p.reason + detail::op_words(graph, p.op, ", ") + '\n';
  return text;
}

/// Values as ellipses (grey where everything is pinned), parameters as boxes; lines for ties and
/// bindings, arrows for selections.
[[nodiscard]] inline std::string to_dot(const channel_graph& graph) {
  const channel_groups groups(graph);
  std::string text = "graph slimming {\n";
  for (std::size_t v = 0; v < graph.values().size(); ++v) {
    const channels c{static_cast<std::int32_t>(v)};
    index_t pinned = 0;
    for (index_t i = 0; i < graph.size(c); ++i) pinned += groups.is_pinned(groups.group_of(c, i));
    text += "  " + detail::dot_name(c) + " [label=" +
            detail::quoted(graph.name(c) + '\n' + std::to_string(graph.size(c)) + " channels" +
                           (pinned > 0 ? ", " + std::to_string(pinned) + " pinned" : "")) +
            (pinned == graph.size(c) ? ", style=filled, fillcolor=lightgrey" : "") + "];\n";
  }
  for (std::size_t p = 0; p < graph.parameters().size(); ++p) {
    const auto& record = graph.parameters()[p];
    const std::string id = "p" + std::to_string(p);
    text += "  " + id + " [shape=box, label=" +
            detail::quoted(record.value.name + '\n' + detail::extent_words(record.value.array)) +
            "];\n";
    for (std::size_t axis = 0; axis < record.value.array.rank; ++axis)
      if (const auto b = record.axis_binding[axis]; b >= 0) {
        const auto& binding = graph.bindings()[static_cast<std::size_t>(b)];
        text += "  " + detail::dot_name(binding.at) + " -- " + id + " [style=dotted, label=" +
                detail::quoted("axis " + std::to_string(axis) + ", " +
                               std::string(name_of(binding.as))) +
                "];\n";
      }
  }
  for (const auto& t : graph.ties())
    text += "  " + detail::dot_name(t.a) + " -- " + detail::dot_name(t.b) +
            " [label=" + detail::quoted(detail::op_words(graph, t.op, "")) + "];\n";
  for (const auto& s : graph.selects())
    text +=
        "  " + detail::dot_name(s.wide) + " -- " + detail::dot_name(s.narrow) +
        " [dir=forward, style=dashed, label=" + detail::quoted(detail::op_words(graph, s.op, "")) +
        "];\n";
  return text + "}\n";
}

}  // namespace slimming::inline v0
