// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/graph/verify.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/ties.hpp"

namespace sl = slimming;

namespace {

std::vector<std::string> codes(const sl::channel_graph& g) {
  std::vector<std::string> all;
  for (const auto& f : sl::verify(g)) all.push_back(f.code + " " + f.place);
  return all;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("a sound graph has no findings") {
  sl::channel_graph g;
  support::arrays a;
  const auto x = g.add(3, "x"), y = g.add(4, "y"), z = g.add(4, "z");
  g.pin(x, "input");
  g.tie(y, z);
  g.pin(z, "output");
  const auto w = g.add(a.make("w", {4, 3}));
  g.bind(w, 0, y, sl::role::weight);
  g.bind(w, 1, x, sl::role::weight_in);
  g.use(w, 10);
  const sl::parameter_owner owner{&g, nullptr, [](void*, std::span<const sl::index_t>) {}};
  g.bind(g.add({"extents", sl::view(static_cast<float*>(nullptr), 4, 0), owner}), 0, y,
         sl::role::statistic);
  CHECK(codes(g).empty());
}

TEST_CASE("parameters: no memory, no elements, not bound, read-only, aliased, uncounted") {
  sl::channel_graph g;
  support::arrays a;
  const auto c = g.add(4, "c");
  g.pin(c, "output");
  const auto bind = [&](sl::parameter p) { g.bind(g.add(std::move(p)), 0, c, sl::role::weight); };
  bind({"no memory", sl::view(static_cast<float*>(nullptr), 4)});
  bind({"no elements", sl::view(static_cast<float*>(nullptr), 4, 0)});
  g.add(a.make("not bound", {4}));
  const std::vector<float> constant(4);
  bind({"read-only", sl::view(constant.data(), 4)});
  float one = 0;
  bind({"aliased", sl::tensor_view<float, 1>(&one, {4}, {0})});
  bind(a.make("uncounted", {4, 2}));
  const auto counted = g.add(a.make("counted", {4, 2}));
  g.bind(counted, 0, c, sl::role::weight);
  g.use(counted, 5);
  CHECK(codes(g) == list{"null_data no memory", "empty_parameter no elements",
                         "unbound_parameter not bound", "read_only read-only",
                         "aliased_elements aliased", "uncounted uncounted"});
}

TEST_CASE("parameters that overlap in memory, whoever starts first") {
  std::vector<float> m(32);
  sl::channel_graph g;
  const auto c = g.add(4, "c");
  g.pin(c, "output");
  const auto bind = [&](std::string name, sl::array_ref array) {
    g.bind(g.add(sl::parameter{std::move(name), array}), 0, c, sl::role::weight);
  };
  bind("inner", sl::view(m.data() + 8, 4));
  bind("outer", sl::view(m.data() + 4, 4, 2));
  bind("next door", sl::view(m.data() + 12, 4));
  const auto findings = sl::verify(g);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].level == sl::severity::error);
  CHECK(findings[0].code == "overlap");
  CHECK(findings[0].place == "inner");
  CHECK(sl::to_string(findings[0]).find("error: overlap: inner: shares memory with 'outer'") == 0);
}

TEST_CASE("interleaved columns of one matrix may overlap: a warning") {
  std::vector<float> m(8);
  sl::channel_graph g;
  const auto c = g.add(4, "c");
  g.pin(c, "output");
  for (const int column : {0, 1})
    g.bind(g.add(sl::parameter{"column " + std::to_string(column),
                               sl::tensor_view<float, 1>(m.data() + column, {4}, {2})}),
           0, c, sl::role::weight);
  const auto findings = sl::verify(g);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].level == sl::severity::warning);
  CHECK(findings[0].what.find("may share memory") == 0);
}

TEST_CASE("a reversed view occupies the memory before its first element") {
  std::vector<float> m(8);
  sl::channel_graph g;
  const auto c = g.add(4, "c");
  g.pin(c, "output");
  g.bind(g.add(sl::parameter{"reversed", sl::tensor_view<float, 1>(m.data() + 3, {4}, {-1})}), 0, c,
         sl::role::weight);
  g.bind(g.add(sl::parameter{"plain", sl::view(m.data(), 4)}), 0, c, sl::role::weight);
  CHECK(codes(g) == list{"overlap plain"});
}

TEST_CASE("values: none at all, and channels that nothing indexes") {
  sl::channel_graph g;
  support::arrays a;
  (void)g.add(0, "empty");
  const auto padded = g.add(6, "padded"), conv = g.add(4, "conv"), alone = g.add(2, "alone");
  g.bind(g.add(a.make("w", {4})), 0, conv, sl::role::bias);
  g.tie_range(padded, 1, conv, 0, 4);
  const auto pinned = g.add(2, "pinned");
  g.pin(pinned, "input");
  const auto findings = sl::verify(g);
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].code == "empty_value");
  CHECK(findings[1].place == "padded");
  CHECK(findings[1].what.find("2 of 6 channels") == 0);
  CHECK(findings[2].place == "alone");
  CHECK(findings[2].what.find("2 of 2 channels") == 0);
  (void)alone;
}

TEST_CASE("names that several parameters share are found once") {
  sl::channel_graph g;
  support::arrays a;
  const auto c = g.add(4, "c");
  g.pin(c, "output");
  for (int i = 0; i < 3; ++i) g.bind(g.add(a.make("weight", {4})), 0, c, sl::role::weight);
  CHECK(codes(g) == list{"duplicate_name weight"});
}

namespace {

// Layers by name; `verify` tells which of their values nobody reads.
struct small_net {
  sl::channel_graph g;
  support::arrays a;

  sl::channels conv(const std::string& name, sl::channels x, const std::string& weight) {
    g.enter(name);
    const auto y = g.add(4, name);
    auto known = weights.find(weight);
    if (known == weights.end())
      known = weights.emplace(weight, a.make(weight, {4, g.size(x)})).first;
    const auto w = g.add(known->second);
    g.bind(w, 0, y, sl::role::weight);
    g.bind(w, 1, x, sl::role::weight_in);
    return y;
  }
  sl::channels conv(const std::string& name, sl::channels x) { return conv(name, x, name + ".w"); }
  sl::channels norm(const std::string& name, sl::channels x) {
    g.enter(name);
    const auto y = g.add(g.size(x), name);
    g.tie(x, y);
    g.bind(g.add(a.make(name + ".gamma", {g.size(x)})), 0, y, sl::role::scale);
    return y;
  }
  sl::channels input() {
    g.enter("input");
    const auto x = g.add(4, "input");
    g.pin(x, "input");
    return x;
  }
  std::map<std::string, sl::parameter> weights;
};

}  // namespace

TEST_CASE("a value that nobody reads is found, by its last name") {
  small_net n;
  const auto x = n.norm("bn1", n.conv("conv1", n.input()));
  const auto y = n.norm("bn2", n.conv("conv2", x));
  CHECK(codes(n.g) == list{"unread_channels bn2"});
  SECTION("until it is declared") {
    n.g.pin(y, "output");
    CHECK(codes(n.g).empty());
  }
  SECTION("behind an addition, though the stream is read before") {
    const auto z = n.conv("conv3", y);
    n.g.enter("add", x);
    n.g.tie(x, z);
    CHECK(codes(n.g) == list{"unread_channels conv3"});
    n.g.pin(n.conv("fc", x), "output");
    CHECK(codes(n.g).empty());
  }
  SECTION("not if a product with another takes it in") {
    const auto z = n.conv("conv3", x);
    n.g.enter("product");
    n.g.tie(y, z);
    CHECK(codes(n.g).empty());
  }
  SECTION("not if a layer that is used again reads it") {
    const auto z = n.conv("again", y, "conv2.w");
    n.g.pin(z, "output");
    CHECK(codes(n.g).empty());
  }
  SECTION("not if a selection reads it") {
    n.g.enter("select");
    const auto z = n.g.add(2, "select");
    n.g.select(y, z, std::vector<sl::index_t>{0, 3});
    n.g.bind(n.g.add(n.a.make<std::int64_t>("list", {2})), 0, z, sl::role::index);
    CHECK(codes(n.g) == list{"unread_channels select"});
    n.g.pin(z, "output");
    CHECK(codes(n.g).empty());
  }
  SECTION("not if a part of it is read") {
    n.g.enter("slice");
    const auto z = n.g.add(2, "slice");
    n.g.tie_range(z, 0, y, 0, 2);
    n.g.pin(z, "output");
    CHECK(codes(n.g).empty());
  }
}
