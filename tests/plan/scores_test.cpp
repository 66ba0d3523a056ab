// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>  // random_stream
#include <slimming/plan/scores.hpp>

#include <algorithm>  // std::stable_sort
#include <limits>
#include <vector>  // std::vector

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Two units of 3 and 2 groups with scores 1 3 2 and 4 0.
struct two_units {
  two_units() : graph(make()), groups(graph), scores(groups.count()) {
    const double values[] = {1, 3, 2, 4, 0};
    for (sl::index_t g = 0; g < 5; ++g) scores.set(g, values[g]);
  }
  static sl::channel_graph make() {
    sl::channel_graph g;
    (void)g.add(3, "a");
    (void)g.add(2, "b");
    return g;
  }
  sl::channel_graph graph;
  sl::channel_groups groups;
  sl::group_scores scores;
};

}  // namespace

TEST_CASE("a group has no score until it gets a finite one") {
  sl::group_scores s(2);
  CHECK_FALSE(s.has(0));
  s.set(0, -1.5);
  CHECK(s.has(0));
  CHECK(s[0] == -1.5);
  CHECK_THROWS_WITH(s.set(1, std::numeric_limits<double>::quiet_NaN()),
                    "slimming: bad_value: score of group 1: got nan");
  CHECK_THROWS_AS(s.set(1, std::numeric_limits<double>::infinity()), sl::bad_value);
  CHECK_FALSE(s.has(1));
}

TEST_CASE("groups rank by score, equal ones and both zeros by number") {
  const double odd[] = {0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, 0.1, 0.1, -7, 1, 2, 4};
  sl::random_stream stream{11};
  for (const std::size_t n : {0u, 1u, 2u, 12u, 300u, 5000u}) {
    std::vector<sl::detail::ranked_group> groups;
    for (std::size_t k = 0; k < n; ++k) {
      const double u = stream.uniform();
      const double score = u < 0.5 ? odd[static_cast<std::size_t>(24 * u)] : 1e3 * (u - 0.75);
      groups.push_back({score, static_cast<std::int32_t>(k)});
    }
    auto expected = groups;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.score < b.score; });
    sl::detail::sort_by_score(groups);
    REQUIRE(groups.size() == expected.size());
    bool is_same = true;
    for (std::size_t k = 0; k < n; ++k) is_same = is_same && groups[k].group == expected[k].group;
    CHECK(is_same);
  }
}

TEST_CASE("normalisers divide by the unit's mean, maximum or the sum of what is not smaller") {
  two_units t;
  SECTION("none") {
    sl::normalise(t.scores, t.groups, sl::normaliser::none);
    CHECK(t.scores[1] == 3);
  }
  SECTION("mean") {
    sl::normalise(t.scores, t.groups, sl::normaliser::mean);
    CHECK(t.scores[1] == Approx(1.5));
    CHECK(t.scores[3] == Approx(2));
    CHECK(t.scores[4] == 0);
  }
  SECTION("max") {
    sl::normalise(t.scores, t.groups, sl::normaliser::max);
    CHECK(t.scores[0] == Approx(1.0 / 3));
    CHECK(t.scores[3] == 1);
  }
  SECTION("lamp") {
    sl::normalise(t.scores, t.groups, sl::normaliser::lamp);
    CHECK(t.scores[1] == 1);
    CHECK(t.scores[2] == Approx(2.0 / 5));
    CHECK(t.scores[0] == Approx(1.0 / 6));
    CHECK(t.scores[4] == 0);
  }
}

TEST_CASE("normalising skips groups without a score and survives a unit of zeros") {
  two_units t;
  sl::group_scores s(5);
  s.set(0, 0);
  s.set(2, 0);
  s.set(4, 6);
  for (const auto by : {sl::normaliser::mean, sl::normaliser::max, sl::normaliser::lamp}) {
    sl::normalise(s, t.groups, by);
    CHECK(s[0] == 0);
    CHECK(s[2] == 0);
    CHECK(s[4] == 1);
    CHECK_FALSE(s.has(1));
  }
}

TEST_CASE("normalising scores of another graph is declined") {
  two_units t;
  sl::group_scores s(4);
  CHECK_THROWS_AS(sl::normalise(s, t.groups, sl::normaliser::mean), sl::shape_mismatch);
}
