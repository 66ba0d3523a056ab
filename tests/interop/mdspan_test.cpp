// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/interop/mdspan.hpp>

#include <array>
#include <numeric>
#include <type_traits>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// No more of mdspan than the concept asks for.
template <class T, std::size_t Rank>
struct little_mdspan {
  using element_type = T;
  static constexpr std::size_t rank() { return Rank; }
  [[nodiscard]] std::size_t extent(std::size_t r) const { return extents[r]; }
  [[nodiscard]] std::size_t stride(std::size_t r) const { return strides[r]; }
  [[nodiscard]] T* data_handle() const { return data; }
  T* data;
  std::array<std::size_t, Rank> extents, strides;
};

struct checked_pointer {};
struct guarded : little_mdspan<float, 1> {
  [[nodiscard]] checked_pointer data_handle() const { return {}; }
};

}  // namespace

TEST_CASE("extents, strides and elements are those of the mdspan") {
  std::array<int, 24> memory{};
  std::iota(memory.begin(), memory.end(), 0);
  const little_mdspan<int, 3> transposed{memory.data(), {4, 3, 2}, {1, 8, 4}};
  const auto v = sl::view(transposed);
  CHECK(std::is_same_v<decltype(v), const sl::tensor_view<int, 3>>);
  for (sl::index_t i = 0; i < 4; ++i)
    for (sl::index_t j = 0; j < 3; ++j)
      for (sl::index_t k = 0; k < 2; ++k) CHECK(v(i, j, k) == i + 8 * j + 4 * k);
}

TEST_CASE("constness is kept, foreign pointers are declined") {
  const float one = 1;
  CHECK(std::is_same_v<decltype(sl::view(little_mdspan<const float, 1>{&one, {1}, {1}})),
                       sl::tensor_view<const float, 1>>);
  CHECK_FALSE(sl::mdspan_like<guarded>);
  CHECK_FALSE(sl::mdspan_like<std::array<int, 3>>);
}
