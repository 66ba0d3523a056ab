// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// What constraints forbid, and how a plan says so.
#include <slimming/plan/plan.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/plan/plan_checks.hpp"
#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("keep_at_least, round_to and max_removed hold for every unit") {
  const test::net n = test::vgg({10, 33, 64, 3});
  const std::vector<sl::index_t> width = {10, 33, 64, 3};
  for (int percent = 0; percent < 100; percent += 7)
    for (const sl::index_t at_least : {1, 2, 5})
      for (const sl::index_t round_to : {1, 4, 8, 16})
        for (const double cap : {1.0, 0.5, 0.3}) {
          const auto p =
              sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{percent / 100.0},
                            {.keep_at_least = at_least, .round_to = round_to, .max_removed = cap});
          for (std::size_t k = 0; k < width.size(); ++k) {
            const auto kept = p.end_mask("conv" + std::to_string(k) + ".weight").count();
            REQUIRE(kept >= std::min(at_least, width[k]));
            REQUIRE((kept == width[k] || kept % round_to == 0));
            REQUIRE(static_cast<double>(width[k] - kept) <= static_cast<double>(width[k]) * cap);
          }
        }
}

TEST_CASE(
    "a residual branch of which nothing ranks above the cut keeps its best channel and says so") {
  test::net n;
  const auto x = n.norm("bn0", n.conv("stem", n.input(3), 8));
  const auto branch_end = n.conv("second", n.norm("bn1", n.conv("first", x, 6)), 8);
  const auto y = n.join(x, branch_end);
  n.output(n.linear("fc", y, 4));
  const float branch[] = {0.01f, 0.03f, 0.02f, 0.05f, 0.04f, 0.02f};
  std::copy(std::begin(branch), std::end(branch), n.tensor("bn1.gamma").values<float>().data());
  for (float& g : n.tensor("bn0.gamma").values<float>()) g = 1;
  for (const sl::policy& how :
       {sl::policy(sl::score_threshold{0.5}), sl::policy(sl::global_ratio{0.45})}) {
    const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, how);
    CHECK(p.end_mask("first.weight").indices() == std::vector<sl::index_t>{3});
    CHECK(p.start_mask("second.weight").indices() == std::vector<sl::index_t>{3});
    CHECK(p.end_mask("second.weight").count() >= 7);
    CHECK(std::find(p.skipped().begin(), p.skipped().end(),
                    sl::skipped_unit{"first", 1, sl::skip_reason::minimum_width,
                                     "the smallest width that the constraints allow"}) !=
          p.skipped().end());
  }
}

TEST_CASE("a width or a step that is larger than any unit keeps all") {
  const test::net n = test::vgg({10, 33});
  constexpr auto most = std::numeric_limits<sl::index_t>::max();
  for (const auto& limits :
       {sl::constraints{.keep_at_least = most}, sl::constraints{.round_to = most},
        sl::constraints{.keep_at_least = most, .round_to = 8},
        sl::constraints{.keep_at_least = most, .round_to = most},
        sl::constraints{.keep_at_least = 3, .round_to = most}})
    for (const sl::policy& how :
         {sl::policy(sl::global_ratio{0.5}), sl::policy(sl::score_threshold{2})}) {
      const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, how, limits);
      CHECK(p.after() == p.before());
    }
}

TEST_CASE("rounding goes to the nearest width") {
  test::net n = test::vgg({32, 32});
  for (std::size_t i = 0; i < 32; ++i) {  // thresholds cut the layers where we want
    n.tensor("bn0.gamma").values<float>()[i] = i < 12 ? 0.1f : 1.0f;
    n.tensor("bn1.gamma").values<float>()[i] = i < 11 ? 0.1f : 1.0f;
  }
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::score_threshold{0.5}, {.round_to = 8});
  CHECK(p.end_mask("conv0.weight").count() == 16);  // 20 lies between 16 and 24: half goes
  CHECK(p.end_mask("conv1.weight").count() == 24);  // 21 is nearer to 24
}

TEST_CASE("ignored operators, values and parameters keep what they write") {
  const test::net n = test::vgg({8, 8, 8});
  const auto widths = [&](const std::string& pattern) {
    const auto p =
        sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5}, {.ignore = {pattern}});
    std::vector<bool> whole;
    for (const auto& layer : p.layers()) whole.push_back(layer.remaining == layer.total);
    return whole;
  };
  CHECK(widths("conv1") == std::vector<bool>{false, true, false, true});
  CHECK(widths("conv1.weight") == std::vector<bool>{false, true, false, true});
  CHECK(widths("bn?.gamma") == std::vector<bool>{true, true, true, true});
}

TEST_CASE("an ignored operator without channels of its own keeps those that it hands on") {
  test::net n;
  const auto x = n.norm("bn0", n.conv("stem", n.input(3), 8));
  n.graph.enter("relu0", x);
  const auto y = n.conv("second", n.conv("first", x, 8), 8);
  n.graph.enter("add1", x);
  n.graph.tie(x, y);
  n.graph.enter("product");
  n.output(n.linear("fc", x, 4));
  const auto widths = [&](const std::string& pattern) {
    const auto p =
        sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5}, {.ignore = {pattern}});
    return std::vector{p.end_mask("stem.weight").count(), p.end_mask("first.weight").count()};
  };
  CHECK(widths("relu0") == std::vector<sl::index_t>{8, 4});
  CHECK(widths("add?") == std::vector<sl::index_t>{8, 4});
  CHECK(test::contains(test::message_of([&] { (void)widths("prod*"); }),
                       "'prod*' matches only operators that write no channels"));
}

TEST_CASE("a pattern that matches nothing is declined") {
  const test::net n = test::vgg({8});
  const auto text = test::message_of([&] {
    (void)sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5}, {.ignore = {"cnov0"}});
  });
  CHECK(test::contains(text, "'cnov0' matches no operator, value or parameter"));
}

TEST_CASE("what stayed for a reason is listed with the reason") {
  test::net n = test::vgg({8, 8, 8});
  n.graph.approximate({2}, "layer norm over channels");  // value 2: bn0's output
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.9},
                               {.keep_at_least = 2, .ignore = {"conv1"}});
  const auto has = [&](const sl::skipped_unit& unit) {
    return std::find(p.skipped().begin(), p.skipped().end(), unit) != p.skipped().end();
  };
  CHECK(has({"input", 3, sl::skip_reason::pinned, "network input"}));
  CHECK(has({"fc", 10, sl::skip_reason::pinned, "network output"}));
  CHECK(has({"conv0", 8, sl::skip_reason::approximate, "layer norm over channels"}));
  CHECK(has({"conv1", 8, sl::skip_reason::ignored, "ignored by 'conv1'"}));
  CHECK(has({"conv2", 2, sl::skip_reason::minimum_width,
             "the smallest width that the constraints allow"}));
  CHECK(p.skipped().size() == 5);
  const auto cut =
      sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5}, {.allow_approximate = true});
  CHECK(cut.end_mask("conv0.weight").count() < 8);
}

TEST_CASE("units that the criterion does not see stay and say so") {
  test::net n;
  const auto h = n.linear("hidden", n.norm("bn", n.conv("conv", n.input(3), 8)), 6);
  n.output(n.linear("fc", h, 2));
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5});
  CHECK(p.end_mask("hidden.weight").keeps_all());
  CHECK(std::any_of(p.skipped().begin(), p.skipped().end(), [](const sl::skipped_unit& s) {
    return s.at == "hidden" && s.channels == 6 && s.why == sl::skip_reason::no_score;
  }));
}

TEST_CASE("the wide side of a selection stays where an ignored reader needs it") {
  const test::net n = test::selecting_net();
  const auto p =
      sl::make_plan(n.graph, sl::random_choice{1}, sl::global_ratio{0.8}, {.ignore = {"select_b"}});
  CHECK(p.keep({1}).keeps_all());  // the stem's output: the stream
  CHECK(std::any_of(p.skipped().begin(), p.skipped().end(), [](const sl::skipped_unit& s) {
    return s.at == "stem" && s.why == sl::skip_reason::selected;
  }));
}

TEST_CASE("removing a wide channel takes its readers along, and the count stays exact") {
  const test::net n = test::selecting_net();
  const sl::channel_groups groups(n.graph);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto scores = sl::importance(n.graph, groups, sl::random_choice{seed});
    const auto total = test::prunable_groups(groups, scores);
    const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.4});
    test::check_plan(n.graph, groups, p);
    CHECK(test::removed_groups(groups, p) == total * 4 / 10);
    for (const sl::index_t round_to : {2, 4, 8}) {
      const auto q =
          sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.4}, {.round_to = round_to});
      test::check_plan(n.graph, groups, q);
      for (sl::index_t v = 1; v < q.value_count(); ++v) {
        const sl::mask& keep = q.keep({static_cast<std::int32_t>(v)});
        CHECK((keep.keeps_all() || keep.count() % round_to == 0));
      }
    }
  }
}
