// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// How many bytes per second the machine's threads read from a buffer as large as a network's
/// weights: the bound of an inference of one image. On ordinary and on large pages; with plain
/// loads, and asking for cache lines ahead of them, as the kernels do.

#include <slimming/kernels/cpu/vector.hpp>     // vec, load, prefetch
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_task

#include "benchmarks/support/measure.hpp"  // times_of
#include "benchmarks/support/program.hpp"  // run_program

#include <tbb/task_arena.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;

struct arguments {
  index_t megabytes = 80;
  int threads = 0;  // 0: 1, 2, 4, ... all
  int repeats = 21;
  bool json = false;
};

// Written once, so that every page is there.
class buffer {
 public:
  buffer(index_t megabytes, bool large_pages) : bytes_(static_cast<std::size_t>(megabytes) << 20) {
    void* const p = ::operator new (bytes_, std::align_val_t{page});
#if defined(MADV_HUGEPAGE)
    ::madvise(p, bytes_, large_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
    (void)large_pages;
#endif
    std::memset(p, 0, bytes_);
    data_.reset(static_cast<float*>(p));
  }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] index_t floats() const noexcept { return static_cast<index_t>(bytes_ / 4); }

 private:
  static constexpr std::size_t page = std::size_t{2} << 20;
  struct release {
    void operator()(float* p) const noexcept { ::operator delete (p, std::align_val_t{page}); }
  };
  std::size_t bytes_;
  std::unique_ptr<float, release> data_;
};

// The sum of a block, so that no load can be left out.
template <bool Ahead>
float sum_of(const float* block, index_t floats) {
  constexpr index_t distance = 2048, chains = 8, step = chains * cpu::vector_width;
  cpu::vec sums[chains] = {};
  for (index_t i = 0; i < floats; i += step) {
    if constexpr (Ahead)
      for (index_t line = 0; line < step; line += 16)
        if (i + line + distance < floats) cpu::prefetch(block + i + line + distance);
    for (index_t c = 0; c < chains; ++c) sums[c] += cpu::load(block + i + c * cpu::vector_width);
  }
  float all[cpu::vector_width];
  for (index_t c = 1; c < chains; ++c) sums[0] += sums[c];
  cpu::store(all, sums[0]);
  float total = 0;
  for (const float s : all) total += s;
  return total;
}

template <bool Ahead>
double bytes_per_second(const buffer& b, int threads, int repeats) {
  constexpr index_t block = 65536;  // floats of a task, 256 KB
  std::vector<float> sums(static_cast<std::size_t>(b.floats() / block));
  tbb::task_arena arena(threads);
  double time = 0;
  arena.execute([&] {
    time = bench::times_of(repeats, [&] {
             cpu::for_each_task(static_cast<index_t>(sums.size()), [&](index_t i) {
               sums[static_cast<std::size_t>(i)] = sum_of<Ahead>(b.data() + i * block, block);
             });
           }).median;
  });
  for (const float s : sums)
    if (s != 0) throw std::logic_error("the sum of zeros is not zero");
  return 4 * static_cast<double>(b.floats()) / time;
}

void run(const arguments& a) {
  if (!a.json)
    std::printf("reading %ld MB\n%-8s %7s %14s %19s\n", static_cast<long>(a.megabytes), "pages",
                "threads", "loads, GB/s", "asking ahead, GB/s");
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  for (const bool large : {false, true}) {
    const buffer b(a.megabytes, large);
    for (int threads = a.threads ? a.threads : 1; threads <= (a.threads ? a.threads : all);
         threads = threads < all && 2 * threads > all ? all : 2 * threads)
      std::printf(a.json ? "{\"pages\": \"%s\", \"threads\": %d, \"loads_gb_per_s\": %.1f, "
                           "\"ahead_gb_per_s\": %.1f}\n"
                         : "%-8s %7d %14.1f %19.1f\n",
                  large ? "large" : "ordinary", threads,
                  1e-9 * bytes_per_second<false>(b, threads, a.repeats),
                  1e-9 * bytes_per_second<true>(b, threads, a.repeats));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Bytes per second that threads read from a buffer as large as weights.",
                   "bench_memory");
  arguments a;
  program.add_option("--megabytes", a.megabytes, "size of the buffer")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--threads", a.threads, "only so many threads; default: 1, 2, 4, ... all")
      ->check(bench::count());
  program.add_option("--repeats", a.repeats, "timed runs, of which the median counts")
      ->capture_default_str()
      ->check(bench::count());
  program.add_flag("--json", a.json, "one JSON object per line instead of a table");
  return bench::run_program(program, argc, argv, [&] {
    run(a);
    return 0;
  });
}
