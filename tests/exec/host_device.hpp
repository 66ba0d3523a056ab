// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The smallest type that is a device, in plain loops: an archetype for the executor's own tests.
/// Area: tests/exec.

#include <slimming/exec/device.hpp>    // execution_device, update_rule
#include <slimming/exec/lowering.hpp>  // lowering_table

#include <algorithm>  // std::copy_n
#include <vector>     // std::vector

namespace test_support {

namespace sl = slimming;

class host_device {
 public:
  class memory {
   public:
    memory() = default;
    explicit memory(sl::index_t n) : floats_(static_cast<std::size_t>(n)) {}
    [[nodiscard]] float* data() noexcept { return floats_.data(); }

   private:
    std::vector<float> floats_;
  };

  [[nodiscard]] static sl::index_t channel_stride(sl::index_t c) noexcept { return c; }
  [[nodiscard]] static const sl::exec::lowering_table<host_device>& lowerings() {
    static const sl::exec::lowering_table<host_device> none;
    return none;
  }
  [[nodiscard]] memory allocate(sl::index_t n) { return memory(n); }
  void upload(const float* from, float* to, sl::index_t n) { std::copy_n(from, n, to); }
  void download(const float* from, float* to, sl::index_t n) { std::copy_n(from, n, to); }
  void add(float* to, const float* from, sl::index_t n) {
    for (sl::index_t i = 0; i < n; ++i) to[i] += from[i];
  }
  void copy(float* to, const float* from, sl::index_t n) { std::copy_n(from, n, to); }
  void clear(float* to, sl::index_t n) { std::fill_n(to, n, 0.0f); }
  void update(float* value, const float* gradient, float* velocity, sl::index_t n,
              const sl::exec::update_rule& r) {
    for (sl::index_t i = 0; i < n; ++i) {
      velocity[i] = r.momentum * velocity[i] + gradient[i];
      value[i] -= r.learning_rate * velocity[i];
    }
  }
  template <class F>
  void run(const F& f) {
    f();
  }
};

}  // namespace test_support
