// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The part of oneTBB's interface that the library uses, on std::thread: ThreadSanitizer sees every
/// synchronisation of it, while the distribution's libtbb is not instrumented and drowns real
/// findings in false ones. Only builds with SLIMMING_SANITIZE=thread put this folder on the path.

#include <algorithm>           // std::min
#include <atomic>              // std::atomic
#include <condition_variable>  // std::condition_variable
#include <cstddef>             // std::size_t
#include <exception>           // std::exception_ptr
#include <mutex>               // std::mutex
#include <thread>              // std::thread
#include <utility>             // std::exchange, std::move
#include <vector>              // std::vector

namespace tbb {

class global_control {
 public:
  enum parameter { max_allowed_parallelism };
  global_control(parameter, std::size_t value) : before_(limit()) { limit() = value; }
  ~global_control() { limit() = before_; }
  global_control(const global_control&) = delete;
  global_control& operator=(const global_control&) = delete;
  static std::atomic<std::size_t>& limit() {
    static std::atomic<std::size_t> value{4};
    return value;
  }

 private:
  std::size_t before_;
};

namespace shim {

inline thread_local int thread_index = 0;
inline thread_local bool is_inside = false;
inline thread_local int arena_limit = 4;

/// What a job calls with every index: a reference, so that starting one allocates nothing.
struct job_body {
  const void* object;
  void (*call)(const void*, std::size_t);
  void operator()(std::size_t i) const { call(object, i); }
};

/// Three workers beside the caller; one job at a time, further callers queue up.
class pool {
 public:
  static constexpr int workers = 3;
  static pool& instance() {
    static pool one;
    return one;
  }
  /// Calls body(0) ... body(count - 1), in any order, on the caller and the workers; the first
  /// exception reaches the caller when all have ended.
  template <class Body>
  void run(std::size_t count, const Body& body) {
    run(count, job_body{&body, [](const void* object, std::size_t i) {
                          (*static_cast<const Body*>(object))(i);
                        }});
  }

 private:
  void run(std::size_t count, const job_body& body) {
    const int threads = static_cast<int>(
        std::min<std::size_t>({global_control::limit(), static_cast<std::size_t>(arena_limit),
                               count, static_cast<std::size_t>(workers + 1)}));
    if (is_inside || threads <= 1) {
      for (std::size_t i = 0; i < count; ++i) body(i);
      return;
    }
    const std::scoped_lock one_job(job_mutex_);
    {
      const std::scoped_lock lock(mutex_);
      body_ = &body;
      count_ = count;
      next_ = 0;
      helpers_ = wanted_ = busy_ = threads - 1;
      ++generation_;
    }
    wake_.notify_all();
    work(body, count);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  pool() {
    for (int w = 0; w < workers; ++w) threads_.emplace_back([this] { loop(); });
  }
  ~pool() {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (auto& t : threads_) t.join();
  }
  void work(const job_body& body, std::size_t count) {
    is_inside = true;
    try {
      for (std::size_t i = next_++; i < count; i = next_++) body(i);
    } catch (...) {
      next_ = count;  // nobody begins another
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    is_inside = false;
  }
  void loop() {
    std::size_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop_ || (generation_ != seen && wanted_ > 0); });
      if (stop_) return;
      seen = generation_;
      --wanted_;
      thread_index = helpers_ - wanted_;  // below the arena's number of threads
      const auto* body = body_;
      const std::size_t count = count_;
      lock.unlock();
      work(*body, count);
      lock.lock();
      if (--busy_ == 0) done_.notify_all();
    }
  }

  std::mutex job_mutex_, mutex_;
  std::condition_variable wake_, done_;
  const job_body* body_ = nullptr;
  std::exception_ptr failure_;  // the first that a task threw
  std::size_t count_ = 0, generation_ = 0;
  std::atomic<std::size_t> next_{0};
  int helpers_ = 0, wanted_ = 0, busy_ = 0;  // of the job: in all, yet to come, not done
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace shim

template <class Index>
class blocked_range {
 public:
  blocked_range(Index begin, Index end, std::size_t grain = 1)
      : begin_(begin), end_(end), grain_(static_cast<Index>(grain)) {}
  Index begin() const { return begin_; }
  Index end() const { return end_; }
  Index grainsize() const { return grain_; }

 private:
  Index begin_, end_, grain_;
};

struct simple_partitioner {};
struct static_partitioner {};
struct auto_partitioner {};

template <class Index, class Body, class... Partitioner>
void parallel_for(const blocked_range<Index>& range, const Body& body, Partitioner&&...) {
  const Index n = range.end() - range.begin(), grain = range.grainsize();
  if (n <= 0) return;
  shim::pool::instance().run(static_cast<std::size_t>((n + grain - 1) / grain), [&](std::size_t k) {
    const Index first = range.begin() + static_cast<Index>(k) * grain;
    body(blocked_range<Index>(first, std::min<Index>(first + grain, range.end())));
  });
}
template <class Index, class Body, class... Partitioner>
void parallel_for(Index first, Index last, const Body& body, Partitioner&&...) {
  if (last <= first) return;
  shim::pool::instance().run(static_cast<std::size_t>(last - first),
                             [&](std::size_t k) { body(first + static_cast<Index>(k)); });
}

class task_arena {
 public:
  static constexpr int automatic = -1;
  explicit task_arena(int concurrency = automatic, unsigned = 1)
      : concurrency_(concurrency < 1 ? shim::pool::workers + 1 : concurrency) {}
  int max_concurrency() const { return concurrency_; }
  void initialize() {}
  template <class Body>
  auto execute(Body&& body) {
    struct restore {
      int before = shim::arena_limit;
      ~restore() { shim::arena_limit = before; }
    } guard;
    shim::arena_limit = concurrency_;
    return body();
  }

 private:
  int concurrency_;
};

namespace this_task_arena {
inline int max_concurrency() {
  return static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(shim::arena_limit), shim::pool::workers + 1));
}
inline int current_thread_index() { return shim::thread_index; }
}  // namespace this_task_arena

class task_group {
 public:
  template <class Body>
  void run(Body&& body) {
    threads_.emplace_back(std::forward<Body>(body));
  }
  void wait() {
    for (auto& t : threads_) t.join();
    threads_.clear();
  }
  ~task_group() { wait(); }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace tbb
