// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/data/image_folder.hpp>

#include <tbb/global_control.h>

#include "tests/support/catch.hpp"
#include "tests/support/image_writer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
using test_support::message_of;
using test_support::png_bytes;
using test_support::temporary_directory;

namespace {

std::vector<std::uint8_t> flat_png(unsigned h, unsigned w, std::uint8_t r, std::uint8_t g,
                                   std::uint8_t b) {
  std::vector<std::uint8_t> pixels;
  for (unsigned k = 0; k < h * w; ++k) pixels.insert(pixels.end(), {r, g, b});
  return png_bytes(h, w, PNG_FORMAT_RGB, pixels);
}

}  // namespace

TEST_CASE("directories are classes in alphabetical order, images are planar and of one size") {
  temporary_directory dir;
  dir.write("dog/b.png", flat_png(9, 4, 1, 2, 3));
  dir.write("dog/a.PNG", flat_png(4, 9, 10, 20, 30));
  dir.write("dog/readme.txt", std::vector<std::uint8_t>{1});
  dir.write("cat/x.jpeg", test_support::jpeg_bytes(8, 8, 3, std::vector<std::uint8_t>(192, 128)));
  dir.write("note.txt", std::vector<std::uint8_t>{1});
  for (const auto how :
       {sl::image_folder_options::fit::crop, sl::image_folder_options::fit::stretch}) {
    const auto d = sl::read_image_folder(dir.path(), {.extents = {3, 4, 5}, .how = how});
    CHECK(d.class_names() == std::vector<std::string>{"cat", "dog"});
    REQUIRE(d.size() == 3);
    CHECK(d.label(0) == 0);
    CHECK(d.label(1) == 1);
    CHECK(d.image(0)[0] == 128);
    CHECK(d.image(1)[0] == 10);
    CHECK(d.image(1)[20] == 20);
    CHECK(d.image(2)[59] == 3);
  }
  CHECK(sl::read_image_folder(dir.path(), {.extents = {1, 4, 4}}).extents().channels == 1);
}

TEST_CASE("the first damaged file in order is the one that is named, for any number of threads") {
  temporary_directory dir;
  for (int k = 0; k < 30; ++k) {
    auto bytes = flat_png(8, 8, 5, 6, 7);
    if (k >= 12) bytes.resize(bytes.size() / 2);
    dir.write("class/" + std::to_string(100 + k) + ".png", bytes);
  }
  for (const std::size_t threads : {1, 4}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    CHECK(message_of([&] { (void)sl::read_image_folder(dir.path()); }).find("112.png") !=
          std::string::npos);
  }
}

TEST_CASE("listed classes keep their labels where one is missing, and a stranger is refused") {
  temporary_directory dir;
  for (const std::string name : {"train/ant", "train/bee", "train/cat", "test/bee", "test/cat"})
    dir.write(name + "/a.png", flat_png(2, 2, 0, 0, 0));
  const auto classes = sl::image_folder_classes(dir / "train");
  CHECK(classes == std::vector<std::string>{"ant", "bee", "cat"});
  const auto d = sl::read_image_folder(dir / "test", {.classes = classes});
  CHECK(d.class_names() == classes);
  CHECK(d.label(0) == 1);
  CHECK(d.label(1) == 2);
  dir.write("test/dog/a.png", flat_png(2, 2, 0, 0, 0));
  CHECK(message_of([&] { (void)sl::read_image_folder(dir / "test", {.classes = classes}); }) ==
        "slimming: bad_file: " + (dir / "test/dog").string() +
            ": is none of the 3 classes, which are 'ant' ... 'cat'");
  CHECK(message_of([&] { (void)sl::image_folder_classes(dir / "nowhere"); }) ==
        "slimming: bad_file: " + (dir / "nowhere").string() + ": no such directory");
}

TEST_CASE("a link that leads nowhere is an error, not one image less") {
  temporary_directory dir;
  const auto file = dir.write("a/a.png", flat_png(2, 2, 0, 0, 0));
  std::filesystem::create_symlink(file, dir / "a/b.png");
  CHECK(sl::read_image_folder(dir.path()).size() == 2);
  std::filesystem::create_symlink(dir / "gone.png", dir / "a/c.png");
  CHECK(message_of([&] { (void)sl::read_image_folder(dir.path()); }) ==
        "slimming: bad_file: " + (dir / "a/c.png").string() + ": no such file");
}

TEST_CASE("folders that hold nothing to learn from are refused") {
  temporary_directory dir;
  CHECK_THROWS_AS(sl::read_image_folder(dir / "missing"), sl::bad_file);
  CHECK_THROWS_AS(sl::read_image_folder(dir.path()), sl::bad_file);
  dir.write("a/note.txt", std::vector<std::uint8_t>{1});
  CHECK(message_of([&] { (void)sl::read_image_folder(dir.path()); }) ==
        "slimming: bad_file: " + (dir / "a").string() + ": holds no .jpg, .jpeg or .png");
  dir.write("a/b.png", flat_png(2, 2, 0, 0, 0));
  CHECK(sl::read_image_folder(dir.path()).size() == 1);
  CHECK_THROWS_AS(sl::read_image_folder(dir.path(), {.extents = {3, 0, 1}}), sl::bad_value);
  CHECK_THROWS_AS(sl::read_image_folder(dir.path(), {.extents = {2, 4, 4}}), sl::bad_value);
}
