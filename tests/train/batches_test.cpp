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

TEST_CASE("a feed brings what the loader would give, with classes where there is a loss") {
  const auto images = coloured_noise(10);
  sl::loader_options how;
  how.batch_size = 4;
  sl::loader here(images, how), there(images, how);
  sl::executor_options training;
  training.mode = sl::execution_mode::training;
  training.loss = sl::cross_entropy{};
  for (const sl::executor_options& options : {sl::executor_options{}, training}) {
    sl::cpu_executor e(tiny_classifier(4), {}, options, sl::cpu_device(1));
    sl::cpu_executor f(tiny_classifier(4), {}, options, sl::cpu_device(1));
    sl::feed_for<sl::cpu_device> feed(f, there);
    for (int step = 0; step < 4; ++step) {
      const sl::batch& b = here.next();
      if (options.loss && b.size() < 4) {
        CHECK_THROWS_AS(feed.next(), sl::shape_mismatch);  // a loss is over full batches
        continue;
      }
      const auto expected = logits(e, b);
      const auto labels = feed.next();
      CHECK(std::vector<sl::index_t>(labels.begin(), labels.end()) == b.labels);
      f.forward();
      CHECK(f.output() == expected);
    }
  }
}
