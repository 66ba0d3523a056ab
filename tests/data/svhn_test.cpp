// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/svhn.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
using test_support::message_of;
using test_support::temporary_directory;

namespace {

constexpr std::size_t h = 6, w = 5, channels = 3, n = 4;

std::uint8_t pixel(std::size_t i, std::size_t c, std::size_t y, std::size_t x) {
  return static_cast<std::uint8_t>(i * 60 + c * 31 + y * 7 + x);
}

struct mat_contents {
  std::vector<std::size_t> x_extents{h, w, channels, n};
  std::vector<double> labels{1, 9, 10, 2};
  bool byte_labels = false;
  bool noise = false;
  const char* x_name = "X";
};

std::filesystem::path write(const std::filesystem::path& file, mat_contents what,
                            matio_compression compression) {
  sl::random_stream random{9, 0, 0};
  std::size_t total = 1;
  for (const std::size_t e : what.x_extents) total *= e;
  std::vector<std::uint8_t> x(total);
  for (std::size_t k = 0; k < total; ++k)  // (N, C, W, H): MATLAB's order read backwards
    x[k] = what.noise ? static_cast<std::uint8_t>(random.below(256))
                      : pixel(k / (h * w * channels), k / (h * w) % channels, k % h, k / h % w);
  std::vector<std::uint8_t> bytes(what.labels.begin(), what.labels.end());

  mat_t* mat = Mat_CreateVer(file.c_str(), nullptr, MAT_FT_MAT5);
  REQUIRE(mat);
  const auto put = [&](const char* name, matio_classes kind, matio_types type,
                       std::vector<std::size_t> extents, void* data) {
    matvar_t* v =
        Mat_VarCreate(name, kind, type, static_cast<int>(extents.size()), extents.data(), data, 0);
    REQUIRE(Mat_VarWrite(mat, v, compression) == 0);
    Mat_VarFree(v);
  };
  put(what.x_name, MAT_C_UINT8, MAT_T_UINT8, what.x_extents, x.data());
  if (what.byte_labels)
    put("y", MAT_C_UINT8, MAT_T_UINT8, {bytes.size(), 1}, bytes.data());
  else
    put("y", MAT_C_DOUBLE, MAT_T_DOUBLE, {what.labels.size(), 1}, what.labels.data());
  Mat_Close(mat);
  return file;
}

}  // namespace

TEST_CASE("images come out row-major, label 10 is the digit 0") {
  temporary_directory dir;
  for (const auto compression : {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB})
    for (const bool byte_labels : {false, true}) {
      write(dir / "train_32x32.mat", {.byte_labels = byte_labels}, compression);
      const auto d = sl::read_svhn(dir.path(), sl::data_split::train);
      REQUIRE(d.size() == 4);
      CHECK(d.extents() == sl::image_extents{3, 6, 5});
      CHECK(std::vector<sl::index_t>(d.labels().begin(), d.labels().end()) ==
            std::vector<sl::index_t>{1, 9, 0, 2});
      bool same = true;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < channels; ++c)
          for (std::size_t y = 0; y < h; ++y)
            for (std::size_t x = 0; x < w; ++x)
              same = same &&
                     d.image(static_cast<sl::index_t>(i))[(c * h + y) * w + x] == pixel(i, c, y, x);
      CHECK(same);
    }
}

TEST_CASE("labels outside 1 ... 10 and counts that disagree are refused") {
  temporary_directory dir;
  for (const double bad : {0.0, 11.0, 1.5, -1.0}) {
    const auto file = write(dir / "a.mat", {.labels = {1, 2, bad, 3}}, MAT_COMPRESSION_ZLIB);
    CHECK(message_of([&] { (void)sl::read_svhn(file); }).find("index 2 is outside") !=
          std::string::npos);
  }
  const auto file = write(dir / "b.mat", {.labels = {1, 2}}, MAT_COMPRESSION_ZLIB);
  CHECK(message_of([&] { (void)sl::read_svhn(file); }).find("2 labels, but 4 images") !=
        std::string::npos);
}

TEST_CASE("files of another kind are refused") {
  temporary_directory dir;
  CHECK_THROWS_AS(sl::read_svhn(dir / "missing.mat"), sl::bad_file);
  CHECK_THROWS_AS(sl::read_svhn(dir.write("text.mat", std::vector<std::uint8_t>(500, 'x'))),
                  sl::bad_file);
  const auto renamed = write(dir / "c.mat", {.x_name = "Z"}, MAT_COMPRESSION_NONE);
  CHECK(message_of([&] { (void)sl::read_svhn(renamed); }) ==
        "slimming: bad_file: " + renamed.string() + ": variable X: no such variable");
  const auto flat = write(dir / "d.mat", {.x_extents = {h, w, n}}, MAT_COMPRESSION_NONE);
  CHECK(message_of([&] { (void)sl::read_svhn(flat); }).find("expected 4 axes, got 3") !=
        std::string::npos);
}

TEST_CASE("a file cut anywhere inside the images is refused") {
  temporary_directory dir;
  for (const auto compression : {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB}) {
    const auto file =
        write(dir / "whole.mat", {.x_extents = {32, 32, 3, 4}, .noise = true}, compression);
    const auto whole = sl::detail::files::read_bytes(file);
    REQUIRE(sl::read_svhn(file).size() == 4);
    for (std::size_t cut = 200; cut + 400 < whole.size(); cut += 997) {
      INFO("cut at " << cut << " of " << whole.size());
      CHECK_THROWS_AS(sl::read_svhn(dir.write("cut.mat", std::span(whole).first(cut))),
                      sl::bad_file);
    }
  }
}
