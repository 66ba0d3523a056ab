// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// One step of a whole network on the CPU, as the trainer takes it: a batch goes in, forward, loss,
/// backward, SGD with the L1 term on the scale factors; or one inference.
///
/// `--mask S` trains the network that is left when a share S of the channels is masked, which is
/// how masked training runs here (train/masked.hpp). Scale factors are drawn at random, so that
/// every layer keeps an odd number of channels.

#include <slimming/core/random.hpp>        // random_stream
#include <slimming/exec/cpu_executor.hpp>  // cpu_executor
#include <slimming/model/prune.hpp>        // prune
#include <slimming/models/by_name.hpp>     // by_name
#include <slimming/ops/builtin.hpp>        // builtin_ops
#include <slimming/plan/cost.hpp>          // cost_of
#include <slimming/plan/plan.hpp>          // make_plan
#include <slimming/train/optimiser.hpp>    // sgd_rule

#include "benchmarks/support/measure.hpp"  // spread, measured_peak
#include "benchmarks/support/program.hpp"  // run_program

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace sl = slimming;
using sl::index_t;

struct arguments {
  std::string arch = "vgg11";
  index_t batch = 64;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  double mask = 0;
  bool inference = false, exact = false, profile = false, json = false;
  double seconds = 3;
  int steps = 10;
};

// The network, its masked channels gathered away.
sl::model make_net(const arguments& a) {
  sl::model net = sl::models::by_name(a.arch);
  if (a.mask == 0) return net;
  sl::random_stream random{1, 0, 0};
  for (const auto& node : net.nodes())
    if (node.op == "BatchNormalization")
      for (float& gamma : net.initializer(node.inputs[1])->values<float>())
        gamma = static_cast<float>(random.uniform(0.1, 1.0));
  const auto graph = sl::connect(net, sl::builtin_ops()).graph;
  sl::prune(net, sl::builtin_ops(), sl::make_plan(graph, sl::bn_gamma{}, sl::global_ratio{a.mask}));
  return net;
}

// Multiply-adds of a step: forward, and two backward passes but for the gradient of the images.
double macs_of_step(sl::model& net, const arguments& a) {
  const auto graph = sl::connect(net, sl::builtin_ops()).graph;
  const auto all = static_cast<double>(sl::cost_of(graph).macs * a.batch);
  const auto first_layer =
      static_cast<double>(sl::cost_of(graph, sl::parameter_id{0}).macs * a.batch);
  return a.inference ? all : 3 * all - first_layer;
}

// A compiled network with a batch of noise, and the step that is timed.
class stepper {
 public:
  stepper(const sl::model& net, const arguments& a)
      : training_(!a.inference),
        executor_(net, sl::builtin_ops(), options_for(a), sl::cpu_device(a.threads)),
        rule_({.learning_rate = 0.01, .momentum = 0.9, .weight_decay = 1e-4, .l1 = 1e-4}) {
    const auto& in = executor_.input_layout(0);
    std::vector<float> images(static_cast<std::size_t>(in.elements()));
    sl::random_stream random{2, 0, 0};
    for (float& v : images) v = static_cast<float>(random.normal());
    batch_.resize(static_cast<std::size_t>(in.floats()));
    sl::exec::to_device_order(in, images.data(), batch_.data());
    for (index_t n = 0; n < a.batch; ++n) labels_.push_back(n % 10);
  }

  void run() {
    executor_.set_input_in_place(0, batch_);
    if (!training_) return executor_.forward();
    executor_.set_labels(labels_);
    executor_.step(rule_);
    loss_ = executor_.result().loss;
  }
  [[nodiscard]] sl::cpu_executor& engine() noexcept { return executor_; }
  [[nodiscard]] double loss() const noexcept { return loss_; }

  /// Seconds that the L1 term adds to the update of all scale factors.
  double l1_seconds() {
    std::vector<std::vector<float>> scales;
    for (const auto& p : executor_.parameters())
      if (p.kind == sl::exec::parameter_kind::scale)
        scales.emplace_back(static_cast<std::size_t>(p.layout.floats), 0.5f);
    const auto update_with = [&](float l1) {
      executor_.device().run([&] {
        for (auto& s : scales)
          executor_.device().update(s.data(), s.data(), s.data(), static_cast<index_t>(s.size()),
                                    {.learning_rate = 0, .momentum = 0, .l1 = l1});
      });
    };
    std::vector<double> more;
    for (int i = 0; i < 201; ++i) {
      const double start = bench::seconds();
      update_with(1e-4f);
      const double middle = bench::seconds();
      update_with(0);
      more.push_back(2 * middle - start - bench::seconds());
    }
    return bench::spread(std::move(more)).median;
  }

 private:
  static sl::executor_options options_for(const arguments& a) {
    sl::executor_options o;
    o.mode = a.inference ? sl::execution_mode::inference : sl::execution_mode::training;
    o.inputs = {{a.batch, 3, 32, 32}};
    if (!a.inference) o.loss = sl::cross_entropy{};
    o.exact = a.exact;
    return o;
  }

  bool training_;
  sl::cpu_executor executor_;
  sl::sgd_rule rule_;
  std::vector<float> batch_;
  std::vector<index_t> labels_;
  double loss_ = 0;
};

void print_profile(const std::map<std::string, double>& profile, double steps) {
  double total = 0;
  std::vector<std::pair<double, std::string>> parts;
  for (const auto& [label, time] : profile) {
    total += time;
    parts.emplace_back(time, label);
  }
  std::sort(parts.rbegin(), parts.rend());
  for (const auto& [time, label] : parts)
    std::printf("  %-24s %9.3f ms %5.1f %%\n", label.c_str(), 1e3 * time / steps,
                100 * time / total);
}

void run(const arguments& a) {
  sl::model net = make_net(a);
  stepper step(net, a);
  for (int i = 0; i < 2; ++i) step.run();
  const double memory = bench::peak_memory();

  std::vector<double> times;
  const double cpu_start = bench::cpu_seconds(), start = bench::seconds();
  while (bench::seconds() - start < a.seconds || static_cast<int>(times.size()) < a.steps) {
    const double begin = bench::seconds();
    step.run();
    times.push_back(bench::seconds() - begin);
  }
  const auto steps = static_cast<double>(times.size());
  const double cpu = (bench::cpu_seconds() - cpu_start) / steps;
  const bench::spread t(std::move(times));
  double peak = 0;
  step.engine().device().run([&] { peak = bench::measured_peak(a.threads); });
  const double flops = 2 * macs_of_step(net, a) / t.median;
  const double l1_share = a.inference ? 0.0 : step.l1_seconds() / t.median;

  std::printf(
      a.json
          ? "{\"arch\": \"%s\", \"mode\": \"%s\", \"batch\": %ld, \"threads\": %d, \"mask\": %g, "
            "\"exact\": %s, \"vector_width\": %d, \"steps\": %.0f, \"median_ms\": %.3f, "
            "\"min_ms\": %.3f, \"quarter_ms\": %.3f, \"three_quarters_ms\": %.3f, "
            "\"cpu_ms\": %.3f, \"images_per_s\": %.1f, \"gflops\": %.1f, \"peak_gflops\": %.1f, "
            "\"peak_percent\": %.1f, \"l1_percent\": %.5f, \"memory_mb\": %.1f, "
            "\"arena_mb\": %.1f, \"loss\": %.4f}\n"
          : "%s %s, batch %ld, %d threads, mask %g, exact %s, vectors of %d\n"
            "%.0f steps: median %.3f ms (least %.3f, quarters %.3f to %.3f), %.3f ms CPU time\n"
            "%.1f images/s, %.1f GFLOP/s of direct convolution; measured peak %.1f GFLOP/s "
            "(%.1f %%)\n"
            "L1 term %.5f %% of the step; peak memory %.1f MB, of which arena %.1f MB; "
            "loss %.4f\n",
      a.arch.c_str(), a.inference ? "inference" : "training", static_cast<long>(a.batch), a.threads,
      a.mask, a.exact ? "true" : "false", sl::kernels::cpu::vector_width, steps, 1e3 * t.median,
      1e3 * t.least, 1e3 * t.quarter, 1e3 * t.three_quarters, 1e3 * cpu,
      static_cast<double>(a.batch) / t.median, 1e-9 * flops, 1e-9 * peak, 100 * flops / peak,
      100 * l1_share, 1e-6 * memory, 1e-6 * static_cast<double>(step.engine().arena_bytes()),
      step.loss());

  if (!a.profile || a.json) return;
  step.engine().set_profiling(true);
  const int profiled = std::max(3, static_cast<int>(steps) / 2);
  for (int i = 0; i < profiled; ++i) step.run();
  print_profile(step.engine().take_profile(), profiled);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("One step of a network on the CPU: training, masked training or inference.",
                   "bench_step");
  arguments a;
  program
      .add_option("--arch", a.arch, "vgg11, vgg16, vgg19, preresnet56, resnet56, densenet40, ...")
      ->capture_default_str();
  program.add_option("--batch", a.batch, "images per batch")
      ->capture_default_str()
      ->check(bench::count());
  program.add_option("--threads", a.threads, "threads; default: all")->check(bench::count());
  program.add_option("--mask", a.mask, "share of the channels that is masked, in [0, 1)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.999));
  program.add_flag("--inference", a.inference,
                   "time the forward pass of the network compiled for inference");
  program.add_flag("--exact", a.exact,
                   "no Winograd: only algorithms that multiply the numbers themselves");
  program.add_option("--seconds", a.seconds, "go on for at least this long")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  program.add_option("--steps", a.steps, "and for at least this many steps")
      ->capture_default_str()
      ->check(bench::count());
  program.add_flag("--profile", a.profile, "also where the time goes, by kind of work (text only)");
  program.add_flag("--json", a.json, "one JSON object instead of text");
  return bench::run_program(program, argc, argv, [&] {
    run(a);
    return 0;
  });
}
