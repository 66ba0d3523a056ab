// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Nodes and attributes of ONNX files: read field by field, written back with only the changes.
/// Area: io, internal. Component: onnx.

#include <slimming/core/error.hpp>             // bad_file, bad_value
#include <slimming/io/detail/onnx_embed.hpp>   // embedded, write_embedded
#include <slimming/io/detail/onnx_tensor.hpp>  // tensor_from_onnx, parse_message
#include <slimming/io/detail/wire.hpp>         // wire_reader, wire_writer
#include <slimming/model/op_node.hpp>          // op_node, attribute

#include <onnx/onnx_pb.h>  // field numbers, onnx::TensorProto

#include <algorithm>    // std::ranges::equal
#include <bit>          // std::bit_cast
#include <concepts>     // std::same_as
#include <cstddef>      // std::byte
#include <cstdint>      // std::uint64_t
#include <functional>   // std::less
#include <map>          // std::map
#include <optional>     // std::optional
#include <span>         // std::span
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <variant>      // std::visit
#include <vector>       // std::vector

namespace slimming::inline v0::io::detail {

/// A node before its names are looked up.
struct onnx_node {
  std::string_view op;
  std::string_view name;
  std::string_view domain;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::map<std::string, attribute, std::less<>> attributes;
};

/// An attribute; kinds that the model does not hold stay the bytes that they are.
class onnx_attribute_reader {
 public:
  onnx_attribute_reader(std::span<const std::byte> message, const wire_file& file,
                        external_data& files)
      : message_(message), file_(file), files_(files) {}

  std::string_view name;

  [[nodiscard]] attribute read() {
    using proto = onnx::AttributeProto;
    wire_field field;
    for (wire_reader fields(message_, file_); fields.next(field);) {
      switch (field.number) {
        case proto::kNameFieldNumber:
          fields.expect(field, wire_type::bytes);
          name = field.text();
          break;
        case proto::kTypeFieldNumber:
          fields.expect(field, wire_type::varint);
          type_ = field.value;
          break;
        case proto::kFFieldNumber:
          fields.expect(field, wire_type::fixed32);
          real_ = field.real();
          break;
        case proto::kIFieldNumber:
          fields.expect(field, wire_type::varint);
          integer_ = field.integer();
          break;
        case proto::kSFieldNumber:
          fields.expect(field, wire_type::bytes);
          text_ = field.text();
          break;
        case proto::kTFieldNumber:
          fields.expect(field, wire_type::bytes);
          tensor_ = field;
          break;
        case proto::kFloatsFieldNumber:
          read_reals(field);
          break;
        case proto::kIntsFieldNumber:
          read_integers(field);
          break;
        case proto::kStringsFieldNumber:
          fields.expect(field, wire_type::bytes);
          texts_.emplace_back(field.text());
          break;
        default:
          is_other_ = is_other_ || field.number != proto::kDocStringFieldNumber;
      }
    }
    if (name.empty()) file_.fail(message_.data(), "is an attribute without a name");
    return value();
  }

 private:
  void read_reals(const wire_field& field) {
    wire_reader packed(field.payload, file_);
    if (field.type == wire_type::fixed32) {
      reals_.push_back(field.real());
      return;
    }
    packed.expect(field, wire_type::bytes);
    while (!packed.at_end())
      reals_.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(packed.fixed(4))));
  }
  void read_integers(const wire_field& field) {
    wire_reader packed(field.payload, file_);
    if (field.type == wire_type::varint) {
      integers_.push_back(field.integer());
      return;
    }
    packed.expect(field, wire_type::bytes);
    while (!packed.at_end()) integers_.push_back(std::bit_cast<std::int64_t>(packed.varint()));
  }

  [[nodiscard]] attribute value() {
    using proto = onnx::AttributeProto;
    switch (type_.value_or(guessed_type())) {
      case proto::FLOAT:
        return static_cast<double>(real_.value_or(0));
      case proto::INT:
        return integer_.value_or(0);
      case proto::STRING:
        return std::string(text_.value_or(""));
      case proto::FLOATS:
        return std::move(reals_);
      case proto::INTS:
        return std::move(integers_);
      case proto::STRINGS:
        return std::move(texts_);
      case proto::TENSOR:
        if (!tensor_) file_.fail(message_.data(), "is a tensor attribute without its tensor");
        if (auto t = tensor_from_onnx(parse_message<onnx::TensorProto>(*tensor_, file_, "tensor"),
                                      files_))
          return std::move(*t);
        [[fallthrough]];
      default:
        return opaque();
    }
  }
  [[nodiscard]] attribute opaque() {
    wire_field whole;
    whole.payload = whole.raw = message_;
    auto inside = embedded<onnx::AttributeProto>(whole, file_, files_, "attribute");
    return opaque_attribute{inside ? std::move(*inside) : std::string(whole.text())};
  }
  /// Files before IR version 2 do not say the type.
  [[nodiscard]] std::uint64_t guessed_type() const {
    using proto = onnx::AttributeProto;
    if (is_other_) return proto::UNDEFINED;
    if (real_) return proto::FLOAT;
    if (integer_) return proto::INT;
    if (text_) return proto::STRING;
    if (tensor_) return proto::TENSOR;
    if (!reals_.empty()) return proto::FLOATS;
    if (!texts_.empty()) return proto::STRINGS;
    return proto::INTS;
  }

  std::span<const std::byte> message_;
  const wire_file& file_;
  external_data& files_;
  std::optional<std::uint64_t> type_;
  std::optional<float> real_;
  std::optional<std::int64_t> integer_;
  std::optional<std::string_view> text_;
  std::optional<wire_field> tensor_;
  std::vector<double> reals_;
  std::vector<index_t> integers_;
  std::vector<std::string> texts_;
  bool is_other_ = false;
};

/// \throws bad_file  for a node without operator, with two attributes of one name, ...
[[nodiscard]] inline onnx_node read_onnx_node(std::span<const std::byte> message,
                                              const wire_file& file, external_data& files) {
  using proto = onnx::NodeProto;
  onnx_node node;
  wire_field field;
  for (wire_reader fields(message, file); fields.next(field);) {
    const auto text = [&] {
      fields.expect(field, wire_type::bytes);
      return field.text();
    };
    switch (field.number) {
      case proto::kInputFieldNumber:
        node.inputs.push_back(text());
        break;
      case proto::kOutputFieldNumber:
        node.outputs.push_back(text());
        break;
      case proto::kNameFieldNumber:
        node.name = text();
        break;
      case proto::kOpTypeFieldNumber:
        node.op = text();
        break;
      case proto::kDomainFieldNumber:
        node.domain = text();
        break;
      case proto::kAttributeFieldNumber: {
        (void)text();
        onnx_attribute_reader reader(field.payload, file, files);
        attribute value = reader.read();
        if (!node.attributes.emplace(reader.name, std::move(value)).second)
          file.fail(field.raw.data(), "attribute '" + std::string(reader.name) + "' occurs twice");
        break;
      }
      default:
        break;
    }
  }
  if (node.op.empty()) file.fail(message.data(), "is a node without an operator");
  return node;
}

[[nodiscard]] inline bool same_attribute(const attribute& a, const attribute& b) {
  if (a.index() != b.index()) return false;
  const auto same_bits = [](double x, double y) {  // NaN stays NaN
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  };
  return std::visit(
      [&](const auto& x) {
        using T = std::remove_cvref_t<decltype(x)>;
        const T& y = std::get<T>(b);
        if constexpr (std::same_as<T, any_tensor>) {
          return same_tensor(x, y);
        } else if constexpr (std::same_as<T, double>) {
          return same_bits(x, y);
        } else if constexpr (std::same_as<T, std::vector<double>>) {
          return std::ranges::equal(x, y, same_bits);
        } else {
          return x == y;
        }
      },
      a);
}

/// An AttributeProto. Reals become float32, the only reals that attributes have.
[[nodiscard]] inline wire_writer attribute_to_onnx(std::string_view name, const attribute& value) {
  using proto = onnx::AttributeProto;
  wire_writer out;
  if (const auto* opaque = std::get_if<opaque_attribute>(&value)) {
    out.raw(std::as_bytes(std::span(opaque->bytes.data(), opaque->bytes.size())));
    return out;
  }
  out.text(proto::kNameFieldNumber, name);
  const int type = std::visit(
      [&](const auto& x) -> int {
        using T = std::remove_cvref_t<decltype(x)>;
        if constexpr (std::same_as<T, index_t>) {
          out.integer(proto::kIFieldNumber, x);
          return proto::INT;
        } else if constexpr (std::same_as<T, double>) {
          out.real(proto::kFFieldNumber, static_cast<float>(x));
          return proto::FLOAT;
        } else if constexpr (std::same_as<T, std::string>) {
          out.text(proto::kSFieldNumber, x);
          return proto::STRING;
        } else if constexpr (std::same_as<T, std::vector<index_t>>) {
          for (const index_t v : x) out.integer(proto::kIntsFieldNumber, v);
          return proto::INTS;
        } else if constexpr (std::same_as<T, std::vector<double>>) {
          for (const double v : x) out.real(proto::kFloatsFieldNumber, static_cast<float>(v));
          return proto::FLOATS;
        } else if constexpr (std::same_as<T, std::vector<std::string>>) {
          for (const std::string& v : x) out.text(proto::kStringsFieldNumber, v);
          return proto::STRINGS;
        } else if constexpr (std::same_as<T, any_tensor>) {
          onnx::TensorProto tensor;
          tensor_to_onnx(x, tensor);
          out.text(proto::kTFieldNumber, tensor.SerializeAsString());
          return proto::TENSOR;
        } else {
          return proto::UNDEFINED;
        }
      },
      value);
  out.number(proto::kTypeFieldNumber, static_cast<std::uint64_t>(type));
  return out;
}

/// A NodeProto. Fields of \p original that still hold are copied as they are, in their places, but
/// for tensors beside the network, which move into it.
/// \param message  the original's bytes; empty for a node that no file held.
[[nodiscard]] inline wire_writer node_to_onnx(const onnx_node& node, const onnx_node& original,
                                              std::span<const std::byte> message,
                                              const wire_file& file, external_data& files) {
  using proto = onnx::NodeProto;
  wire_writer out;
  const auto names = [&](int number, const std::vector<std::string_view>& list) {
    for (const std::string_view name : list) out.text(number, name);
  };
  const auto text = [&](int number, std::string_view now, std::string_view before) {
    if (now != before) out.text(number, now);
  };
  const bool keeps_inputs = node.inputs == original.inputs;
  const bool keeps_outputs = node.outputs == original.outputs;
  const auto keeps = [&](const wire_field& field) {
    switch (field.number) {
      case proto::kInputFieldNumber:
        return keeps_inputs;
      case proto::kOutputFieldNumber:
        return keeps_outputs;
      case proto::kNameFieldNumber:
        return node.name == original.name;
      case proto::kOpTypeFieldNumber:
        return node.op == original.op;
      case proto::kDomainFieldNumber:
        return node.domain == original.domain;
      default:
        return true;
    }
  };
  if (!keeps_inputs) names(proto::kInputFieldNumber, node.inputs);
  if (!keeps_outputs) names(proto::kOutputFieldNumber, node.outputs);
  text(proto::kNameFieldNumber, node.name, original.name);
  text(proto::kOpTypeFieldNumber, node.op, original.op);
  text(proto::kDomainFieldNumber, node.domain, original.domain);
  wire_field field;
  for (wire_reader fields(message, file); fields.next(field);) {
    if (!keeps(field)) continue;
    if (field.number != proto::kAttributeFieldNumber) {
      out.raw(field.raw);
      continue;
    }
    wire_field inner;
    std::string_view name;
    for (wire_reader parts(field.payload, file); parts.next(inner);)
      if (inner.number == onnx::AttributeProto::kNameFieldNumber) name = inner.text();
    const auto now = node.attributes.find(name);
    if (now == node.attributes.end()) continue;
    if (same_attribute(now->second, original.attributes.find(name)->second))
      write_embedded<onnx::AttributeProto>(out, field, file, files, "attribute");
    else
      out.message(proto::kAttributeFieldNumber, attribute_to_onnx(name, now->second));
  }
  for (const auto& [name, value] : node.attributes)
    if (!original.attributes.contains(name))
      out.message(proto::kAttributeFieldNumber, attribute_to_onnx(name, value));
  return out;
}

}  // namespace slimming::inline v0::io::detail
