// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A compiled network: buffers, and the steps that work on them in order.
/// Area: exec. Lowerings write it (lowering.hpp), the executor binds memory to it and runs it.

#include <slimming/core/config.hpp>  // index_t
#include <slimming/core/error.hpp>   // unsupported
#include <slimming/core/tensor.hpp>  // any_tensor
#include <slimming/model/model.hpp>  // model, value_id

#include <concepts>    // std::same_as
#include <cstdint>     // std::int32_t
#include <functional>  // std::function
#include <map>         // std::map
#include <span>        // std::span
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0::exec {

/// Handle of a buffer of one program. A step that names none gets an empty span.
struct buffer_id {
  std::int32_t id = -1;

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return id >= 0; }
  friend constexpr bool operator==(buffer_id, buffer_id) = default;
};

/// Floats in a device's memory.
struct buffer {
  index_t floats = 0;
  buffer_id alias_of = {};  ///< shares the memory of that buffer
  bool persistent = false;  ///< outlives a run: inputs, parameters and what goes with them
  bool to_end = false;      ///< read after the last step
};

/// What a step sees besides its buffers.
template <class Device>
struct run_context {
  Device& device;
  std::uint64_t seed = 0;       ///< of dropout
  std::uint64_t iteration = 0;  ///< training steps so far
};

/// Called with one span per buffer that the step uses.
template <class Device>
using step_function = std::function<void(run_context<Device>&, std::span<const std::span<float>>)>;

/// One piece of work.
template <class Device>
struct step {
  std::string label;            ///< what a profile adds up: "conv forward"
  std::string node;             ///< the node that it came from
  std::vector<buffer_id> uses;  ///< in the order of the function's arguments
  step_function<Device> function;
};

namespace detail {

// Turns f(context, span, span, ...) into a function of one list of spans.
template <class Device, class Function, std::size_t... I>
auto spread(Function f, std::index_sequence<I...>) {
  return [f = std::move(f)](run_context<Device>& run, std::span<const std::span<float>> memory) {
    f(run, memory[I]...);
  };
}

}  // namespace detail

/// A step that calls `f(context, span...)` with one span per buffer.
template <class Device, class Function, std::same_as<buffer_id>... Buffers>
[[nodiscard]] step<Device> make_step(std::string label, std::string node, Function f,
                                     Buffers... uses) {
  return {std::move(label),
          std::move(node),
          {uses...},
          detail::spread<Device>(std::move(f), std::index_sequence_for<Buffers...>{})};
}

enum class parameter_kind {
  weight,     ///< trained
  scale,      ///< trained, under the L1 term
  statistic,  ///< written by the forward pass of training
};

/// How a parameter lies in a device's memory; the functions work on host memory.
struct packing {
  using function = std::function<void(const float* from, float* to)>;

  index_t floats = 0;
  function pack =
      {};  ///< row-major, as the model holds it, to the device's order, all floats of it
  function unpack = {};  ///< and back
  /// What the two depend on. Nodes that share a parameter need equal ones.
  std::vector<index_t> order = {};
};

/// An initialiser of the model that the executor keeps a copy of.
struct parameter {
  value_id source = no_value;
  std::string name;
  parameter_kind kind = parameter_kind::weight;
  shape extents;
  packing layout;
  buffer_id value, gradient, velocity;  ///< the last two if it is trained
};

/// Floats that follow from the model's parameters and do not change while the program runs.
struct constant {
  buffer_id value;
  std::function<void(const model&, float* to)> fill;
};

/// A parameter as one node sees it. `gradient` is empty if the parameter is not trained.
struct parameter_use {
  buffer_id value;
  buffer_id gradient;
};

/// The gradient of an input: the step writes `into = result` or, if `accumulate`, `into += result`.
struct gradient_target {
  buffer_id into;  ///< empty: nobody wants it
  bool accumulate = false;
};

template <class Device>
struct program {
  std::vector<buffer> buffers;
  std::vector<step<Device>> forward, backward;
  std::vector<parameter> parameters;
  std::vector<constant> constants;
  /// Values that are not of floats, on the host. Addresses are stable.
  std::map<value_id, any_tensor> host_values;

  [[nodiscard]] buffer_id add(buffer b) {
    buffers.push_back(b);
    return {static_cast<std::int32_t>(buffers.size()) - 1};
  }
  [[nodiscard]] buffer& at(buffer_id b) { return buffers[static_cast<std::size_t>(b.id)]; }
  [[nodiscard]] const buffer& at(buffer_id b) const {
    return buffers[static_cast<std::size_t>(b.id)];
  }
  /// The buffer whose memory \p b has.
  [[nodiscard]] buffer_id root(buffer_id b) const {
    while (at(b).alias_of) b = at(b).alias_of;
    return b;
  }
};

}  // namespace slimming::inline v0::exec
