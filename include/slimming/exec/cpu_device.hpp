// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The CPU as a device of the executor: oneTBB threads, channels padded to the vector width.
/// Area: exec. The lowerings are in <slimming/exec/cpu_executor.hpp>.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/error.hpp>               // bad_value
#include <slimming/exec/device.hpp>              // update_rule
#include <slimming/exec/lowering.hpp>            // lowering_table
#include <slimming/kernels/cpu/conv_choice.hpp>  // conv_options
#include <slimming/kernels/cpu/sgd.hpp>          // sgd_step
#include <slimming/kernels/cpu/vector.hpp>       // padded_channels
#include <slimming/kernels/cpu/workspace.hpp>    // for_each_block, workspace_need

#include <tbb/task_arena.h>  // tbb::task_arena

#if defined(__linux__)
#include <sys/mman.h>  // madvise
#endif

#include <algorithm>   // std::copy_n
#include <cstddef>     // std::size_t
#include <cstring>     // std::memset
#include <functional>  // std::function
#include <memory>      // std::unique_ptr
#include <new>         // std::align_val_t
#include <utility>     // std::move

namespace slimming::inline v0 {

class cpu_device {
 public:
  /// Zeroed floats on large pages where the system has them.
  class memory {
   public:
    memory() = default;
    explicit memory(index_t floats);
    [[nodiscard]] float* data() const noexcept { return data_.get(); }

   private:
    static constexpr std::size_t page = std::size_t{2} << 20;
    struct release {
      void operator()(float* p) const noexcept { ::operator delete (p, std::align_val_t{page}); }
    };
    std::unique_ptr<float, release> data_;
  };

  /// Overrules the cost table of <slimming/kernels/cpu/conv_choice.hpp>: gets a convolution and the
  /// options that the table would follow, returns those to follow. Decide by the shape alone, so
  /// that results stay the same from run to run.
  using algorithm_choice = std::function<kernels::cpu::conv_options(const kernels::conv_geometry&,
                                                                    kernels::cpu::conv_options)>;

  /// \p threads: 0 for as many as the machine has. Results do not depend on it.
  /// \throws bad_value  if it is negative or above 4096: oneTBB ends the process where the system
  ///                    gives no more threads.
  explicit cpu_device(int threads = 0, algorithm_choice choose = {}) : choose_(std::move(choose)) {
    if (threads < 0 || threads > 4096)
      throw bad_value("cpu_device: threads, from 0 to 4096", threads);
    arena_ = threads == 0 ? std::make_unique<tbb::task_arena>()
                          : std::make_unique<tbb::task_arena>(threads);
    arena_->initialize();
  }

  [[nodiscard]] static index_t channel_stride(index_t channels) noexcept {
    return kernels::cpu::padded_channels(channels);
  }
  /// The lowerings of all operators that the library has kernels for; copy it to add your own.
  /// Defined in <slimming/exec/cpu_executor.hpp>. That header takes seconds to compile: a program
  /// of many files may include it in one of them, instantiate this function there, and include only
  /// this header and <slimming/exec/executor.hpp> in the others.
  template <class Device = cpu_device>
  [[nodiscard]] static const exec::lowering_table<Device>& lowerings();

  [[nodiscard]] int threads() const noexcept { return arena_->max_concurrency(); }
  /// How a convolution is to be computed.
  [[nodiscard]] kernels::cpu::conv_options options_for(const kernels::conv_geometry& g,
                                                       kernels::cpu::conv_options o) const {
    return choose_ ? choose_(g, o) : o;
  }
  /// Floats that a kernel needs as its workspace when it runs on this device.
  [[nodiscard]] index_t workspace_size(kernels::cpu::workspace_need need) const noexcept {
    return need.floats(threads());
  }

  [[nodiscard]] memory allocate(index_t floats) { return memory(floats); }
  void upload(const float* from, float* to, index_t n) { std::copy_n(from, n, to); }
  void download(const float* from, float* to, index_t n) { std::copy_n(from, n, to); }
  void add(float* to, const float* from, index_t n) {
    kernels::cpu::for_each_block(n, block, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) to[i] += from[i];
    });
  }
  void copy(float* to, const float* from, index_t n) {
    kernels::cpu::for_each_block(n, block, [&](index_t begin, index_t end) {
      std::copy(from + begin, from + end, to + begin);
    });
  }
  void clear(float* to, index_t n) {
    kernels::cpu::for_each_block(
        n, block, [&](index_t begin, index_t end) { std::fill(to + begin, to + end, 0.0f); });
  }
  void update(float* value, const float* gradient, float* velocity, index_t n,
              const exec::update_rule& r) {
    kernels::cpu::sgd_step({.learning_rate = r.learning_rate,
                            .momentum = r.momentum,
                            .nesterov = r.nesterov,
                            .weight_decay = r.weight_decay,
                            .l1 = r.l1},
                           n, gradient, velocity, value);
  }
  template <class Function>
  void run(const Function& f) {
    arena_->execute(f);
  }

 private:
  static constexpr index_t block = 16384;
  std::unique_ptr<tbb::task_arena> arena_;
  algorithm_choice choose_;
};

inline cpu_device::memory::memory(index_t floats) {
  const auto bytes = static_cast<std::size_t>(floats) * sizeof(float);
  const std::size_t rounded = (bytes + page - 1) / page * page;
  if (rounded == 0) return;
  void* const p = ::operator new (rounded, std::align_val_t{page});
#if defined(MADV_HUGEPAGE)
  ::madvise(p, rounded, MADV_HUGEPAGE);  // advice: a refusal changes nothing
#endif
  std::memset(p, 0, rounded);
  data_.reset(static_cast<float*>(p));
}

}  // namespace slimming::inline v0
