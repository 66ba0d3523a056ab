// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the benchmark programs share: clocks, order statistics, memory, the machine's peak.
/// Area: benchmarks.

#include <slimming/kernels/cpu/vector.hpp>     // vec, load, store
#include <slimming/kernels/cpu/workspace.hpp>  // for_each_task

#include <algorithm>  // std::sort
#include <chrono>     // std::chrono::steady_clock
#include <cstddef>    // std::size_t
#include <ctime>      // clock_gettime
#include <fstream>    // std::ifstream
#include <string>     // std::string
#include <vector>     // std::vector

namespace bench {

/// Seconds of wall time.
inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
/// Seconds that all threads of the process have computed.
inline double cpu_seconds() {
  std::timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Order statistics of a list of times.
struct spread {
  double least = 0, quarter = 0, median = 0, three_quarters = 0, most = 0;

  explicit spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
    };
    least = at(0);
    quarter = at(0.25);
    median = at(0.5);
    three_quarters = at(0.75);
    most = at(1);
  }
};

/// Times of \p repeats runs behind one that does not count.
template <class Run>
spread times_of(int repeats, const Run& run, double (*clock)() = &seconds) {
  run();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const double start = clock();
    run();
    times.push_back(clock() - start);
  }
  return spread(std::move(times));
}

/// Largest resident memory of the process so far, in bytes; 0 where the system does not say.
inline double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return 1024.0 * std::stod(line.substr(6));
  return 0;
}

/// FLOP/s of multiply-adds that depend on nothing but registers, in \p threads tasks at once.
inline double measured_peak(int threads) {
  namespace cpu = slimming::kernels::cpu;
  using slimming::index_t;
  constexpr int chains = 12, rounds = 2'000'000;
  constexpr index_t stride = (chains + 1) * cpu::vector_width;
  std::vector<float> sinks(static_cast<std::size_t>(threads * stride));
  for (std::size_t i = 0; i < sinks.size(); ++i) sinks[i] = 0.9f + 1e-5f * static_cast<float>(i);
  const double time = times_of(5, [&] {
                        cpu::for_each_task(threads, [&](index_t task) {
                          float* const sink = sinks.data() + task * stride;
                          cpu::vec sums[chains];  // from memory: chains that differ stay apart
                          for (int c = 0; c < chains; ++c)
                            sums[c] = cpu::load(sink + c * cpu::vector_width);
                          const cpu::vec factor = cpu::load(sink + chains * cpu::vector_width);
                          const cpu::vec term = cpu::load(sink);
                          for (int r = 0; r < rounds; ++r)
#pragma GCC unroll 12
                            for (int c = 0; c < chains; ++c) sums[c] = sums[c] * factor + term;
                          for (int c = 0; c < chains; ++c)
                            cpu::store(sink + c * cpu::vector_width, sums[c]);
                        });
                      }).least;
  return 2.0 * chains * rounds * cpu::vector_width * threads / time;
}

}  // namespace bench
