// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Global memory of the emulation: what is allocated, who touched what last, what was moved.
/// Area: tests.

#include <cstddef>    // std::size_t
#include <cstdint>    // std::uintptr_t
#include <map>        // std::map
#include <span>       // std::span
#include <stdexcept>  // std::runtime_error
#include <string>     // std::string
#include <utility>    // std::pair
#include <vector>     // std::vector

namespace slimming::emulation {

/// What a kernel body did wrong.
class fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Who touches memory, and when.
struct access {
  std::uint32_t launch = 0;  // 0: nobody yet
  std::uint32_t time = 0;    // barriers of the block so far
  int block = 0;
  int thread = 0;
};

/// The allocations that kernel bodies may touch, what they moved, and who touched what last.
class memory {
 public:
  struct traffic {
    std::size_t read = 0;
    std::size_t written = 0;
  };

  /// \p grain: bytes whose uses are told apart; no two threads may own parts of one.
  void add(const void* p, std::size_t bytes, std::size_t grain) {
    allocations_[reinterpret_cast<std::uintptr_t>(p)] = {
        bytes, grain, std::vector<last_use>((bytes + grain - 1) / grain)};
  }
  void remove(const void* p) { allocations_.erase(reinterpret_cast<std::uintptr_t>(p)); }

  void check(const void* p, std::size_t bytes, std::size_t alignment, const char* what) {
    (void)uses(p, bytes, alignment, what);
  }
  /// \p may_be_published: what other blocks have published before their tickets may be read.
  void read(const void* p, std::size_t bytes, std::size_t alignment, const access& by,
            bool may_be_published, const char* what) {
    for (last_use& u : uses(p, bytes, alignment, what)) {
      if (collide(u.write, by) && !(may_be_published && is_published(u, by)))
        throw fault(std::string(what) + ": reads what another thread may not have written yet");
      u.was_read_by_others = u.read.launch == by.launch && u.read.block == by.block &&
                             u.read.time == by.time &&
                             (u.was_read_by_others || u.read.thread != by.thread);
      u.was_read_by_blocks =
          u.read.launch == by.launch && (u.was_read_by_blocks || u.read.block != by.block);
      u.read = by;
    }
    moved.read += bytes;
  }
  void write(const void* p, std::size_t bytes, std::size_t alignment, const access& by,
             const char* what) {
    ++writes_;
    for (last_use& u : uses(p, bytes, alignment, what)) {
      if (collide(u.write, by))
        throw fault(std::string(what) + ": two threads write the same memory");
      const bool is_now = u.read.launch == by.launch;
      if (collide(u.read, by) || (is_now && u.was_read_by_blocks) ||
          (is_now && u.read.time == by.time && u.was_read_by_others))
        throw fault(std::string(what) + ": writes what another thread may not have read yet");
      u.write = by;
      u.number = writes_;
    }
    moved.written += bytes;
  }
  /// Stores of this thread so far may be read by others once its block has taken a ticket.
  void publish(const access& by) {
    if (!tickets_.contains(by.block)) published_[{by.block, by.thread}] = writes_;
  }
  void take_ticket(const access& by) { tickets_[by.block] = by; }
  /// Number of a launch that begins.
  [[nodiscard]] std::uint32_t begin_launch() {
    published_.clear();
    tickets_.clear();
    return ++launches_;
  }

  traffic moved;

 private:
  struct last_use {
    access write;
    access read;
    std::uint64_t number = 0;         // of the write, among all
    bool was_read_by_others = false;  // threads of its block since the last barrier
    bool was_read_by_blocks = false;  // in its launch
  };
  struct allocation {
    std::size_t bytes;
    std::size_t grain;
    std::vector<last_use> uses;
  };

  // In one launch nothing orders two blocks, and only barriers order two threads.
  static bool collide(const access& before, const access& now) noexcept {
    if (before.launch != now.launch) return false;
    if (before.block != now.block) return true;
    return before.thread != now.thread && before.time == now.time;
  }
  // The write comes before its block's ticket, and this block's ticket before the read: by a
  // barrier, or because it is the same thread.
  bool is_published(const last_use& last, const access& read) const {
    const access& write = last.write;
    const auto given = tickets_.find(write.block);
    const auto own = tickets_.find(read.block);
    const auto published = published_.find({write.block, write.thread});
    return write.block != read.block && published != published_.end() &&
           last.number <= published->second && given != tickets_.end() &&
           !collide(write, given->second) && own != tickets_.end() && !collide(own->second, read);
  }
  std::span<last_use> uses(const void* p, std::size_t bytes, std::size_t alignment,
                           const char* what) {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    if (at % alignment != 0) throw fault(std::string(what) + ": misaligned access");
    auto it = allocations_.upper_bound(at);
    if (it == allocations_.begin()) throw fault(std::string(what) + ": outside every allocation");
    --it;
    if (at + bytes > it->first + it->second.bytes)
      throw fault(std::string(what) + ": outside every allocation");
    const std::size_t grain = it->second.grain;
    const std::size_t first = (at - it->first) / grain;
    const std::size_t last = (at - it->first + bytes - 1) / grain;
    return {it->second.uses.data() + first, last - first + 1};
  }

  std::map<std::uintptr_t, allocation> allocations_;
  std::map<std::pair<int, int>, std::uint64_t> published_;  // writes before a thread did so
  std::map<int, access> tickets_;                           // who took a block's, and when
  std::uint32_t launches_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace slimming::emulation
