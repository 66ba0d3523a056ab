// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/train/batches.hpp>  // set_batch, batches_for

#include "tests/support/catch.hpp"         // TEST_CASE
#include "tests/support/cpu_executor.hpp"  // cpu_executor
#include "tests/train/tiny_run.hpp"        // tiny_classifier, coloured_noise

#include <numeric>  // std::iota
#include <vector>   // std::vector

namespace sl = slimming;
using namespace test_support;

namespace {

std::vector<float> logits(sl::cpu_executor& e, const sl::batch& b) {
  std::vector<float> scratch;
  sl::set_batch(e, e.input_layout(0), b, scratch);
  e.forward();
  return e.output();
}

}  // namespace

TEST_CASE("planar batches and batches in the device's layout mean the same") {
  const auto images = coloured_noise(6);
  const std::vector<sl::index_t> all{0, 1, 2, 3, 4, 5};
  const sl::normalisation raw(3);
  sl::cpu_executor e(tiny_classifier(6), {}, {}, sl::cpu_device(1));
  const auto planar = logits(e, sl::make_batch(images, all, raw));
  const auto layout = sl::batches_for<sl::cpu_device>(images.extents());
  CHECK(logits(e, sl::make_batch(images, all, raw, layout)) == planar);
}

TEST_CASE("a batch that is not full leaves the results of its images unchanged") {
  const auto images = coloured_noise(6);
  const sl::normalisation raw(3);
  sl::cpu_executor e(tiny_classifier(6), {}, {}, sl::cpu_device(1));
  const auto full =
      logits(e, sl::make_batch(images, std::vector<sl::index_t>{0, 1, 2, 3, 4, 5}, raw));
  for (const auto& layout :
       {sl::batch_layout::nchw(), sl::batches_for<sl::cpu_device>({3, 8, 8})}) {
    const auto part =
        logits(e, sl::make_batch(images, std::vector<sl::index_t>{0, 1}, raw, layout));
    for (std::size_t i = 0; i < 6; ++i) CHECK(part[i] == full[i]);
  }
}

TEST_CASE("batches that do not fit are refused") {
  const auto images = coloured_noise(8);
  const sl::normalisation raw(3);
  sl::cpu_executor e(tiny_classifier(6), {}, {}, sl::cpu_device(1));
  std::vector<sl::index_t> seven(7);
  std::iota(seven.begin(), seven.end(), sl::index_t{0});
  CHECK_THROWS_AS(logits(e, sl::make_batch(images, seven, raw)), sl::shape_mismatch);
  sl::batch wrong{sl::any_tensor(sl::dtype::float32, {6, 3, 4, 4}), std::vector<sl::index_t>(6)};
  CHECK_THROWS_AS(logits(e, wrong), sl::shape_mismatch);
}
