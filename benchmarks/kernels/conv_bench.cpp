// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// Convolution by layer, pass and algorithm: effective GFLOP/s, and the share of the machine's
/// measured multiply-add peak that the algorithm's own arithmetic reaches. One thread: CPU time, as
/// on a machine of its own; several: wall time. Medians.

#include <slimming/kernels/cpu/convolution.hpp>

#include "benchmarks/support/measure.hpp"  // times_of, measured_peak
#include "benchmarks/support/program.hpp"  // run_program

#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace cpu = slimming::kernels::cpu;
using slimming::index_t;
using slimming::kernels::conv_geometry;

struct arguments {
  index_t batch = 64;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  int repeats = 7;
  std::string layers, pass;
  bool chosen = false;
  bool json = false;
};

struct layer {
  std::string name;
  conv_geometry geometry;
};

std::vector<layer> layers(index_t batch) {
  std::vector<layer> all;
  const auto add = [&](const std::string& family, index_t in, index_t out, index_t map,
                       index_t kernel, index_t stride = 1, index_t groups = 1) {
    conv_geometry g;
    g.batch = batch;
    g.in_channels = in;
    g.out_channels = out;
    g.groups = groups;
    g.in_h = g.in_w = map;
    g.kernel_h = g.kernel_w = kernel;
    g.stride_h = g.stride_w = stride;
    g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = kernel / 2;
    std::string name = family + " " + std::to_string(in) + "-" + std::to_string(out) + "@" +
                       std::to_string(map) + " k" + std::to_string(kernel);
    if (stride > 1) name += " s" + std::to_string(stride);
    all.push_back({name, with_output_size(g)});
  };
  add("vgg", 3, 64, 32, 3);
  add("vgg", 64, 64, 32, 3);
  add("vgg", 64, 128, 16, 3);
  add("vgg", 128, 128, 16, 3);
  add("vgg", 128, 256, 8, 3);
  add("vgg", 256, 256, 8, 3);
  add("vgg", 256, 512, 4, 3);
  add("vgg", 512, 512, 4, 3);
  add("vgg", 512, 512, 2, 3);
  add("masked", 32, 40, 16, 3);
  add("masked", 154, 154, 4, 3);
  add("resnet", 3, 16, 32, 3);
  add("resnet", 16, 16, 32, 3);
  add("resnet", 16, 32, 32, 3, 2);
  add("resnet", 32, 32, 16, 3);
  add("resnet", 32, 64, 16, 3, 2);
  add("resnet", 64, 64, 8, 3);
  add("preresnet", 16, 16, 32, 1);
  add("preresnet", 16, 64, 32, 1);
  add("preresnet", 64, 16, 32, 1);
  add("preresnet", 64, 128, 32, 1, 2);
  add("preresnet", 32, 128, 16, 1);
  add("preresnet", 128, 32, 16, 1);
  add("preresnet", 128, 256, 16, 1, 2);
  add("preresnet", 64, 256, 8, 1);
  add("preresnet", 256, 64, 8, 1);
  add("densenet", 24, 12, 32, 3);
  add("densenet", 96, 12, 32, 3);
  add("densenet", 240, 12, 16, 3);
  add("densenet", 384, 12, 8, 3);
  add("densenet", 168, 168, 32, 1);
  add("densenet", 312, 312, 16, 1);
  add("depthwise", 64, 64, 16, 3, 1, 64);
  add("large", 64, 64, 14, 5);
  return all;
}

// Multiplications of an algorithm, as a share of the direct one's.
double work_share(cpu::conv_algorithm a, const conv_geometry& g) {
  const auto tiled = [&](double tile, double products) {
    const auto tiles = [&](index_t extent) {
      return std::ceil(static_cast<double>(extent) / tile);
    };
    return products * products * tiles(g.out_h) * tiles(g.out_w) /
           (9.0 * static_cast<double>(g.out_h * g.out_w));
  };
  switch (a) {
    case cpu::conv_algorithm::winograd_4x4:
      return tiled(4, 6);
    case cpu::conv_algorithm::winograd_2x2:
      return tiled(2, 4);
    case cpu::conv_algorithm::toeplitz_2x2:
      return tiled(2, 3);
    default:
      return 1;
  }
}

struct buffers {
  std::vector<float> x, y, w, memory;
  std::vector<double> moments;

  explicit buffers(const cpu::convolution& conv) {
    std::mt19937 engine(1);
    std::normal_distribution<float> normal;
    const auto fill = [&](index_t n) {
      std::vector<float> v(static_cast<std::size_t>(n));
      for (float& f : v) f = normal(engine);
      return v;
    };
    x = fill(conv.input_size());
    y = fill(conv.output_size());
    w = fill(conv.weight_size());
    moments.resize(
        static_cast<std::size_t>(2 * cpu::padded_channels(conv.geometry().out_channels)));
  }

  double time(const cpu::convolution& conv, cpu::conv_pass pass, const arguments& a) {
    memory.resize(static_cast<std::size_t>(conv.workspace_size(pass)));
    cpu::conv_epilogue epilogue;
    epilogue.moments = {moments.data(), moments.data() + moments.size() / 2};
    auto out = pass == cpu::conv_pass::forward ? y : pass == cpu::conv_pass::backward_data ? x : w;
    const auto run = [&] {
      if (pass == cpu::conv_pass::forward)
        conv.forward(x.data(), w.data(), out.data(), memory, epilogue);
      else if (pass == cpu::conv_pass::backward_data)
        conv.backward_data(y.data(), w.data(), out.data(), memory);
      else
        conv.backward_weights(x.data(), y.data(), out.data(), memory);
    };
    const auto clock = a.threads == 1 ? &bench::cpu_seconds : &bench::seconds;
    return bench::times_of(a.repeats, run, clock).median;
  }
};

void run(const arguments& a) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  static_cast<std::size_t>(a.threads));
  const double peak = 1e-9 * bench::measured_peak(a.threads);
  if (a.json)
    std::printf("{\"threads\": %d, \"vector_width\": %d, \"peak_gflops\": %.1f}\n", a.threads,
                cpu::vector_width, peak);
  else
    std::printf(
        "%d threads, vectors of %d, measured peak %.1f GFLOP/s\n%-24s %-17s %-14s %9s %9s %6s\n",
        a.threads, cpu::vector_width, peak, "layer", "pass", "algorithm", "ms", "GFLOP/s", "peak%");
  const struct {
    cpu::conv_pass pass;
    const char* name;
  } passes[] = {{cpu::conv_pass::forward, "forward"},
                {cpu::conv_pass::backward_data, "backward_data"},
                {cpu::conv_pass::backward_weights, "backward_weights"}};
  using enum cpu::conv_algorithm;
  for (const auto& [name, g] : layers(a.batch)) {
    if (name.find(a.layers) == std::string::npos) continue;
    buffers data{cpu::convolution(g)};
    for (const auto& [pass, pass_name] : passes) {
      if (std::string(pass_name).find(a.pass) == std::string::npos) continue;
      for (const auto algorithm :
           {implicit_gemm, winograd_4x4, winograd_2x2, toeplitz_2x2, depthwise}) {
        const bool is_chosen = algorithm == cpu::convolution(g).algorithm(pass);
        if (!is_applicable(algorithm, g) || (a.chosen && !is_chosen)) continue;
        const cpu::convolution conv(
            g, {.forward = algorithm, .backward_data = algorithm, .backward_weights = algorithm});
        const double time = data.time(conv, pass, a);
        const double gflops = 2e-9 * static_cast<double>(macs(g)) / time;
        const double share = 100 * gflops * work_share(algorithm, g) / peak;
        const std::string label(name_of(algorithm));
        if (a.json)
          std::printf(
              "{\"layer\": \"%s\", \"batch\": %ld, \"pass\": \"%s\", \"algorithm\": "
              "\"%s\", \"chosen\": %s, \"ms\": %.4f, \"gflops\": %.1f, "
              "\"peak_percent\": %.1f}\n",
              name.c_str(), static_cast<long>(g.batch), pass_name, label.c_str(),
              is_chosen ? "true" : "false", 1e3 * time, gflops, share);
        else
          std::printf("%-24s %-17s %-13s%c %9.3f %9.1f %6.1f\n", name.c_str(), pass_name,
                      label.c_str(), is_chosen ? '*' : ' ', 1e3 * time, gflops, share);
        std::fflush(stdout);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program(
      "Convolution by layer, pass and algorithm: milliseconds, GFLOP/s, share of peak.",
      "bench_conv");
  arguments a;
  program.add_option("--batch", a.batch, "images per batch")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--threads", a.threads, "threads; default: all")->check(bench::count());
  program.add_option("--repeats", a.repeats, "timed runs, of which the median counts")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--layers", a.layers, "only layers whose name contains TEXT");
  program.add_option("--pass", a.pass, "only passes whose name contains TEXT");
  program.add_flag("--chosen", a.chosen, "only the algorithms that the cost table chooses");
  program.add_flag("--json", a.json, "one JSON object per line instead of a table");
  return bench::run_program(program, argc, argv, [&] {
    run(a);
    return 0;
  });
}
