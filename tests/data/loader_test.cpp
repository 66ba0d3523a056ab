// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/data/loader.hpp>

#include <tbb/global_control.h>

#include <algorithm>
#include <numeric>

#include "tests/support/catch.hpp"

namespace sl = slimming;

namespace {

// Image k is filled with the value k, so that a batch tells which images it holds.
sl::image_dataset numbered(sl::index_t n, sl::image_extents e = {1, 3, 3}) {
  std::vector<std::uint8_t> pixels;
  std::vector<sl::index_t> labels;
  for (sl::index_t i = 0; i < n; ++i) {
    pixels.insert(pixels.end(), static_cast<std::size_t>(e.size()), static_cast<std::uint8_t>(i));
    labels.push_back(i % 10);
  }
  return {e, std::vector<std::string>(10, "digit"), pixels, labels};
}

struct copy {
  std::vector<float> images;
  std::vector<sl::index_t> labels;
  sl::shape extents;
  bool operator==(const copy&) const = default;
};

copy take(sl::loader& l) {
  const sl::batch& b = l.next();
  const auto values = b.images.values<float>();
  return {{values.begin(), values.end()}, b.labels, b.images.extents()};
}

std::vector<sl::index_t> epoch_order(sl::loader& l) {
  std::vector<sl::index_t> order;
  const sl::index_t epoch = l.position().epoch;
  while (l.position().epoch == epoch) {
    const auto b = take(l);
    const std::size_t pixels = b.images.size() / b.labels.size();
    for (std::size_t i = 0; i < b.labels.size(); ++i)
      order.push_back(static_cast<sl::index_t>(b.images[i * pixels] * 255 + 0.5f));
  }
  return order;
}

sl::loader_options augmented() {
  sl::loader_options o;
  o.batch_size = 16;
  o.seed = 42;
  o.augment = sl::augmentation::cifar();
  o.layout = sl::batch_layout::nhwc(8);
  o.statistics = {{0.3}, {0.7}};
  return o;
}

}  // namespace

TEST_CASE("an epoch shows every image once, in an order of its own") {
  const auto images = numbered(103);
  sl::loader l(images, {.batch_size = 10, .seed = 1});
  CHECK(l.batches_per_epoch() == 11);
  CHECK(l.images_per_epoch() == 103);
  auto first = epoch_order(l), second = epoch_order(l);
  CHECK(l.position() == sl::loader_position{2, 0});
  CHECK(first != second);
  CHECK_FALSE(std::is_sorted(first.begin(), first.end()));
  std::vector<sl::index_t> all(103);
  std::iota(all.begin(), all.end(), 0);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == all);
  CHECK(second == all);
}

TEST_CASE("without shuffling the order is that of the data set, and labels follow their images") {
  const auto images = numbered(25);
  sl::loader l(images, {.batch_size = 10, .shuffle = false});
  std::vector<sl::index_t> labels;
  for (int b = 0; b < 3; ++b) {
    const auto batch = take(l);
    CHECK(batch.extents[0] == (b < 2 ? 10 : 5));
    labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
  }
  for (std::size_t i = 0; i < 25; ++i) CHECK(labels[i] == static_cast<sl::index_t>(i % 10));
}

TEST_CASE("a last batch that is not full can be dropped") {
  const auto images = numbered(25);
  sl::loader l(images, {.batch_size = 10, .drop_last = true});
  CHECK(l.batches_per_epoch() == 2);
  CHECK(l.images_per_epoch() == 20);
  CHECK(epoch_order(l).size() == 20);
  CHECK(l.position().epoch == 1);
}

TEST_CASE("seed and epoch decide the order") {
  const auto images = numbered(50);
  sl::loader a(images, {.seed = 7}), b(images, {.seed = 7}), c(images, {.seed = 8});
  const auto order = epoch_order(a);
  CHECK(order == epoch_order(b));
  CHECK(order != epoch_order(c));
}

TEST_CASE("batches are bit-identical for any number of threads, prefetched or not") {
  const auto images = numbered(70, {1, 9, 9});
  auto options = augmented();
  std::vector<copy> reference;
  {
    const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
    options.prefetch = false;
    sl::loader l(images, options);
    for (int b = 0; b < 12; ++b) reference.push_back(take(l));
  }
  for (const std::size_t threads : {1, 2, 4})
    for (const bool prefetch : {false, true}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      options.prefetch = prefetch;
      sl::loader l(images, options);
      for (const auto& want : reference) REQUIRE(take(l) == want);
    }
}

TEST_CASE("a loader that starts at a saved position goes on exactly there") {
  const auto images = numbered(70, {1, 9, 9});
  sl::loader whole(images, augmented());
  std::vector<sl::loader_position> positions;
  std::vector<copy> batches;
  for (int b = 0; b < 12; ++b) {
    positions.push_back(whole.position());
    batches.push_back(take(whole));
  }
  for (std::size_t start = 0; start < positions.size(); ++start) {
    sl::loader resumed(images, augmented());
    resumed.seek(positions[start]);
    CHECK(resumed.position() == positions[start]);
    for (std::size_t b = start; b < positions.size(); ++b) REQUIRE(take(resumed) == batches[b]);
  }
  whole.seek(positions[3]);  // back, with a batch under way
  CHECK(take(whole) == batches[3]);
}

TEST_CASE("the numbers of a batch are those of the images that it would hold") {
  const auto images = numbered(53);
  sl::loader made(images, {.batch_size = 10, .seed = 6});
  sl::loader told(images, {.batch_size = 10, .seed = 6});
  for (int step = 0; step < 13; ++step) {
    const auto expected = take(made);
    if (step % 4 == 3) {  // either may be asked for at any time, also while a batch is under way
      CHECK(take(told) == expected);
      continue;
    }
    const auto numbers = told.next_numbers();
    REQUIRE(numbers.size() == expected.labels.size());
    for (std::size_t k = 0; k < numbers.size(); ++k)
      CHECK(expected.images[k * 9] == static_cast<float>(numbers[k]) / 255);
    CHECK(told.position() == made.position());
  }
}

TEST_CASE("the padding channels of an NHWC batch stay zero") {
  const auto images = numbered(21, {1, 4, 4});
  auto options = augmented();
  sl::loader l(images, options);
  for (int b = 0; b < 6; ++b) {
    const auto batch = take(l);
    REQUIRE(batch.extents[3] == 8);
    bool zero = true;
    for (std::size_t k = 0; k < batch.images.size(); ++k)
      zero = zero && (k % 8 == 0 || batch.images[k] == 0.0f);
    CHECK(zero);
  }
}

TEST_CASE("a loader can be dropped while a batch is under way and called from any arena") {
  const auto images = numbered(200, {1, 32, 32});
  for (int i = 0; i < 20; ++i) {
    sl::loader l(images, augmented());
    tbb::task_arena arena(1);
    arena.execute([&] { (void)l.next(); });
    if (i % 2) (void)l.next();
  }
  SUCCEED("no deadlock, no use after free");
}

TEST_CASE("options that make no sense are refused") {
  const auto images = numbered(5);
  CHECK_THROWS_AS(sl::loader(images, {.batch_size = 0}), sl::bad_value);
  CHECK_THROWS_AS(sl::loader(images, {.batch_size = 6, .drop_last = true}), sl::bad_value);
  CHECK_THROWS_AS(sl::loader(images, {.augment = {-1, false}}), sl::bad_value);
  CHECK_THROWS_AS(sl::loader(images, {.statistics = sl::published_cifar_statistics()}),
                  sl::shape_mismatch);
  CHECK_THROWS_AS(sl::loader(images, {.layout = {sl::batch_layout::order::nhwc, -1}}),
                  sl::bad_value);
  const auto none = numbered(0);
  CHECK_THROWS_AS(sl::loader(none, {}), sl::bad_value);
  sl::loader l(images, {.batch_size = 2});
  CHECK_THROWS_AS(l.seek({0, 3}), sl::bad_value);
  CHECK_THROWS_AS(l.seek({0, -1}), sl::bad_value);
  CHECK_THROWS_AS(l.seek({-1, 0}), sl::bad_value);
}
