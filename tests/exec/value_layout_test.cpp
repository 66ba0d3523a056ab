// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/exec/value_layout.hpp>  // value_layout

#include "tests/support/catch.hpp"  // TEST_CASE

#include <algorithm>  // std::count
#include <numeric>    // std::iota
#include <vector>     // std::vector

namespace sl = slimming;
using sl::exec::value_layout;

namespace {

sl::index_t round_to_four(sl::index_t c) { return (c + 3) / 4 * 4; }

}  // namespace

TEST_CASE("images and feature vectors are stored channels last with a rounded stride") {
  const value_layout image({2, 5, 3, 4}, round_to_four);
  CHECK(image.channels_last);
  CHECK(image.stride == 8);
  CHECK(image.floats() == 2 * 3 * 4 * 8);
  CHECK(image.elements() == 2 * 5 * 3 * 4);
  const value_layout features({7, 6}, round_to_four);
  CHECK(features.channels_last);
  CHECK(features.pixels() == 7);
  CHECK(features.floats() == 7 * 8);
}

TEST_CASE("values of other ranks are stored as they are") {
  for (const sl::shape& e :
       {sl::shape{}, sl::shape{3}, sl::shape{2, 3, 5}, sl::shape{1, 2, 3, 4, 5}}) {
    const value_layout v(e, round_to_four);
    CHECK_FALSE(v.channels_last);
    CHECK(v.floats() == v.elements());
  }
}

TEST_CASE("the device's order and the file's order convert into each other") {
  for (const sl::shape& e : {sl::shape{2, 5, 3, 4}, sl::shape{3, 6}, sl::shape{2, 3, 5}}) {
    const value_layout v(e, round_to_four);
    std::vector<float> file(static_cast<std::size_t>(v.elements()));
    std::iota(file.begin(), file.end(), 1.0f);
    std::vector<float> device(static_cast<std::size_t>(v.floats()), -1.0f);
    sl::exec::to_device_order(v, file.data(), device.data());
    CHECK(std::count(device.begin(), device.end(), -1.0f) == 0);  // padding is zeroed
    CHECK(std::count(device.begin(), device.end(), 0.0f) == v.floats() - v.elements());
    std::vector<float> back(file.size());
    sl::exec::to_file_order(v, device.data(), back.data());
    CHECK(back == file);
  }
  const value_layout v({1, 2, 1, 3}, round_to_four);
  const std::vector<float> file{1, 2, 3, 4, 5, 6};
  std::vector<float> device(12);
  sl::exec::to_device_order(v, file.data(), device.data());
  CHECK(device == std::vector<float>{1, 4, 0, 0, 2, 5, 0, 0, 3, 6, 0, 0});
}
