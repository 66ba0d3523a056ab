// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/geometry.hpp>  // conv_geometry_of, pool_geometry_of

#include "tests/support/catch.hpp"  // TEST_CASE

#include <vector>  // std::vector

namespace sl = slimming;
using list = std::vector<sl::index_t>;

namespace {

sl::op_node node(const char* op, std::map<std::string, sl::attribute, std::less<>> attributes) {
  return {op, op, {}, {}, std::move(attributes), {}};
}

}  // namespace

TEST_CASE("a convolution's attributes become its geometry") {
  const auto n = node("Conv", {{"strides", list{2, 1}},
                               {"dilations", list{1, 2}},
                               {"pads", list{1, 2, 3, 4}},
                               {"group", sl::index_t{2}}});
  const auto g = sl::exec::conv_geometry_of(n, {5, 4, 9, 10}, {6, 2, 3, 5}, {5, 6, 6, 8});
  CHECK(g.batch == 5);
  CHECK(g.groups == 2);
  CHECK((g.kernel_h == 3 && g.kernel_w == 5 && g.stride_h == 2 && g.stride_w == 1));
  CHECK((g.dilation_h == 1 && g.dilation_w == 2));
  CHECK((g.pad_top == 1 && g.pad_left == 2 && g.pad_bottom == 3 && g.pad_right == 4));
  CHECK_NOTHROW(sl::kernels::validate(g));
}

TEST_CASE("automatic padding puts the odd row where the operator says") {
  for (const bool upper : {true, false}) {
    const auto n = node("Conv", {{"auto_pad", std::string(upper ? "SAME_UPPER" : "SAME_LOWER")},
                                 {"strides", list{2, 2}}});
    const auto g = sl::exec::conv_geometry_of(n, {1, 1, 8, 8}, {1, 1, 3, 3}, {1, 1, 4, 4});
    CHECK(g.pad_top == (upper ? 0 : 1));
    CHECK(g.pad_bottom == (upper ? 1 : 0));
    CHECK_NOTHROW(sl::kernels::validate(g));
  }
}

TEST_CASE("a linear layer is a convolution whose kernel covers the map") {
  const auto g = sl::exec::conv_geometry_of(node("Gemm", {}), {2, 3, 4, 5}, {7, 60}, {2, 7});
  CHECK((g.in_channels == 3 && g.kernel_h == 4 && g.kernel_w == 5 && g.out_h == 1));
  CHECK_NOTHROW(sl::kernels::validate(g));
  const auto flat = sl::exec::conv_geometry_of(node("Gemm", {}), {2, 60}, {7, 60}, {2, 7});
  CHECK((flat.in_channels == 60 && flat.taps() == 1));
}

TEST_CASE("a pooling without a kernel covers the map") {
  const auto g =
      sl::exec::pool_geometry_of(node("GlobalAveragePool", {}), {2, 3, 4, 5}, {2, 3, 1, 1});
  CHECK((g.kernel_h == 4 && g.kernel_w == 5));
  CHECK_NOTHROW(sl::kernels::validate(g));
}

TEST_CASE("a pooling's attributes become its geometry") {
  const auto n = node("AveragePool", {{"kernel_shape", list{3, 3}},
                                      {"strides", list{2, 2}},
                                      {"pads", list{1, 1, 1, 1}},
                                      {"ceil_mode", sl::index_t{1}},
                                      {"count_include_pad", sl::index_t{1}}});
  const auto g = sl::exec::pool_geometry_of(n, {2, 3, 8, 8}, {2, 3, 5, 5});
  CHECK(g.ceil_mode);
  CHECK(g.count_include_pad);
  CHECK_NOTHROW(sl::kernels::validate(g));
}
