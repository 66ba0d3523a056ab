// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A whole file in memory, and the offsets that messages name.
/// Area: data.

#include <slimming/core/error.hpp>  // bad_file

#include <cstddef>       // std::size_t
#include <cstdint>       // std::uint8_t
#include <filesystem>    // std::filesystem::path
#include <fstream>       // std::ifstream
#include <string>        // std::string
#include <system_error>  // std::error_code
#include <vector>        // std::vector

namespace slimming::inline v0::detail::files {

/// "offset 3073": where a message points.
[[nodiscard]] inline std::string offset_text(std::size_t offset) {
  return "offset " + std::to_string(offset);
}

/// Size in bytes. \throws bad_file  unless \p path is a regular file.
[[nodiscard]] inline std::size_t size_of(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure))
    throw bad_file(path.string(), "", "no such file");
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) throw bad_file(path.string(), "", failure.message());
  return static_cast<std::size_t>(size);
}

/// \throws bad_file  if the file is missing or cannot be read.
[[nodiscard]] inline std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes(size_of(path));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::size_t>(file.gcount()) != bytes.size())
    throw bad_file(path.string(), offset_text(static_cast<std::size_t>(file.gcount())),
                   "cannot be read");
  return bytes;
}

}  // namespace slimming::inline v0::detail::files
