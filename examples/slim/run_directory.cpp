// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "run_directory.hpp"

#include "command.hpp"  // usage_error

#include <fcntl.h>     // open
#include <sys/file.h>  // flock
#include <unistd.h>    // access, close

#include <cerrno>   // errno
#include <cstring>  // std::strerror

namespace slim {

namespace {

void require_usable(const std::filesystem::path& path, bool resume,
                    const std::string& begins_with) {
  if (!resume && !std::filesystem::is_empty(path))
    throw usage_error("--out: '" + path.string() +
                      "' is not empty: go on with --resume, or name another directory");
  if (std::filesystem::exists(path / "model.safetensors") &&
      !std::filesystem::exists(path / begins_with))
    throw usage_error("--resume: '" + path.string() + "' holds a model.safetensors but no " +
                      begins_with + ", so the model is not of such a run: name another directory");
}

}  // namespace

run_directory::run_directory(const std::filesystem::path& path, bool resume,
                             const std::string& begins_with) {
  if (std::filesystem::exists(path) && !std::filesystem::is_directory(path))
    throw usage_error("--out: '" + path.string() + "' is no directory");
  std::filesystem::create_directories(path);
  if (::access(path.c_str(), W_OK) != 0)  // now, not when the first epoch is to be saved
    throw usage_error("--out: '" + path.string() + "' cannot be written: " + std::strerror(errno));
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // The lock goes with the process, however it ends. A file system without locks has to do without.
  const bool is_taken = ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  try {
    if (is_taken)
      throw usage_error("--out: another process trains in '" + path.string() +
                        "': wait for its end, or name another directory");
    require_usable(path, resume, begins_with);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

run_directory::~run_directory() { ::close(descriptor_); }

}  // namespace slim
