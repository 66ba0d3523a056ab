// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/json.hpp>

#include <slimming/plan/replay.hpp>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a plan survives the way through JSON and replays on another copy") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const test::net n = seed % 2 ? test::varied_net(seed) : test::selecting_net(seed);
    const auto p = sl::make_plan(n.graph, sl::random_choice{seed}, sl::global_ratio{0.6});
    const auto record = sl::plan_from_json(sl::to_json(p));
    CHECK(record == p.record());
    CHECK(sl::replay(n.graph, record) == p);
  }
}

TEST_CASE("the file is the documented one") {
  const sl::plan_record record{{{"conv.weight", {4, 3, 1, 1}, {{0, {0, 2}}}},
                                {"fc.bias", {2}},
                                {"list", {2}, {{0, {1}}}, sl::entry_cut{3, {0, 2}}}},
                               {{"input", 3, sl::skip_reason::pinned, "network input"}},
                               {14, 100},
                               {8, 50}};
  const auto j = nlohmann::json::parse(sl::to_json(record));
  CHECK(j == nlohmann::json::parse(R"({
    "format": "slimming-plan/1",
    "parameters": {"conv.weight": {"shape": [4, 3, 1, 1], "keep": {"0": [0, 2]}},
                   "fc.bias": {"shape": [2], "keep": {}},
                   "list": {"shape": [2], "keep": {"0": [1]}, "entries": {"width": 3, "keep": [0, 2]}}},
    "pinned": [{"tensor": "input", "channels": 3, "why": "pinned", "reason": "network input"}],
    "before": {"parameters": 14, "macs": 100}, "after": {"parameters": 8, "macs": 50}})"));
}

TEST_CASE("axes that keep everything may be written out") {
  const auto record = sl::plan_from_json(R"({"format": "slimming-plan/1",
    "parameters": {"w": {"shape": [2, 3], "keep": {"1": [0, 2], "0": [0, 1]}}}, "pinned": [],
    "before": {"parameters": 6, "macs": 0}, "after": {"parameters": 4, "macs": 0}})");
  CHECK(record.parameters == std::vector<sl::parameter_cut>{{"w", {2, 3}, {{1, {0, 2}}}}});
}

TEST_CASE("two parameters of one name cannot be told apart in a file") {
  CHECK_THROWS_AS(sl::to_json(sl::plan_record{{{"w", {1}}, {"w", {1}}}, {}, {}, {}}),
                  sl::bad_value);
}

TEST_CASE("names and reasons that are not UTF-8 are declined, not replaced") {
  CHECK_THROWS_WITH(sl::to_json(sl::plan_record{{{"w\xff", {1}}}, {}, {}, {}}),
                    "slimming: bad_value: \"w\xef\xbf\xbd\": is not UTF-8, as JSON is; give it "
                    "another name");
  for (const auto& [at, reason] : {std::pair{"a\xff", "b"}, std::pair{"a", "b\xff"}})
    CHECK_THROWS_AS(
        sl::to_json(sl::plan_record{{}, {{at, 1, sl::skip_reason::pinned, reason}}, {}, {}}),
        sl::bad_value);
  CHECK_NOTHROW(sl::to_json(sl::plan_record{{{"w\xc3\xa9", {1}}}, {}, {}, {}}));
}

TEST_CASE("a file that is no plan is declined with the member at fault") {
  const std::string good = R"({"format": "slimming-plan/1",
    "parameters": {"w": {"shape": [2, 3], "keep": {"1": [0, 2]}}}, "pinned": [],
    "before": {"parameters": 6, "macs": 0}, "after": {"parameters": 4, "macs": 0}})";
  CHECK_NOTHROW(sl::plan_from_json(good));
  const auto complaint = [&](const std::string& part, const std::string& other) {
    std::string text = good;
    text.replace(text.find(part), part.size(), other);
    return test::message_of([&] { (void)sl::plan_from_json(text); });
  };
  CHECK(test::contains(complaint("{\"format\"", ""), "bad_file: plan"));
  CHECK(test::contains(complaint("plan/1", "plan/2"), "/format: is 'slimming-plan/2'"));
  CHECK(test::contains(complaint("\"format\"", "\"fromat\""), "has no 'format'"));
  CHECK(test::contains(complaint("[2, 3]", "[2, -3]"), "/parameters/w/shape/1: is negative"));
  CHECK(test::contains(complaint("[2, 3]", "[2, 3.5]"), "/shape/1: is not an integer"));
  CHECK(test::contains(complaint("[2, 3]", "[2, 99999999999999999999]"), "/shape/1"));
  CHECK(test::contains(complaint("[2, 3]", "[2, 18446744073709551615]"), "is too large"));
  CHECK(test::contains(complaint("[2, 3]", "7"), "/shape: is not an array"));
  CHECK(test::contains(complaint("\"1\"", "\"2\""), "/keep/2: names no axis"));
  CHECK(test::contains(complaint("\"1\"", "\"1x\""), "/keep/1x: names no axis"));
  CHECK(test::contains(complaint("[0, 2]", "[0, 3]"), "index 3 is not increasing inside [0, 3)"));
  CHECK(test::contains(complaint("[0, 2]", "[2, 0]"), "index 0 is not increasing"));
  CHECK(test::contains(complaint("[0, 2]", "[]"), "/keep/1: nothing of 3 would stay"));
  CHECK(test::contains(complaint("\"1\": [0, 2]", "\"1\": [0], \"01\": [0]"), "an axis twice"));
  CHECK(test::contains(complaint("[0, 2]}", R"([0, 2]}, "entries": {"width": 5, "keep": []})"),
                       "/parameters/w/entries/keep: nothing of 5 would stay"));
  CHECK(
      test::contains(complaint("[],", "[{\"tensor\": 1}],"), "/pinned/0/tensor: is not a string"));
  CHECK(test::contains(
      complaint("[],", R"([{"tensor": "a", "channels": 1, "reason": "", "why": "?"}],)"),
      "/pinned/0/why"));
  CHECK(test::contains(complaint("\"macs\": 0", "\"mac\": 0"), "/before: has no 'macs'"));
  // Of two decisions about one parameter or axis, none is taken.
  CHECK(test::contains(complaint("\"1\": [0, 2]", R"("1": [0], "1": [0, 2])"),
                       "'1': is named twice"));
  CHECK(test::contains(complaint("\"w\":", R"("w": {"shape": [2], "keep": {}}, "w":)"),
                       "'w': is named twice"));
  CHECK(test::contains(
      complaint("4, \"macs\": 0}}", "4, \"macs\": 0}}" + std::string(1, '\0') + " }"),
      "is not JSON"));
}
