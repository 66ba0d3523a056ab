// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/array_ref.hpp>

#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("erasing a view keeps type, extents, strides and constness") {
  double x[6] = {};
  const sl::array_ref r = sl::view(x, 2, 3);
  CHECK(r.type == sl::dtype::float64);
  CHECK(r.rank == 2);
  CHECK(r.extent[1] == 3);
  CHECK(r.stride[0] == 3);
  CHECK(r.is_contiguous());
  CHECK_FALSE(r.read_only);
  CHECK(sl::array_ref(sl::tensor_view<const double, 2>(sl::view(x, 2, 3))).read_only);
}

TEST_CASE("a run-time shape of more than eight axes is declined") {
  const std::vector<sl::index_t> nine(9, 1);
  CHECK_THROWS_AS(sl::array_ref(nullptr, sl::dtype::float32, nine), sl::unsupported);
}
