// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "engine.hpp"

#include "command.hpp"  // usage_error

#include <tbb/global_control.h>  // tbb::global_control

#include <cstddef>   // std::size_t
#include <optional>  // std::optional

namespace slim {

device_options::device_options(CLI::App& options) {
  const std::string group = "Device";
  options.add_option("--device", device_, "cpu")
      ->check(CLI::IsMember({"cpu"}))
      ->capture_default_str()
      ->type_name("NAME")
      ->group(group);
  options
      .add_option("--threads", threads_,
                  "Threads on the CPU; 0 for all. The result is the same for every number")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
}

std::unique_ptr<engine> device_options::make() const {
  // Lives until the program ends: loaders, surgery and the device share the threads.
  static std::optional<tbb::global_control> limit;
  if (threads_ > 0)
    limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads_));
  return make_cpu_engine(threads_);
}

}  // namespace slim
