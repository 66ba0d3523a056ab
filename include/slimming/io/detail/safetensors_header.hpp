// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The JSON header of a safetensors file, read without a document tree so that a hostile header
/// costs no more memory than its own length.
/// Area: io, internal. Component: json.

#include <slimming/core/dtype.hpp>          // dtype
#include <slimming/core/error.hpp>          // bad_file, bad_value
#include <slimming/core/tensor.hpp>         // shape
#include <slimming/io/detail/elements.hpp>  // byte_count, most_axes

#include <algorithm>          // std::sort
#include <array>              // std::array
#include <cstdint>            // std::uint64_t
#include <limits>             // std::numeric_limits
#include <map>                // std::map
#include <nlohmann/json.hpp>  // sax_parse
#include <numeric>            // std::iota
#include <string>             // std::string
#include <string_view>        // std::string_view
#include <unordered_set>      // std::unordered_set
#include <utility>            // std::pair
#include <vector>             // std::vector

namespace slimming::inline v0::io::detail {

inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;
inline constexpr std::string_view safetensors_metadata_key = "__metadata__";

struct safetensors_entry {
  std::string name;
  dtype type = dtype::float32;
  shape extents;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct safetensors_header {
  std::vector<safetensors_entry> entries;
  std::map<std::string, std::string> metadata;
};

inline constexpr std::array<std::pair<std::string_view, dtype>, 13> safetensors_dtypes{{
    {"F32", dtype::float32},
    {"F64", dtype::float64},
    {"F16", dtype::float16},
    {"BF16", dtype::bfloat16},
    {"I8", dtype::int8},
    {"U8", dtype::uint8},
    {"I16", dtype::int16},
    {"U16", dtype::uint16},
    {"I32", dtype::int32},
    {"U32", dtype::uint32},
    {"I64", dtype::int64},
    {"U64", dtype::uint64},
    {"BOOL", dtype::boolean},
}};

/// Receives the events of the JSON parser; a return of false stops it at once.
class safetensors_sax {
 public:
  using json = nlohmann::json;

  safetensors_header header;
  std::string error;

  bool start_object(std::size_t) {
    switch (at_) {
      case place::start:
        at_ = place::top;
        return true;
      case place::value:
        if (key_ == safetensors_metadata_key) {
          at_ = place::metadata;
          return true;
        }
        header.entries.emplace_back().name = key_;
        seen_ = {};
        at_ = place::entry;
        return true;
      default:
        return refuse("an object where none belongs");
    }
  }
  bool key(std::string& name) {
    switch (at_) {
      case place::top:
        if (!names_.insert(name).second) return refuse("duplicate name '" + name + "'");
        key_ = name;
        at_ = place::value;
        return true;
      case place::metadata:
        if (header.metadata.contains(name)) return refuse("duplicate metadata '" + name + "'");
        key_ = name;
        return true;
      case place::entry:
        return start_field(name);
      default:
        return refuse("a name where none belongs");
    }
  }
  bool end_object() {
    switch (at_) {
      case place::top:
        at_ = place::end;
        return true;
      case place::metadata:
        at_ = place::top;
        return true;
      case place::entry:
        for (const bool given : seen_)
          if (!given) return refuse(entry_name() + " lacks dtype, shape or data_offsets");
        at_ = place::top;
        return true;
      default:
        return refuse("unbalanced braces");
    }
  }
  bool string(std::string& text) {
    if (at_ == place::metadata) {
      header.metadata.emplace(key_, text);
      return true;
    }
    if (at_ != place::type) return refuse("a text where none belongs");
    for (const auto& [name, type] : safetensors_dtypes) {
      if (name != text) continue;
      header.entries.back().type = type;
      at_ = place::entry;
      return true;
    }
    return refuse(entry_name() + " has the unknown type '" + text.substr(0, 16) + "'");
  }
  bool start_array(std::size_t) {
    if (at_ == place::before_shape) {
      at_ = place::in_shape;
    } else if (at_ == place::before_offsets) {
      at_ = place::in_offsets;
      offsets_ = 0;
    } else {
      return refuse("an array where none belongs");
    }
    return true;
  }
  bool number_unsigned(std::uint64_t n) {
    if (n > static_cast<std::uint64_t>(std::numeric_limits<index_t>::max()))
      return refuse(entry_name() + " holds a number beyond 63 bits");
    if (at_ == place::in_shape) {
      shape& extents = header.entries.back().extents;
      if (extents.size() == most_axes) return refuse(entry_name() + " has too many axes");
      extents.push_back(static_cast<index_t>(n));
      return true;
    }
    if (at_ != place::in_offsets || offsets_ == 2) return refuse("a number where none belongs");
    (offsets_++ == 0 ? header.entries.back().begin : header.entries.back().end) = n;
    return true;
  }
  bool end_array() {
    if (at_ == place::in_offsets && offsets_ != 2)
      return refuse(entry_name() + " needs two data_offsets");
    at_ = place::entry;
    return true;
  }
  bool null() { return refuse("a null where none belongs"); }
  bool boolean(bool) { return refuse("a boolean where none belongs"); }
  bool number_integer(std::int64_t) { return refuse("a negative number"); }
  bool number_float(double, const std::string&) { return refuse("a number that is no integer"); }
  bool binary(json::binary_t&) { return refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception& e) {
    return refuse("not JSON at byte " + std::to_string(position) + " of the header (" +
                  std::string(e.what()).substr(0, 160) + ")");
  }

 private:
  enum class place {
    start,
    top,
    value,
    metadata,
    entry,
    type,
    before_shape,
    in_shape,
    before_offsets,
    in_offsets,
    end
  };

  bool refuse(std::string what) {
    if (error.empty()) error = std::move(what);
    return false;
  }
  std::string entry_name() const {
    return "tensor '" + (header.entries.empty() ? std::string() : header.entries.back().name) + "'";
  }
  bool start_field(const std::string& name) {
    static constexpr std::array<std::pair<std::string_view, place>, 3> fields{
        {{"dtype", place::type},
         {"shape", place::before_shape},
         {"data_offsets", place::before_offsets}}};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].first != name) continue;
      if (std::exchange(seen_[i], true)) return refuse(entry_name() + " gives " + name + " twice");
      at_ = fields[i].second;
      return true;
    }
    return refuse(entry_name() + " has the unknown field '" + name.substr(0, 32) + "'");
  }

  place at_ = place::start;
  std::string key_;
  std::array<bool, 3> seen_{};
  int offsets_ = 0;
  std::unordered_set<std::string> names_;
};

/// \throws bad_file  naming what is wrong with the header.
[[nodiscard]] inline safetensors_header parse_safetensors_header(std::string_view text,
                                                                 std::string_view path) {
  if (text.empty() || text.front() != '{')
    throw bad_file(path, "offset 8", "not a safetensors file: the header does not start with '{'");
  if (const std::size_t end = text.find('\0'); end != text.npos)  // sax_parse would stop there
    throw bad_file(path, "header", "not JSON at byte " + std::to_string(end) + " of the header");
  safetensors_sax events;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events))
    throw bad_file(path, "header", events.error);
  return std::move(events.header);
}

/// Every tensor has the size that its shape asks for, and together they cover the data exactly.
/// \throws bad_file  naming the tensor.
inline void check_coverage(const std::vector<safetensors_entry>& entries, std::uint64_t size,
                           std::string_view path) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(entries[a].begin, entries[a].end) <
           std::pair(entries[b].begin, entries[b].end);
  });
  std::uint64_t covered = 0;
  for (const std::size_t i : order) {
    const safetensors_entry& entry = entries[i];
    const auto complain = [&](const std::string& what) {
      throw bad_file(path, "tensor '" + entry.name + "'", what);
    };
    const std::string range = std::to_string(entry.begin) + ".." + std::to_string(entry.end);
    if (entry.end < entry.begin || entry.end > size)
      complain("data_offsets " + range + " do not lie in the " + std::to_string(size) +
               " bytes of data");
    if (entry.begin != covered)
      complain("data_offsets " + range + " overlap or leave a gap: expected to begin at " +
               std::to_string(covered));
    const auto needed = byte_count(entry.type, entry.extents);
    if (!needed || *needed != entry.end - entry.begin)
      complain("shape " + to_string(entry.extents) + " of " + std::string(name_of(entry.type)) +
               " does not fill data_offsets " + range);
    covered = entry.end;
  }
  if (covered != size)
    throw bad_file(
        path, "header",
        "tensors end at " + std::to_string(covered) + ", data at " + std::to_string(size));
}

/// The header text, padded with spaces so that the data start at a multiple of 8.
/// \throws bad_value  for names that are not unique, reserved or not UTF-8.
[[nodiscard]] inline std::string format_safetensors_header(
    const std::vector<safetensors_entry>& entries,
    const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(safetensors_metadata_key)] = metadata;
  std::unordered_set<std::string_view> names{safetensors_metadata_key};
  auto& fields = header.get_ref<nlohmann::ordered_json::object_t&>();
  for (const safetensors_entry& entry : entries) {
    if (!names.insert(entry.name).second)
      throw bad_value("write_safetensors",
                      "the name '" + entry.name + "' is reserved or not unique");
    std::string_view code;
    for (const auto& [name, type] : safetensors_dtypes)
      if (type == entry.type) code = name;
    nlohmann::ordered_json value{{"dtype", code}, {"shape", entry.extents}};
    value["data_offsets"] = {entry.begin, entry.end};
    fields.emplace_back(entry.name, std::move(value));  // not operator[]: that searches linearly
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error& e) {
    throw bad_value("write_safetensors", e.what());
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace slimming::inline v0::io::detail
