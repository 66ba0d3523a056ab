// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A device of the executor whose work is this room's kernels, on any platform that can run them.
/// Area: cuda. The CUDA platform is <slimming/cuda/platform.cuh>, the lowerings are in
/// <slimming/cuda/lowerings.cuh>; this header needs no CUDA Toolkit.
///
/// Values lie in NHWC with channels padded to channel_block, in the element type T. What enters and
/// leaves the network - inputs, outputs, constants - and every parameter are floats. With a T of 16
/// bits the weights have a copy in T beside their fp32 master, which the optimiser renews.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/cuda/activation.cuh>   // padded_channels
#include <slimming/cuda/convolution.cuh>  // conv_request
#include <slimming/cuda/elementwise.cuh>  // accumulate_list, convert_list
#include <slimming/cuda/reduction.cuh>    // reduction_workspace
#include <slimming/cuda/sgd.cuh>          // sgd_step
#include <slimming/exec/device.hpp>       // update_rule, update_target
#include <slimming/exec/lowering.hpp>     // lowering_table

#include <algorithm>    // std::equal
#include <cstdint>      // std::uint64_t
#include <cstring>      // std::memcmp
#include <map>          // std::map
#include <memory>       // std::shared_ptr
#include <set>          // std::set
#include <span>         // std::span
#include <type_traits>  // std::conditional_t
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::cuda {

/// What runs the kernels. A model `P` of a platform offers, for `P& p`:
///   1. `P::options_type`, from which it is made; it is movable.
///   2. `p.stream()`: what operations take as their first argument.
///   3. `p.allocate(bytes)`: a movable `P::memory` of zeroed bytes with `data()`, aligned to 256.
///   4. `p.upload(host, device, bytes)`, after which the host memory may be reused;
///      `p.download(device, host, bytes)`, after which it may be read; `p.copy(from, to, bytes)` and
///      `p.clear(to, bytes)` on the device. All in the order of the stream.
///   5. `p.make_convolution(request)`: a shared pointer to something with
///      `run(p, x, w, y)`, as cudnn_convolution::run() describes.
///   6. `p.record(f)`: as exec::recording_device describes; `p.synchronize()` waits for all work.
template <class P>
concept platform = requires(P& p, void* memory, index_t bytes, const conv_request& request) {
  typename P::options_type;
  typename P::memory;
  p.stream();
  p.allocate(bytes);
  p.upload(memory, memory, bytes);
  p.download(memory, memory, bytes);
  p.copy(memory, memory, bytes);
  p.clear(memory, bytes);
  p.make_convolution(request);
  p.synchronize();
};

template <class T, platform Platform, class Loader>
class batch_feed;  // <slimming/cuda/batches.cuh>

/// Models exec::recording_device. \p T is float, bfloat16 or float16.
template <class T, platform Platform>
class device {
 public:
  using value_type = T;
  static constexpr bool is_narrow = sizeof(T) < sizeof(float);
  /// Element type of half-precision copies; a device of floats has none.
  using half = std::conditional_t<is_narrow, T, bfloat16>;
  /// What trainer and evaluator read batches with.
  template <class Loader>
  using batch_feed = cuda::batch_feed<T, Platform, Loader>;

  class memory {
   public:
    memory() = default;
    explicit memory(typename Platform::memory m) : memory_(std::move(m)) {}
    [[nodiscard]] float* data() const noexcept { return static_cast<float*>(memory_.data()); }

   private:
    typename Platform::memory memory_;
  };

  explicit device(const typename Platform::options_type& options = {}) : platform_(options) {
    partial_ = allocate(reduction_workspace::partial_size);
    counters_ = allocate(reduction_workspace::counters_size);
    iteration_ = allocate(2);
  }

  [[nodiscard]] static constexpr index_t channel_stride(index_t channels) noexcept {
    return padded_channels(channels);
  }
  [[nodiscard]] static const exec::lowering_table<device>& lowerings();

  // Memory -------------------------------------------------------------------------------------

  [[nodiscard]] memory allocate(index_t floats) {
    return memory(platform_.allocate(floats * index_t{sizeof(float)}));
  }
  void upload(const float* from, float* to, index_t n) { platform_.upload(from, to, bytes(n)); }
  void download(const float* from, float* to, index_t n) { platform_.download(from, to, bytes(n)); }
  void copy(float* to, const float* from, index_t n) { platform_.copy(from, to, bytes(n)); }
  void clear(float* to, index_t n) { platform_.clear(to, bytes(n)); }
  void synchronize() { platform_.synchronize(); }

  // Arithmetic ---------------------------------------------------------------------------------

  /// Of values, which are n elements of T.
  void add(float* to, const float* from, index_t n) {
    accumulate_list<T>(stream(), n, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to));
  }
  void add_floats(float* to, const float* from, index_t n) {
    accumulate_list<float>(stream(), n, from, to);
  }
  void update(float* value, const float* gradient, float* velocity, index_t n,
              const exec::update_rule& rule) {
    const exec::update_target target{value, gradient, velocity, n};
    set_rules({&rule, 1});
    update_all({&target, 1});
  }

  // A whole step -------------------------------------------------------------------------------

  template <class Function>
  void run(const Function& f) {
    f();
  }
  template <class Function>
  void record(const Function& f) {
    platform_.record(f);
  }
  void set_rules(std::span<const exec::update_rule> rules);
  /// One launch. The table of parameters is made at the first call and again if they change.
  void update_all(std::span<const exec::update_target> targets);
  void set_iteration(std::uint64_t n) {
    if (!reads_iteration_) return;
    platform_.upload(&n, iteration_.data(), sizeof(n));
  }

  // For lowerings ------------------------------------------------------------------------------

  [[nodiscard]] Platform& on() noexcept { return platform_; }
  [[nodiscard]] decltype(auto) stream() { return platform_.stream(); }
  [[nodiscard]] reduction_workspace reduction() const noexcept {
    return {partial_.data(), reinterpret_cast<unsigned*>(counters_.data())};
  }
  /// Number of the training step, in device memory.
  [[nodiscard]] const std::uint64_t* iteration() noexcept {
    reads_iteration_ = true;
    return reinterpret_cast<const std::uint64_t*>(iteration_.data());
  }
  /// The n floats of the parameter at \p master are at \p copy too, from now on and after every
  /// update.
  void keep_copy(const float* master, half* copy, index_t n) {
    if (copies_.insert_or_assign(master, half_copy{copy, n}).second) renew(master, {copy, n});
  }
  /// After parameters were written in another way than by an update.
  void renew_copies() {
    for (const auto& [master, copy] : copies_) renew(master, copy);
  }
  /// The gradient at this address is of type `half`.
  void note_half_gradient(const float* gradient) { half_gradients_.insert(gradient); }

 private:
  [[nodiscard]] static index_t bytes(index_t floats) noexcept {
    return floats * index_t{sizeof(float)};
  }
  // A buffer that is at least as large as asked for.
  void reserve(memory& m, index_t& room, index_t wanted_bytes) {
    if (room >= wanted_bytes) return;
    room = (wanted_bytes + 3) / 4 * 4;
    m = allocate(room / index_t{sizeof(float)});
  }

  struct half_copy {
    half* at;
    index_t size;
  };
  void renew(const float* master, half_copy copy) {
    convert_list<float, half>(stream(), copy.size, master, copy.at);
  }

  Platform platform_;
  memory partial_, counters_, iteration_;
  bool reads_iteration_ = false;
  std::map<const float*, half_copy> copies_;
  std::set<const float*> half_gradients_;

  memory rules_, chunks_;
  index_t rules_room_ = 0, chunks_room_ = 0;
  std::vector<sgd_numbers> numbers_;          // what rules_ holds
  std::vector<exec::update_target> targets_;  // what chunks_ was made from
  index_t chunk_count_ = 0;
};

template <class T, platform Platform>
void device<T, Platform>::set_rules(std::span<const exec::update_rule> rules) {
  const auto same = [](const sgd_numbers& a, const exec::update_rule& b) {
    return a.learning_rate == b.learning_rate && a.momentum == b.momentum &&
           a.weight_decay == b.weight_decay && a.l1 == b.l1 && a.nesterov == b.nesterov;
  };
  if (std::equal(numbers_.begin(), numbers_.end(), rules.begin(), rules.end(), same)) return;
  numbers_.clear();
  for (const exec::update_rule& r : rules)
    numbers_.push_back({r.learning_rate, r.momentum, r.weight_decay, r.l1, r.nesterov});
  const auto size = static_cast<index_t>(numbers_.size() * sizeof(sgd_numbers));
  reserve(rules_, rules_room_, size);
  platform_.upload(numbers_.data(), rules_.data(), size);
}

template <class T, platform Platform>
void device<T, Platform>::update_all(std::span<const exec::update_target> targets) {
  const auto same = [](const exec::update_target& a, const exec::update_target& b) {
    return a.value == b.value && a.gradient == b.gradient && a.velocity == b.velocity &&
           a.floats == b.floats;
  };
  if (!std::equal(targets_.begin(), targets_.end(), targets.begin(), targets.end(), same)) {
    targets_.assign(targets.begin(), targets.end());
    std::vector<sgd_tensor<half>> tensors;
    for (const exec::update_target& t : targets) {
      const bool is_half = half_gradients_.contains(t.gradient);
      const auto copy = copies_.find(t.value);
      tensors.push_back({t.value, is_half ? nullptr : t.gradient, t.velocity,
                         is_half ? reinterpret_cast<const half*>(t.gradient) : nullptr,
                         copy == copies_.end() ? nullptr : copy->second.at, t.floats,
                         static_cast<int>(tensors.size())});
    }
    const auto chunks = sgd_chunks(std::span<const sgd_tensor<half>>(tensors));
    chunk_count_ = static_cast<index_t>(chunks.size());
    const auto size = static_cast<index_t>(chunks.size() * sizeof(chunks[0]));
    reserve(chunks_, chunks_room_, size);
    platform_.upload(chunks.data(), chunks_.data(), size);
  }
  sgd_step<half>(stream(),
                 tensor_view<const sgd_chunk<half>, 1>(
                     reinterpret_cast<const sgd_chunk<half>*>(chunks_.data()), chunk_count_),
                 reinterpret_cast<const sgd_numbers*>(rules_.data()));
}

}  // namespace slimming::inline v0::cuda
