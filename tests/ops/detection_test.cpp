// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/detection.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

TEST_CASE("regions are cut from every channel alike; what depends on data keeps its channels") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 8, 8}), 8);
  const auto rois = b.net.add_initializer("rois", b.tensor({2, 4}, 1, 5));
  const auto batch = b.constant({0, 0});
  const auto y = b.op("RoiAlign", {x, rois, batch},
                      {{"output_height", sl::index_t{2}},
                       {"output_width", sl::index_t{3}},
                       {"sampling_ratio", sl::index_t{2}}});
  const auto p = prove(b.out(b.linear(b.flatten(b.conv(y, 6)), 4)), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);

  net_builder t;
  const auto wide = t.conv(t.input({1, 3, 8, 8}), 8);
  auto net = t.out(t.op_n("TopK", 2, {wide, t.constant({2})}, {{"axis", sl::index_t{1}}})[0]);
  const auto of = sl::connect(net, sl::testing::ops(), {.strict = true});
  const sl::channel_groups groups(of.graph);
  CHECK(groups.is_pinned(groups.group_of(of.layouts[static_cast<std::size_t>(wide)].on(1), 0)));
}
