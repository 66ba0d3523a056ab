// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/tensor.hpp>

#include <cstdint>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("a tensor owns aligned, zeroed memory and copies deeply") {
  sl::tensor<float, 2> a(3, 5);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  for (const float x : a.values()) CHECK(x == 0.f);
  a(2, 4) = 7.f;
  sl::tensor<float, 2> b = a;
  a(2, 4) = 1.f;
  CHECK(b(2, 4) == 7.f);
  const sl::tensor<float, 2> c = std::move(b);
  CHECK(c(2, 4) == 7.f);
}

TEST_CASE("any_tensor checks the type that is asked for") {
  const float values[] = {1, 2, 3, 4, 5, 6};
  auto t = sl::any_tensor::from(std::span<const float>(values), {2, 3});
  CHECK(t.size() == 6);
  CHECK(t.values<float>()[5] == 6.f);
  CHECK_THROWS_AS(t.values<double>(), sl::bad_value);
  CHECK(t.converted<double>()[4] == 5.0);
  CHECK(t.converted<sl::float16>()[2] == 3.f);
  CHECK_THROWS_AS(sl::any_tensor::from(std::span<const float>(values), {7}), sl::shape_mismatch);
}

TEST_CASE("impossible shapes are declined before anything is allocated") {
  CHECK_THROWS_AS(sl::element_count(sl::shape{-1}), sl::bad_value);
  CHECK_THROWS_AS(sl::element_count(sl::shape{1ll << 40, 1ll << 40}), sl::bad_value);
  CHECK_THROWS_AS(sl::any_tensor(sl::dtype::float64, {1ll << 62}), sl::bad_value);
  CHECK_THROWS_AS((sl::tensor<double, 1>(1ll << 61)), sl::bad_value);
  CHECK_THROWS_AS((sl::tensor<float, 2>(1ll << 31, 1ll << 31)), sl::bad_value);
  CHECK_THROWS_WITH(sl::any_tensor(sl::dtype::float64, {1ll << 61}),
                    "slimming: bad_value: tensor extents: (2305843009213693952) of 8 bytes each "
                    "exceed 2^63 bytes");
  CHECK(sl::element_count(sl::shape{}) == 1);
}
