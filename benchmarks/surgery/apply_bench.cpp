// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// bench_surgery: how long one prune takes, in three stages, on networks with random weights.
///
///   graph    the rules over the topology, then all channel groups and units
///   score    L2 of every slice that goes with a group, then the choice
///   slice    every array compacted in place
///
/// One thread: CPU time of the process, as on a machine of its own. Several: wall time. Medians.

#include <slimming/graph/groups.hpp>      // channel_groups
#include <slimming/plan/plan.hpp>         // importance, make_plan
#include <slimming/surgery/apply.hpp>     // apply_in_place
#include <slimming/surgery/parallel.hpp>  // parallel

#include <algorithm>    // std::sort
#include <chrono>       // std::chrono
#include <cstdio>       // std::printf
#include <ctime>        // std::clock
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

#include "benchmarks/support/program.hpp"   // run_program
#include "benchmarks/surgery/networks.hpp"  // networks

namespace {

namespace sl = slimming;

struct options {
  std::vector<std::string> nets;
  int threads = 1, reps = 5;
  double ratio = 0.5;
  std::string axes = "group";
  bool as_json = false;
};

class stopwatch {
 public:
  explicit stopwatch(bool cpu) : is_cpu_(cpu) { lap(); }
  /// Milliseconds since the last lap.
  double lap() {
    const double now = read(), passed = now - last_;
    last_ = now;
    return passed;
  }

 private:
  [[nodiscard]] double read() const {
    if (is_cpu_) return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  bool is_cpu_;
  double last_ = 0;
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

struct figures {
  sl::cost before, after;
  sl::index_t groups = 0;
  double graph = 0, score = 0, slice = 0, total = 0;
};

template <class Run>
figures measure(void (*recipe)(bench::layers&), const options& o, const Run& run) {
  bench::arrays memory;
  {
    sl::channel_graph graph;
    bench::layers walk(graph, memory);
    recipe(walk);
    memory.save();
  }
  sl::importance_options counted{.over_unit = sl::normaliser::mean};
  if (o.axes == "group") counted.axes = {sl::role::weight, sl::role::weight_in, sl::role::scale};
  std::vector<double> graph_ms, score_ms, slice_ms, total_ms;
  figures f;
  for (int rep = 0; rep < o.reps; ++rep) {
    memory.restore();
    stopwatch watch(o.threads == 1);
    sl::channel_graph graph;
    bench::layers walk(graph, memory);
    recipe(walk);
    const sl::channel_groups groups(graph);
    graph_ms.push_back(watch.lap());
    const auto scores = sl::importance(graph, groups, sl::l2_norm{}, counted, run);
    const auto plan = sl::make_plan(graph, groups, scores, sl::global_ratio{o.ratio});
    score_ms.push_back(watch.lap());
    sl::apply_in_place(graph, plan, run);
    slice_ms.push_back(watch.lap());
    total_ms.push_back(graph_ms.back() + score_ms.back() + slice_ms.back());
    f.before = plan.before();
    f.after = plan.after();
    f.groups = groups.count();
  }
  f.graph = median(graph_ms);
  f.score = median(score_ms);
  f.slice = median(slice_ms);
  f.total = median(total_ms);
  return f;
}

void print(std::string_view name, const figures& f, const options& o) {
  const auto n = static_cast<int>(name.size());
  if (o.as_json)
    std::printf(
        "{\"net\": \"%.*s\", \"threads\": %d, \"parameters\": %lld, \"after\": %lld, \"groups\": "
        "%lld, "
        "\"graph_ms\": %.3f, \"score_ms\": %.3f, \"slice_ms\": %.3f, \"prune_ms\": %.3f}\n",
        n, name.data(), o.threads, static_cast<long long>(f.before.parameters),
        static_cast<long long>(f.after.parameters), static_cast<long long>(f.groups), f.graph,
        f.score, f.slice, f.total);
  else
    std::printf("%-13.*s %8.2f M %8.2f M %8lld %10.3f %10.3f %10.3f %10.3f\n", n, name.data(),
                static_cast<double>(f.before.parameters) * 1e-6,
                static_cast<double>(f.after.parameters) * 1e-6, static_cast<long long>(f.groups),
                f.graph, f.score, f.slice, f.total);
  std::fflush(stdout);
}

void run(const options& o) {
  if (!o.as_json)
    std::printf(
        "%d thread%s, L2, global %.0f %%, milliseconds\n%-13s %10s %10s %8s %10s %10s %10s %10s\n",
        o.threads, o.threads == 1 ? "" : "s", 100 * o.ratio, "net", "before", "after", "groups",
        "graph", "score", "slice", "prune");
  for (const auto& [name, recipe] : bench::networks)
    if (o.nets.empty() || std::find(o.nets.begin(), o.nets.end(), name) != o.nets.end())
      print(name,
            o.threads == 1 ? measure(recipe, o, sl::sequential{})
                           : measure(recipe, o, sl::parallel(o.threads)),
            o);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program(
      "How long one prune takes, in three stages, on networks of torchvision's and YOLOv5's "
      "shapes.",
      "bench_surgery");
  options o;
  std::vector<std::string> known;
  for (const auto& [name, recipe] : bench::networks) known.emplace_back(name);
  program.add_option("--nets", o.nets, "networks, separated by commas; default: all")
      ->delimiter(',')
      ->check(CLI::IsMember(known));
  program.add_option("--threads", o.threads, "threads of score and slice")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--reps", o.reps, "repetitions, of which the median counts")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--ratio", o.ratio, "share of all channels that goes, in [0, 1)")
      ->capture_default_str();
  program
      .add_option("--axes", o.axes,
                  "L2 over the kernels that write a channel (out), or also those that read it and "
                  "its norms (group)")
      ->capture_default_str()
      ->check(CLI::IsMember({"group", "out"}));
  program.add_flag("--json", o.as_json, "one JSON object per line instead of the table");
  return bench::run_program(program, argc, argv, [&] {
    run(o);
    return 0;
  });
}
