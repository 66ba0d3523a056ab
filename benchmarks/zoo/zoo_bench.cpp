// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// Prunes every network of the zoo and prints what became of it.

#include <slimming/core/error.hpp>  // error

#include <tbb/global_control.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "tests/zoo/graphs.hpp"
#include "tests/zoo/survey.hpp"

namespace {

namespace sl = slimming;

constexpr const char* usage =
    "usage: zoo [--graphs FILE] [--share S] [--seed N] [--threads N] [--max-macs N] [--json FILE] "
    "[NAME...]\n"
    "  NAME        a network, or the beginning of its name; all networks if none is given\n"
    "  --share     of all channels that goes (0.5)\n"
    "  --max-macs  leaves out what costs more multiply-accumulates\n"
    "exit code 1 if a network is not exact or does not shrink\n";

struct arguments {
  std::string graphs = sl::zoo::standard_archive().string(), json;
  double share = 0.5;
  std::uint64_t seed = 1;
  int threads = 0;
  sl::index_t max_macs = 0;
  std::vector<std::string> names;
};

arguments parse(int argc, char** argv) {
  arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (!key.starts_with("--")) {
      a.names.push_back(key);
      continue;
    }
    if (++i == argc) throw std::invalid_argument(key + " needs a value");
    const std::string value = argv[i];
    if (key == "--graphs")
      a.graphs = value;
    else if (key == "--json")
      a.json = value;
    else if (key == "--share")
      a.share = std::stod(value);
    else if (key == "--seed")
      a.seed = std::stoull(value);
    else if (key == "--threads")
      a.threads = std::stoi(value);
    else if (key == "--max-macs")
      a.max_macs = static_cast<sl::index_t>(std::stod(value));
    else
      throw std::invalid_argument("no option " + key);
  }
  return a;
}

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
      if (a.max_macs > 0 && sl::zoo::macs_of(net) > a.max_macs) {
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
  try {
    const arguments a = parse(argc, argv);
    if (a.threads == 0) return run(a);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(a.threads));
    return run(a);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "zoo: %s\n%s", e.what(), usage);
    return 2;
  }
}
