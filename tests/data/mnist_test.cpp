// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/mnist.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
using test_support::message_of;
using test_support::temporary_directory;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes idx(std::vector<std::uint32_t> extents, const bytes& data) {
  bytes out{0, 0, 8, static_cast<std::uint8_t>(extents.size())};
  for (const auto e : extents)
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(e >> shift));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

bytes ramp(std::size_t n) {
  bytes out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(i * 7);
  return out;
}

void write_gz(const std::filesystem::path& file, const bytes& data) {
  const gzFile f = gzopen(file.c_str(), "wb");
  REQUIRE(gzwrite(f, data.data(), static_cast<unsigned>(data.size())) ==
          static_cast<int>(data.size()));
  REQUIRE(gzclose(f) == Z_OK);
}

bytes contents(const std::filesystem::path& file) { return sl::detail::files::read_bytes(file); }

}  // namespace

TEST_CASE("plain and gzip idx files give the same data set") {
  temporary_directory plain, packed;
  const auto images = idx({3, 2, 4}, ramp(24)), labels = idx({3}, {7, 0, 9});
  plain.write("train-images-idx3-ubyte", images);
  plain.write("train-labels-idx1-ubyte", labels);
  write_gz(packed / "train-images-idx3-ubyte.gz", images);
  write_gz(packed / "train-labels-idx1-ubyte.gz", labels);
  for (const auto* dir : {&plain, &packed}) {
    const auto d = sl::read_mnist(dir->path(), sl::data_split::train);
    CHECK(d.size() == 3);
    CHECK(d.extents() == sl::image_extents{1, 2, 4});
    CHECK(d.label(0) == 7);
    CHECK(d.label(2) == 9);
    CHECK(d.image(1)[3] == 77);
  }
  CHECK_THROWS_AS(sl::read_mnist(plain.path(), sl::data_split::test), sl::bad_file);
}

TEST_CASE("truncation is found in plain and gzip files, and so is excess") {
  temporary_directory dir;
  const auto labels = dir.write("labels", idx({2}, {1, 2}));
  auto short_images = idx({2, 2, 2}, ramp(8));
  short_images.pop_back();
  const auto file = dir.write("images", short_images);
  CHECK(message_of([&] { (void)sl::read_idx(file, labels); }) ==
        "slimming: bad_file: " + file.string() +
            ": offset 23: truncated: 1 more bytes were expected");

  dir.write("images", idx({2, 2, 2}, ramp(9)));
  CHECK(message_of([&] { (void)sl::read_idx(file, labels); }).find("offset 24: data goes on") !=
        std::string::npos);

  sl::random_stream r{1, 0, 0};  // incompressible, so that cutting the file cuts the data
  bytes noise(2 * 64 * 64);
  for (auto& b : noise) b = static_cast<std::uint8_t>(r.below(256));
  const auto gz = dir / "images.gz";
  write_gz(gz, idx({2, 64, 64}, noise));
  CHECK(sl::read_idx(gz, labels).size() == 2);
  const auto whole = contents(gz);
  for (std::size_t cut = 1; cut < whole.size(); cut += 97)
    CHECK_THROWS_AS(sl::read_idx(dir.write("images.gz", std::span(whole).first(cut)), labels),
                    sl::bad_file);
  auto damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // the checksum
  CHECK_THROWS_AS(sl::read_idx(dir.write("images.gz", damaged), labels), sl::bad_file);
}

TEST_CASE("a header that states more than the file can hold is refused before memory is taken") {
  temporary_directory dir;
  const auto labels = dir.write("labels", idx({2}, {1, 2}));
  const auto images = dir.write("images", idx({2, 0x7fffffff, 0x7fffffff}, {}));
  CHECK(message_of([&] { (void)sl::read_idx(images, labels); }).find("more data than the file") !=
        std::string::npos);
  dir.write("images", idx({2, 0, 3}, {}));
  CHECK_THROWS_AS(sl::read_idx(images, labels), sl::bad_file);
}

TEST_CASE("wrong kinds, counts and labels are refused") {
  temporary_directory dir;
  const auto images = dir.write("images", idx({2, 1, 1}, {1, 2}));
  const auto labels = dir.write("labels", idx({2}, {1, 10}));
  CHECK(message_of([&] { (void)sl::read_idx(images, labels); }) ==
        "slimming: bad_file: " + labels.string() + ": offset 9: label 10 is not below 10");
  CHECK(sl::read_idx(images, labels, 11).classes() == 11);
  CHECK(message_of([&] { (void)sl::read_idx(labels, images); }) ==
        "slimming: bad_file: " + images.string() +
            ": offset 0: expected the idx magic number 2049, got 2051");
  const auto three = dir.write("three", idx({3}, {1, 2, 3}));
  CHECK(message_of([&] { (void)sl::read_idx(images, three); }).find("2 images, but 3 labels") !=
        std::string::npos);
  CHECK_THROWS_AS(sl::read_idx(dir.write("empty", {}), labels), sl::bad_file);
}
