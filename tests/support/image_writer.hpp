// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Writes JPEG and PNG files for the tests of their readers. Needs slimming::data.

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>
#include <png.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace test_support {

/// \p channels: 1 grey, 3 RGB, 4 CMYK.
inline std::vector<std::uint8_t> jpeg_bytes(unsigned height, unsigned width, int channels,
                                            std::vector<std::uint8_t> pixels, int quality = 95) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &memory, &size);
  encoder.image_width = width;
  encoder.image_height = height;
  encoder.input_components = channels;
  encoder.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  for (unsigned y = 0; y < height; ++y) {
    JSAMPROW row = pixels.data() + std::size_t{y} * width * static_cast<unsigned>(channels);
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  std::free(memory);
  return bytes;
}

/// \p format: PNG_FORMAT_GRAY, PNG_FORMAT_RGB or PNG_FORMAT_RGBA.
inline std::vector<std::uint8_t> png_bytes(unsigned height, unsigned width, png_uint_32 format,
                                           const std::vector<std::uint8_t>& pixels) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = width;
  header.height = height;
  header.format = format;
  png_alloc_size_t size = 0;
  if (!png_image_write_to_memory(&header, nullptr, &size, 0, pixels.data(), 0, nullptr))
    throw std::runtime_error(header.message);
  std::vector<std::uint8_t> bytes(size);
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, pixels.data(), 0, nullptr))
    throw std::runtime_error(header.message);
  return bytes;
}

}  // namespace test_support
