// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/interop/eigen.hpp>

#include <Eigen/Core>

#include <type_traits>
#include <vector>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Every element of the view is the very element of the Eigen object.
template <class M>
void check_same_memory(M& m) {
  const auto v = sl::view(m);
  if constexpr (M::IsVectorAtCompileTime) {
    REQUIRE(v.extent(0) == m.size());
    for (Eigen::Index i = 0; i < m.size(); ++i) CHECK(&v(i) == &m.coeffRef(i));
  } else {
    REQUIRE(v.extent(0) == m.rows());
    REQUIRE(v.extent(1) == m.cols());
    for (Eigen::Index i = 0; i < m.rows(); ++i)
      for (Eigen::Index j = 0; j < m.cols(); ++j) CHECK(&v(i, j) == &m.coeffRef(i, j));
  }
}

}  // namespace

TEST_CASE("matrices of either storage order, blocks and vectors") {
  Eigen::MatrixXf by_columns(3, 4);
  check_same_memory(by_columns);
  Eigen::Matrix<double, 3, 4, Eigen::RowMajor> by_rows;
  check_same_memory(by_rows);
  CHECK(sl::view(by_rows).is_contiguous());
  auto block = by_rows.block(1, 1, 2, 3);
  check_same_memory(block);
  Eigen::VectorXf vector(5);
  check_same_memory(vector);
  auto row = by_columns.row(1);
  check_same_memory(row);
}

TEST_CASE("a map of host memory keeps its strides and its constness") {
  std::vector<float> memory(24);
  using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::Map<matrix, 0, stride> map(memory.data(), 2, 3, stride(12, 2));
  check_same_memory(map);
  const auto temporary = sl::view(Eigen::Map<matrix>(memory.data(), 4, 6));
  CHECK(std::is_same_v<decltype(temporary), const sl::tensor_view<float, 2>>);
  CHECK(temporary.data() == memory.data());
  const auto constant = sl::view(Eigen::Map<const matrix>(memory.data(), 4, 6));
  CHECK(std::is_same_v<decltype(constant), const sl::tensor_view<const float, 2>>);
  const matrix fixed = matrix::Zero(2, 2);
  CHECK(std::is_same_v<decltype(sl::view(fixed)), sl::tensor_view<const float, 2>>);
}

TEST_CASE("expressions have no memory and are no views") {
  Eigen::MatrixXf a(2, 2);
  CHECK(sl::eigen_dense<Eigen::MatrixXf>);
  CHECK_FALSE(sl::eigen_dense<decltype(a + a)>);
  CHECK_FALSE(sl::eigen_dense<std::vector<float>>);
}
