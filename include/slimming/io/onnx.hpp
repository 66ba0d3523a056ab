// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads ONNX files into a model and writes the changed model back into the file that it came from.
/// Area: io. Component: onnx.

#include <slimming/core/error.hpp>             // bad_file
#include <slimming/io/atomic_file.hpp>         // write_atomically
#include <slimming/io/checkpoint.hpp>          // read_limits
#include <slimming/io/detail/file_bytes.hpp>   // file_bytes
#include <slimming/io/detail/onnx_reader.hpp>  // onnx_graph_reader
#include <slimming/io/detail/onnx_writer.hpp>  // onnx_writer
#include <slimming/model/model.hpp>            // model
#include <slimming/model/op_registry.hpp>      // value_facts

#include <cstddef>      // std::byte
#include <filesystem>   // std::filesystem::path
#include <optional>     // std::optional
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::io {

/// A network and the file that it came from.
///
/// The model holds what pruning and execution need; everything else (documentation, subgraphs,
/// functions, fields of future versions) stays in `source` and is copied when the network is
/// written.
/// Change `net` as you like, then write the document.
struct onnx_document {
  model net;
  /// The file's bytes; empty for a network that no file held.
  std::vector<std::byte> source = {};
  /// Where the file's external data lie; none if it came from memory.
  std::optional<std::filesystem::path> folder = {};
  read_limits limits = {};
};

/// Parses the bytes of a file; \p path only appears in messages.
///
/// Operator sets 7 to 26. Every name must have one producer, every tensor the size that its shape
/// says; nodes are put in topological order. Attributes of kinds that the model lacks (subgraphs,
/// sparse tensors) become opaque_attribute; initialisers of types that any_tensor lacks (texts,
/// 4-bit integers) become outputs of nodes `slimming::Initializer`, which nothing prunes.
///
/// \param folder  where external data lie; none refuses them. Paths that leave it are refused.
/// \throws bad_file     with the offset, node or tensor at fault.
/// \throws unsupported  for an operator set that is older or newer.
[[nodiscard]] inline onnx_document parse_onnx(std::vector<std::byte> bytes, std::string_view path,
                                              std::optional<std::filesystem::path> folder = {},
                                              read_limits limits = {}) {
  const detail::wire_file file{bytes, path};
  detail::external_data external(folder, path, limits);
  model net = detail::onnx_graph_reader(file, external).read();
  return {std::move(net), std::move(bytes), std::move(folder), limits};
}

/// \throws bad_file, unsupported  as parse_onnx, and if the file cannot be read.
[[nodiscard]] inline onnx_document read_onnx(const std::filesystem::path& path,
                                             read_limits limits = {}) {
  return parse_onnx(detail::file_bytes(path), path.string(), path.parent_path(), limits);
}

/// The bytes of an ONNX file that holds `document.net`.
///
/// Nodes, attributes, initialisers and declarations that have not changed are copied byte for byte,
/// so an unchanged document gives the file that it came from. Changed tensors keep their element
/// type and become raw data; external data move into the file. Metadata "slimming.pruned" lists
/// every parameter whose shape has changed. `ChannelSelect` is written as ONNX's Gather.
///
/// \param facts  what infer() says of `document.net`: new shapes for the file's declarations. Without
///               them, hints that may be stale are left out; inputs and outputs stay as declared.
/// \throws unsupported  if the file would exceed the 2 GiB that protocol buffers allow, or if the
///                      network carries an initialiser (see parse_onnx) that `document.source` does
///                      not hold.
[[nodiscard]] inline std::vector<std::byte> onnx_bytes(const onnx_document& document,
                                                       std::span<const value_facts> facts = {}) {
  const detail::wire_file source{document.source, "write_onnx"};
  detail::external_data external(document.folder, "write_onnx", document.limits);
  return detail::onnx_writer(document.net, source, facts, external).write();
}

/// Writes onnx_bytes() atomically. \throws bad_file  if the file cannot be written.
inline void write_onnx(const std::filesystem::path& path, const onnx_document& document,
                       std::span<const value_facts> facts = {}) {
  write_atomically(path, onnx_bytes(document, facts));
}

}  // namespace slimming::inline v0::io
