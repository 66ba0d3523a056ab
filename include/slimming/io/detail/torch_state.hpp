// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Finds the state dict in what torch.save was given, alone or wrapped, and reads its tensors.
/// Area: io, internal.

#include <slimming/core/error.hpp>               // bad_file
#include <slimming/io/checkpoint.hpp>            // checkpoint, read_limits
#include <slimming/io/detail/elements.hpp>       // gathered_tensor
#include <slimming/io/detail/pickle_heap.hpp>    // pickle_heap
#include <slimming/io/detail/torch_objects.hpp>  // torch_records

#include <algorithm>      // std::min
#include <array>          // std::array
#include <bit>            // std::endian
#include <cstddef>        // std::byte
#include <cstdint>        // std::uint64_t
#include <optional>       // std::optional
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <unordered_set>  // std::unordered_set
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

/// Where a format keeps the bytes of its storages.
class torch_storages {
 public:
  virtual ~torch_storages() = default;
  /// All bytes of a storage; valid until release(). \throws bad_file  if there are not as many as
  /// \p storage says.
  virtual std::span<const std::byte> bytes(const torch_storage& storage) = 0;
  /// Nobody will ask for this storage again.
  virtual void release(std::string_view key) = 0;
  [[nodiscard]] virtual std::endian order() const = 0;
};

/// Reads one pickled root into a checkpoint.
class torch_state {
 public:
  torch_state(const pickle_heap& heap, std::string_view path, std::size_t file_size,
              std::size_t pickle_size, read_limits limits)
      : heap_(heap),
        records_(heap, path),
        path_(path),
        file_size_(file_size),
        budget_(limits.budget(file_size)),
        metadata_budget_(16 * pickle_size) {}

  /// \param entry  keys from the root to the state dict, joined by '/'; empty: the usual places.
  [[nodiscard]] checkpoint read(object_id root, const std::string& entry,
                                torch_storages& storages) {
    if (torch_records::is_tensor(heap_, root)) {
      pending_.push_back({"tensor", records_.tensor(root, "tensor")});
    } else {
      if (!heap_.is(root, object_kind::dict)) records_.fail("", "holds no dict of tensors");
      const std::vector<object_id> chain = entry.empty() ? located(root) : followed(root, entry);
      for (std::size_t i = 0; i < chain.size(); ++i) {
        const bool innermost = i + 1 == chain.size();
        read_entries(chain[i], innermost ? std::nullopt : std::optional(chain[i + 1]), storages);
      }
    }
    check_budget();
    strip_prefixes();
    read_tensors(storages);
    return std::move(result_);
  }

 private:
  struct pending_tensor {
    std::string name;
    torch_tensor about;
  };

  [[nodiscard]] std::string key_text(object_id key) const {
    if (heap_.is(key, object_kind::text)) return std::string(heap_.text(key));
    if (heap_.is(key, object_kind::integer)) return std::to_string(heap_.integer(key));
    return "(a key that is no text)";
  }
  [[nodiscard]] std::optional<object_id> child(object_id dict, std::string_view key) const {
    const auto items = heap_.items(dict);
    for (std::size_t i = 0; i < items.size(); i += 2)
      if (heap_.is(items[i], object_kind::text) && heap_.text(items[i]) == key) return items[i + 1];
    return std::nullopt;
  }
  /// Counted once per dict: many entries may name the same one.
  [[nodiscard]] std::size_t tensors_in(object_id dict) {
    const auto [known, fresh] = tensors_in_.try_emplace(dict, 0);
    if (!fresh) return known->second;
    std::size_t n = 0;
    const auto items = heap_.items(dict);
    for (std::size_t i = 1; i < items.size(); i += 2)
      n += torch_records::is_tensor(heap_, items[i]);
    return known->second = n;
  }
  [[nodiscard]] std::string keys_of(object_id dict) const {
    std::string keys;
    const auto items = heap_.items(dict);
    for (std::size_t i = 0; i < items.size() && keys.size() < 200; i += 2)
      keys += (i ? ", " : "") + key_text(items[i]).substr(0, 64);
    return keys;
  }

  /// The dicts from the root to the state dict.
  [[nodiscard]] std::vector<object_id> located(object_id root) {
    std::vector<object_id> chain{root};
    if (descend(chain)) return chain;
    records_.fail("", "holds no state dict; its keys are: " + keys_of(root));
  }
  [[nodiscard]] bool descend(std::vector<object_id>& chain) {
    static constexpr std::array<std::string_view, 14> usual{
        "state_dict",     "model_state_dict", "model_state", "model",     "net",        "network",
        "module",         "params",           "weights",     "generator", "params_ema", "ema",
        "ema_state_dict", "state_dict_ema"};
    constexpr std::size_t deepest = 4;
    const object_id dict = chain.back();
    if (!visited_.insert(dict).second) return false;  // a cycle, or shared and found empty
    for (const std::string_view key : usual) {
      const auto inner = child(dict, key);
      if (!inner || !heap_.is(*inner, object_kind::dict) || chain.size() == deepest) continue;
      chain.push_back(*inner);
      if (descend(chain)) return true;
      chain.pop_back();
    }
    // No usual name: the dict itself, unless one entry of it holds more tensors.
    std::size_t most = tensors_in(dict);
    std::optional<object_id> richer;
    const auto items = heap_.items(dict);
    for (std::size_t i = 1; i < items.size(); i += 2) {
      if (!heap_.is(items[i], object_kind::dict)) continue;
      const std::size_t n = tensors_in(items[i]);
      if (n > 0 && richer && most == n)
        records_.fail("", "holds several state dicts, name one of: " + keys_of(dict));
      if (n <= most) continue;
      most = n;
      richer = items[i];
    }
    if (richer) chain.push_back(*richer);
    return most > 0;
  }
  [[nodiscard]] std::vector<object_id> followed(object_id root, const std::string& entry) const {
    std::vector<object_id> chain{root};
    for (std::size_t at = 0; at <= entry.size();) {
      const std::size_t end = std::min(entry.find('/', at), entry.size());
      const auto inner = child(chain.back(), std::string_view(entry).substr(at, end - at));
      if (!inner || !heap_.is(*inner, object_kind::dict))
        records_.fail("", "has no dict '" + entry.substr(0, end) +
                              "'; the keys there are: " + keys_of(chain.back()));
      chain.push_back(*inner);
      at = end + 1;
    }
    return chain;
  }

  /// \param inner  the entry that is read as the next dict of the chain; none in the state dict.
  void read_entries(object_id dict, std::optional<object_id> inner, torch_storages& storages) {
    const auto items = heap_.items(dict);
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const object_id value = items[i + 1];
      if (inner && value == *inner) continue;
      std::string name = key_text(items[i]);
      if (!torch_records::is_tensor(heap_, value)) {
        if (auto meta = metadata(value, 0))
          result_.metadata.emplace_back(std::move(name), std::move(*meta));
        else
          result_.ignored.push_back(std::move(name));
        continue;
      }
      torch_tensor about = records_.tensor(value, name);
      if (!inner) {
        pending_.push_back({std::move(name), std::move(about)});
      } else if (byte_count(about.type, about.extents) == size_of(about.type)) {
        const auto number = single_element(about, storages);
        result_.metadata.emplace_back(std::move(name), number);
      } else {
        result_.ignored.push_back(std::move(name));
      }
    }
  }
  /// A tensor of one element beside the state dict is a number: best_prec1.
  [[nodiscard]] metadata_value single_element(const torch_tensor& about,
                                              torch_storages& storages) const {
    const any_tensor value = gathered(about, storages);
    if (about.type == dtype::boolean) return {value.values<bool>()[0]};
    if (is_floating(about.type)) return {value.converted<double>()[0]};
    return {value.converted<std::int64_t>()[0]};
  }

  [[nodiscard]] std::optional<metadata_value> metadata(object_id id, int depth) {
    // One list may be named many times, so that what it unfolds to is bounded, not its own length.
    const std::size_t cost = 1 + (heap_.is(id, object_kind::text) ? heap_.text(id).size() : 0);
    if (cost > metadata_budget_) records_.fail("", "its lists unfold beyond the size of the file");
    metadata_budget_ -= cost;
    if (!heap_.is(id, object_kind::list) && !heap_.is(id, object_kind::tuple))
      return records_.scalar(id);
    constexpr int deepest = 8;
    metadata_value::list list;
    for (const object_id item : heap_.items(id)) {
      auto value = depth < deepest ? metadata(item, depth + 1) : std::nullopt;
      if (!value) return std::nullopt;
      list.push_back(std::move(*value));
    }
    return metadata_value{std::move(list)};
  }

  void check_budget() const {
    std::uint64_t total = 0;
    for (const auto& [name, about] : pending_) {
      const std::uint64_t bytes = byte_count(about.type, about.extents).value_or(~std::uint64_t{0});
      if (bytes > budget_ - total)
        records_.fail(name, "unfolds to " + std::to_string(bytes) +
                                " bytes, too many for a file of " + std::to_string(file_size_));
      total += bytes;
    }
  }
  /// "module." comes from DataParallel, "_orig_mod." from torch.compile.
  void strip_prefixes() {
    for (bool again = !pending_.empty(); again;) {
      again = false;
      for (const std::string_view prefix : {"module.", "_orig_mod."}) {
        bool all = true;
        for (const pending_tensor& t : pending_) all = all && t.name.starts_with(prefix);
        if (!all) continue;
        for (pending_tensor& t : pending_) t.name.erase(0, prefix.size());
        again = true;
      }
    }
    std::unordered_set<std::string_view> names;
    for (const pending_tensor& t : pending_)
      if (!names.insert(t.name).second) records_.fail(t.name, "occurs twice");
  }
  void read_tensors(torch_storages& storages) {
    std::unordered_map<std::string_view, std::size_t> uses;
    for (const pending_tensor& t : pending_) ++uses[t.about.storage.key];
    result_.tensors.reserve(pending_.size());
    for (pending_tensor& t : pending_) {
      const std::string_view key = t.about.storage.key;
      result_.tensors.push_back({std::move(t.name), gathered(t.about, storages)});
      if (--uses[key] == 0) storages.release(key);
    }
  }
  [[nodiscard]] any_tensor gathered(const torch_tensor& about, torch_storages& storages) const {
    if (byte_count(about.type, about.extents) == 0u) return {about.type, about.extents};
    const auto stored =
        storages.bytes(about.storage).subspan(static_cast<std::size_t>(about.storage.view_bytes));
    return gathered_tensor(about.type, about.extents, about.strides, stored, about.offset,
                           storages.order());
  }

  const pickle_heap& heap_;
  torch_records records_;
  std::string_view path_;
  std::size_t file_size_;
  std::uint64_t budget_;
  std::size_t metadata_budget_;
  std::unordered_map<object_id, std::size_t> tensors_in_;
  std::unordered_set<object_id> visited_;
  std::vector<pending_tensor> pending_;
  checkpoint result_;
};

}  // namespace slimming::inline v0::io::detail
