// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/core/random.hpp>
#include <slimming/data/image_codec.hpp>

#include <cmath>
#include <cstdlib>

#include "tests/support/catch.hpp"
#include "tests/support/image_writer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace sl = slimming;
using test_support::jpeg_bytes;
using test_support::message_of;
using test_support::png_bytes;
using test_support::temporary_directory;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes noise(std::size_t n, std::uint64_t seed = 1) {
  sl::random_stream r{seed, 0, 0};
  bytes out(n);
  for (auto& b : out) b = static_cast<std::uint8_t>(r.below(256));
  return out;
}

}  // namespace

TEST_CASE("a PNG comes back exactly") {
  const auto pixels = noise(5 * 7 * 3);
  const auto i = sl::decode_png(png_bytes(5, 7, PNG_FORMAT_RGB, pixels), "memory");
  CHECK(i.height == 5);
  CHECK(i.width == 7);
  CHECK(i.channels == 3);
  CHECK(i.pixels == pixels);
}

TEST_CASE("a grey PNG serves as RGB and as grey") {
  const auto pixels = noise(4 * 6);
  const auto file = png_bytes(4, 6, PNG_FORMAT_GRAY, pixels);
  CHECK(sl::decode_png(file, "memory", {.channels = 1}).pixels == pixels);
  const auto rgb = sl::decode_png(file, "memory");
  for (sl::index_t k = 0; k < 24; ++k)
    for (sl::index_t c = 0; c < 3; ++c)
      CHECK(rgb.at(k / 6, k % 6, c) == pixels[static_cast<std::size_t>(k)]);
}

TEST_CASE("transparent pixels of a PNG are black") {
  const bytes pixels{200, 100, 50, 255, 200, 100, 50, 0};
  CHECK(sl::decode_png(png_bytes(1, 2, PNG_FORMAT_RGBA, pixels), "memory").pixels ==
        bytes{200, 100, 50, 0, 0, 0});
}

TEST_CASE("a JPEG comes back within what its compression loses") {
  bytes pixels;
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 17; ++x)
      for (const int v : {10 * y, 12 * x, 120}) pixels.push_back(static_cast<std::uint8_t>(v));
  const auto i = sl::decode_jpeg(jpeg_bytes(24, 17, 3, pixels, 100), "memory");
  REQUIRE(i.pixels.size() == pixels.size());
  CHECK(i.height == 24);
  int largest = 0;
  for (std::size_t k = 0; k < pixels.size(); ++k)
    largest = std::max(largest, std::abs(i.pixels[k] - pixels[k]));
  CHECK(largest <= 16);
  CHECK(sl::decode_jpeg(jpeg_bytes(24, 17, 3, pixels), "memory", {.channels = 1}).pixels.size() ==
        24 * 17);
}

TEST_CASE("a file is known by its first bytes, not by its name") {
  temporary_directory dir;
  const auto pixels = noise(9 * 9 * 3);
  CHECK(sl::read_image(dir.write("a.jpg", png_bytes(9, 9, PNG_FORMAT_RGB, pixels))).pixels ==
        pixels);
  CHECK(sl::read_image(dir.write("b.png", jpeg_bytes(9, 9, 3, pixels))).width == 9);
  const auto text = dir.write("c.png", noise(100));
  CHECK(message_of([&] { (void)sl::read_image(text); }) ==
        "slimming: bad_file: " + text.string() + ": offset 0: neither JPEG nor PNG");
  CHECK_THROWS_AS(sl::read_image(dir / "missing.png"), sl::bad_file);
  CHECK_THROWS_AS(sl::read_image(dir / "a.jpg", {.channels = 2}), sl::bad_value);
}

TEST_CASE("a file cut anywhere is refused, and the program lives on") {
  const auto pixels = noise(40 * 40 * 3);
  const auto jpeg = jpeg_bytes(40, 40, 3, pixels);
  const auto png = png_bytes(40, 40, PNG_FORMAT_RGB, pixels);
  REQUIRE(sl::decode_jpeg(jpeg, "whole").width == 40);
  // The last two bytes of a JPEG are a marker that decoders do without.
  for (std::size_t cut = 0; cut + 40 < jpeg.size(); cut += 53)
    CHECK_THROWS_AS(sl::decode_jpeg(std::span(jpeg).first(cut), "cut"), sl::bad_file);
  for (std::size_t cut = 0; cut + 20 < png.size(); cut += 53)
    CHECK_THROWS_AS(sl::decode_png(std::span(png).first(cut), "cut"), sl::bad_file);
}

TEST_CASE("random damage either throws bad_file or gives an image of the stated size") {
  const auto pixels = noise(16 * 16 * 3);
  const bytes files[] = {jpeg_bytes(16, 16, 3, pixels), png_bytes(16, 16, PNG_FORMAT_RGB, pixels)};
  sl::random_stream r{77, 0, 0};
  int thrown = 0;
  for (int round = 0; round < 400; ++round) {
    bytes file = files[round % 2];
    for (int k = 0; k < 3; ++k)
      file[static_cast<std::size_t>(r.below(static_cast<sl::index_t>(file.size())))] =
          static_cast<std::uint8_t>(r.below(256));
    const sl::decode_options options{.max_pixels = 1 << 16};
    try {
      const auto i = round % 2 ? sl::decode_png(file, "damaged", options)
                               : sl::decode_jpeg(file, "damaged", options);
      CHECK(i.pixels.size() == static_cast<std::size_t>(i.height * i.width * 3));
    } catch (const sl::bad_file&) {
      ++thrown;
    }
  }
  CHECK(thrown > 150);
}

TEST_CASE("images larger than allowed and colours without an RGB form are refused") {
  const auto pixels = noise(10 * 10 * 4);
  const sl::decode_options small{.max_pixels = 99};
  const auto message =
      "slimming: bad_file: x: header: 10 x 10 pixels are more than the 99 that are "
      "allowed";
  CHECK(message_of([&] { (void)sl::decode_jpeg(jpeg_bytes(10, 10, 3, pixels), "x", small); }) ==
        message);
  CHECK(message_of([&] {
          (void)sl::decode_png(png_bytes(10, 10, PNG_FORMAT_RGB, pixels), "x", small);
        }) == message);
  CHECK_THROWS_AS(sl::decode_jpeg(jpeg_bytes(10, 10, 4, pixels), "cmyk"), sl::bad_file);
}
