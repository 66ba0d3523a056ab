// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads NumPy's .npy arrays and .npz archives.
/// Area: io. Component: zip.

#include <slimming/core/error.hpp>             // bad_file
#include <slimming/core/tensor.hpp>            // any_tensor
#include <slimming/io/checkpoint.hpp>          // named_tensor, read_limits
#include <slimming/io/detail/byte_reader.hpp>  // byte_reader
#include <slimming/io/detail/elements.hpp>     // contiguous_tensor, gathered_tensor
#include <slimming/io/detail/file_bytes.hpp>   // file_bytes
#include <slimming/io/detail/npy_header.hpp>   // read_npy_header
#include <slimming/io/detail/zip_archive.hpp>  // zip_archive

#include <cstddef>        // std::byte
#include <filesystem>     // std::filesystem::path
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_set>  // std::unordered_set
#include <vector>         // std::vector

namespace slimming::inline v0::io {

/// Parses one array, versions 1 to 3, C or Fortran order, either byte order; the result is
/// row-major.
/// \throws bad_file  also for arrays of objects, texts, complex numbers and structures.
[[nodiscard]] inline any_tensor parse_npy(std::span<const std::byte> bytes, std::string_view path) {
  detail::byte_reader in(bytes, path);
  detail::npy_header header = detail::read_npy_header(in);
  const auto size = detail::byte_count(header.type, header.extents);
  if (!size || *size != in.remaining())
    in.fail("shape " + to_string(header.extents) + " of " + std::string(name_of(header.type)) +
            " does not fill the " + std::to_string(in.remaining()) + " bytes that follow");
  const auto stored = in.take(*size);
  if (!header.fortran_order)
    return detail::contiguous_tensor(header.type, std::move(header.extents), stored, header.order);
  shape strides;
  index_t stride = 1;
  for (const index_t extent : header.extents) {
    strides.push_back(stride);
    stride *= extent;
  }
  return detail::gathered_tensor(header.type, std::move(header.extents), strides, stored, 0,
                                 header.order);
}

/// Parses an archive of arrays, stored or deflated; names lose their ".npy".
/// \throws bad_file  naming the entry; also when two have one name ("w" and "w.npy"), and when they
///                   unfold beyond \p limits.
[[nodiscard]] inline std::vector<named_tensor> parse_npz(std::span<const std::byte> bytes,
                                                         std::string_view path,
                                                         read_limits limits = {}) {
  detail::zip_archive archive(bytes, path, limits);
  std::vector<named_tensor> tensors;
  std::unordered_set<std::string> names;
  for (const detail::zip_archive::entry& entry : archive.entries()) {
    const std::vector<std::byte> content = archive.read(entry.name);
    std::string name = entry.name;
    if (name.ends_with(".npy")) name.erase(name.size() - 4);
    if (!names.insert(name).second)
      throw bad_file(path, entry.name, "is a second array of the name '" + name + "'");
    tensors.push_back({std::move(name), parse_npy(content, std::string(path) + ": " + entry.name)});
  }
  return tensors;
}

/// \throws bad_file  if the file cannot be read or is not valid.
[[nodiscard]] inline any_tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(detail::file_bytes(path), path.string());
}

/// \throws bad_file  if the file cannot be read or is not valid.
[[nodiscard]] inline std::vector<named_tensor> read_npz(const std::filesystem::path& path,
                                                        read_limits limits = {}) {
  return parse_npz(detail::file_bytes(path), path.string(), limits);
}

}  // namespace slimming::inline v0::io
