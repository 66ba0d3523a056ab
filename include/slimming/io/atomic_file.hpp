// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A file that appears under its name only when it is complete.
/// Area: io. POSIX.

#include <slimming/core/error.hpp>  // bad_file

#include <fcntl.h>       // open
#include <sys/file.h>    // flock
#include <sys/stat.h>    // fstat, fchmod
#include <unistd.h>      // write, fsync, close
#include <cerrno>        // errno
#include <cstddef>       // std::byte
#include <cstring>       // std::strerror
#include <filesystem>    // std::filesystem::path
#include <span>          // std::span
#include <string>        // std::string
#include <string_view>   // std::string_view
#include <system_error>  // std::error_code
#include <utility>       // std::exchange

namespace slimming::inline v0::io {

/// Writes to `<path>.part` and renames it to `<path>` on commit().
///
/// Readers see the old file or the new one, never a mixture, even when the process is killed at any
/// moment. A part that a killed process left is overwritten by the next writer; a part that a
/// living process writes is locked, and a second writer is refused. A symbolic link is followed, so
/// that the link stays and its target changes. Who may read the old file may read the new one.
class atomic_file {
 public:
  /// \throws bad_file  if the part cannot be created, is locked, or \p path is a directory or device.
  explicit atomic_file(const std::filesystem::path& path) : path_(resolved(path)) {
    part_ = path_;
    part_ += ".part";
    open_part();
  }
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() {
    if (descriptor_ < 0) return;
    ::unlink(part_.c_str());
    ::close(descriptor_);
  }

  /// Appends. \throws bad_file  with the system's reason (disk full, ...).
  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot be written");
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

  /// Makes the file durable and gives it its name. Without it the destructor removes the part.
  void commit() {
    if (::fsync(descriptor_) != 0) fail("cannot be made durable");
    if (::rename(part_.c_str(), path_.c_str()) != 0) fail("cannot be renamed");
    ::close(std::exchange(descriptor_, -1));
    const std::filesystem::path parent = path_.parent_path();
    const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC);
    if (folder < 0) return;  // the content is safe; only the name's durability is the folder's
    ::fsync(folder);
    ::close(folder);
  }

 private:
  // Link by link: what the last one names need not exist yet.
  static std::filesystem::path resolved(std::filesystem::path path) {
    constexpr int most_links = 40;  // as Linux has it
    std::error_code failure;
    for (int n = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(path, failure));
         ++n) {
      const std::filesystem::path target = std::filesystem::read_symlink(path, failure);
      if (failure || n == most_links)
        throw bad_file(path.string(), "", "is a link that cannot be followed");
      path = path.parent_path() / target;
    }
    const auto target = std::filesystem::status(path, failure);
    if (std::filesystem::exists(target) && !std::filesystem::is_regular_file(target))
      throw bad_file(path.string(), "", "is not a regular file and is not replaced");
    return path;
  }

  void open_part() {
    for (;;) {
      descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (descriptor_ < 0) fail("cannot be created");
      if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        ::close(std::exchange(descriptor_, -1));
        throw bad_file(part_.string(), "", "is being written by another process");
      }
      // Between open and flock the former writer may have renamed the part: then this descriptor is
      // the finished file and must not be touched.
      struct stat mine {};
      struct stat named {};
      if (::fstat(descriptor_, &mine) == 0 && ::stat(part_.c_str(), &named) == 0 &&
          mine.st_ino == named.st_ino && mine.st_dev == named.st_dev)
        break;
      ::close(std::exchange(descriptor_, -1));
    }
    if (::ftruncate(descriptor_, 0) != 0) {
      const int reason = errno;
      ::close(std::exchange(descriptor_, -1));
      errno = reason;
      fail("cannot be emptied");
    }
    // The owner may always write: a part that is left behind must not stop the next writer.
    struct stat before {};
    if (::stat(path_.c_str(), &before) == 0)
      ::fchmod(descriptor_, (before.st_mode & 0777) | S_IWUSR);
  }

  [[noreturn]] void fail(std::string_view what) {
    throw bad_file(part_.string(), "", std::string(what) + ": " + std::strerror(errno));
  }

  std::filesystem::path path_;
  std::filesystem::path part_;
  int descriptor_ = -1;
};

/// Writes \p bytes to \p path at once. \throws bad_file
inline void write_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  atomic_file file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace slimming::inline v0::io
