// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/plan/plan.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "tests/plan/support.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

using maker = test::net (*)(std::uint64_t);
const std::map<std::string, maker> nets = {{"varied", test::varied_net},
                                           {"selecting", test::selecting_net}};

// VGG with batch norm; widths per convolution, 3x3, then one linear layer.
test::net vgg(const std::vector<sl::index_t>& widths, std::uint64_t seed = 1) {
  test::net n(seed);
  auto x = n.input(3);
  for (std::size_t k = 0; k < widths.size(); ++k) {
    const auto name = std::to_string(k);
    x = n.norm("bn" + name, n.conv("conv" + name, x, widths[k]));
  }
  n.output(n.linear("fc", x, 10));
  return n;
}

// Groups that are gone, from the masks of the plan.
sl::index_t removed_groups(const sl::channel_groups& groups, const sl::prune_plan& p) {
  sl::index_t removed = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    const auto m = groups.member_at(g, 0);
    removed += !p.keep(m.at)[m.i];
  }
  return removed;
}

sl::index_t prunable_groups(const sl::channel_groups& groups, const sl::group_scores& scores) {
  sl::index_t n = 0;
  for (sl::index_t g = 0; g < groups.count(); ++g) n += scores.has(g);
  return n;
}

// Invariants of every plan: ties agree, pins hold, nothing is empty, cuts follow the masks.
void check_plan(const sl::channel_graph& graph, const sl::channel_groups& groups,
                const sl::prune_plan& p) {
  for (sl::index_t g = 0; g < groups.count(); ++g) {
    const auto first = groups.member_at(g, 0);
    const bool kept = p.keep(first.at)[first.i];
    for (sl::index_t k = 1; k < groups.member_count(g); ++k)
      REQUIRE(p.keep(groups.member_at(g, k).at)[groups.member_at(g, k).i] == kept);
    if (groups.is_pinned(g)) REQUIRE(kept);
  }
  for (sl::index_t v = 0; v < p.value_count(); ++v)
    REQUIRE(p.keep({static_cast<std::int32_t>(v)}).count() > 0);
  for (const auto& s : graph.selects())
    for (sl::index_t j = 0; j < graph.size(s.narrow); ++j)
      if (p.keep(s.narrow)[j]) REQUIRE(p.keep(s.wide)[s.indices[static_cast<std::size_t>(j)]]);
  for (const auto& b : graph.bindings()) {
    const auto* kept = p.cut(b.parameter).kept(b.axis);
    REQUIRE((kept ? *kept : sl::mask(graph.size(b.at)).indices()) == p.keep(b.at).indices());
  }
}

}  // namespace

TEST_CASE("a global ratio removes exactly floor(n * ratio) groups") {
  for (const auto& [name, make] : nets) {
    const test::net n = make(3);
    const sl::channel_groups groups(n.graph);
    const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
    const auto total = prunable_groups(groups, scores);
    for (const double ratio : {0.0, 0.013, 0.1, 0.25, 0.5, 0.7, 0.8}) {
      const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio});
      check_plan(n.graph, groups, p);
      INFO(name << " " << ratio);
      CHECK(removed_groups(groups, p) ==
            static_cast<sl::index_t>(std::floor(static_cast<double>(total) * ratio)));
    }
  }
}

TEST_CASE("the smallest scores go and ties go in order of value and channel") {
  test::net n = vgg({6, 4});
  for (const auto* name : {"bn0.gamma", "bn1.gamma"})
    for (float& g : n.tensor(name).values<float>()) g = 0.5f;
  n.tensor("bn1.gamma").values<float>()[1] = 0.25f;
  n.tensor("bn0.gamma").values<float>()[0] = 0.75f;
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.4});
  CHECK(p.end_mask("conv0.weight").indices() == std::vector<sl::index_t>{0, 4, 5});
  CHECK(p.end_mask("conv1.weight").indices() == std::vector<sl::index_t>{0, 2, 3});
}

TEST_CASE("planning is pure, and planning twice gives equal plans") {
  for (const auto& [name, make] : nets) {
    const test::net n = make(5);
    const auto before = n.bytes();
    const auto plan = [&] {
      return sl::make_plan(n.graph, sl::bn_gamma{}, sl::mac_budget{.share = 0.6}, {.round_to = 2});
    };
    const auto first = plan();
    CHECK(first == plan());
    CHECK(n.bytes() == before);
    CHECK_FALSE(first == sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.0}));
  }
}

TEST_CASE("a plan outlives the graph it was made of") {
  auto n = std::make_unique<test::net>(test::varied_net());
  const auto p = sl::make_plan(n->graph, sl::l2_norm{}, sl::global_ratio{0.5});
  n.reset();
  CHECK(p.value_name({0}) == "input");
  CHECK(p.end_mask("conv0.weight").size() == 16);
  CHECK(p.layers().front().name == "conv0.weight");
}

TEST_CASE("no ratio and no rounding ever empties a layer") {
  for (const auto& [name, make] : nets) {
    const test::net n = make(7);
    const sl::channel_groups groups(n.graph);
    for (const auto& scores : {sl::importance(n.graph, groups, sl::bn_gamma{}),
                               sl::importance(n.graph, groups, sl::random_choice{4}),
                               sl::importance(n.graph, groups, sl::l2_norm{})})
      for (const sl::index_t round_to : {1, 4, 8, 16, 32})
        for (int percent = 0; percent < 100; percent += 3) {
          const double ratio = percent / 100.0;
          for (const sl::policy& how :
               {sl::policy(sl::global_ratio{ratio}), sl::policy(sl::per_layer_ratio{ratio}),
                sl::policy(sl::compat::network_slimming{ratio})})
            check_plan(n.graph, groups,
                       sl::make_plan(n.graph, groups, scores, how, {.round_to = round_to}));
        }
  }
}

TEST_CASE("per_layer_ratio takes floor(n * ratio) of each unit") {
  const test::net n = vgg({17, 32, 5});
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::per_layer_ratio{0.6});
  CHECK(p.end_mask("conv0.weight").count() == 17 - 10);
  CHECK(p.end_mask("conv1.weight").count() == 32 - 19);
  CHECK(p.end_mask("conv2.weight").count() == 5 - 3);
}

TEST_CASE("a threshold removes what lies below it and keeps what lies on it") {
  test::net n = vgg({4, 3});
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
      test::net n = vgg({31, 64, 20}, seed);
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
    test::net n = vgg(widths, static_cast<std::uint64_t>(pass));
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

TEST_CASE("budgets are met within one step") {
  for (const auto& [name, make] : nets) {
    const test::net n = make(2);
    const sl::channel_groups groups(n.graph);
    const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
    const auto whole = sl::cost_of(n.graph);
    for (const double share : {0.4, 0.5, 0.75, 0.9, 1.0})
      for (const sl::index_t round_to : {1, 2}) {
        INFO(name << " " << share << " " << round_to);
        const auto limit_of = [&](sl::index_t n_before) {
          return static_cast<sl::index_t>(std::floor(static_cast<double>(n_before) * share));
        };
        if (name == "selecting" && share < 0.75) continue;  // the stream stays: see the next case
        const auto p = sl::make_plan(n.graph, groups, scores, sl::parameter_budget{.share = share},
                                     {.round_to = round_to});
        check_plan(n.graph, groups, p);
        CHECK(p.after().parameters <= limit_of(whole.parameters));
        const auto q =
            sl::make_plan(n.graph, groups, scores, sl::mac_budget{.at_most = limit_of(whole.macs)},
                          {.round_to = round_to});
        CHECK(q.after().macs <= limit_of(whole.macs));
        if (share == 1.0) CHECK(q.after() == whole);
      }
  }
}

TEST_CASE("a budget's plan is the first on the way down that fits") {
  const test::net n = test::varied_net(4);
  const sl::channel_groups groups(n.graph);
  const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
  const auto total = prunable_groups(groups, scores);
  const auto limit = sl::cost_of(n.graph).macs / 2;
  const auto p = sl::make_plan(n.graph, groups, scores, sl::mac_budget{.share = 0.5});
  const auto removed = removed_groups(groups, p);
  const auto with = [&](sl::index_t count) {
    const double ratio = (static_cast<double>(count) + 0.5) / static_cast<double>(total);
    return sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio});
  };
  CHECK(with(removed).after() == p.after());
  CHECK(with(removed).after().macs <= limit);
  CHECK(with(removed - 1).after().macs > limit);
}

TEST_CASE("an unreachable budget names the constraint that binds") {
  const test::net n = vgg({16, 16, 16});
  const auto complaint = [&](const sl::constraints& limits, double share = 0.01) {
    return test::message_of([&] {
      (void)sl::make_plan(n.graph, sl::bn_gamma{}, sl::parameter_budget{.share = share}, limits);
    });
  };
  const auto is = [](const std::string& text, const std::string& binding) {
    INFO(text);
    CHECK(test::contains(text, "budget_unreachable: parameter_budget: at most"));
    CHECK(test::contains(text, binding));
  };
  is(complaint({.max_removed = 0.5}, 0.1), "max_removed 0.5 binds");
  is(complaint({.round_to = 8}, 0.1), "round_to 8 binds");
  is(complaint({.keep_at_least = 6}, 0.05), "keep_at_least 6 binds");
  is(complaint({.ignore = {"conv1"}}, 0.05), "the ignore list binds");
  is(complaint({.keep_at_least = 6, .max_removed = 0.5}, 0.05), "the constraints together binds");
  is(complaint({}, 0.001), "pinned or unscored channels and one channel per unit bind");
}

TEST_CASE("a budget on something that the network does not have is declined") {
  sl::channel_graph g;
  (void)g.add(3, "c");
  const sl::channel_groups groups(g);
  CHECK_THROWS_AS(sl::make_plan(g, groups, sl::group_scores(3), sl::mac_budget{.share = 0.5}),
                  sl::bad_value);
}

TEST_CASE("keep_at_least, round_to and max_removed hold for every unit") {
  const test::net n = vgg({10, 33, 64, 3});
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

TEST_CASE("rounding goes to the nearest width") {
  test::net n = vgg({32, 32});
  for (std::size_t i = 0; i < 32; ++i) {  // thresholds cut the layers where we want
    n.tensor("bn0.gamma").values<float>()[i] = i < 12 ? 0.1f : 1.0f;
    n.tensor("bn1.gamma").values<float>()[i] = i < 11 ? 0.1f : 1.0f;
  }
  const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, sl::score_threshold{0.5}, {.round_to = 8});
  CHECK(p.end_mask("conv0.weight").count() == 16);  // 20 lies between 16 and 24: half goes
  CHECK(p.end_mask("conv1.weight").count() == 24);  // 21 is nearer to 24
}

TEST_CASE("ignored operators, values and parameters keep what they write") {
  const test::net n = vgg({8, 8, 8});
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

TEST_CASE("a pattern that matches nothing is declined") {
  const test::net n = vgg({8});
  const auto text = test::message_of([&] {
    (void)sl::make_plan(n.graph, sl::bn_gamma{}, sl::global_ratio{0.5}, {.ignore = {"cnov0"}});
  });
  CHECK(test::contains(text, "'cnov0' matches no operator, value or parameter"));
}

TEST_CASE("what stayed for a reason is listed with the reason") {
  test::net n = vgg({8, 8, 8});
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
    const auto total = prunable_groups(groups, scores);
    const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.4});
    check_plan(n.graph, groups, p);
    CHECK(removed_groups(groups, p) == total * 4 / 10);
    for (const sl::index_t round_to : {2, 4, 8}) {
      const auto q =
          sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.4}, {.round_to = round_to});
      check_plan(n.graph, groups, q);
      for (sl::index_t v = 1; v < q.value_count(); ++v) {
        const sl::mask& keep = q.keep({static_cast<std::int32_t>(v)});
        CHECK((keep.keeps_all() || keep.count() % round_to == 0));
      }
    }
  }
}

TEST_CASE("tied axes share one mask, a flattened channel goes with its whole run") {
  const test::net n = test::varied_net(9);
  const auto p = sl::make_plan(n.graph, sl::l2_norm{}, sl::global_ratio{0.5});
  CHECK(p.end_mask("conv0.weight") == p.end_mask("conv2.weight"));
  CHECK(p.end_mask("conv4.weight") == p.end_mask("dw4.weight"));
  CHECK(p.start_mask("dw4.weight") == p.end_mask("dw4.weight"));
  const auto& conv = p.end_mask("conv5.weight");
  const auto& fc = p.start_mask("fc1.weight");
  for (sl::index_t i = 0; i < fc.size(); ++i) CHECK(fc[i] == conv[i / 4]);
  for (sl::index_t i = 0; i < 32; ++i) CHECK(conv[i] == conv[i % 8]);  // groups stay rectangular
  CHECK(p.start_mask("conv5.weight").size() == 8);
}

TEST_CASE("the cost after is the cost of the cut shapes") {
  const test::net n = test::varied_net(13);
  const auto p = sl::make_plan(n.graph, sl::l1_norm{}, sl::global_ratio{0.6});
  sl::cost expected;
  for (std::size_t k = 0; k < n.graph.parameters().size(); ++k) {
    const sl::parameter_id id{static_cast<std::int32_t>(k)};
    const auto elements = sl::element_count(p.cut(id).after());
    const auto& name = p.cut(id).name;
    if (!test::contains(name, ".mean") && !test::contains(name, ".variance"))
      expected.parameters += elements;
    expected.macs += elements * n.graph.at(id).positions;
  }
  CHECK(p.after() == expected);
  CHECK(p.before() == sl::cost_of(n.graph));
}

TEST_CASE("a plan can be made from any consistent choice and from no other") {
  const test::net n = test::selecting_net();
  const sl::channel_groups groups(n.graph);
  const auto complaint = [&](const std::function<void(sl::mask&)>& edit) {
    sl::mask keep(groups.count());
    edit(keep);
    return test::message_of([&] { (void)sl::prune_plan(n.graph, groups, keep); });
  };
  const auto& select = n.graph.selects()[0];
  const auto wide = groups.group_of(select.wide, 0), narrow = groups.group_of(select.narrow, 0);
  CHECK(complaint([&](sl::mask& m) { m.set(narrow, false); }).empty());
  CHECK(
      test::contains(complaint([&](sl::mask& m) { m.set(wide, false); }), "a selection reads it"));
  CHECK(test::contains(complaint([&](sl::mask& m) { m.set(0, false); }),
                       "is pinned (network input)"));
  CHECK(test::contains(complaint([&](sl::mask& m) {
                         for (sl::index_t j = 0; j < 16; ++j)
                           m.set(groups.group_of(select.narrow, j), false);
                       }),
                       "would lose everything"));
  CHECK_THROWS_AS(sl::prune_plan(n.graph, groups, sl::mask(3)), sl::shape_mismatch);
}

TEST_CASE("bad policies, constraints, scores and names are declined") {
  const test::net n = vgg({8, 8});
  const sl::channel_groups groups(n.graph);
  const auto scores = sl::importance(n.graph, groups, sl::bn_gamma{});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double ratio : {-0.1, 1.0, nan})
    CHECK_THROWS_AS(sl::make_plan(n.graph, groups, scores, sl::global_ratio{ratio}), sl::bad_value);
  CHECK_THROWS_AS(sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.1}, {.round_to = 0}),
                  sl::bad_value);
  CHECK_THROWS_AS(sl::make_plan(n.graph, groups, sl::group_scores(1), sl::global_ratio{0.1}),
                  sl::shape_mismatch);
  const auto p = sl::make_plan(n.graph, groups, scores, sl::global_ratio{0.1});
  CHECK_THROWS_AS(p.end_mask("nobody"), sl::bad_value);
  CHECK_THROWS_AS(p.keep(sl::channels{}), sl::bad_value);
}

TEST_CASE("a network with nothing to prune gives a plan that keeps all") {
  test::net n;
  n.output(n.input(3));
  for (const sl::policy& how :
       {sl::policy(sl::global_ratio{0.9}), sl::policy(sl::per_layer_ratio{0.9}),
        sl::policy(sl::compat::network_slimming{0.9}), sl::policy(sl::score_threshold{1})}) {
    const auto p = sl::make_plan(n.graph, sl::bn_gamma{}, how);
    CHECK(p.keep({0}).keeps_all());
  }
}
