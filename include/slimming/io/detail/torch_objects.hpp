// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the inert records of a PyTorch pickle mean: storages, tensors, numbers.
/// Area: io, internal.

#include <slimming/core/dtype.hpp>             // dtype
#include <slimming/core/error.hpp>             // bad_file
#include <slimming/core/tensor.hpp>            // any_tensor, shape
#include <slimming/io/checkpoint.hpp>          // metadata_value
#include <slimming/io/detail/elements.hpp>     // byte_count, last_offset
#include <slimming/io/detail/pickle_heap.hpp>  // pickle_heap

#include <algorithm>    // std::find
#include <array>        // std::array
#include <bit>          // std::endian
#include <cstdint>      // std::uint64_t
#include <cstring>      // std::memcpy
#include <optional>     // std::optional
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::pair

namespace slimming::inline v0::io::detail {

/// "torch.FloatStorage" names a typed storage, "torch.float32" a dtype.
struct torch_type_name {
  std::string_view storage;
  std::string_view scalar;
  dtype type;
};

inline constexpr std::array<torch_type_name, 12> torch_type_names{{
    {"torch.FloatStorage", "torch.float32", dtype::float32},
    {"torch.DoubleStorage", "torch.float64", dtype::float64},
    {"torch.HalfStorage", "torch.float16", dtype::float16},
    {"torch.BFloat16Storage", "torch.bfloat16", dtype::bfloat16},
    {"torch.CharStorage", "torch.int8", dtype::int8},
    {"torch.ByteStorage", "torch.uint8", dtype::uint8},
    {"torch.ShortStorage", "torch.int16", dtype::int16},
    {"torch.IntStorage", "torch.int32", dtype::int32},
    {"torch.LongStorage", "torch.int64", dtype::int64},
    {"torch.BoolStorage", "torch.bool", dtype::boolean},
    {"", "torch.uint16", dtype::uint16},
    {"", "torch.uint32", dtype::uint32},
}};
inline constexpr std::string_view torch_uint64 = "torch.uint64";

inline constexpr std::array<std::string_view, 3> torch_untyped_storages{
    "torch.storage.UntypedStorage", "torch.storage._UntypedStorage", "torch.UntypedStorage"};

inline constexpr std::array<std::string_view, 10> torch_callables{"torch._utils._rebuild_tensor",
                                                                  "torch._utils._rebuild_tensor_v2",
                                                                  "torch._utils._rebuild_tensor_v3",
                                                                  "torch._utils._rebuild_parameter",
                                                                  "torch.Size",
                                                                  "torch.device",
                                                                  "numpy.dtype",
                                                                  "numpy.core.multiarray.scalar",
                                                                  "numpy._core.multiarray.scalar",
                                                                  "_codecs.encode"};

/// The dtype that a global names, as a storage or as a scalar type.
[[nodiscard]] inline std::optional<dtype> torch_dtype(std::string_view name) {
  if (name == torch_uint64) return dtype::uint64;
  for (const torch_type_name& t : torch_type_names)
    if (!name.empty() && (name == t.storage || name == t.scalar)) return t.type;
  return std::nullopt;
}

/// The whitelist: all that a state dict needs.
[[nodiscard]] inline bool is_torch_global(std::string_view name) {
  const auto among = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return torch_dtype(name) || among(torch_untyped_storages) || among(torch_callables);
}

/// ('storage', type, key, location, elements[, view]); the legacy format also has views of
/// storages.
struct torch_storage {
  std::string_view key;
  std::optional<dtype> type;  // none: bytes
  std::uint64_t bytes = 0;
  std::uint64_t view_bytes = 0;  // where the view begins
};

/// A tensor before its elements are read.
struct torch_tensor {
  torch_storage storage;
  dtype type = dtype::float32;
  std::uint64_t offset = 0;  // in elements
  shape extents;
  shape strides;
};

/// Reads records of one heap; every complaint names the tensor or entry.
class torch_records {
 public:
  torch_records(const pickle_heap& heap, std::string_view path) : heap_(heap), path_(path) {}

  [[nodiscard]] static bool is_tensor(const pickle_heap& heap, object_id id) {
    return heap.is(id, object_kind::call) &&
           heap.text(heap.items(id)[0]).starts_with("torch._utils._rebuild_");
  }

  [[nodiscard]] torch_storage storage(object_id id, std::string_view where) const {
    if (!heap_.is(id, object_kind::persistent)) fail(where, "its storage is no storage");
    const object_id tuple = heap_.items(id)[0];
    if (!heap_.is(tuple, object_kind::tuple)) fail(where, "malformed storage");
    const auto parts = heap_.items(tuple);
    if (parts.size() < 5 || !is_text(parts[0], "storage") ||
        !heap_.is(parts[1], object_kind::global) || !heap_.is(parts[2], object_kind::text))
      fail(where, "malformed storage");
    torch_storage result;
    result.type = torch_dtype(heap_.text(parts[1]));
    const std::uint64_t width = result.type ? size_of(*result.type) : 1;
    result.key = heap_.text(parts[2]);
    result.bytes = width * count(parts[4], where, "the size of its storage");
    if (parts.size() > 5 && heap_.is(parts[5], object_kind::tuple)) {
      const auto view = heap_.items(parts[5]);
      if (view.size() != 3) fail(where, "malformed view of a storage");
      result.view_bytes = width * count(view[1], where, "the offset of its storage");
    }
    return result;
  }

  /// \pre is_tensor(id)
  [[nodiscard]] torch_tensor tensor(object_id id, std::string_view where) const {
    for (int depth = 0; heap_.is_call_of(id, "torch._utils._rebuild_parameter"); ++depth) {
      const auto arguments = heap_.items(heap_.items(id)[1]);
      if (arguments.empty() || depth == 4 || !is_tensor(heap_, arguments[0]))
        fail(where, "malformed parameter");
      id = arguments[0];
    }
    const auto arguments = heap_.items(heap_.items(id)[1]);
    if (arguments.size() < 4) fail(where, "malformed tensor");
    const bool states_type = heap_.is_call_of(id, "torch._utils._rebuild_tensor_v3");
    const std::size_t metadata = states_type ? 7 : 6;
    if (arguments.size() > metadata) refuse_lazy(arguments[metadata], where);
    torch_tensor result;
    result.storage = storage(arguments[0], where);
    result.offset = count(arguments[1], where, "its offset");
    result.extents = extents(arguments[2], where);
    result.strides = extents(arguments[3], where);
    if (states_type) {
      const bool named = arguments.size() > 6 && heap_.is(arguments[6], object_kind::global);
      const auto type = named ? torch_dtype(heap_.text(arguments[6])) : std::nullopt;
      if (!type) fail(where, "malformed tensor");
      result.type = *type;
    } else if (result.storage.type) {
      result.type = *result.storage.type;
    } else {
      fail(where, "its storage has no element type");
    }
    check_bounds(result, where);
    return result;
  }

  /// A Python or NumPy number, a text or None; nothing for anything else.
  [[nodiscard]] std::optional<metadata_value> scalar(object_id id) const {
    switch (heap_.kind(id)) {
      case object_kind::none:
        return metadata_value{};
      case object_kind::boolean:
        return metadata_value{heap_.integer(id) != 0};
      case object_kind::integer:
        return metadata_value{heap_.integer(id)};
      case object_kind::real:
        return metadata_value{heap_.real(id)};
      case object_kind::text:
        return metadata_value{std::string(heap_.text(id))};
      case object_kind::call:
        return numpy_scalar(id);
      default:
        return std::nullopt;
    }
  }

  [[noreturn]] void fail(std::string_view where, std::string_view what) const {
    throw bad_file(path_, where, what);
  }

 private:
  [[nodiscard]] bool is_text(object_id id, std::string_view text) const {
    return heap_.is(id, object_kind::text) && heap_.text(id) == text;
  }
  /// PyTorch negates and conjugates lazily: it stores the elements as they were and a bit, which
  /// the metadata holds.
  void refuse_lazy(object_id metadata, std::string_view where) const {
    if (!heap_.is(metadata, object_kind::dict)) return;
    const auto items = heap_.items(metadata);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      for (const std::string_view bit : {"neg", "conj"})
        if (is_text(items[i], bit) && items[i + 1] != pickle_heap::no)
          fail(where, "its elements are stored before a pending operation (" + std::string(bit) +
                          "): save its resolve_" + std::string(bit) + "()");
  }
  /// A number of elements: not negative, and small enough to be multiplied by 8.
  [[nodiscard]] std::uint64_t count(object_id id, std::string_view where,
                                    std::string_view what) const {
    if (!heap_.is(id, object_kind::integer) || heap_.integer(id) < 0 ||
        heap_.integer(id) > std::numeric_limits<index_t>::max() / 8)
      fail(where, std::string(what) + " is no sensible number");
    return static_cast<std::uint64_t>(heap_.integer(id));
  }
  [[nodiscard]] shape extents(object_id id, std::string_view where) const {
    if (heap_.is_call_of(id, "torch.Size")) {
      const auto arguments = heap_.items(heap_.items(id)[1]);
      if (arguments.size() != 1) fail(where, "malformed shape");
      id = arguments[0];
    }
    if (!heap_.is(id, object_kind::tuple) && !heap_.is(id, object_kind::list))
      fail(where, "malformed shape");
    const auto items = heap_.items(id);
    if (items.size() > most_axes) fail(where, "has too many axes");
    shape result;
    for (const object_id item : items)
      result.push_back(static_cast<index_t>(count(item, where, "an extent")));
    return result;
  }
  void check_bounds(const torch_tensor& t, std::string_view where) const {
    if (t.extents.size() != t.strides.size())
      fail(where, std::to_string(t.extents.size()) + " extents, but " +
                      std::to_string(t.strides.size()) + " strides");
    const auto size = byte_count(t.type, t.extents);
    if (!size) fail(where, "its size " + to_string(t.extents) + " overflows");
    if (*size == 0) return;
    const auto last = last_offset(t.offset, t.extents, t.strides);
    const std::uint64_t width = size_of(t.type);
    const std::uint64_t begin = t.storage.view_bytes;
    if (!last || begin > t.storage.bytes || *last >= (t.storage.bytes - begin) / width)
      fail(where, "shape " + to_string(t.extents) + ", strides " + to_string(t.strides) +
                      " and offset " + std::to_string(t.offset) + " leave its storage of " +
                      std::to_string(t.storage.bytes) + " bytes");
  }

  /// numpy.core.multiarray.scalar(dtype('f8'), bytes): a trained net's accuracy is often one.
  [[nodiscard]] std::optional<metadata_value> numpy_scalar(object_id id) const {
    if (!heap_.is_call_of(id, "numpy.core.multiarray.scalar") &&
        !heap_.is_call_of(id, "numpy._core.multiarray.scalar"))
      return std::nullopt;
    const auto arguments = heap_.items(heap_.items(id)[1]);
    if (arguments.size() != 2 || !heap_.is_call_of(arguments[0], "numpy.dtype"))
      return std::nullopt;
    const auto description = heap_.items(heap_.items(arguments[0])[1]);
    if (description.empty() || !heap_.is(description[0], object_kind::text)) return std::nullopt;
    const std::string_view code = heap_.text(description[0]);
    const std::optional<std::string> raw = raw_bytes(arguments[1]);
    if (!raw || code.size() != 2 || raw->size() != static_cast<std::size_t>(code[1] - '0'))
      return std::nullopt;
    const std::endian order = numpy_order(arguments[0]);
    if (code == "f8") return metadata_value{element<double>(*raw, order)};
    if (code == "f4") return metadata_value{static_cast<double>(element<float>(*raw, order))};
    if (code == "i8") return metadata_value{element<std::int64_t>(*raw, order)};
    if (code == "i4") return metadata_value{std::int64_t{element<std::int32_t>(*raw, order)}};
    if (code == "b1") return metadata_value{(*raw)[0] != 0};
    return std::nullopt;
  }
  /// The state of numpy.dtype is (version, '<' or '>', ...).
  [[nodiscard]] std::endian numpy_order(object_id type) const {
    const auto parts = heap_.items(type);
    if (parts.size() < 3 || !heap_.is(parts[2], object_kind::tuple)) return std::endian::little;
    const auto state = heap_.items(parts[2]);
    return state.size() > 1 && is_text(state[1], ">") ? std::endian::big : std::endian::little;
  }
  /// Bytes of a scalar, each of which UTF-8 may have doubled, and one more that betrays a longer
  /// text.
  static constexpr std::size_t longest_scalar = 17;

  /// Bytes, the Python 2 text of them, or _codecs.encode(text, 'latin1'), their form in protocol 2.
  [[nodiscard]] std::optional<std::string> raw_bytes(object_id id) const {
    if (heap_.is(id, object_kind::bytes) || heap_.is(id, object_kind::text))
      return std::string(heap_.text(id).substr(0, longest_scalar));
    if (!heap_.is_call_of(id, "_codecs.encode")) return std::nullopt;
    const auto arguments = heap_.items(heap_.items(id)[1]);
    if (arguments.size() != 2 || !heap_.is(arguments[0], object_kind::text) ||
        !is_text(arguments[1], "latin1"))
      return std::nullopt;
    std::string out;
    const std::string_view text = heap_.text(arguments[0]).substr(0, longest_scalar);
    for (std::size_t i = 0; i < text.size(); ++i) {
      auto code = static_cast<unsigned char>(text[i]);
      if (code >= 0x80) {  // U+0080 to U+00FF: two bytes of UTF-8
        if ((code != 0xc2 && code != 0xc3) || i + 1 == text.size()) return std::nullopt;
        code = static_cast<unsigned char>((code << 6) | (text[++i] & 0x3f));
      }
      out.push_back(static_cast<char>(code));
    }
    return out;
  }
  template <class T>
  [[nodiscard]] static T element(std::string raw, std::endian order) {
    to_native(dtype_of<T>(), std::as_writable_bytes(std::span(raw.data(), raw.size())), order);
    T value{};
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }

  const pickle_heap& heap_;
  std::string_view path_;
};

}  // namespace slimming::inline v0::io::detail
