// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads PyTorch checkpoints (.pth, .pt, .th, .pth.tar) without Python and writes state dicts back.
/// Area: io. Component: zip.

#include <slimming/core/error.hpp>               // bad_file, bad_value
#include <slimming/io/atomic_file.hpp>           // write_atomically
#include <slimming/io/checkpoint.hpp>            // checkpoint, read_limits
#include <slimming/io/detail/file_bytes.hpp>     // file_bytes
#include <slimming/io/detail/torch_formats.hpp>  // parse_torch_zip, parse_torch_legacy
#include <slimming/io/detail/torch_writer.hpp>   // torch_archive

#include <cstddef>      // std::byte
#include <filesystem>   // std::filesystem::path
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0::io {

struct torch_options {
  /// Keys from the file's root to the state dict, joined by '/': "ema", "model/net". Empty: the
  /// root itself or what the usual wrappers call it ("state_dict", "model", "net", "ema", ...).
  std::string entry;
  read_limits limits;
};

/// Parses the bytes of a file of torch.save, either format; \p path only appears in messages.
///
/// A pickle is a program. This reader runs none: it builds containers, scalars and tensors, and
/// refuses every other name that the file calls for, before anything happens. Scalars and lists
/// beside the state dict become metadata. Shared, strided and expanded tensors become contiguous
/// copies. The prefixes "module." and "_orig_mod." are dropped when every tensor has them.
///
/// \throws bad_file  naming the offset, entry or tensor; also when the tensors unfold beyond
///                   `options.limits`.
[[nodiscard]] inline checkpoint parse_torch(std::span<const std::byte> bytes, std::string_view path,
                                            const torch_options& options = {}) {
  if (bytes.size() >= 2 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'})
    return detail::parse_torch_zip(bytes, path, options.entry, options.limits);
  if (!bytes.empty() && bytes[0] == std::byte{0x80})
    return detail::parse_torch_legacy(bytes, path, options.entry, options.limits);
  throw bad_file(path, "offset 0", "is neither a zip archive nor a pickle of torch.save");
}

/// \throws bad_file  if the file cannot be read or is not valid.
[[nodiscard]] inline checkpoint read_torch(const std::filesystem::path& path,
                                           const torch_options& options = {}) {
  return parse_torch(detail::file_bytes(path), path.string(), options);
}

/// Writes a zip archive that `torch.load(path, weights_only=True)` reads, atomically.
///
/// Without metadata the file holds the state dict itself, else
/// `{"state_dict": ..., key: value, ...}`. The same checkpoint gives the same bytes.
///
/// \throws bad_value  for a name that occurs twice or a text that is not UTF-8 (Python 2 wrote such
///                    names); nothing has been written then.
/// \throws bad_file   if the file cannot be written.
inline void write_torch(const std::filesystem::path& path, const checkpoint& content) {
  write_atomically(path, detail::torch_archive(content));
}

}  // namespace slimming::inline v0::io
