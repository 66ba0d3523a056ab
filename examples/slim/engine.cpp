// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "engine.hpp"

#include "checks.hpp"   // not_negative
#include "command.hpp"  // usage_error

#include <CLI/CLI.hpp>  // CLI::App

#include <tbb/global_control.h>  // tbb::global_control

#include <cstddef>   // std::size_t
#include <optional>  // std::optional

namespace slim {

device_options::device_options(CLI::App& options) {
  const std::string group = "Device";
  const std::string why = why_no_cuda();
  options
      .add_option("--device", device_,
                  "cpu, or cuda: an NVIDIA GPU" + (why.empty() ? "" : " (" + why + ")"))
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  options
      .add_option("--precision", cuda_.precision,
                  "On cuda: fp32; tf32, convolutions multiply with 10 bits; bf16, values between "
                  "layers have 16 bits, parameters 32")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  options
      .add_flag("--nondeterministic", nondeterministic_,
                "On cuda: time the convolutions and take the quickest, even if its result is not "
                "the same every time")
      ->group(group);
  options
      .add_option("--threads", threads_,
                  "Threads on the CPU; 0 for all. The result is the same for every number")
      ->check(not_negative())
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
}

std::unique_ptr<engine> device_options::make() const {
  // Lives until the program ends: loaders, surgery and the device share the threads.
  static std::optional<tbb::global_control> limit;
  if (threads_ > 0)
    limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads_));
  if (device_ == "cpu") {
    if (cuda_.precision != "fp32" || nondeterministic_)
      throw usage_error("--precision and --nondeterministic need --device cuda");
    return make_cpu_engine(threads_);
  }
  cuda_choice choice = cuda_;
  choice.deterministic = !nondeterministic_;
  return make_cuda_engine(choice);
}

}  // namespace slim
