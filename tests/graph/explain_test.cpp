// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/explain.hpp>
#include <slimming/graph/groups.hpp>

#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;

namespace {

bool says(const std::string& text, const std::string& line) {
  return text.find(line) != std::string::npos;
}

}  // namespace

TEST_CASE("a free channel: what goes with it and what they index") {
  sl::channel_graph g;
  support::arrays a;
  g.enter("conv1");
  const auto y = g.add(4, "conv1");
  const auto w = g.add(a.make("conv1.weight", {4, 3}));
  g.bind(w, 0, y, sl::role::weight);
  g.enter("bn1");
  const auto n = g.add(4, "bn1");
  g.tie(y, n);
  g.bind(g.add(a.make("bn1.weight", {4})), 0, n, sl::role::scale);
  g.enter("flatten");
  const auto f = g.add(12, "flatten");
  g.tie_block(n, f, 3);
  CHECK(sl::explain(g, y, 2) ==
        "channel 2 of 'conv1' may be removed.\n"
        "Tied to it:\n"
        "  channel 2 of 'bn1' by 'bn1'\n"
        "  channels 6 to 8 of 'flatten' by 'flatten'\n"
        "They index:\n"
        "  'conv1.weight' axis 0 (weight), 2\n"
        "  'bn1.weight' axis 0 (scale), 2\n");
}

TEST_CASE("a pinned channel: the reason and the chain of ties that leads to it") {
  sl::channel_graph g;
  g.enter("input");
  const auto x = g.add(3, "input");
  g.pin(x, "network input");
  g.enter("conv1");
  const auto y = g.add(3, "conv1");
  const auto z = g.add(3, "conv2");
  g.enter("add");
  g.tie(y, x);
  g.enter("shuffle");
  g.tie_each(z, y, [](sl::index_t i) { return 2 - i; });
  const auto text = sl::explain(g, z, 0);
  CHECK(says(text,
             "channel 0 of 'conv2' stays: network input at 'input'.\n"
             "  goes with channel 2 of 'conv1' by 'shuffle'\n"
             "  goes with channel 2 of 'input' by 'add'\n"));
  CHECK(says(sl::explain(g, x, 1), "channel 1 of 'input' stays: network input at 'input'.\n"));
}

TEST_CASE("a selection: the wide channel says who reads it, the narrow one stands alone") {
  sl::channel_graph g;
  g.enter("bn");
  const auto wide = g.add(4, "bn");
  g.enter("select");
  const auto narrow = g.add(2, "select");
  g.select(wide, narrow, std::vector<sl::index_t>{3, 1});
  g.enter("conv");
  const auto tied = g.add(2, "conv");
  g.tie(narrow, tied);
  CHECK(sl::explain(g, wide, 1) ==
        "channel 1 of 'bn' may be removed.\n"
        "Selected from it, gone if it goes:\n"
        "  channel 1 of 'select' by 'select'\n"
        "  channel 1 of 'conv' by 'conv'\n");
  CHECK(sl::explain(g, wide, 0) == "channel 0 of 'bn' may be removed.\n");
  CHECK(sl::explain(g, narrow, 0) ==
        "channel 0 of 'select' may be removed.\n"
        "Tied to it:\n"
        "  channel 0 of 'conv' by 'conv'\n");
  g.enter("output");
  g.pin(tied, 0, "network output");
  CHECK(says(sl::explain(g, wide, 3),
             "channel 3 of 'bn' stays: network output at 'output'.\n"
             "  is read by channel 0 of 'select' in 'select'\n"
             "  goes with channel 0 of 'conv' by 'conv'\n"));
  CHECK(says(sl::explain(g, wide, 1), "may be removed"));
}

TEST_CASE("approximations are repeated") {
  sl::channel_graph g;
  g.enter("ln");
  const auto y = g.add(4, "ln");
  g.approximate(y, "statistics are shared");
  CHECK(sl::explain(g, y, 0) ==
        "channel 0 of 'ln' may be removed.\n"
        "Removing it is approximate: statistics are shared in 'ln'.\n");
}

TEST_CASE("explain and channel_groups agree on what is pinned and what goes together") {
  sl::channel_graph g;
  g.enter("op");
  const auto a = g.add(6, "a"), b = g.add(6, "b"), c = g.add(3, "c"), d = g.add(2, "d");
  g.tie_each(a, b, [](sl::index_t i) { return (i * 5) % 6; });
  g.tie_block(c, b, 2);
  g.select(c, d, std::vector<sl::index_t>{2, 0});
  g.pin(d, 1, "kept");
  const sl::channel_groups groups(g);
  for (std::size_t v = 0; v < g.values().size(); ++v) {
    const sl::channels value{static_cast<std::int32_t>(v)};
    for (sl::index_t i = 0; i < g.size(value); ++i) {
      const auto group = groups.group_of(value, i);
      CHECK(says(sl::explain(g, value, i), "stays") == groups.is_pinned(group));
      std::size_t members = 0;
      const sl::detail::tie_walk walk(g, value, i);
      for (const auto& p : walk.places())
        if (!p.by_selection) {
          ++members;
          CHECK(groups.group_of(p.at, p.i) == group);
        }
      CHECK(static_cast<sl::index_t>(members) == groups.member_count(group));
    }
  }
}

TEST_CASE("a channel that does not exist is declined") {
  sl::channel_graph g;
  const auto c = g.add(2, "c");
  CHECK_THROWS_AS(sl::explain(g, c, 2), sl::bad_value);
  CHECK_THROWS_AS(sl::explain(g, c, -1), sl::bad_value);
  CHECK_THROWS_AS(sl::explain(g, sl::channels{}, 0), sl::bad_value);
}
