// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads and writes safetensors: a JSON header with names, types and offsets, then the raw tensors.
/// Area: io. Component: json. Format: https://huggingface.co/docs/safetensors.

#include <slimming/core/error.hpp>                    // bad_file, bad_value
#include <slimming/core/tensor.hpp>                   // any_tensor
#include <slimming/io/atomic_file.hpp>                // atomic_file
#include <slimming/io/checkpoint.hpp>                 // named_tensor
#include <slimming/io/detail/byte_reader.hpp>         // byte_reader
#include <slimming/io/detail/elements.hpp>            // contiguous_tensor
#include <slimming/io/detail/file_bytes.hpp>          // file_bytes
#include <slimming/io/detail/safetensors_header.hpp>  // parse_header, format_header

#include <algorithm>    // std::stable_sort
#include <array>        // std::array
#include <bit>          // std::endian
#include <cstddef>      // std::byte
#include <cstdint>      // std::uint64_t
#include <filesystem>   // std::filesystem::path
#include <map>          // std::map
#include <numeric>      // std::iota
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0::io {

/// The content of a safetensors file.
struct safetensors {
  std::vector<named_tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Parses the bytes of a file; \p path only appears in messages.
///
/// Refused, as the reference implementation does: a header beyond 100 MB or beyond the file,
/// duplicate names, tensors that overlap, leave gaps or do not end with the file. Element types
/// that any_tensor lacks (float8) are refused too.
///
/// \throws bad_file  with the offset or the tensor; nothing larger than the file was allocated.
[[nodiscard]] inline safetensors parse_safetensors(std::span<const std::byte> bytes,
                                                   std::string_view path) {
  detail::byte_reader reader(bytes, path);
  const auto length = reader.little<std::uint64_t>();
  if (length > detail::longest_safetensors_header)
    reader.fail("header of " + std::to_string(length) + " bytes is beyond the format's limit");
  detail::safetensors_header header = detail::parse_safetensors_header(reader.text(length), path);
  const auto data = bytes.subspan(reader.offset());
  detail::check_coverage(header.entries, data.size(), path);

  safetensors file;
  file.metadata = std::move(header.metadata);
  file.tensors.reserve(header.entries.size());
  for (detail::safetensors_entry& entry : header.entries) {
    const auto stored = data.subspan(static_cast<std::size_t>(entry.begin),
                                     static_cast<std::size_t>(entry.end - entry.begin));
    file.tensors.push_back(
        {std::move(entry.name), detail::contiguous_tensor(entry.type, std::move(entry.extents),
                                                          stored, std::endian::little)});
  }
  return file;
}

/// \throws bad_file  if the file cannot be read or is not valid.
[[nodiscard]] inline safetensors read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(detail::file_bytes(path), path.string());
}

/// Writes \p file atomically. The header lists the tensors in the given order; their data are laid
/// out by falling element size, so that each one is aligned in a mapped file.
///
/// \throws bad_value  for a duplicate name, the reserved name `__metadata__` or text that is not
///                    UTF-8; nothing has been written then.
/// \throws bad_file   if the file cannot be written.
inline void write_safetensors(const std::filesystem::path& path, const safetensors& file) {
  static_assert(std::endian::native == std::endian::little,
                "slimming: writing safetensors is implemented for little-endian machines");
  std::vector<std::size_t> order(file.tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(file.tensors[a].value.type()) > size_of(file.tensors[b].value.type());
  });

  std::vector<detail::safetensors_entry> entries(file.tensors.size());
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    const auto& [name, value] = file.tensors[i];
    const std::uint64_t begin = end;
    end += value.bytes().size();
    entries[i] = {name, value.type(), value.extents(), begin, end};
  }
  const std::string header = detail::format_safetensors_header(entries, file.metadata);
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<std::byte>(static_cast<std::uint64_t>(header.size()) >> (8 * i));

  atomic_file out(path);
  out.write(length);
  out.write(header);
  for (const std::size_t i : order) out.write(file.tensors[i].value.bytes());
  out.commit();
}

}  // namespace slimming::inline v0::io
