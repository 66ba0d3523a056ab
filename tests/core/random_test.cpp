// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>

#include <algorithm>
#include <numeric>

#include "tests/support/catch.hpp"

namespace sl = slimming;

TEST_CASE("the k-th word depends on seed, stream and k only") {
  sl::random_stream a{7, 3, 0};
  for (std::uint64_t k = 0; k < 100; ++k) CHECK(a.next() == sl::random_stream{7, 3, 0}.at(k));
  CHECK(sl::random_stream{7, 3, 0}.at(0) != sl::random_stream{7, 4, 0}.at(0));
  CHECK(sl::random_stream{7, 3, 0}.at(0) != sl::random_stream{8, 3, 0}.at(0));
}

TEST_CASE("uniform and normal have the moments they should") {
  sl::random_stream r{1, 0, 0};
  double sum = 0, normal = 0, square = 0;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    sum += r.uniform();
    const double z = r.normal();
    normal += z;
    square += z * z;
  }
  CHECK(sum / n == Approx(0.5).margin(0.01));
  CHECK(normal / n == Approx(0.0).margin(0.02));
  CHECK(square / n == Approx(1.0).margin(0.03));
}

TEST_CASE("shuffle is a permutation that the stream alone decides") {
  std::vector<int> a(50), b(50);
  std::iota(a.begin(), a.end(), 0);
  b = a;
  sl::random_stream r{5, 1, 0}, s = r;
  sl::shuffle(a, r);
  sl::shuffle(b, s);
  CHECK(a == b);
  CHECK_FALSE(std::is_sorted(a.begin(), a.end()));
  std::sort(a.begin(), a.end());
  for (int i = 0; i < 50; ++i) CHECK(a[static_cast<std::size_t>(i)] == i);
}
