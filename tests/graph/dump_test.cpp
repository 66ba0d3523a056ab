// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/dump.hpp>

#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;

namespace {

void build(sl::channel_graph& g, support::arrays& a) {
  g.enter("input");
  const auto x = g.add(3, "input");
  g.pin(x, "network input");
  g.enter("conv \"1\"");
  const auto y = g.add(4, "conv1");
  const auto w = g.add(a.make("w", {4, 3, 3, 3}));
  g.bind(w, 0, y, sl::role::weight);
  g.bind(w, 1, x, sl::role::weight_in);
  g.use(w, 64);
  g.enter("shuffle");
  const auto s = g.add(4, "s");
  g.tie_each(y, s, [](sl::index_t i) { return 3 - i; });
  const auto f = g.add(8, "f");
  g.tie_block(s, f, 2);
  const auto n = g.add(2, "n");
  g.select(s, n, std::vector<sl::index_t>{0, 2});
  g.pin(n, 1, "looked at");
}

}  // namespace

TEST_CASE("the text holds every statement in its order") {
  sl::channel_graph g;
  support::arrays a;
  build(g, a);
  CHECK(sl::to_text(g) ==
        "values\n"
        "  input: 3\n"
        "  conv1: 4\n"
        "  s: 4\n"
        "  f: 8\n"
        "  n: 2\n"
        "parameters\n"
        "  w: 4 x 3 x 3 x 3 at 64 positions\n"
        "    axis 0 by conv1 as weight\n"
        "    axis 1 by input as weight_in\n"
        "ties\n"
        "  conv1[0, 4) = s by a map, 'shuffle'\n"
        "  s[0, 4) = f[0, 8) in blocks of 2, 'shuffle'\n"
        "selections\n"
        "  n reads 2 of s, 'shuffle'\n"
        "pins\n"
        "  input: network input, 'input'\n"
        "  n[1, 2): looked at, 'shuffle'\n");
}

TEST_CASE("DOT: one node per value and parameter, one line per relation, names escaped") {
  sl::channel_graph g;
  support::arrays a;
  build(g, a);
  g.enter("a \\ \"b\"");
  g.tie(sl::channels{2}, sl::channels{1});
  const auto dot = sl::to_dot(g);
  const auto has = [&](const std::string& line) { return dot.find(line) != std::string::npos; };
  CHECK(dot.find("graph slimming {\n") == 0);
  CHECK(has("  v0 [label=\"input\\n3 channels, 3 pinned\", style=filled, fillcolor=lightgrey];\n"));
  CHECK(has("  v4 [label=\"n\\n2 channels, 1 pinned\"];\n"));
  CHECK(has("  p0 [shape=box, label=\"w\\n4 x 3 x 3 x 3\"];\n"));
  CHECK(has("  v1 -- p0 [style=dotted, label=\"axis 0, weight\"];\n"));
  CHECK(has("  v1 -- v2 [label=\"'shuffle'\"];\n"));
  CHECK(has("  v2 -- v4 [dir=forward, style=dashed, label=\"'shuffle'\"];\n"));
  CHECK(has("[label=\"'a \\\\ \\\"b\\\"'\"];\n"));
  CHECK(dot.substr(dot.size() - 2) == "}\n");
}
