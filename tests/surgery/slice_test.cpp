// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/surgery/slice.hpp>

#include <array>
#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("slice keeps what every named axis keeps") {
  sl::tensor<float, 4> w(4, 3, 2, 2);
  std::iota(w.values().begin(), w.values().end(), 0.0f);
  const std::vector<sl::index_t> out = {1, 3};
  const auto in = sl::mask::from_indices(3, std::vector<sl::index_t>{0, 2});
  const auto s = sl::slice<0, 1>(w.view(), out, in);
  static_assert(std::is_same_v<decltype(s), const sl::tensor<float, 4>>);
  REQUIRE(s.extent(0) == 2);
  REQUIRE(s.extent(1) == 2);
  for (sl::index_t o = 0; o < 2; ++o)
    for (sl::index_t i = 0; i < 2; ++i)
      for (sl::index_t k = 0; k < 4; ++k)
        CHECK(s(o, i, k / 2, k % 2) == w(out[static_cast<std::size_t>(o)], 2 * i, k / 2, k % 2));
}

TEST_CASE("the axes of a slice may come in any order, the view may be const and strided") {
  std::vector<double> memory(48);
  std::iota(memory.begin(), memory.end(), 0.0);
  const sl::index_t extents[] = {3, 4}, strides[] = {1, 12};
  const sl::tensor_view<const double, 2> v(memory.data(), extents, strides);
  const std::array<sl::index_t, 1> row = {2};
  const std::array<sl::index_t, 2> column = {0, 3};
  const auto s = sl::slice<1, 0>(v, column, row);
  REQUIRE(s.size() == 2);
  CHECK(s(0, 0) == 2);
  CHECK(s(0, 1) == 38);
}

TEST_CASE("a mask of the wrong length and indices out of order are declined") {
  sl::tensor<float, 1> v(4);
  CHECK_THROWS_AS(sl::slice<0>(v.view(), sl::mask(3)), sl::shape_mismatch);
  for (const std::vector<sl::index_t>& bad :
       {std::vector<sl::index_t>{2, 1}, {1, 1}, {-1, 2}, {3, 4}})
    CHECK_THROWS_AS(sl::slice<0>(v.view(), bad), sl::bad_value);
}
