// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Tensors of ONNX files: raw or typed data, inside the file or beside it.
/// Area: io, internal. Component: onnx.

#include <slimming/core/dtype.hpp>          // dtype, size_of
#include <slimming/core/error.hpp>          // bad_file
#include <slimming/core/tensor.hpp>         // any_tensor, shape
#include <slimming/io/checkpoint.hpp>       // read_limits
#include <slimming/io/detail/elements.hpp>  // contiguous_tensor, byte_count
#include <slimming/io/detail/wire.hpp>      // wire_field, wire_reader

#include <onnx/onnx_pb.h>  // onnx::TensorProto

#include <algorithm>     // std::equal, std::min, std::mismatch
#include <array>         // std::array
#include <bit>           // std::endian
#include <charconv>      // std::from_chars
#include <concepts>      // std::integral
#include <cstddef>       // std::byte
#include <cstdint>       // std::uint64_t
#include <filesystem>    // std::filesystem::path
#include <fstream>       // std::ifstream
#include <limits>        // std::numeric_limits
#include <optional>      // std::optional
#include <set>           // std::set
#include <span>          // std::span
#include <string>        // std::string
#include <string_view>   // std::string_view
#include <system_error>  // std::error_code
#include <utility>       // std::in_range, std::pair
#include <vector>        // std::vector

namespace slimming::inline v0::io::detail {

inline constexpr std::array<std::pair<std::int32_t, dtype>, 13> onnx_dtypes{{
    {onnx::TensorProto::FLOAT, dtype::float32},
    {onnx::TensorProto::DOUBLE, dtype::float64},
    {onnx::TensorProto::FLOAT16, dtype::float16},
    {onnx::TensorProto::BFLOAT16, dtype::bfloat16},
    {onnx::TensorProto::INT8, dtype::int8},
    {onnx::TensorProto::UINT8, dtype::uint8},
    {onnx::TensorProto::INT16, dtype::int16},
    {onnx::TensorProto::UINT16, dtype::uint16},
    {onnx::TensorProto::INT32, dtype::int32},
    {onnx::TensorProto::UINT32, dtype::uint32},
    {onnx::TensorProto::INT64, dtype::int64},
    {onnx::TensorProto::UINT64, dtype::uint64},
    {onnx::TensorProto::BOOL, dtype::boolean},
}};

/// Nothing for texts, complex numbers and the packed types of quantised networks.
[[nodiscard]] inline std::optional<dtype> dtype_from_onnx(std::int32_t code) noexcept {
  for (const auto& [known, type] : onnx_dtypes)
    if (known == code) return type;
  return std::nullopt;
}
[[nodiscard]] inline std::int32_t onnx_from_dtype(dtype wanted) noexcept {
  for (const auto& [code, type] : onnx_dtypes)
    if (type == wanted) return code;
  return onnx::TensorProto::UNDEFINED;
}

/// Parses one message with protobuf. \throws bad_file  also for what protobuf accepts and wire_reader
/// cannot step over (groups, in no version of ONNX), so that all that was read can be written.
template <class Message>
[[nodiscard]] Message parse_message(const wire_field& field, const wire_file& file,
                                    std::string_view what) {
  Message message;
  constexpr auto longest = static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (field.payload.size() > longest ||
      !message.ParseFromArray(field.payload.data(), static_cast<int>(field.payload.size())))
    file.fail(field.raw.data(), "is no " + std::string(what));
  wire_field part;
  for (wire_reader parts(field.payload, file); parts.next(part);) continue;
  return message;
}

/// Files beside the model that hold tensors. Every path stays inside the model's folder.
class external_data {
 public:
  /// \param folder  of the model; none if it came from memory, then external data are refused.
  external_data(std::optional<std::filesystem::path> folder, std::string_view path,
                read_limits limits)
      : folder_(std::move(folder)), path_(path), limits_(limits) {}

  /// The bytes that \p tensor refers to.
  /// \param wanted  how many its shape asks for; none for element types that nobody here can count:
  ///                then as many as the file says, or all that follow.
  /// \throws bad_file
  [[nodiscard]] std::vector<std::byte> read(const onnx::TensorProto& tensor,
                                            std::optional<std::uint64_t> wanted) {
    std::string location;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
    for (const auto& entry : tensor.external_data()) {
      if (entry.key() == "location") location = entry.value();
      if (entry.key() == "offset") offset = number(tensor, entry.value());
      if (entry.key() == "length") length = number(tensor, entry.value());
    }
    if (wanted && length.value_or(*wanted) != *wanted)
      fail(tensor, "needs " + std::to_string(*wanted) + " bytes, its external data have " +
                       std::to_string(*length));
    const std::filesystem::path file = resolved(tensor, location);
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    if (!in) fail(tensor, "cannot open '" + location + "'");
    const auto available = static_cast<std::uint64_t>(in.tellg());
    const std::uint64_t behind = available - std::min(offset, available);
    const std::uint64_t size = wanted ? *wanted : length.value_or(behind);
    if (offset > available || size > behind)
      fail(tensor, "'" + location + "' has " + std::to_string(available) + " bytes, " +
                       std::to_string(size) + " at " + std::to_string(offset) + " are needed");
    if (seen_.insert(file.string()).second) left_ += limits_.budget(available);
    if (size > left_) fail(tensor, "the external data of all tensors together exceed the limits");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!in) fail(tensor, "cannot read '" + location + "'");
    left_ -= size;
    return bytes;
  }

  [[noreturn]] void fail(const onnx::TensorProto& tensor, const std::string& what) const {
    throw bad_file(path_, "tensor '" + tensor.name() + "'", what);
  }

 private:
  [[nodiscard]] std::uint64_t number(const onnx::TensorProto& tensor,
                                     const std::string& text) const {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size())
      fail(tensor, "malformed external data");
    return value;
  }
  /// A path inside the folder, links followed.
  [[nodiscard]] std::filesystem::path resolved(const onnx::TensorProto& tensor,
                                               const std::string& location) const {
    if (!folder_) fail(tensor, "has external data, but the network came from memory");
    const std::filesystem::path relative(location);
    bool inside =
        !location.empty() && relative.is_relative() && location.find('\0') == std::string::npos;
    for (const auto& part : relative) inside = inside && part != "..";
    std::error_code failure;
    const auto root = std::filesystem::canonical(folder_->empty() ? "." : *folder_, failure);
    const auto file = std::filesystem::weakly_canonical(root / relative, failure);
    const auto [at, stop] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
    (void)stop;
    if (!inside || failure || at != root.end())
      fail(tensor, "refuses external data outside the network's folder: '" + location + "'");
    if (!std::filesystem::is_regular_file(file, failure))
      fail(tensor, "'" + location + "' is no file beside the network");
    return file;
  }

  std::optional<std::filesystem::path> folder_;
  std::string_view path_;
  read_limits limits_;
  std::uint64_t left_ = 0;  // many tensors may name the same bytes, but not without end
  std::set<std::string> seen_;
};

/// One element per entry of a typed field, for types that are narrower than the field's.
template <class T, class Field>
void fill_typed(any_tensor& out, const Field& field, const external_data& files,
                const onnx::TensorProto& tensor) {
  if (static_cast<index_t>(field.size()) != out.size())
    files.fail(tensor, "shape " + to_string(out.extents()) + " needs " +
                           std::to_string(out.size()) + " elements, got " +
                           std::to_string(field.size()));
  const auto to = out.values<T>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto from = field.Get(static_cast<int>(i));
    if constexpr (std::same_as<T, float16> || std::same_as<T, bfloat16>) {
      if (from < 0 || from > 0xffff) files.fail(tensor, "a number is beyond its type");
      to[i] = T::from_bits(static_cast<std::uint16_t>(from));
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      if (!std::in_range<T>(from)) files.fail(tensor, "a number is beyond its type");
      to[i] = static_cast<T>(from);
    } else {
      to[i] = static_cast<T>(from);
    }
  }
}

[[nodiscard]] inline std::size_t typed_element_count(const onnx::TensorProto& t, dtype type) {
  switch (type) {
    case dtype::float32:
      return static_cast<std::size_t>(t.float_data_size());
    case dtype::float64:
      return static_cast<std::size_t>(t.double_data_size());
    case dtype::int64:
      return static_cast<std::size_t>(t.int64_data_size());
    case dtype::uint32:
    case dtype::uint64:
      return static_cast<std::size_t>(t.uint64_data_size());
    default:
      return static_cast<std::size_t>(t.int32_data_size());
  }
}

/// The tensor of a parsed message; nothing for element types that any_tensor lacks.
/// \throws bad_file  if its data and its shape disagree; nothing larger than the data was allocated.
[[nodiscard]] inline std::optional<any_tensor> tensor_from_onnx(const onnx::TensorProto& t,
                                                                external_data& files) {
  const std::optional<dtype> type = dtype_from_onnx(t.data_type());
  if (!type) return std::nullopt;
  if (t.has_segment()) files.fail(t, "is a segment of a tensor, which is not read");
  shape extents(t.dims().begin(), t.dims().end());
  if (extents.size() > most_axes) files.fail(t, "has too many axes");
  const auto size = byte_count(*type, extents);
  if (!size) files.fail(t, "has an impossible shape " + to_string(extents));
  if (t.data_location() == onnx::TensorProto::EXTERNAL)
    return contiguous_tensor(*type, std::move(extents), files.read(t, *size), std::endian::little);
  if (t.has_raw_data()) {
    const std::string& raw = t.raw_data();
    if (raw.size() != *size)
      files.fail(t, "shape " + to_string(extents) + " of " + std::string(name_of(*type)) +
                        " needs " + std::to_string(*size) + " bytes, got " +
                        std::to_string(raw.size()));
    return contiguous_tensor(*type, std::move(extents),
                             std::as_bytes(std::span(raw.data(), raw.size())), std::endian::little);
  }
  if (const std::size_t given = typed_element_count(t, *type); given != *size / size_of(*type))
    files.fail(t, "shape " + to_string(extents) + " needs " +
                      std::to_string(*size / size_of(*type)) + " elements, got " +
                      std::to_string(given));
  any_tensor out(*type, std::move(extents));
  visit_dtype(*type, [&]<class T>() {
    if constexpr (std::same_as<T, float>)
      fill_typed<T>(out, t.float_data(), files, t);
    else if constexpr (std::same_as<T, double>)
      fill_typed<T>(out, t.double_data(), files, t);
    else if constexpr (std::same_as<T, std::int64_t>)
      fill_typed<T>(out, t.int64_data(), files, t);
    else if constexpr (std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t>)
      fill_typed<T>(out, t.uint64_data(), files, t);
    else
      fill_typed<T>(out, t.int32_data(), files, t);
  });
  return out;
}

/// Gives \p t the elements, type and shape of \p value as raw data; name and documentation stay.
inline void tensor_to_onnx(const any_tensor& value, onnx::TensorProto& t) {
  t.clear_float_data();
  t.clear_double_data();
  t.clear_int32_data();
  t.clear_int64_data();
  t.clear_uint64_data();
  t.clear_external_data();
  t.clear_data_location();
  t.clear_dims();
  for (const index_t e : value.extents()) t.add_dims(e);
  t.set_data_type(onnx_from_dtype(value.type()));
  std::string raw(reinterpret_cast<const char*>(value.bytes().data()), value.bytes().size());
  to_native(value.type(), std::as_writable_bytes(std::span(raw.data(), raw.size())),
            std::endian::little);  // swaps where the machine is the other way round
  t.set_raw_data(std::move(raw));
}

[[nodiscard]] inline bool same_tensor(const any_tensor& a, const any_tensor& b) {
  return a.type() == b.type() && a.extents() == b.extents() &&
         std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

}  // namespace slimming::inline v0::io::detail
