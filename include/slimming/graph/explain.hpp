// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Why a channel stays or what goes with it, in words.
/// Area: graph.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value
#include <slimming/core/mask.hpp>            // mask
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/graph/groups.hpp>         // ragged
#include <slimming/graph/words.hpp>          // channel_words, op_words, name_of

#include <cstddef>  // std::size_t
#include <cstdint>  // std::int32_t
#include <string>   // std::string
#include <vector>   // std::vector

namespace slimming::inline v0 {

namespace detail {

/// Walks from one channel along ties (both ways) and selections (from the wide side to the narrow
/// one, which needs it), breadth first, and remembers how it came to each channel.
class tie_walk {
 public:
  struct place {
    channels at;
    index_t i;
    std::int32_t from;  ///< index of the place that led here, -1 for the start
    std::int32_t op;    ///< operator that tied or selected it
    bool
        by_selection;  ///< this place, or one on the way, reads a wide channel: not of the same group
  };

  tie_walk(const channel_graph& graph, channels c, index_t i)
      : graph_(graph),
        sides_of_(graph.values().size(), 2 * graph.ties().size(),
                  [&](std::size_t side) {
                    const auto& tie = graph.ties()[side / 2];
                    return (side % 2 == 0 ? tie.a : tie.b).id;
                  }),
        selects_of_(graph.values().size(), graph.selects().size(),
                    [&](std::size_t s) { return graph.selects()[s].wide.id; }) {
    seen_.assign(static_cast<std::size_t>(graph.atom_count()), 0);
    visit({c, i, -1, -1, false});
    // Ties first, so that a channel of the same group is never said to be a selected one.
    for (std::size_t next = 0; next < places_.size(); ++next) follow_ties(next);
    const std::size_t group_end = places_.size();
    for (std::size_t next = 0; next < places_.size(); ++next) {
      follow_selects(next);
      if (next >= group_end) follow_ties(next);
    }
  }

  [[nodiscard]] const std::vector<place>& places() const noexcept { return places_; }

 private:
  static std::size_t index(channels c) noexcept { return static_cast<std::size_t>(c.id); }

  void visit(place p) {
    auto& seen = seen_[static_cast<std::size_t>(graph_.atom(p.at, p.i))];
    if (seen) return;
    seen = 1;
    places_.push_back(p);
  }

  void follow_ties(std::size_t next) {
    const place here = places_[next];
    const auto go = [&](channels to, index_t j, std::int32_t op) {
      visit({to, j, static_cast<std::int32_t>(next), op, here.by_selection});
    };
    for (const auto side : sides_of_.row(index(here.at))) {
      const auto& tie = graph_.ties()[static_cast<std::size_t>(side / 2)];
      const auto b_of = [&](index_t i, index_t k) {
        return tie.map.empty() ? tie.first_b + i * tie.block + k
                               : tie.map[static_cast<std::size_t>(i)];
      };
      if (side % 2 == 0) {
        if (here.i >= tie.first_a && here.i < tie.first_a + tie.n)
          for (index_t k = 0; k < tie.block; ++k) go(tie.b, b_of(here.i - tie.first_a, k), tie.op);
      } else if (tie.map.empty()) {
        const index_t offset = here.i - tie.first_b;
        if (offset >= 0 && offset < tie.n * tie.block)
          go(tie.a, tie.first_a + offset / tie.block, tie.op);
      } else {
        for (index_t i = 0; i < tie.n; ++i)
          if (b_of(i, 0) == here.i) go(tie.a, tie.first_a + i, tie.op);
      }
    }
  }

  void follow_selects(std::size_t next) {
    const place here = places_[next];
    for (const auto s : selects_of_.row(index(here.at))) {
      const auto& select = graph_.selects()[static_cast<std::size_t>(s)];
      for (index_t j = 0; j < graph_.size(select.narrow); ++j)
        if (select.indices[static_cast<std::size_t>(j)] == here.i)
          visit({select.narrow, j, static_cast<std::int32_t>(next), select.op, true});
    }
  }

  const channel_graph& graph_;
  ragged sides_of_;         // value -> 2 * tie where it is `a`, 2 * tie + 1 where it is `b`
  ragged selects_of_;       // value -> selections that it is the wide side of
  std::vector<char> seen_;  // atom
  std::vector<place> places_;
};

/// Index into pins() of the first pin that names this channel, -1 if none does.
inline index_t pin_of(const channel_graph& graph, channels c, index_t i) {
  for (std::size_t p = 0; p < graph.pins().size(); ++p)
    if (graph.pins()[p].at == c && (graph.pins()[p].index < 0 || graph.pins()[p].index == i))
      return static_cast<index_t>(p);
  return -1;
}

/// The channels of \p at among the places.
inline mask mask_of(const channel_graph& graph, channels at,
                    const std::vector<tie_walk::place>& places, bool by_selection) {
  mask reached(graph.size(at), false);
  for (const auto& p : places)
    if (p.at == at && p.by_selection == by_selection) reached.set(p.i, true);
  return reached;
}

/// One line per value: its channels among the places and what first led there.
inline std::string list_places(const channel_graph& graph,
                               const std::vector<tie_walk::place>& places, bool by_selection) {
  std::string text;
  std::vector<char> is_listed(graph.values().size(), 0);
  const tie_walk::place& start = places.front();  // needs no line of its own
  for (const auto& p : places) {
    auto& listed = is_listed[static_cast<std::size_t>(p.at.id)];
    if (&p == &start || p.by_selection != by_selection || listed) continue;
    listed = 1;
    mask reached = mask_of(graph, p.at, places, by_selection);
    if (p.at == start.at && !by_selection) reached.set(start.i, false);
    text +=
        "  " + channel_words(graph, p.at, reached.indices()) + op_words(graph, p.op, " by ") + '\n';
  }
  return text;
}

inline std::string list_parameters(const channel_graph& graph,
                                   const std::vector<tie_walk::place>& places) {
  std::string text;
  for (const auto& b : graph.bindings()) {
    const mask reached = mask_of(graph, b.at, places, false);
    if (reached.count() == 0) continue;
    text += "  '" + graph.at(b.parameter).value.name + "' axis " + std::to_string(b.axis) + " (" +
            std::string(name_of(b.as)) + "), " + range_words(reached.indices()) + '\n';
  }
  return text;
}

}  // namespace detail

/// Says whether channel \p i of \p c may be removed; if not, the chain of ties and selections that
/// leads to the reason; in any case which channels go with it and which parameters they index.
/// \throws bad_value  if there is no such channel.
/// \complexity O(values + ties + channels that are reached).
[[nodiscard]] inline std::string explain(const channel_graph& graph, channels c, index_t i) {
  if (i < 0 || i >= graph.size(c))
    throw bad_value("explain: channel of '" + graph.name(c) + "'", i);
  const detail::tie_walk walk(graph, c, i);
  const auto& places = walk.places();

  std::string text = detail::channel_words(graph, c, {i});
  const detail::tie_walk::place* pinned = nullptr;
  index_t pin_number = -1;
  for (const auto& p : places) {
    pin_number = detail::pin_of(graph, p.at, p.i);
    if (pin_number < 0) continue;
    pinned = &p;
    break;
  }
  if (!pinned) {
    text += " may be removed.\n";
  } else {
    const auto& pin = graph.pins()[static_cast<std::size_t>(pin_number)];
    text += " stays: " + pin.reason + detail::op_words(graph, pin.op, " at ") + ".\n";
    std::string path;
    for (const auto* step = pinned; step->from >= 0;) {
      const auto& from = places[static_cast<std::size_t>(step->from)];
      const bool is_read = step->by_selection && !from.by_selection;
      path = (is_read ? "  is read by " : "  goes with ") +
             detail::channel_words(graph, step->at, {step->i}) +
             detail::op_words(graph, step->op, is_read ? " in " : " by ") + '\n' + path;
      step = &from;
    }
    text += path;
  }
  if (const auto tied = detail::list_places(graph, places, false); !tied.empty())
    text += "Tied to it:\n" + tied;
  if (const auto readers = detail::list_places(graph, places, true); !readers.empty())
    text += "Selected from it, gone if it goes:\n" + readers;
  if (const auto parameters = detail::list_parameters(graph, places); !parameters.empty())
    text += "They index:\n" + parameters;
  for (const auto& a : graph.approximations())
    if (detail::mask_of(graph, a.at, places, false).count() > 0)
      text +=
          "Removing it is approximate: " + a.reason + detail::op_words(graph, a.op, " in ") + ".\n";
  return text;
}

}  // namespace slimming::inline v0
