// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/activation.cuh>  // activation_shape, validate

#include "tests/support/catch.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

TEST_CASE("activations of 2^31 elements or more are refused", "[cuda.activation]") {
  constexpr index_t k = 1024;
  REQUIRE_NOTHROW(gpu::validate({2 * k, k, k - 1}, {}, "here"));
  REQUIRE_THROWS_AS(gpu::validate({2 * k, k, k}, {}, "here"), bad_value);
  REQUIRE_THROWS_AS(gpu::validate({1, 1, index_t{1} << 40}, {}, "here"), bad_value);
  REQUIRE_NOTHROW(gpu::validate({1, 1, gpu::most_elements}, {}, "here"));
  REQUIRE_THROWS_AS(gpu::validate({1, 1, gpu::most_elements + 1}, {}, "here"), bad_value);
  REQUIRE_THROWS_AS(gpu::validate(gpu::pixel_grid(gpu::most_elements / 8 + 1, 3), "here"),
                    bad_value);
  REQUIRE_THROWS_AS(gpu::validate({1, -1, 1}, {}, "here"), bad_value);
  REQUIRE_NOTHROW(gpu::validate({0, k, k}, {}, "here"));
}

TEST_CASE("more live channels than there are is refused", "[cuda.activation]") {
  const int index = 0;
  REQUIRE_NOTHROW(gpu::validate({1, 4, 1}, {&index, 4}, "here"));
  REQUIRE_THROWS_AS(gpu::validate({1, 4, 1}, {&index, 5}, "here"), bad_value);
  REQUIRE(gpu::activation_shape{2, 3, 4}.size() == 24);
}
