// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Timing on a device, and a list of results as a table and as JSON.
/// Area: benchmarks.

#include <slimming/cuda/stream.cuh>  // stream, event

#include <algorithm>  // std::sort
#include <cstdio>     // std::printf
#include <fstream>    // std::ofstream
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace bench {

namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own

/// Milliseconds of one call of \p work, which only enqueues: the median over \p rounds of the mean
/// over \p calls. `work(i)` may rotate among buffers.
template <class Work>
double time_of(const gpu::stream& stream, int calls, int rounds, const Work& work) {
  for (int i = 0; i < 3; ++i) work(i);
  std::vector<double> means;
  for (int r = 0; r < rounds; ++r) {
    gpu::event start;
    gpu::event stop;
    start.record(stream);
    for (int i = 0; i < calls; ++i) work(i);
    stop.record(stream);
    stop.wait();
    means.push_back(stop.since(start) / calls);
  }
  std::sort(means.begin(), means.end());
  return means[means.size() / 2];
}

/// One measured figure.
struct row {
  std::string name;
  double ms = 0.0;
  std::string figure;  ///< what `value` is
  double value = 0.0;
};

/// Prints as it goes, and writes all rows so far to a JSON file: a run that is cut off leaves those.
class report {
 public:
  /// \p json: the file; empty for none.
  report(std::string device, std::string json)
      : device_(std::move(device)), json_(std::move(json)) {
    std::printf("%s\n%-58s %10s   %s\n", device_.c_str(), "", "ms", "");
  }
  void add(row r) {
    std::printf("%-58s %10.4f   %-34s %8.3f\n", r.name.c_str(), r.ms, r.figure.c_str(), r.value);
    std::fflush(stdout);
    rows_.push_back(std::move(r));
    if (!json_.empty()) write();
  }
  /// \p bytes moved in \p ms, as a share of the copy bandwidth.
  void add_bandwidth(std::string name, double ms, double bytes) {
    add({std::move(name), ms, "share of copy bandwidth", bytes / ms / 1e6 / copy_gb_per_s});
  }
  double copy_gb_per_s = 1.0;

 private:
  void write() const {
    std::ofstream out(json_);
    out << "{\"device\": \"" << device_ << "\", \"copy_gb_per_s\": " << copy_gb_per_s
        << ", \"rows\": [";
    for (std::size_t i = 0; i < rows_.size(); ++i)
      out << (i ? ",\n" : "\n") << "  {\"name\": \"" << rows_[i].name
          << "\", \"ms\": " << rows_[i].ms << ", \"figure\": \"" << rows_[i].figure
          << "\", \"value\": " << rows_[i].value << "}";
    out << "\n]}\n";
  }

  std::string device_;
  std::string json_;
  std::vector<row> rows_;
};

void run_kernels(const gpu::stream& stream, report& results);
void run_training(report& results, bool nondeterministic);

}  // namespace bench
