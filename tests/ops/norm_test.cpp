// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/ops/norm.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/net_builder.hpp"
#include "tests/support/oracle.hpp"

namespace sl = slimming;
using sl::testing::ints;
using sl::testing::net_builder;
using sl::testing::prove;

namespace {

sl::model group_normed(sl::index_t groups, sl::index_t scales) {
  net_builder b;
  b.net.opsets[""] = scales == 12 ? 21 : 18;
  const auto x = b.conv(b.input({1, 3, 6, 6}), 12);
  const auto y = b.op("GroupNormalization", {x, b.weight({scales}), b.weight({scales})},
                      {{"num_groups", groups}});
  return b.classify(b.conv(y, 6));
}

}  // namespace

TEST_CASE("batch and instance norms are cut with their channels") {
  net_builder b;
  auto x = b.bn(b.conv(b.input({2, 3, 6, 6}), 8));
  x = b.op("InstanceNormalization", {b.conv(x, 8), b.weight({8}), b.weight({8})});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}

TEST_CASE("a group norm loses whole groups exactly, or positions approximately") {
  for (const sl::index_t scales : {12, 4}) {
    const auto whole = prove(group_normed(4, scales), sl::global_ratio{0.5});
    CHECK_FALSE(whole.approximate);
    CHECK(whole.difference < 1e-12);
    CHECK(whole.pruned.nodes()[1].integer("num_groups", 0) < 4);
  }
  const auto narrow = prove(group_normed(4, 12), sl::global_ratio{0.5}, {.allow_approximate = true},
                            {.norm_grouping = sl::rules::group_policy::same_positions});
  CHECK(narrow.approximate);
  CHECK(narrow.removed > 0);
  CHECK(narrow.pruned.nodes()[1].integer("num_groups", 0) == 4);
}

TEST_CASE("channels under a layer norm go only where approximations are allowed") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  x = b.transpose(x, {0, 2, 3, 1});
  const auto n = b.op("LayerNormalization", {x, b.weight({8}), b.weight({8})});
  const auto hidden = b.op("Relu", {b.matmul(n, 12)});
  const auto net = b.classify(b.transpose(b.matmul(hidden, 8), {0, 3, 1, 2}));
  const auto exact = prove(net, sl::global_ratio{0.5});
  CHECK(exact.approximate);
  CHECK(exact.removed > 0);  // inside the feed-forward part
  CHECK(exact.difference < 1e-12);
  const auto flagged = prove(net, sl::global_ratio{0.5}, {.allow_approximate = true});
  CHECK(flagged.removed > exact.removed);
  CHECK(flagged.difference > 1e-6);
}

TEST_CASE("zeros do not change a p-norm") {
  net_builder b;
  auto x = b.conv(b.input({1, 3, 4, 4}), 8);
  x = b.op("LpNormalization", {x}, {{"axis", sl::index_t{1}}});
  const auto p = prove(b.classify(x), sl::global_ratio{0.5});
  CHECK(p.removed > 0);
  CHECK(p.difference < 1e-12);
}
