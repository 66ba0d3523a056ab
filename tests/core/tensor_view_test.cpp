// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/tensor_view.hpp>

#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a contiguous view is row-major") {
  std::vector<float> data(24);
  std::iota(data.begin(), data.end(), 0.f);
  const auto v = sl::view(data.data(), 2, 3, 4);
  STATIC_REQUIRE(decltype(v)::rank() == 3);
  CHECK(v.size() == 24);
  CHECK(v.is_contiguous());
  CHECK(v(1, 2, 3) == 23.f);
  CHECK(v(1, 0, 0) == 12.f);
}

TEST_CASE("strides describe transposes and gaps") {
  std::vector<int> data(12);
  std::iota(data.begin(), data.end(), 0);
  const sl::index_t extents[] = {4, 3}, strides[] = {1, 4};
  const sl::tensor_view<int, 2> transposed(data.data(), extents, strides);
  CHECK_FALSE(transposed.is_contiguous());
  CHECK(transposed(3, 2) == 11);
  CHECK(transposed(1, 0) == 1);
}

TEST_CASE("const is added implicitly and never removed") {
  float x = 1;
  const sl::tensor_view<const float, 1> c = sl::view(&x, 1);
  CHECK(c(0) == 1.f);
  STATIC_REQUIRE(std::is_convertible_v<sl::tensor_view<float, 1>, sl::tensor_view<const float, 1>>);
  STATIC_REQUIRE_FALSE(
      std::is_convertible_v<sl::tensor_view<const float, 1>, sl::tensor_view<float, 1>>);
  STATIC_REQUIRE(sl::writable_view<sl::tensor_view<float, 1>>);
  STATIC_REQUIRE_FALSE(sl::writable_view<sl::tensor_view<const float, 1>>);
}

TEST_CASE("an axis of extent one never breaks contiguity") {
  float x[4] = {};
  const sl::index_t extents[] = {4, 1}, strides[] = {1, 77};
  CHECK(sl::tensor_view<float, 2>(x, extents, strides).is_contiguous());
}
