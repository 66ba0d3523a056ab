// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the executor asks of a device.
/// Area: exec. The CPU is <slimming/exec/cpu_device.hpp>, a GPU <slimming/cuda/device.cuh>.
///
/// A device plugs in with two things:
///   1. a type that models `execution_device`: memory, copies, and the arithmetic that belongs to no
///      operator (adding gradients, the optimiser's update);
///   2. a `lowering_table<Device>` (lowering.hpp): one function per operator that turns a node into
///      steps. Everything else - the walk over the graph, fusion, which gradients exist and who adds
///      to them, what has to live how long and where, parameters, velocities - is shared.

#include <slimming/core/config.hpp>  // index_t

#include <concepts>  // std::convertible_to
#include <cstdint>   // std::uint64_t
#include <span>      // std::span

namespace slimming::inline v0::exec {

/// One optimiser step of one parameter: with g = gradient + l1 * sign(value) + weight_decay *
/// value, velocity = momentum * velocity + g, and value -= learning_rate * velocity (Nesterov:
/// learning_rate * (g + momentum * velocity)).
struct update_rule {
  float learning_rate = 0.1f;
  float momentum = 0.9f;
  float weight_decay = 0.0f;
  float l1 = 0.0f;
  bool nesterov = false;
};

/// Owns memory of a device and runs work on it.
///
/// Requirements, for `D& d`, a `float* p` into its memory and a `float* h` into the host's:
///   1. `d.allocate(n)` returns a movable `D::memory` of n zeroed floats, aligned to 64 bytes, whose
///      `data()` is their address and whose destructor releases them.
///   2. `d.upload(h, p, n)` and `d.download(p, h, n)` copy n floats; when they return, `h` may be
///      reused or read. They wait for work that was given to the device before.
///   3. `d.add(to, from, n)`: to[i] += from[i], and `d.copy(to, from, n)`; `d.clear(to, n)` zeroes. All
///      on values and their gradients: a device that stores those in a narrower type than float puts
///      element i where it likes inside the n floats, and offers `d.add_floats(to, from, n)` too.
///   4. `d.update(value, gradient, velocity, n, rule)`: the rule on n floats.
///   5. `d.run(f)` calls `f()` once, in whatever context the device's steps want to be issued in.
///   6. `D::channel_stride(c)`: floats per pixel of a value with c channels.
/// 3 to 5 may return before the work is done as long as it is done in order.
///
/// Not promised: that two devices may share memory, or that one may be used from two threads.
template <class D>
concept execution_device = std::movable<D> &&
    requires(D& d, float* p, const float* q, index_t n, const update_rule& rule, void (*f)()) {
  typename D::memory;
  { d.allocate(n) } -> std::same_as<typename D::memory>;
  { d.allocate(n).data() } -> std::convertible_to<float*>;
  d.upload(q, p, n);
  d.download(q, p, n);
  d.add(p, q, n);
  d.copy(p, q, n);
  d.clear(p, n);
  d.update(p, q, p, n, rule);
  d.run(f);
  { D::channel_stride(n) } -> std::convertible_to<index_t>;
};

/// The memory of one trained parameter.
struct update_target {
  float* value = nullptr;
  const float* gradient = nullptr;
  float* velocity = nullptr;
  index_t floats = 0;
};

/// A device that prefers to see a whole training step: one that updates all parameters at once, and
/// that repeats a recorded step for less than issuing it again.
///
/// Requirements beyond execution_device:
///   7. `d.set_rules(rules)`: the rule of each trained parameter, in order, before every step.
///   8. `d.update_all(targets)`: those rules on all parameters.
///   9. `d.record(f)`: does what `f()` issues. May call `f()` or repeat what it issued at an earlier
///      call: the executor passes a function that issues the same work on the same memory every time.
///  10. `d.set_iteration(n)`: number of the training step, for what draws random numbers. A recorded
///      step sees the latest.
/// Gradients of parameters then live until the end of the step.
template <class D>
concept recording_device = execution_device<D> &&
    requires(D& d, std::span<const update_rule> rules, std::span<const update_target> targets,
             std::uint64_t n, void (*f)()) {
  d.set_rules(rules);
  d.update_all(targets);
  d.record(f);
  d.set_iteration(n);
};

}  // namespace slimming::inline v0::exec
