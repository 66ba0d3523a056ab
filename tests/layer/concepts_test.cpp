// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/layer/concepts.hpp>

#include <array>
#include <type_traits>

#include "tests/support/archetypes.hpp"
#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

struct undescribed {
  float w[4];
};
struct flat_conv {};    // a convolution whose weight has rank 2
struct real_select {};  // a selection whose list holds floats
struct kind_only {};    // a batch norm that says nothing of its gamma
struct odd_connect {};  // returns something else

}  // namespace

template <>
struct sl::layer_traits<flat_conv> {
  using kind = kinds::conv;
  static auto weight(flat_conv&) { return tensor_view<float, 2>{}; }
};
template <>
struct sl::layer_traits<real_select> {
  using kind = kinds::channel_select;
  static auto indices(real_select&) { return tensor_view<float, 1>{}; }
};
template <>
struct sl::layer_traits<kind_only> {
  using kind = kinds::batch_norm;
};
template <>
struct sl::layer_traits<odd_connect> {
  static int connect(layer_scope&, odd_connect&, const feature_map&) { return 0; }
};

TEST_CASE("each archetype satisfies its own concept and no other") {
  const auto satisfied = []<class L>(std::type_identity<L>) {
    return std::array{sl::conv_layer<L>, sl::linear_layer<L>, sl::batch_norm_layer<L>,
                      sl::channel_select_layer<L>, sl::connecting_layer<L>};
  };
  using wanted = std::array<bool, 5>;
  CHECK(satisfied(std::type_identity<archetypes::conv>{}) == wanted{true});
  CHECK(satisfied(std::type_identity<archetypes::linear>{}) == wanted{false, true});
  CHECK(satisfied(std::type_identity<archetypes::batch_norm>{}) == wanted{false, false, true});
  CHECK(satisfied(std::type_identity<archetypes::channel_select>{}) ==
        wanted{false, false, false, true});
  CHECK(satisfied(std::type_identity<archetypes::connecting>{}) ==
        wanted{false, false, false, false, true});
  CHECK(satisfied(std::type_identity<archetypes::elementwise>{}) == wanted{});
  CHECK(satisfied(std::type_identity<undescribed>{}) == wanted{});
}

TEST_CASE("any_layer holds for what was described, however incompletely") {
  CHECK(sl::any_layer<archetypes::conv>);
  CHECK(sl::any_layer<archetypes::elementwise>);
  CHECK(sl::any_layer<archetypes::connecting>);
  CHECK(sl::any_layer<kind_only>);
  CHECK_FALSE(sl::any_layer<undescribed>);
  CHECK_FALSE(sl::any_layer<odd_connect>);
}

TEST_CASE("a kind without its contract satisfies no concept of that kind") {
  CHECK_FALSE(sl::conv_layer<flat_conv>);
  CHECK_FALSE(sl::linear_layer<flat_conv>);
  CHECK_FALSE(sl::channel_select_layer<real_select>);
  CHECK_FALSE(sl::batch_norm_layer<kind_only>);
}
