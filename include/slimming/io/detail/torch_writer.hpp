// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Writes a checkpoint as the zip archive of torch.save: pickle protocol 2 and one entry per
/// storage.
/// Area: io, internal. Component: zip.

#include <slimming/core/dtype.hpp>               // dtype
#include <slimming/core/error.hpp>               // bad_value
#include <slimming/core/tensor.hpp>              // any_tensor
#include <slimming/io/checkpoint.hpp>            // checkpoint
#include <slimming/io/detail/pickle_text.hpp>    // utf8_prefix
#include <slimming/io/detail/torch_objects.hpp>  // torch_type_names
#include <slimming/io/detail/zip_archive.hpp>    // zip_builder

#include <bit>            // std::endian
#include <concepts>       // std::same_as
#include <cstddef>        // std::byte
#include <cstdint>        // std::int64_t
#include <limits>         // std::numeric_limits
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_set>  // std::unordered_set
#include <variant>        // std::visit
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// Appends opcodes of protocol 2 to a text.
class pickler {
 public:
  pickler() { raw("\x80\x02"); }

  void raw(std::string_view opcodes) { out_.append(opcodes); }
  void none() { raw("N"); }
  void boolean(bool value) { raw(value ? "\x88" : "\x89"); }
  void integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() &&
        value <= std::numeric_limits<std::int32_t>::max()) {
      raw("J");  // BININT
      little(static_cast<std::uint64_t>(value), 4);
    } else {
      raw("\x8a\x08");  // LONG1 of eight bytes
      little(static_cast<std::uint64_t>(value), 8);
    }
  }
  void real(double value) {
    raw("G");  // BINFLOAT, big-endian
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(bits >> shift));
  }
  void text(std::string_view value) {
    if (value.size() > std::numeric_limits<std::uint32_t>::max())
      throw bad_value("write_torch", "a text beyond 4 GiB");
    if (const std::size_t read = utf8_prefix(value); read < value.size())
      throw bad_value("write_torch", "the text '" + std::string(value.substr(0, read)) +
                                         "...' is not UTF-8 at its byte " + std::to_string(read) +
                                         ", as Python's texts are; give it another name");
    raw("X");  // BINUNICODE
    little(value.size(), 4);
    raw(value);
  }
  void global(std::string_view module, std::string_view name) {
    raw("c");
    raw(module);
    raw("\n");
    raw(name);
    raw("\n");
  }
  void value(const metadata_value& v) {
    std::visit(
        [&](const auto& x) {
          using T = std::remove_cvref_t<decltype(x)>;
          if constexpr (std::same_as<T, std::monostate>) {
            none();
          } else if constexpr (std::same_as<T, bool>) {
            boolean(x);
          } else if constexpr (std::same_as<T, std::int64_t>) {
            integer(x);
          } else if constexpr (std::same_as<T, double>) {
            real(x);
          } else if constexpr (std::same_as<T, std::string>) {
            text(x);
          } else {
            raw("](");  // EMPTY_LIST MARK
            for (const metadata_value& item : x) value(item);
            raw("e");  // APPENDS
          }
        },
        v.value);
  }
  void extents(std::span<const index_t> values) {
    raw("(");
    for (const index_t v : values) integer(v);
    raw("t");
  }

  /// The pickle with its STOP.
  [[nodiscard]] std::string finish() {
    raw(".");
    return std::move(out_);
  }

 private:
  void little(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }
  std::string out_;
};

/// torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()), or _v3 with
/// the dtype for the types that have no typed storage.
inline void pickle_tensor(pickler& out, const any_tensor& tensor, const std::string& key) {
  std::string_view storage;
  std::string_view scalar = torch_uint64;
  for (const torch_type_name& t : torch_type_names) {
    if (t.type != tensor.type()) continue;
    storage = t.storage;
    scalar = t.scalar;
  }
  constexpr std::size_t module_length = std::string_view("torch.").size();
  out.global("torch._utils", storage.empty() ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
  out.raw("((");
  out.text("storage");
  if (storage.empty())
    out.global("torch.storage", "UntypedStorage");
  else
    out.global("torch", storage.substr(module_length));
  out.text(key);
  out.text("cpu");
  out.integer(storage.empty() ? static_cast<index_t>(tensor.bytes().size()) : tensor.size());
  out.raw("tQ");  // TUPLE BINPERSID
  out.integer(0);
  out.extents(tensor.extents());
  shape strides(tensor.rank());
  index_t stride = 1;
  for (std::size_t axis = strides.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= std::max<index_t>(tensor.extents()[axis], 1);
  }
  out.extents(strides);
  out.boolean(false);
  out.global("collections", "OrderedDict");
  out.raw(")R");  // EMPTY_TUPLE REDUCE
  if (storage.empty()) out.global("torch", scalar.substr(module_length));
  out.raw("tR");  // TUPLE REDUCE
}

[[nodiscard]] inline std::string pickle_checkpoint(const checkpoint& content) {
  pickler out;
  const bool wrapped = !content.metadata.empty();
  if (wrapped) {
    out.raw("}(");  // EMPTY_DICT MARK
    out.text("state_dict");
  }
  out.global("collections", "OrderedDict");
  out.raw(")R(");
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < content.tensors.size(); ++i) {
    const auto& [name, value] = content.tensors[i];
    if (!names.insert(name).second)
      throw bad_value("write_torch", "the name '" + name + "' occurs twice");
    out.text(name);
    pickle_tensor(out, value, std::to_string(i));
  }
  out.raw("u");  // SETITEMS
  if (wrapped) {
    names = {"state_dict"};
    for (const auto& [key, value] : content.metadata) {
      if (!names.insert(key).second)
        throw bad_value("write_torch", "the metadata '" + key + "' occurs twice");
      out.text(key);
      out.value(value);
    }
    out.raw("u");
  }
  return out.finish();
}

/// The bytes of the archive.
[[nodiscard]] inline std::vector<std::byte> torch_archive(const checkpoint& content) {
  const std::string pickled = pickle_checkpoint(content);
  const std::string_view order = std::endian::native == std::endian::little ? "little" : "big";
  const auto bytes = [](std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
  };
  zip_builder zip;
  zip.add("archive/data.pkl", bytes(pickled));
  zip.add("archive/byteorder", bytes(order));
  for (std::size_t i = 0; i < content.tensors.size(); ++i)
    zip.add("archive/data/" + std::to_string(i), content.tensors[i].value.bytes());
  zip.add("archive/version", bytes("3\n"));
  return zip.finish();
}

}  // namespace slimming::inline v0::io::detail
