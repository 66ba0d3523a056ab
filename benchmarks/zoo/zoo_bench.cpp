// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// Prunes every network of the zoo and prints what became of it.

#include <slimming/core/error.hpp>  // error

#include <tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "benchmarks/support/program.hpp"  // run_program
#include "tests/zoo/graphs.hpp"
#include "tests/zoo/survey.hpp"

namespace {

namespace sl = slimming;

struct arguments {
  std::string graphs = sl::zoo::standard_archive().string(), json;
  double share = 0.5;
  std::uint64_t seed = 1;
  int threads = 0;
  double max_macs = 0;
  std::vector<std::string> names;
};

bool is_wanted(const arguments& a, const std::string& name) {
  if (a.names.empty()) return true;
  for (const std::string& wanted : a.names)
    if (name.starts_with(wanted)) return true;
  return false;
}

double millions(sl::index_t n) { return static_cast<double>(n) * 1e-6; }

nlohmann::ordered_json to_json(const std::string& name, const sl::zoo::findings& f) {
  const auto cost = [](const sl::cost& c) {
    return nlohmann::ordered_json{{"parameters", c.parameters}, {"macs", c.macs}};
  };
  return {{"name", name},
          {"before", cost(f.before)},
          {"after", cost(f.after)},
          {"removed_channels", f.removed},
          {"exact", f.is_exact()},
          {"difference", f.difference},
          {"worst_tensor", f.worst},
          {"tensors_compared", f.compared},
          {"tensors_beyond", f.beyond},
          {"outputs_beyond", f.outputs_beyond},
          {"barriers", f.barrier},
          {"seconds", f.seconds},
          {"declined", f.declined}};
}

int run(const arguments& a) {
  const sl::zoo::archive zoo(a.graphs);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  int bad = 0, seen = 0, skipped = 0;
  const auto start = std::chrono::steady_clock::now();
  std::printf(
      "| network | parameters, M | MACs, M | largest relative difference | tensors compared | plan "
      "and surgery, s |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const std::string& name : zoo.names()) {
    if (!is_wanted(a, name)) continue;
    try {
      const sl::model net = zoo.load(name, a.seed);
      if (a.max_macs > 0 && static_cast<double>(sl::zoo::macs_of(net)) > a.max_macs) {
        ++skipped;
        continue;
      }
      const auto f = sl::zoo::survey(net, a.share, a.seed);
      const bool good = f.is_exact() && f.removed > 0;
      std::printf(
          "| %s | %.2f -> %.2f | %.0f -> %.0f | %.1e%s | %ld%s | %.2f |\n", name.c_str(),
          millions(f.before.parameters), millions(f.after.parameters), millions(f.before.macs),
          millions(f.after.macs), f.difference, good ? "" : (" FAILS: " + f.worst).c_str(),
          static_cast<long>(f.compared),
          f.beyond ? (" of " + std::to_string(f.compared + f.beyond) + ", to " + f.barrier).c_str()
                   : "",
          f.seconds);
      rows.push_back(to_json(name, f));
      bad += !good;
    } catch (const std::exception& e) {
      std::printf("| %s | FAILS: %s |\n", name.c_str(), e.what());
      rows.push_back({{"name", name}, {"error", e.what()}});
      ++bad;
    }
    ++seen;
    std::fflush(stdout);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("\n%d networks, %d of them not exact or not pruned, %d left out; %.0f s\n", seen, bad,
              skipped, seconds);
  if (!a.json.empty()) std::ofstream(a.json) << rows.dump(1) << '\n';
  return bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program(
      "Prunes every network of the zoo and prints what became of it. Exit status 1 if a network is "
      "not exact or does not shrink.",
      "zoo");
  arguments a;
  program.add_option("names", a.names, "networks, or how their names begin; default: all");
  program.add_option("--graphs", a.graphs, "archive of the graphs")->check(CLI::ExistingFile);
  program.add_option("--share", a.share, "of all channels that goes")->capture_default_str();
  program.add_option("--seed", a.seed, "of the random weights")->capture_default_str();
  program.add_option("--threads", a.threads, "threads; default: all")->check(bench::count());
  program.add_option("--max-macs", a.max_macs, "leave out what costs more multiply-accumulates")
      ->check(CLI::Range(1.0, 1e15));
  program.add_option("--json", a.json, "also write the rows to FILE");
  return bench::run_program(program, argc, argv, [&] {
    if (a.threads == 0) return run(a);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(a.threads));
    return run(a);
  });
}
