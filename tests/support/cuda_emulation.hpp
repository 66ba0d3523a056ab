// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Runs kernel bodies on the host: every thread of a block is a fiber, blocks run one after another.
/// Area: tests. What it checks beyond results:
///  * every access lies inside a live allocation of its memory and is aligned to its size;
///  * all threads of a block meet at every barrier, all threads of a warp at every shuffle;
///  * shared memory and fresh allocations hold garbage, so nothing may rely on zeros;
///  * no two threads touch the same global memory, one of them writing, without a barrier of
///    their block between them, nor two blocks at all in one launch, unless what one has written is
///    published, ticketed and read as such;
///  * the schedule (which thread and block runs first) is chosen by the test: a missing barrier or a
///    dependence between blocks shows as a result that changes with it;
///  * the bytes that a launch reads and writes are counted.

#include <slimming/cuda/block.cuh>  // thread_block, packed, grid

#include <ucontext.h>  // fibers

#include <algorithm>    // std::shuffle
#include <cstddef>      // std::byte
#include <cstring>      // std::memcpy
#include <exception>    // std::exception_ptr
#include <functional>   // std::function
#include <map>          // std::map
#include <memory>       // std::unique_ptr
#include <numeric>      // std::iota
#include <random>       // std::minstd_rand
#include <string>       // std::string
#include <type_traits>  // std::is_trivially_copyable_v
#include <utility>      // std::exchange
#include <vector>       // std::vector

#include "tests/support/cuda_memory.hpp"

namespace slimming::emulation {

/// In which order threads and blocks get their turns.
enum class schedule { forward, backward, shuffled };

namespace detail {

/// The fibers of one block: runs them until all are done, and detects those that never will be.
class fibers {
 public:
  explicit fibers(int count) : state_(static_cast<std::size_t>(count)) {
    for (auto& fiber : state_) fiber.stack.reset(new std::byte[stack_bytes]);
  }

  /// Calls `body(thread)` on every fiber.
  void run(const std::function<void(int)>& body, schedule order, std::minstd_rand& random) {
    body_ = &body;
    failure_ = nullptr;
    barriers_ = 0;
    for (std::size_t i = 0; i < state_.size(); ++i) start(i);
    std::vector<std::size_t> turns(state_.size());
    std::iota(turns.begin(), turns.end(), std::size_t{0});
    if (order == schedule::backward) std::reverse(turns.begin(), turns.end());
    while (true) {
      if (order == schedule::shuffled) std::shuffle(turns.begin(), turns.end(), random);
      bool ran = false;
      for (const std::size_t i : turns) {
        if (state_[i].wait != waiting::for_nothing) continue;
        ran = true;
        current_ = i;
        swapcontext(&scheduler_, &state_[i].context);
        if (failure_) std::rethrow_exception(failure_);
      }
      if (!ran && !release()) return;
    }
  }

  void wait_for_block() { wait(waiting::for_block); }
  void wait_for_warp() { wait(waiting::for_warp); }
  /// Barriers of the block since run() began.
  [[nodiscard]] std::uint32_t barriers() const noexcept { return barriers_; }

 private:
  enum class waiting { for_nothing, for_block, for_warp, for_ever };
  struct fiber {
    ucontext_t context;
    std::unique_ptr<std::byte[]> stack;
    waiting wait = waiting::for_nothing;
  };
  static constexpr std::size_t stack_bytes = 64 * 1024;

  void start(std::size_t i) {
    fiber& f = state_[i];
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.get();
    f.context.uc_stack.ss_size = stack_bytes;
    f.context.uc_link = &scheduler_;
    f.wait = waiting::for_nothing;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&f.context, reinterpret_cast<void (*)()>(&fibers::enter), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  static void enter(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<fibers*>((static_cast<std::uintptr_t>(high) << 32) | low);
    const std::size_t me = self->current_;
    try {
      (*self->body_)(static_cast<int>(me));
    } catch (...) {
      self->failure_ = std::current_exception();
    }
    self->state_[me].wait = waiting::for_ever;
  }
  void wait(waiting what) {
    const std::size_t me = current_;
    state_[me].wait = what;
    swapcontext(&state_[me].context, &scheduler_);
  }
  // Lets the fibers go on whose meeting is complete. False when all are done.
  bool release() {
    constexpr auto warp = static_cast<std::size_t>(cuda::warp_size);
    const auto all = [this](std::size_t begin, std::size_t end, waiting what) {
      return std::all_of(state_.begin() + static_cast<std::ptrdiff_t>(begin),
                         state_.begin() + static_cast<std::ptrdiff_t>(std::min(end, state_.size())),
                         [what](const fiber& f) { return f.wait == what; });
    };
    if (all(0, state_.size(), waiting::for_ever)) return false;
    bool released = false;
    const auto go = [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < std::min(end, state_.size()); ++i)
        state_[i].wait = waiting::for_nothing;
      released = true;
    };
    if (all(0, state_.size(), waiting::for_block)) {
      go(0, state_.size());
      ++barriers_;
    }
    for (std::size_t begin = 0; !released && begin < state_.size(); begin += warp)
      if (all(begin, begin + warp, waiting::for_warp)) go(begin, begin + warp);
    if (!released) throw fault("threads wait for others that do not come to the same barrier");
    return true;
  }

  std::vector<fiber> state_;
  ucontext_t scheduler_;
  std::size_t current_ = 0;
  std::uint32_t barriers_ = 0;
  const std::function<void(int)>* body_ = nullptr;
  std::exception_ptr failure_;
};

}  // namespace detail

/// The block that the host runs; models cuda::thread_block.
template <int Threads>
class block {
 public:
  static constexpr int threads = Threads;

  /// What the threads of one block share besides their body's shared memory.
  struct common {
    detail::fibers& fibers;
    emulation::memory& memory;
    cuda::grid extent;
    cuda::grid at;
    const char* name;
    std::uint32_t launch;
    std::vector<std::uint64_t> exchange = std::vector<std::uint64_t>(Threads);
  };

  block(common& all, int thread) : all_(all), thread_(thread) {}

  [[nodiscard]] int thread() const noexcept { return thread_; }
  [[nodiscard]] int x() const noexcept { return all_.at.x; }
  [[nodiscard]] int y() const noexcept { return all_.at.y; }
  [[nodiscard]] int count_x() const noexcept { return all_.extent.x; }
  [[nodiscard]] int count_y() const noexcept { return all_.extent.y; }

  void sync() { all_.fibers.wait_for_block(); }
  template <class T>
  T shuffle_down(T value, int delta) {
    const int lane = thread_ % cuda::warp_size;
    return exchange(value, lane + delta < cuda::warp_size ? thread_ + delta : thread_);
  }
  template <class T>
  T shuffle_xor(T value, int lanes) {
    return exchange(value, thread_ ^ lanes);
  }

  template <class T>
  T load(const T* p) {
    read(p, sizeof(T), alignof(T));
    return *p;
  }
  template <int N, class T>
  cuda::packed<T, N> load(const T* p) {
    cuda::packed<T, N> value;
    read(p, sizeof(value), alignof(cuda::packed<T, N>));
    std::memcpy(static_cast<void*>(&value), p, sizeof(value));
    return value;
  }
  float load_published(const float* p) {
    read(p, sizeof(float), alignof(float), true);
    return *p;
  }
  template <int N>
  cuda::packed<float, N> load_published(const float* p) {
    cuda::packed<float, N> value;
    read(p, sizeof(value), alignof(cuda::packed<float, N>), true);
    std::memcpy(static_cast<void*>(&value), p, sizeof(value));
    return value;
  }
  template <class T>
  void store(T* p, std::type_identity_t<T> value) {
    write(p, sizeof(T), alignof(T));
    *p = value;
  }
  template <int N, class T>
  void store(T* p, const cuda::packed<T, N>& value) {
    write(p, sizeof(value), alignof(cuda::packed<T, N>));
    std::memcpy(static_cast<void*>(p), &value, sizeof(value));
  }
  void publish() { all_.memory.publish(now()); }
  unsigned take_ticket(unsigned* counter, unsigned last) {
    all_.memory.check(counter, sizeof(*counter), alignof(unsigned), all_.name);
    all_.memory.take_ticket(now());
    const unsigned ticket = *counter;
    *counter = ticket >= last ? 0 : ticket + 1;
    return ticket;
  }

 private:
  template <class T>
  T exchange(T value, int from) {
    static_assert(sizeof(T) <= sizeof(std::uint64_t) && std::is_trivially_copyable_v<T>);
    std::memcpy(&all_.exchange[static_cast<std::size_t>(thread_)], &value, sizeof(T));
    all_.fibers.wait_for_warp();
    std::memcpy(&value, &all_.exchange[static_cast<std::size_t>(from)], sizeof(T));
    all_.fibers.wait_for_warp();
    return value;
  }
  [[nodiscard]] access now() const noexcept {
    return {all_.launch, all_.fibers.barriers(), all_.at.y * all_.extent.x + all_.at.x, thread_};
  }
  void read(const void* p, std::size_t bytes, std::size_t alignment,
            bool may_be_published = false) {
    all_.memory.read(p, bytes, alignment, now(), may_be_published, all_.name);
  }
  void write(const void* p, std::size_t bytes, std::size_t alignment) {
    all_.memory.write(p, bytes, alignment, now(), all_.name);
  }

  common& all_;
  int thread_;
};

/// Stands for cuda::stream_ref: a launch returns when every block has run, or when it is recorded.
class stream {
 public:
  explicit stream(emulation::memory& memory, schedule order = schedule::forward, unsigned seed = 1)
      : memory_(&memory), order_(order), random_(seed) {}

  template <int Threads, class Body>
  void launch(cuda::grid extent, const Body& body) {
    static_assert(std::is_trivially_copyable_v<Body> &&
                  std::is_trivially_copyable_v<typename Body::shared_type>);
    if (extent.x < 1 || extent.y < 1) throw fault(std::string(Body::name) + ": empty grid");
    ++launches;
    issue([this, extent, body] { run<Threads>(extent, body); });
  }

  /// Does \p work now or, while a recording is under way, every time that it is repeated.
  void issue(std::function<void()> work) {
    if (recording_)
      recorded_.push_back(std::move(work));
    else
      work();
  }
  void begin_recording() { recording_ = true; }
  [[nodiscard]] std::vector<std::function<void()>> end_recording() {
    recording_ = false;
    return std::exchange(recorded_, {});
  }
  [[nodiscard]] bool is_recording() const noexcept { return recording_; }

  int launches = 0;

 private:
  template <int Threads, class Body>
  void run(cuda::grid extent, const Body& body) {
    std::vector<int> order(static_cast<std::size_t>(extent.x) * static_cast<std::size_t>(extent.y));
    std::iota(order.begin(), order.end(), 0);
    if (order_ == schedule::backward) std::reverse(order.begin(), order.end());
    if (order_ == schedule::shuffled) std::shuffle(order.begin(), order.end(), random_);
    auto& fibers = fibers_[Threads];
    if (!fibers) fibers = std::make_unique<detail::fibers>(Threads);
    typename Body::shared_type shared;
    typename block<Threads>::common all{*fibers, *memory_,   extent,
                                        {},      Body::name, memory_->begin_launch()};
    for (const int b : order) {
      std::memset(static_cast<void*>(&shared), 0xcd, sizeof(shared));
      all.at = {b % extent.x, b / extent.x};
      fibers->run(
          [&](int thread) {
            block<Threads> view(all, thread);
            body(view, shared);
          },
          order_, random_);
    }
  }

  emulation::memory* memory_;
  schedule order_;
  std::minstd_rand random_;
  std::map<int, std::unique_ptr<detail::fibers>> fibers_;  // by number of threads
  bool recording_ = false;
  std::vector<std::function<void()>> recorded_;
};

/// Stand for the sort of <slimming/cuda/sort.cuh>.
inline std::size_t sort_scratch_bytes(int) { return 1; }
inline void stable_sort_by_key(stream&, const std::uint32_t* keys, std::uint32_t* sorted_keys,
                               const int* values, int* sorted_values, int n, void*, std::size_t) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return keys[a] < keys[b]; });
  for (const int from : order) {
    *sorted_keys++ = keys[from];
    *sorted_values++ = values[from];
  }
}

}  // namespace slimming::emulation
