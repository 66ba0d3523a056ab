// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Moves tensors that lie beside a network into the messages that refer to them, wherever those
/// are: what is written may lie in another folder.
/// Area: io, internal. Component: onnx.

#include <slimming/core/dtype.hpp>             // dtype
#include <slimming/core/tensor.hpp>            // shape
#include <slimming/io/detail/elements.hpp>     // byte_count
#include <slimming/io/detail/onnx_tensor.hpp>  // external_data, parse_message, dtype_from_onnx
#include <slimming/io/detail/wire.hpp>         // wire_field, wire_writer

#include <onnx/onnx_pb.h>  // onnx::TensorProto, onnx::GraphProto

#include <cstddef>      // std::byte
#include <cstdint>      // std::uint64_t
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace slimming::inline v0::io::detail {

/// Each call says whether there was something to move.
class onnx_embedder {
 public:
  explicit onnx_embedder(external_data& files) : files_(files) {}

  /// \throws bad_file  if the data are missing or are not what the shape asks for.
  bool operator()(onnx::TensorProto& t) {
    if (t.data_location() != onnx::TensorProto::EXTERNAL) return false;
    const std::optional<dtype> type = dtype_from_onnx(t.data_type());
    std::optional<std::uint64_t> size;
    if (type) {
      size = byte_count(*type, shape(t.dims().begin(), t.dims().end()));
      if (!size) files_.fail(t, "has an impossible shape");
    }
    const std::vector<std::byte> bytes = files_.read(t, size);
    t.clear_external_data();
    t.clear_data_location();
    t.set_raw_data(bytes.data(), bytes.size());  // little-endian, there as here
    return true;
  }
  bool operator()(onnx::SparseTensorProto& t) {
    const bool values = t.has_values() && (*this)(*t.mutable_values());
    return (t.has_indices() && (*this)(*t.mutable_indices())) || values;
  }
  bool operator()(onnx::AttributeProto& a) {
    bool any = a.has_t() && (*this)(*a.mutable_t());
    any = (a.has_g() && (*this)(*a.mutable_g())) || any;
    any = (a.has_sparse_tensor() && (*this)(*a.mutable_sparse_tensor())) || any;
    any = each(*a.mutable_tensors()) || any;
    any = each(*a.mutable_graphs()) || any;
    return each(*a.mutable_sparse_tensors()) || any;
  }
  bool operator()(onnx::NodeProto& node) { return each(*node.mutable_attribute()); }
  bool operator()(onnx::GraphProto& graph) {
    bool any = each(*graph.mutable_initializer());
    any = each(*graph.mutable_sparse_initializer()) || any;
    return each(*graph.mutable_node()) || any;
  }
  bool operator()(onnx::FunctionProto& function) { return each(*function.mutable_node()); }

 private:
  template <class Messages>
  bool each(Messages& messages) {
    bool any = false;
    for (auto& message : messages) any = (*this)(message) || any;
    return any;
  }

  external_data& files_;
};

/// The message of \p field with all its tensors inside; nothing if they are there already.
template <class Message>
[[nodiscard]] std::optional<std::string> embedded(const wire_field& field, const wire_file& file,
                                                  external_data& files, std::string_view what) {
  constexpr std::string_view key = "location";  // in every reference to another file
  if (field.text().find(key) == std::string_view::npos) return std::nullopt;
  auto message = parse_message<Message>(field, file, what);
  if (!onnx_embedder(files)(message)) return std::nullopt;
  return message.SerializeAsString();
}

/// Copies \p field, byte for byte unless a tensor in it lies beside the network.
template <class Message>
void write_embedded(wire_writer& out, const wire_field& field, const wire_file& source,
                    external_data& files, std::string_view what) {
  if (const auto inside = embedded<Message>(field, source, files, what))
    out.text(static_cast<int>(field.number), *inside);
  else
    out.raw(field.raw);
}

}  // namespace slimming::inline v0::io::detail
