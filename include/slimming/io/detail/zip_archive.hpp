// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Zip archives in memory: entries by name, sizes checked before they are unpacked.
/// Area: io, internal. Component: zip.

#include <slimming/core/error.hpp>     // bad_file
#include <slimming/io/checkpoint.hpp>  // read_limits

#include <zip.h>          // libzip
#include <cstddef>        // std::byte
#include <cstdint>        // std::uint64_t
#include <memory>         // std::unique_ptr
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_map>  // std::unordered_map
#include <vector>         // std::vector

namespace slimming::inline v0::io::detail {

struct zip_discarder {
  void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
  void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
  void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};
using zip_handle = std::unique_ptr<zip_t, zip_discarder>;
using zip_file_handle = std::unique_ptr<zip_file_t, zip_discarder>;
using zip_source_handle = std::unique_ptr<zip_source_t, zip_discarder>;

/// The text of a libzip error.
[[nodiscard]] inline std::string text_of(zip_error_t& failure) {
  std::string text = zip_error_strerror(&failure);
  zip_error_fini(&failure);
  return text;
}

/// A read-only archive. All entries together may unfold to what read_limits allow and no further.
class zip_archive {
 public:
  struct entry {
    std::string name;
    std::uint64_t size = 0;
  };

  /// \pre \p bytes outlive the archive. \throws bad_file
  zip_archive(std::span<const std::byte> bytes, std::string_view path, read_limits limits)
      : path_(path), left_(limits.budget(bytes.size())), file_size_(bytes.size()) {
    constexpr std::size_t smallest = 22;  // libzip takes an empty buffer for an empty archive
    if (bytes.size() < smallest) throw bad_file(path_, "", "is too short for a zip archive");
    zip_error_t failure;
    zip_error_init(&failure);
    zip_source_handle source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &failure));
    if (source) archive_.reset(zip_open_from_source(source.get(), ZIP_RDONLY, &failure));
    if (!archive_) throw bad_file(path_, "", "is no readable zip archive: " + text_of(failure));
    (void)source.release();  // the archive owns it now
    zip_error_fini(&failure);
    list_entries();
  }

  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] bool contains(const std::string& name) const { return index_.contains(name); }

  /// \throws bad_file  if there is no such entry.
  [[nodiscard]] const entry& at(const std::string& name) const {
    const auto found = index_.find(name);
    if (found == index_.end()) throw bad_file(path_, "", "has no entry '" + name + "'");
    return entries_[found->second];
  }

  /// The unpacked bytes of an entry, its checksum verified.
  /// \throws bad_file  if it is damaged, encrypted or beyond the limits.
  [[nodiscard]] std::vector<std::byte> read(const std::string& name) {
    const entry& wanted = at(name);
    if (wanted.size > left_)
      throw bad_file(path_, wanted.name,
                     "unpacks to " + std::to_string(wanted.size) +
                         " bytes, too many for a file of " + std::to_string(file_size_));
    zip_file_handle file(zip_fopen_index(archive_.get(), index_.at(name), ZIP_FL_UNCHANGED));
    if (!file)
      throw bad_file(path_, wanted.name,
                     std::string("cannot be opened: ") + zip_strerror(archive_.get()));
    std::vector<std::byte> bytes(static_cast<std::size_t>(wanted.size));
    std::byte beyond{};
    std::size_t got = 0;
    for (;;) {  // one byte beyond the end is asked for: only there libzip compares the checksum
      const bool full = got == bytes.size();
      const zip_int64_t n = full ? zip_fread(file.get(), &beyond, 1)
                                 : zip_fread(file.get(), bytes.data() + got, bytes.size() - got);
      if (n < 0 || (n == 0 && !full) || (n > 0 && full))
        throw bad_file(path_, wanted.name,
                       "is damaged: its data disagree with its size or checksum");
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    left_ -= bytes.size();
    return bytes;
  }

 private:
  void list_entries() {
    const zip_int64_t count = zip_get_num_entries(archive_.get(), ZIP_FL_UNCHANGED);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t about;
      zip_stat_init(&about);
      const auto index = static_cast<zip_uint64_t>(i);
      constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE;
      if (zip_stat_index(archive_.get(), index, ZIP_FL_ENC_RAW, &about) != 0 ||
          (about.valid & needed) != needed)
        throw bad_file(path_, "entry " + std::to_string(i), "is damaged");
      entries_.push_back({about.name, about.size});
      if (!index_.emplace(about.name, index).second)
        throw bad_file(path_, about.name, "occurs twice in the archive");
    }
  }

  std::string path_;
  std::uint64_t left_;
  std::size_t file_size_;
  zip_handle archive_;
  std::vector<entry> entries_;
  std::unordered_map<std::string, zip_uint64_t> index_;
};

/// Collects stored entries and gives the archive's bytes. The same entries give the same bytes.
class zip_builder {
 public:
  zip_builder() {
    zip_error_t failure;
    zip_error_init(&failure);
    source_.reset(zip_source_buffer_create(nullptr, 0, 0, &failure));
    if (source_) archive_.reset(zip_open_from_source(source_.get(), ZIP_TRUNCATE, &failure));
    if (!archive_) throw bad_file("zip", "", text_of(failure));
    zip_source_keep(source_.get());  // one reference for the archive, one for reading it back
    zip_error_fini(&failure);
  }

  /// \pre \p bytes outlive the call of finish().
  void add(const std::string& name, std::span<const std::byte> bytes) {
    zip_source_handle content(zip_source_buffer(archive_.get(), bytes.data(), bytes.size(), 0));
    const zip_int64_t index =
        content ? zip_file_add(archive_.get(), name.c_str(), content.get(), ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) throw bad_file("zip", name, zip_strerror(archive_.get()));
    (void)content.release();
    const auto entry = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t first_of_january_1980 = (1 << 5) | 1;
    if (zip_set_file_compression(archive_.get(), entry, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive_.get(), entry, 0, first_of_january_1980, 0) != 0)
      throw bad_file("zip", name, zip_strerror(archive_.get()));
  }

  /// The archive's bytes; the builder is empty afterwards.
  [[nodiscard]] std::vector<std::byte> finish() {
    if (zip_close(archive_.get()) != 0) throw bad_file("zip", "", zip_strerror(archive_.get()));
    (void)archive_.release();
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_source_stat(source_.get(), &about) != 0 || zip_source_open(source_.get()) != 0)
      throw bad_file("zip", "", text_of(*zip_source_error(source_.get())));
    std::vector<std::byte> bytes(static_cast<std::size_t>(about.size));
    const zip_int64_t n = zip_source_read(source_.get(), bytes.data(), bytes.size());
    zip_source_close(source_.get());
    if (n != static_cast<zip_int64_t>(bytes.size()))
      throw bad_file("zip", "", "cannot be read back");
    return bytes;
  }

 private:
  zip_source_handle source_;
  zip_handle archive_;
};

}  // namespace slimming::inline v0::io::detail
