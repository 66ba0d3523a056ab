// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/data/cifar.hpp>

#include <algorithm>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
using test_support::message_of;
using test_support::temporary_directory;

namespace {

// Record k has the given label bytes; pixel p of it is (k + p) % 251.
std::vector<std::uint8_t> records(std::vector<std::vector<std::uint8_t>> labels) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    bytes.insert(bytes.end(), labels[k].begin(), labels[k].end());
    for (std::size_t p = 0; p < 3072; ++p)
      bytes.push_back(static_cast<std::uint8_t>((k + p) % 251));
  }
  return bytes;
}

}  // namespace

TEST_CASE("CIFAR-10 batches are read in order, the test batch on its own") {
  temporary_directory dir;
  dir.write("data_batch_1.bin", records({{3}, {9}}));
  dir.write("data_batch_2.bin", records({{0}}));
  dir.write("test_batch.bin", records({{5}}));
  const auto train = sl::read_cifar10(dir.path(), sl::data_split::train);
  CHECK(train.size() == 3);
  CHECK(train.extents() == sl::image_extents{3, 32, 32});
  CHECK(train.class_names()[9] == "truck");
  CHECK(train.label(0) == 3);
  CHECK(train.label(1) == 9);
  CHECK(train.label(2) == 0);
  CHECK(train.image(1)[0] == 1);
  CHECK(train.image(1)[3071] == (1 + 3071) % 251);
  CHECK(train.image(2)[0] == 0);
  CHECK(sl::read_cifar10(dir.path(), sl::data_split::test).label(0) == 5);
}

TEST_CASE("CIFAR-100 takes the fine label") {
  temporary_directory dir;
  dir.write("train.bin", records({{19, 99}, {0, 7}}));
  const auto train = sl::read_cifar100(dir.path(), sl::data_split::train);
  CHECK(train.classes() == 100);
  CHECK(train.label(0) == 99);
  CHECK(train.label(1) == 7);
  CHECK(train.image(0)[1] == 1);
}

TEST_CASE("class names are distinct and complete") {
  const auto ten = sl::cifar10_class_names(), hundred = sl::cifar100_class_names();
  CHECK(std::set<std::string>(ten.begin(), ten.end()).size() == 10);
  CHECK(std::set<std::string>(hundred.begin(), hundred.end()).size() == 100);
  CHECK(std::is_sorted(hundred.begin(), hundred.end()));
}

TEST_CASE("a truncated file is refused with the offset of the broken record") {
  temporary_directory dir;
  auto bytes = records({{1}, {2}});
  bytes.pop_back();
  const auto file = dir.write("test_batch.bin", bytes);
  CHECK(message_of([&] { (void)sl::read_cifar10(dir.path(), sl::data_split::test); }) ==
        "slimming: bad_file: " + file.string() +
            ": offset 3073: record of 3073 bytes ends after 3072");
  dir.write("test_batch.bin", {});
  CHECK_THROWS_AS(sl::read_cifar10(dir.path(), sl::data_split::test), sl::bad_file);
}

TEST_CASE("a label that is none is refused with its offset") {
  temporary_directory dir;
  const auto ten = dir.write("test_batch.bin", records({{1}, {10}}));
  CHECK(message_of([&] { (void)sl::read_cifar10(dir.path(), sl::data_split::test); }) ==
        "slimming: bad_file: " + ten.string() + ": offset 3073: label 10 is not below 10");
  dir.write("test.bin", records({{20, 1}}));
  CHECK_THROWS_AS(sl::read_cifar100(dir.path(), sl::data_split::test), sl::bad_file);
  dir.write("test.bin", records({{1, 100}}));
  CHECK_THROWS_AS(sl::read_cifar100(dir.path(), sl::data_split::test), sl::bad_file);
}

TEST_CASE("a missing file or a gap in the batches is refused by name") {
  temporary_directory dir;
  CHECK_THROWS_AS(sl::read_cifar10(dir.path(), sl::data_split::train), sl::bad_file);
  CHECK_THROWS_AS(sl::read_cifar10(dir.path(), sl::data_split::test), sl::bad_file);
  dir.write("data_batch_1.bin", records({{1}}));
  dir.write("data_batch_3.bin", records({{1}}));
  const auto message =
      message_of([&] { (void)sl::read_cifar10(dir.path(), sl::data_split::train); });
  CHECK(message.find("data_batch_2.bin: missing, but data_batch_3.bin is there") !=
        std::string::npos);
}

TEST_CASE("the sample in examples/data is balanced") {
  const std::filesystem::path sample = SLIMMING_TEST_DIR "/../examples/data/cifar10";
  const auto train = sl::read_cifar10(sample, sl::data_split::train);
  const auto test = sl::read_cifar10(sample, sl::data_split::test);
  CHECK(train.class_counts() == std::vector<sl::index_t>(10, 250));
  CHECK(test.class_counts() == std::vector<sl::index_t>(10, 50));
  // Statistics of real images: close to those of the whole set.
  const auto s = sl::statistics(train);
  CHECK(s.mean[0] == Approx(0.4914).margin(0.01));
  CHECK(s.mean[2] == Approx(0.4465).margin(0.01));
  CHECK(s.stddev[1] == Approx(0.2435).margin(0.01));
}
