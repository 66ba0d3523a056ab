// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/policy.hpp>

#include <slimming/plan/detail/glob.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/plan/plan_checks.hpp"
#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("policies and constraints outside their domain are declined") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double ratio : {-0.1, 1.0, 1.5, nan}) {
    CHECK_THROWS_AS(sl::detail::require_valid(sl::global_ratio{ratio}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::per_layer_ratio{ratio}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::compat::network_slimming{ratio}), sl::bad_value);
  }
  CHECK_THROWS_AS(sl::detail::require_valid(sl::score_threshold{nan}), sl::bad_value);
  for (const double share : {-0.5, 0.0, 1.01, nan}) {
    CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.share = share}), sl::bad_value);
    CHECK_THROWS_AS(sl::detail::require_valid(sl::parameter_budget{.share = share}), sl::bad_value);
  }
  CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.at_most = -1}), sl::bad_value);
  CHECK_THROWS_AS(sl::detail::require_valid(sl::mac_budget{.share = .5, .at_most = 1}),
                  sl::bad_value);
  CHECK_NOTHROW(sl::detail::require_valid(sl::mac_budget{.share = 1}));
  CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.keep_at_least = 0}), sl::bad_value);
  CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.round_to = 0}), sl::bad_value);
  for (const double cap : {-0.1, 1.1, nan})
    CHECK_THROWS_AS(sl::detail::require_valid(sl::constraints{.max_removed = cap}), sl::bad_value);
}

TEST_CASE("patterns match whole names") {
  using sl::detail::glob_matches;
  static_assert(glob_matches("fc", "fc") && !glob_matches("fc", "fc2"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("layer?.*.conv1", "layer3.0.conv1"));
  CHECK_FALSE(glob_matches("layer?.*.conv1", "layer13.0.conv1"));
  CHECK(glob_matches("*a*b*", "xxaxxabyy"));
  CHECK_FALSE(glob_matches("*a*b", "xxaxxbyy"));
  CHECK_FALSE(glob_matches("", "x"));
}

TEST_CASE("a global ratio removes exactly floor(n * ratio) groups") {
  for (const auto& [name, make] : test::nets) {
    const test::net n = make(3);
    const sl::channel_groups groups(n.graph);
    const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
    const auto total = test::prunable_groups(groups, scores);
    for (const double ratio : {0.0, 0.013, 0.1, 0.25, 0.5, 0.7, 0.8}) {
      const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio});
      test::check_plan(n.graph, groups, p);
      INFO(name << " " << ratio);
      CHECK(test::removed_groups(groups, p) ==
            static_cast<sl::index_t>(std::floor(static_cast<double>(total) * ratio)));
    }
  }
}

TEST_CASE("per_layer_ratio takes floor(n * ratio) of each unit") {
  const test::net n = test::vgg({17, 32, 5});
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::per_layer_ratio{0.6});
  CHECK(p.end_mask("conv0.weight").count() == 17 - 10);
  CHECK(p.end_mask("conv1.weight").count() == 32 - 19);
  CHECK(p.end_mask("conv2.weight").count() == 5 - 3);
}

TEST_CASE("a threshold removes what lies below it and keeps what lies on it") {
  test::net n = test::vgg({4, 3});
  const float gamma[] = {0.5f, 0.25f, 0.75f, 0.1f};
  std::copy(std::begin(gamma), std::end(gamma), n.tensor("bn0.gamma").values<float>().begin());
  for (float& g : n.tensor("bn1.gamma").values<float>()) g = -2;
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::score_threshold{0.5});
  CHECK(p.end_mask("conv0.weight").indices() == std::vector<sl::index_t>{0, 2});
  CHECK(p.end_mask("conv1.weight").count() == 3);
}

TEST_CASE("compat::network_slimming keeps what is strictly above the published threshold") {
  // Our own reading of the rule: sort all |gamma|, look up one element, compare.
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const double percent : {0.0, 0.1, 0.37, 0.5, 0.7}) {
      test::net n = test::vgg({31, 64, 20}, seed);
      if (seed % 2)  // coarse values: many ties
        for (const auto* name : {"bn0.gamma", "bn1.gamma", "bn2.gamma"})
          for (float& g : n.tensor(name).values<float>()) g = std::round(g * 16) / 16 - 0.5f;
      std::vector<float> all;
      for (const auto* name : {"bn0.gamma", "bn1.gamma", "bn2.gamma"})
        for (const float g : n.tensor(name).values<float>()) all.push_back(std::abs(g));
      std::sort(all.begin(), all.end());
      const float threshold =
          all[static_cast<std::size_t>(static_cast<double>(all.size()) * percent)];
      const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::compat::network_slimming{percent});
      for (int layer = 0; layer < 3; ++layer) {
        const auto name = std::to_string(layer);
        std::vector<sl::index_t> kept;
        const auto gamma = n.tensor("bn" + name + ".gamma").values<float>();
        for (std::size_t i = 0; i < gamma.size(); ++i)
          if (std::abs(gamma[i]) > threshold) kept.push_back(static_cast<sl::index_t>(i));
        REQUIRE_FALSE(kept.empty());
        CHECK(p.end_mask("conv" + name + ".weight").indices() == kept);
        CHECK(p.start_mask("bn" + name + ".gamma").indices() == kept);
      }
    }
}

TEST_CASE("compat::network_slimming leaves the residual stream wide and masks what selects read") {
  const test::net n = test::selecting_net(11);
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::compat::network_slimming{0.5});
  CHECK(p.end_mask("stem.weight").keeps_all());
  CHECK(p.end_mask("conv_a2.weight").keeps_all());
  CHECK(p.start_mask("conv_a1.weight").count() < 16);
  CHECK(p.cut(p.find("select_a.indices")).after().front() ==
        p.start_mask("conv_a1.weight").count());
  sl::index_t kept = p.start_mask("fc.weight").count();
  for (const auto* w : {"conv_a1.weight", "conv_a2.weight", "conv_b1.weight", "conv_b2.weight"})
    kept += p.start_mask(w).count();
  CHECK(kept == 64 - 33);  // floor(64 * 0.5) + 1 go
}

TEST_CASE("five passes of 50 % with at most 50 % per layer reach the published VGG-19's size") {
  // What the cap allows: after five passes no layer is below 1/32 of its width, and the sum is right.
  std::vector<sl::index_t> widths = {64,  64,  128, 128, 256, 256, 256, 256,
                                     512, 512, 512, 512, 512, 512, 512, 512};
  const auto original = widths;
  sl::index_t total = 5504;
  for (int pass = 0; pass < 5; ++pass) {
    test::net n = test::vgg(widths, static_cast<std::uint64_t>(pass));
    // Make the deep layers worthless, as training with sparsity does: the cap must hold them.
    for (std::size_t k = 8; k < 16; ++k)
      for (float& g : n.tensor("bn" + std::to_string(k) + ".gamma").values<float>()) g *= 1e-3f;
    const auto p =
        sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5}, {.max_removed = 0.5});
    sl::index_t sum = 0;
    for (std::size_t k = 0; k < widths.size(); ++k) {
      const auto kept = p.end_mask("conv" + std::to_string(k) + ".weight").count();
      CHECK(2 * kept >= widths[k]);
      sum += widths[k] = kept;
    }
    CHECK(sum == total - total / 2);
    total = sum;
  }
  for (std::size_t k = 0; k < widths.size(); ++k) CHECK(32 * widths[k] >= original[k]);
}

TEST_CASE("the published multi-pass VGG-19 has 4.4 % of the parameters and 22.8 % of the MACs") {
  const std::vector<sl::index_t> before = {64,  64,  128, 128, 256, 256, 256, 256,
                                           512, 512, 512, 512, 512, 512, 512, 512};
  const std::vector<sl::index_t> widths = {22, 62, 83, 119, 193, 168, 85, 40,
                                           32, 32, 32, 32,  32,  32,  32, 38};
  const auto build = [](const std::vector<sl::index_t>& w) {
    const sl::index_t side[] = {32, 32, 16, 16, 8, 8, 8, 8, 4, 4, 4, 4, 2, 2, 2, 2};
    test::net n;
    auto x = n.input(3);
    for (std::size_t k = 0; k < w.size(); ++k) {
      const auto name = std::to_string(k);
      x = n.norm("bn" + name, n.conv("conv" + name, x, w[k], 3, side[k] * side[k]));
    }
    n.output(n.linear("fc", x, 10));
    return n;
  };
  const auto a = build(before), b = build(widths);
  const auto full = sl::cost_of(a.graph), slim = sl::cost_of(b.graph);
  CHECK(static_cast<double>(full.parameters) == Approx(20.04e6).epsilon(0.001));
  CHECK(static_cast<double>(full.macs) == Approx(398e6).epsilon(0.002));
  const auto share = [](sl::index_t x, sl::index_t y) {
    return static_cast<double>(x) / static_cast<double>(y);
  };
  CHECK(share(slim.parameters, full.parameters) == Approx(1 - 0.956).margin(0.001));
  CHECK(share(slim.macs, full.macs) == Approx(1 - 0.772).margin(0.001));
  // The same widths, reached as a plan, cost the same.
  const sl::channel_groups groups(a.graph);
  sl::mask keep(groups.count());
  for (std::size_t k = 0; k < widths.size(); ++k) {
    sl::channels out;  // what conv k writes
    for (const auto& binding : a.graph.bindings())
      if (binding.as == sl::role::weight &&
          a.graph.at(binding.parameter).value.name == "conv" + std::to_string(k) + ".weight")
        out = binding.at;
    for (sl::index_t i = widths[k]; i < before[k]; ++i) keep.set(groups.group_of(out, i), false);
  }
  CHECK(sl::prune_plan(a.graph, groups, keep).after() == slim);
}
