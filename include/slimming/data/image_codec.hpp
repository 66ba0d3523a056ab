// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// JPEG and PNG files to pixels.
/// Area: data. Needs slimming::data (libjpeg-turbo, libpng). A damaged file throws; the libraries'
/// own ways out (exit, abort, messages on stderr) are closed.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_file
#include <slimming/data/detail/read_bytes.hpp>  // read_bytes
#include <slimming/data/image.hpp>              // image

#include <cstdio>  // jpeglib.h needs FILE and size_t

#include <jerror.h>   // JWRN_*
#include <jpeglib.h>  // jpeg_decompress_struct
#include <png.h>      // png_image

#include <array>       // std::array
#include <csetjmp>     // setjmp, longjmp
#include <filesystem>  // std::filesystem::path
#include <span>        // std::span
#include <string>      // std::string
#include <utility>     // std::move

namespace slimming::inline v0 {

/// What a decoded image looks like and how large it may be.
struct decode_options {
  index_t channels = 3;                   ///< 3 (RGB) or 1 (grey)
  index_t max_pixels = index_t{1} << 26;  ///< larger images are refused before memory is taken
};

namespace detail {

// libjpeg reports errors by calling back and wants never to be returned to. Exceptions must not
// pass through its frames, so that the way out is longjmp, over plain C objects only.
struct jpeg_session {
  jpeg_decompress_struct decoder;
  jpeg_error_mgr errors;
  std::jmp_buf out;
  std::array<char, JMSG_LENGTH_MAX> message;

  [[noreturn]] static void fail(j_common_ptr decoder) {
    auto* self = static_cast<jpeg_session*>(decoder->client_data);
    decoder->err->format_message(decoder, self->message.data());
    std::longjmp(self->out, 1);
  }
  // Level -1 is a warning. Those that mean lost image data are errors here; the others are about
  // oddities of real files that do no harm.
  static void emit(j_common_ptr decoder, int level) {
    const int code = decoder->err->msg_code;
    if (level == -1 &&
        (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_MUST_RESYNC || code == JWRN_BOGUS_PROGRESSION))
      fail(decoder);
  }
  static void say_nothing(j_common_ptr) {}
};

// Every function below that sets a jump target keeps objects with destructors out of its frame.
inline bool jpeg_open(jpeg_session& s, std::span<const std::uint8_t> bytes, bool grey) {
  s.decoder.err = jpeg_std_error(&s.errors);
  s.decoder.client_data = &s;
  s.errors.error_exit = &jpeg_session::fail;
  s.errors.emit_message = &jpeg_session::emit;
  s.errors.output_message = &jpeg_session::say_nothing;
  if (setjmp(s.out) != 0) return false;
  jpeg_create_decompress(&s.decoder);
  jpeg_mem_src(&s.decoder, bytes.data(), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&s.decoder, TRUE);
  s.decoder.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_calc_output_dimensions(&s.decoder);
  return true;
}

inline bool jpeg_decode(jpeg_session& s, std::uint8_t* out) {
  if (setjmp(s.out) != 0) return false;
  jpeg_start_decompress(&s.decoder);
  const std::size_t row =
      std::size_t{s.decoder.output_width} * static_cast<std::size_t>(s.decoder.output_components);
  while (s.decoder.output_scanline < s.decoder.output_height) {
    JSAMPROW line = out + s.decoder.output_scanline * row;
    jpeg_read_scanlines(&s.decoder, &line, 1);
  }
  jpeg_finish_decompress(&s.decoder);
  return true;
}

inline void check_size(const std::string& place, index_t height, index_t width,
                       const decode_options& options) {
  if (height <= 0 || width <= 0) throw bad_file(place, "header", "the image is empty");
  if (height > options.max_pixels / width)
    throw bad_file(place, "header",
                   std::to_string(height) + " x " + std::to_string(width) +
                       " pixels are more than the " + std::to_string(options.max_pixels) +
                       " that are allowed");
}

[[nodiscard]] inline image blank_image(index_t height, index_t width, index_t channels) {
  return {height, width, channels,
          std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * channels))};
}

}  // namespace detail

/// \throws bad_file  naming \p place, if the data is damaged, truncated, larger than allowed or in
///                   colours that have no RGB form (CMYK).
[[nodiscard]] inline image decode_jpeg(std::span<const std::uint8_t> bytes,
                                       const std::string& place,
                                       const decode_options& options = {}) {
  detail::jpeg_session session{};
  struct release {
    jpeg_decompress_struct& decoder;
    ~release() { jpeg_destroy_decompress(&decoder); }
  } const guard{session.decoder};
  const auto fail = [&] { throw bad_file(place, "JPEG", session.message.data()); };

  if (!detail::jpeg_open(session, bytes, options.channels == 1)) fail();
  const index_t height = session.decoder.output_height, width = session.decoder.output_width;
  detail::check_size(place, height, width, options);
  image result = detail::blank_image(height, width, options.channels);
  if (!detail::jpeg_decode(session, result.pixels.data())) fail();
  return result;
}

/// Transparent pixels are blended with black; 16 bits are reduced to 8.
/// \throws bad_file  naming \p place, if the data is damaged, truncated or larger than allowed.
[[nodiscard]] inline image decode_png(std::span<const std::uint8_t> bytes, const std::string& place,
                                      const decode_options& options = {}) {
  struct release {
    png_image header{};
    ~release() { png_image_free(&header); }
  } png;
  png.header.version = PNG_IMAGE_VERSION;
  const auto check = [&](int ok) {
    if (ok == 0 || PNG_IMAGE_FAILED(png.header)) throw bad_file(place, "PNG", png.header.message);
  };
  check(png_image_begin_read_from_memory(&png.header, bytes.data(), bytes.size()));
  detail::check_size(place, png.header.height, png.header.width, options);
  png.header.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // else 16-bit files are taken for linear light
  png.header.format = options.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  image result = detail::blank_image(png.header.height, png.header.width, options.channels);
  const png_color black{0, 0, 0};
  check(png_image_finish_read(&png.header, &black, result.pixels.data(), 0, nullptr));
  return result;
}

/// Reads a JPEG or PNG file; which one, its first bytes say, not its name.
/// \throws bad_file   if it is missing, neither of the two, or damaged.
/// \throws bad_value  if \p options ask for another number of channels than 1 or 3.
[[nodiscard]] inline image read_image(const std::filesystem::path& path,
                                      const decode_options& options = {}) {
  if (options.channels != 1 && options.channels != 3)
    throw bad_value("read_image: number of channels (1 or 3)", options.channels);
  const auto bytes = detail::files::read_bytes(path);
  if (bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
    return decode_jpeg(bytes, path.string(), options);
  if (bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0)
    return decode_png(bytes, path.string(), options);
  throw bad_file(path.string(), "offset 0", "neither JPEG nor PNG");
}

}  // namespace slimming::inline v0
