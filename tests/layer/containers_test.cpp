// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/layer/containers.hpp>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

struct conv {
  sl::index_t out, in;
  std::vector<float> w = std::vector<float>(static_cast<std::size_t>(out * in));
};
struct relu {};

std::vector<std::string> names(const sl::channel_graph& g) {
  std::vector<std::string> all;
  for (const auto& p : g.parameters()) all.push_back(p.value.name);
  return all;
}
using list = std::vector<std::string>;

}  // namespace

template <>
struct sl::layer_traits<conv> {
  using kind = kinds::conv;
  static auto weight(conv& l) { return view(l.w.data(), l.out, l.in, 1); }
  static void resized(conv&, std::span<const index_t>) {}
};
template <>
struct sl::layer_traits<relu> {
  using kind = kinds::elementwise;
};

TEST_CASE("a vector of variants is a network that a host builds at run time") {
  std::vector<std::variant<conv, relu>> features;
  features.emplace_back(conv{4, 3});
  features.emplace_back(relu{});
  features.emplace_back(conv{5, 4});
  sl::channel_graph g;
  const auto y = sl::chain(g, sl::input(g, 3), sl::named("features", features));
  CHECK(names(g) == list{"features.0.weight", "features.2.weight"});
  CHECK(g.size(y.c) == 5);
}

TEST_CASE("arrays, tuples and pointers nest") {
  std::tuple<conv, std::array<conv, 2>, std::unique_ptr<conv>> net{
      conv{4, 3}, std::array{conv{4, 4}, conv{4, 4}}, std::make_unique<conv>(conv{2, 4})};
  sl::channel_graph g;
  (void)sl::chain(g, sl::input(g, 3), net);
  CHECK(names(g) == list{"0.0.weight", "0.1.0.weight", "0.1.1.weight", "0.2.weight"});
}

TEST_CASE("a null pointer is no layer") {
  std::unique_ptr<conv> none;
  sl::channel_graph g;
  CHECK_THROWS_WITH(sl::chain(g, sl::input(g, 3), sl::named("head", none)),
                    "slimming: bad_value: head: the pointer to this layer is null");
}
