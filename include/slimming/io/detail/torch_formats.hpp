// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The two files of torch.save: a zip archive, and the stream that came before it (PyTorch < 1.6).
/// Area: io, internal. Component: zip.

#include <slimming/core/error.hpp>               // bad_file
#include <slimming/io/checkpoint.hpp>            // checkpoint, read_limits
#include <slimming/io/detail/byte_reader.hpp>    // byte_reader
#include <slimming/io/detail/pickle.hpp>         // unpickler
#include <slimming/io/detail/torch_objects.hpp>  // is_torch_global, torch_storage
#include <slimming/io/detail/torch_state.hpp>    // torch_state, torch_storages
#include <slimming/io/detail/zip_archive.hpp>    // zip_archive

#include <bit>            // std::endian
#include <cstddef>        // std::byte
#include <cstdint>        // std::uint64_t
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// `<name>/data.pkl`, `<name>/data/<key>` for each storage, `<name>/byteorder`.
class torch_zip_storages final : public torch_storages {
 public:
  torch_zip_storages(zip_archive& archive, std::string prefix, std::string_view path)
      : archive_(archive), prefix_(std::move(prefix)), path_(path) {
    if (!archive_.contains(prefix_ + "byteorder")) return;  // written before PyTorch 2.1
    const std::vector<std::byte> record = archive_.read(prefix_ + "byteorder");
    const std::string_view word(reinterpret_cast<const char*>(record.data()), record.size());
    if (word != "little" && word != "big")
      throw bad_file(path_, prefix_ + "byteorder", "is neither 'little' nor 'big'");
    order_ = word == "big" ? std::endian::big : std::endian::little;
  }

  std::span<const std::byte> bytes(const torch_storage& storage) override {
    const std::string key(storage.key);
    const std::string name = prefix_ + "data/" + key;
    if (const auto& entry = archive_.at(name); entry.size != storage.bytes)
      throw bad_file(path_, name,
                     "holds " + std::to_string(entry.size) + " bytes, the pickle says " +
                         std::to_string(storage.bytes));
    const auto known = loaded_.find(key);
    if (known != loaded_.end()) return known->second;
    return loaded_.emplace(key, archive_.read(name)).first->second;
  }
  void release(std::string_view key) override { loaded_.erase(std::string(key)); }
  [[nodiscard]] std::endian order() const override { return order_; }

 private:
  zip_archive& archive_;
  std::string prefix_;
  std::string_view path_;
  std::endian order_ = std::endian::little;
  std::unordered_map<std::string, std::vector<std::byte>> loaded_;
};

[[nodiscard]] inline checkpoint parse_torch_zip(std::span<const std::byte> bytes,
                                                std::string_view path, const std::string& entry,
                                                read_limits limits) {
  zip_archive archive(bytes, path, limits);
  constexpr std::string_view pickle_name = "data.pkl";
  std::string prefix;
  bool found = false;
  for (const zip_archive::entry& e : archive.entries()) {
    const std::size_t slash = e.name.find('/');
    const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
    if (found || std::string_view(e.name).substr(begin) != pickle_name) continue;
    prefix = e.name.substr(0, begin);
    found = true;
  }
  if (!found) throw bad_file(path, "", "is a zip archive without data.pkl: not written by PyTorch");

  const std::vector<std::byte> pickled = archive.read(prefix + std::string(pickle_name));
  const std::string place = std::string(path) + ": " + prefix + std::string(pickle_name);
  byte_reader reader(pickled, place);
  pickle_heap heap;
  const object_id root = unpickler(reader, heap, is_torch_global).load();
  torch_zip_storages storages(archive, prefix, path);
  return torch_state(heap, path, bytes.size(), pickled.size(), limits).read(root, entry, storages);
}

/// Pickles of a magic number, the protocol, the writer's machine, the objects and the storages'
/// keys; then each storage in that order: its number of elements and its elements, both
/// little-endian whatever the writer's machine was.
class torch_legacy_storages final : public torch_storages {
 public:
  torch_legacy_storages(byte_reader& in, const pickle_heap& objects) : in_(in) {
    std::unordered_map<std::string_view, torch_storage> known;
    const torch_records records(objects, in_.path());
    for (std::size_t id = 0; id < objects.size(); ++id) {
      if (!objects.is(static_cast<object_id>(id), object_kind::persistent)) continue;
      const torch_storage s = records.storage(static_cast<object_id>(id), "storage");
      known.emplace(s.key, s);
    }
    pickle_heap heap;
    const object_id keys = unpickler(in_, heap, is_torch_global).load();
    if (!heap.is(keys, object_kind::list)) in_.fail("the list of storages is missing");
    for (const object_id key : heap.items(keys)) {
      const auto found = heap.is(key, object_kind::text) ? known.find(heap.text(key)) : known.end();
      if (found == known.end()) in_.fail("a storage that no tensor uses");
      read(found->second);
    }
  }

  std::span<const std::byte> bytes(const torch_storage& storage) override {
    const auto found = places_.find(storage.key);
    if (found == places_.end()) in_.fail("storage '" + std::string(storage.key) + "' is missing");
    if (found->second.size() != storage.bytes)
      in_.fail("storage '" + std::string(storage.key) + "' has two sizes");
    return found->second;
  }
  void release(std::string_view) override {}
  [[nodiscard]] std::endian order() const override { return std::endian::little; }

 private:
  void read(const torch_storage& storage) {
    const std::uint64_t width = storage.type ? size_of(*storage.type) : 1;
    const auto elements = in_.little<std::uint64_t>();
    if (elements != storage.bytes / width)
      in_.fail("storage '" + std::string(storage.key) + "' holds " + std::to_string(elements) +
               " elements, the pickle says " + std::to_string(storage.bytes / width));
    if (!places_.emplace(storage.key, in_.take(storage.bytes)).second)
      in_.fail("storage '" + std::string(storage.key) + "' occurs twice");
  }

  byte_reader& in_;
  std::unordered_map<std::string_view, std::span<const std::byte>> places_;
};

[[nodiscard]] inline checkpoint parse_torch_legacy(std::span<const std::byte> bytes,
                                                   std::string_view path, const std::string& entry,
                                                   read_limits limits) {
  // 0x1950a86a20f9469cfc6c, little-endian
  static constexpr std::string_view magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
  byte_reader reader(bytes, path);
  pickle_heap preamble;
  const object_id number = unpickler(reader, preamble, is_torch_global).load();
  if (!preamble.is(number, object_kind::big_integer) || preamble.text(number) != magic)
    throw bad_file(path, "", "is a pickle, but not one of torch.save");
  const object_id protocol = unpickler(reader, preamble, is_torch_global).load();
  if (!preamble.is(protocol, object_kind::integer) || preamble.integer(protocol) != 1001)
    reader.fail("unknown version of PyTorch's legacy format");
  if (!preamble.is(unpickler(reader, preamble, is_torch_global).load(), object_kind::dict))
    reader.fail("the writer's machine is missing");

  pickle_heap heap;
  const std::size_t begin = reader.offset();
  const object_id root = unpickler(reader, heap, is_torch_global).load();
  const std::size_t pickled = reader.offset() - begin;
  torch_legacy_storages storages(reader, heap);
  return torch_state(heap, path, bytes.size(), pickled, limits).read(root, entry, storages);
}

}  // namespace slimming::inline v0::io::detail
