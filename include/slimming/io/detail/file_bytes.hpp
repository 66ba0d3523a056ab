// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads a whole regular file into memory.
/// Area: io, internal.

#include <slimming/core/error.hpp>  // bad_file

#include <cstddef>       // std::byte
#include <filesystem>    // std::filesystem::path
#include <fstream>       // std::ifstream
#include <string>        // std::string
#include <system_error>  // std::error_code
#include <vector>        // std::vector

namespace slimming::inline v0::io::detail {

/// \throws bad_file  if \p path is not a readable regular file.
[[nodiscard]] inline std::vector<std::byte> file_bytes(const std::filesystem::path& path) {
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(path, failure);
  if (!std::filesystem::exists(status)) throw bad_file(path.string(), "", "does not exist");
  if (!std::filesystem::is_regular_file(status))
    throw bad_file(path.string(), "", "is not a regular file");
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw bad_file(path.string(), "", "cannot be opened");
  std::vector<std::byte> bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in)
    throw bad_file(path.string(), "offset " + std::to_string(in.gcount()), "cannot be read on");
  return bytes;
}

}  // namespace slimming::inline v0::io::detail
