// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/mask.hpp>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("indices and mask are two forms of one thing") {
  const std::vector<sl::index_t> kept{0, 3, 4};
  const auto m = sl::mask::from_indices(6, kept);
  CHECK(m.indices() == kept);
  CHECK(m.count() == 3);
  CHECK_FALSE(m.keeps_all());
  CHECK(m.complement().indices() == std::vector<sl::index_t>{1, 2, 5});
  CHECK(m.complement().complement() == m);
}

TEST_CASE("composition masks what is left") {
  const auto outer = sl::mask::from_indices(5, std::vector<sl::index_t>{1, 2, 4});
  const auto inner = sl::mask::from_indices(3, std::vector<sl::index_t>{0, 2});
  CHECK(outer.compose(inner).indices() == std::vector<sl::index_t>{1, 4});
  CHECK_THROWS_AS(outer.compose(sl::mask(5)), sl::shape_mismatch);
}

TEST_CASE("a negative number of channels is declined") {
  CHECK_THROWS_WITH(sl::mask(-1), "slimming: bad_value: mask: number of channels: got -1");
}

TEST_CASE("indices must increase inside the range") {
  CHECK_THROWS_AS(sl::mask::from_indices(3, std::vector<sl::index_t>{3}), sl::bad_value);
  CHECK_THROWS_AS(sl::mask::from_indices(3, std::vector<sl::index_t>{1, 1}), sl::bad_value);
  CHECK_THROWS_AS(sl::mask::from_indices(3, std::vector<sl::index_t>{-1}), sl::bad_value);
}
