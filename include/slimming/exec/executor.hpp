// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Runs a model on a device: compiled once for given input extents, then no step allocates.
/// Area: exec.

#include <slimming/core/config.hpp>              // index_t
#include <slimming/core/error.hpp>               // bad_value, shape_mismatch
#include <slimming/core/tensor.hpp>              // any_tensor, shape
#include <slimming/exec/detail/compilation.hpp>  // compilation
#include <slimming/exec/detail/placement.hpp>    // place_buffers
#include <slimming/exec/device.hpp>              // execution_device, update_rule
#include <slimming/exec/fusion.hpp>              // fuse
#include <slimming/exec/lowering.hpp>            // lowering_table
#include <slimming/exec/network.hpp>             // make_network
#include <slimming/exec/options.hpp>             // executor_options
#include <slimming/exec/program.hpp>             // program, parameter
#include <slimming/exec/value_layout.hpp>        // value_layout
#include <slimming/model/model.hpp>              // model
#include <slimming/model/op_registry.hpp>        // op_registry

#include <chrono>   // profile
#include <cstdint>  // std::int32_t
#include <cstring>  // std::memcpy
#include <map>      // std::map
#include <span>     // std::span
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// A model compiled for one device, one set of input extents and one mode.
///
/// Holds its own copy of the parameters, in the device's order; load() and store() exchange them
/// with a model of the same topology and extents. One caller at a time.
template <exec::execution_device Device>
class executor {
 public:
  /// \throws unsupported, shape_mismatch, unknown_op  if the model cannot be compiled.
  executor(const model& net, const op_registry& registry, executor_options options,
           Device device = Device(),
           const exec::lowering_table<Device>& lowerings = Device::lowerings())
      : device_(std::move(device)), options_(std::move(options)) {
    compile(net, registry, lowerings);
    load(net);
  }
  executor(executor&&) = delete;  // steps keep references to the device

  [[nodiscard]] const executor_options& options() const noexcept { return options_; }
  [[nodiscard]] Device& device() noexcept { return device_; }

  // Inputs and outputs -------------------------------------------------------------------------

  [[nodiscard]] std::size_t input_count() const noexcept { return inputs_.size(); }
  [[nodiscard]] std::size_t output_count() const noexcept { return outputs_.size(); }
  [[nodiscard]] const exec::value_layout& input_layout(std::size_t i) const {
    return inputs_.at(i).layout;
  }
  [[nodiscard]] const exec::value_layout& output_layout(std::size_t i) const {
    return outputs_.at(i).layout;
  }
  /// Sets input \p i from row-major (N, C, H, W) data.
  /// \throws shape_mismatch  if the number of elements differs.
  void set_input(std::size_t i, std::span<const float> row_major) {
    const port& p = inputs_.at(i);
    check_size("executor::set_input", p.layout.elements(), row_major.size());
    staging_.resize(static_cast<std::size_t>(p.layout.floats()));
    exec::to_device_order(p.layout, row_major.data(), staging_.data());
    device_.upload(staging_.data(), memory(p.at).data(), p.layout.floats());
  }
  /// Sets input \p i from data that lie as input_layout() says: (N, H, W, stride).
  void set_input_in_place(std::size_t i, std::span<const float> device_order) {
    const port& p = inputs_.at(i);
    check_size("executor::set_input_in_place", p.layout.floats(), device_order.size());
    device_.upload(device_order.data(), memory(p.at).data(), p.layout.floats());
  }
  /// Classes of the batch, for the loss. \throws bad_value  if one is not a class of the output.
  void set_labels(std::span<const index_t> labels) {
    if (!labels_) throw bad_value("executor::set_labels", "the executor has no loss");
    check_size("executor::set_labels", static_cast<index_t>(memory(labels_).size()), labels.size());
    const index_t classes = outputs_.at(0).layout.channels;
    label_staging_.resize(labels.size());
    for (std::size_t n = 0; n < labels.size(); ++n) {
      if (labels[n] < 0 || labels[n] >= classes)
        throw bad_value("executor::set_labels: class of sample " + std::to_string(n), labels[n]);
      const auto label = static_cast<std::int32_t>(labels[n]);
      std::memcpy(&label_staging_[n], &label, sizeof label);  // the buffer holds integers
    }
    device_.upload(label_staging_.data(), memory(labels_).data(),
                   static_cast<index_t>(labels.size()));
  }
  /// Where input \p i lies in the device's memory, as input_layout() says; floats on every device.
  [[nodiscard]] std::span<float> input_memory(std::size_t i) const {
    return memory(inputs_.at(i).at);
  }
  /// Where the classes of the batch lie: one 32-bit integer in the place of each float.
  [[nodiscard]] std::span<float> label_memory() const {
    if (!labels_) throw bad_value("executor::label_memory", "the executor has no loss");
    return memory(labels_);
  }
  /// Output \p i of the last run, row-major.
  [[nodiscard]] std::vector<float> output(std::size_t i = 0) {
    const port& p = outputs_.at(i);
    return read(p.layout, p.at);
  }
  /// Training without a loss: the gradient of output \p i, row-major, before backward().
  void set_output_gradient(std::size_t i, std::span<const float> row_major) {
    const port& p = outputs_.at(i);
    if (!p.gradient)
      throw bad_value("executor::set_output_gradient", "nothing is trained below it");
    check_size("executor::set_output_gradient", p.layout.elements(), row_major.size());
    staging_.resize(static_cast<std::size_t>(p.layout.floats()));
    exec::to_device_order(p.layout, row_major.data(), staging_.data());
    device_.upload(staging_.data(), memory(p.gradient).data(), p.layout.floats());
  }

  // Running ------------------------------------------------------------------------------------

  void forward() {
    run(forward_, [](std::size_t) {});
  }
  /// \pre forward() has run, and `options().keep_gradients`: otherwise nothing would be left to
  /// read.
  void backward() {
    if (!options_.keep_gradients)
      throw bad_value("executor::backward", "needs executor_options::keep_gradients; use step()");
    run(backward_, [](std::size_t) {});
  }
  /// Forward, backward, and for each parameter, as soon as its gradient is complete, the update
  /// with `rule_of(const exec::parameter&)`.
  template <class RuleOf>
  void step(const RuleOf& rule_of) {
    if constexpr (exec::recording_device<Device>) return step_at_once(rule_of);
    forward();
    run(backward_, [&](std::size_t s) {
      for (const std::size_t p : updates_[s]) update(program_.parameters[p], rule_of);
    });
    ++iteration_;
  }
  /// The same update for all parameters after backward().
  template <class RuleOf>
  void update(const RuleOf& rule_of) {
    if constexpr (exec::recording_device<Device>) {
      announce(rule_of);
      device_.run([&] { device_.update_all(targets_); });
    } else {
      device_.run([&] {
        for (const exec::parameter& p : program_.parameters)
          if (p.gradient) update(p, rule_of);
      });
    }
    ++iteration_;
  }
  /// Mean loss of the last step's batch, and how many of its samples were classified rightly.
  struct batch_result {
    double loss = 0.0;
    index_t correct = 0;
  };
  [[nodiscard]] batch_result result() {
    if (!result_) throw bad_value("executor::result", "the executor has no loss");
    float values[2];
    device_.download(memory(result_).data(), values, 2);
    return {static_cast<double>(values[0]), static_cast<index_t>(values[1])};
  }
  /// Training steps so far: what dropout draws its masks from, next to the seed.
  [[nodiscard]] std::uint64_t iteration() const noexcept { return iteration_; }
  void set_iteration(std::uint64_t n) noexcept { iteration_ = n; }

  // Parameters ---------------------------------------------------------------------------------

  [[nodiscard]] std::span<const exec::parameter> parameters() const noexcept {
    return program_.parameters;
  }
  /// Takes over the parameters of \p net.
  /// \throws shape_mismatch  if one has other extents; nothing has changed then.
  void load(const model& net) {
    for (const exec::parameter& p : program_.parameters) require_same(p, source(net, p));
    for (const exec::parameter& p : program_.parameters)
      write(p, p.value, source(net, p)->template converted<float>());
    for (const exec::constant& c : program_.constants) {
      const auto m = memory(c.value);
      staging_.assign(m.size(), 0.0f);
      c.fill(net, staging_.data());
      device_.upload(staging_.data(), m.data(), static_cast<index_t>(m.size()));
    }
  }
  /// Writes the parameters and statistics back. \throws as load() does.
  void store(model& net) {
    for (const exec::parameter& p : program_.parameters) require_same(p, source(net, p));
    for (const exec::parameter& p : program_.parameters) {
      any_tensor* const to = net.initializer(p.source);
      if (to == nullptr) continue;
      const auto values = read(p, p.value);
      visit_floating(to->type(), p.name, [&]<class T>() {
        const auto out = to->template values<T>();
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(values[i]);
      });
    }
  }
  /// Row-major.
  [[nodiscard]] std::vector<float> value(const exec::parameter& p) { return read(p, p.value); }
  /// Row-major. Empty for a parameter that is not trained. \pre `options().keep_gradients`
  [[nodiscard]] std::vector<float> gradient(const exec::parameter& p) {
    return p.gradient && options_.keep_gradients ? read(p, p.gradient) : std::vector<float>();
  }
  [[nodiscard]] std::vector<float> velocity(const exec::parameter& p) {
    return p.velocity ? read(p, p.velocity) : std::vector<float>();
  }
  void set_velocity(const exec::parameter& p, std::span<const float> row_major) {
    check_size(p.name, element_count(p.extents), row_major.size());
    if (p.velocity) write(p, p.velocity, row_major);
  }
  /// Where a parameter and its velocity lie in the device's memory, as `p.layout` says; the second
  /// is empty if it is not trained.
  [[nodiscard]] std::span<float> value_memory(const exec::parameter& p) const {
    return memory(p.value);
  }
  [[nodiscard]] std::span<float> velocity_memory(const exec::parameter& p) const {
    return p.velocity ? memory(p.velocity) : std::span<float>();
  }

  // Measures -----------------------------------------------------------------------------------

  /// Bytes of activations, gradients and scratch, and of what outlives a run.
  [[nodiscard]] index_t arena_bytes() const noexcept { return arena_floats_ * 4; }
  [[nodiscard]] index_t parameter_bytes() const noexcept { return persistent_floats_ * 4; }
  /// Seconds per label since the last call, if profiling was switched on.
  void set_profiling(bool on) noexcept { profiling_ = on; }
  [[nodiscard]] std::map<std::string, double> take_profile() { return std::exchange(profile_, {}); }

 private:
  struct port {
    exec::value_layout layout;
    exec::buffer_id at;
    exec::buffer_id gradient = {};
  };
  struct bound_step {
    std::size_t first, count;  // of spans_
    const exec::step<Device>* what;
  };

  void compile(const model& source, const op_registry& registry,
               const exec::lowering_table<Device>& lowerings);
  void place();

  template <class After>
  void run(const std::vector<bound_step>& steps, const After& after) {
    if constexpr (exec::recording_device<Device>) device_.set_iteration(iteration_);
    device_.run([&] { issue(steps, after); });
  }
  template <class After>
  void issue(const std::vector<bound_step>& steps, const After& after) {
    exec::run_context<Device> context{device_, options_.seed, iteration_};
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const auto start =
          profiling_ ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
      const bound_step& b = steps[s];
      b.what->function(context, std::span(spans_).subspan(b.first, b.count));
      if (profiling_) count(b.what->label, start);
      const auto updating = profiling_ ? std::chrono::steady_clock::now() : start;
      after(s);
      if (profiling_) count("update", updating);
    }
  }
  // The step of a device that records: nothing in it depends on the host's state.
  template <class RuleOf>
  void step_at_once(const RuleOf& rule_of) {
    announce(rule_of);
    device_.set_iteration(iteration_);
    const auto whole_step = [&] {
      issue(forward_, [](std::size_t) {});
      issue(backward_, [](std::size_t) {});
      device_.update_all(targets_);
    };
    if (profiling_)
      device_.run(whole_step);
    else
      device_.record(whole_step);
    ++iteration_;
  }
  // Tells a recording device what is to be updated, and how.
  template <class RuleOf>
  void announce(const RuleOf& rule_of) {
    rules_.clear();
    targets_.clear();
    for (const exec::parameter& p : program_.parameters) {
      if (!p.gradient) continue;
      rules_.push_back(rule_of(p));
      const auto value = memory(p.value);
      targets_.push_back({value.data(), memory(p.gradient).data(), memory(p.velocity).data(),
                          static_cast<index_t>(value.size())});
    }
    device_.set_rules(rules_);
  }
  void count(const std::string& label, std::chrono::steady_clock::time_point start) {
    if constexpr (requires { device_.synchronize(); }) device_.synchronize();
    profile_[label] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  template <class RuleOf>
  void update(const exec::parameter& p, const RuleOf& rule_of) {
    const auto value = memory(p.value);
    device_.update(value.data(), memory(p.gradient).data(), memory(p.velocity).data(),
                   static_cast<index_t>(value.size()), rule_of(p));
  }

  [[nodiscard]] std::span<float> memory(exec::buffer_id b) const {
    return memory_[static_cast<std::size_t>(b.id)];
  }
  static void check_size(std::string_view place, index_t expected, std::size_t got) {
    if (static_cast<std::size_t>(expected) != got)
      throw shape_mismatch(place, expected, static_cast<index_t>(got));
  }
  // Where a parameter's values come from: the model, or the compiler where it was folded.
  const any_tensor* source(const model& net, const exec::parameter& p) const {
    const auto folded = folded_.find(p.source);
    return folded != folded_.end() ? &folded->second : net.initializer(p.source);
  }
  static void require_same(const exec::parameter& p, const any_tensor* t) {
    if (t == nullptr) throw bad_value(p.name, "the model has no such parameter");
    if (t->extents() != p.extents)
      throw shape_mismatch(p.name,
                           "expected " + to_string(p.extents) + ", got " + to_string(t->extents()));
  }
  void write(const exec::parameter& p, exec::buffer_id to, std::span<const float> row_major) {
    staging_.assign(static_cast<std::size_t>(p.layout.floats), 0.0f);
    p.layout.pack(row_major.data(), staging_.data());
    device_.upload(staging_.data(), memory(to).data(), p.layout.floats);
  }
  std::vector<float> read(const exec::parameter& p, exec::buffer_id from) {
    staging_.resize(static_cast<std::size_t>(p.layout.floats));
    device_.download(memory(from).data(), staging_.data(), p.layout.floats);
    std::vector<float> out(static_cast<std::size_t>(element_count(p.extents)));
    p.layout.unpack(staging_.data(), out.data());
    return out;
  }
  std::vector<float> read(const exec::value_layout& l, exec::buffer_id from) {
    staging_.resize(static_cast<std::size_t>(l.floats()));
    device_.download(memory(from).data(), staging_.data(), l.floats());
    std::vector<float> out(static_cast<std::size_t>(l.elements()));
    exec::to_file_order(l, staging_.data(), out.data());
    return out;
  }

  Device device_;
  executor_options options_;
  exec::program<Device> program_;
  std::vector<port> inputs_, outputs_;
  exec::buffer_id labels_, result_;
  std::map<value_id, any_tensor> folded_;
  typename Device::memory arena_, persistent_;
  index_t arena_floats_ = 0, persistent_floats_ = 0;
  std::vector<std::span<float>> memory_;  // per buffer
  std::vector<std::span<float>> spans_;   // per use of a buffer by a step
  std::vector<bound_step> forward_, backward_;
  std::vector<std::vector<std::size_t>> updates_;  // per backward step: parameters complete by then
  std::uint64_t iteration_ = 0;
  std::vector<float> staging_, label_staging_;
  std::vector<exec::update_rule> rules_;  // of announce()
  std::vector<exec::update_target> targets_;
  bool profiling_ = false;
  std::map<std::string, double> profile_;
};

template <exec::execution_device Device>
void executor<Device>::compile(const model& source, const op_registry& registry,
                               const exec::lowering_table<Device>& lowerings) {
  const bool training = options_.mode == execution_mode::training;
  exec::network net = exec::make_network(source, registry, options_.inputs);
  const std::vector<value_id> inputs = net.inputs, outputs = net.outputs;
  value_id labels = no_value, loss = no_value;
  if (training && options_.loss) {
    const shape logits = net.at(outputs.at(0)).extents;
    if (logits.size() != 2)
      throw unsupported("the loss",
                        "needs an output of extents (N, classes), got " + to_string(logits));
    labels = net.add_value("labels", {logits[0]});
    loss = net.add_value("loss", {2});
    net.inputs.push_back(labels);
    net.outputs.push_back(loss);
    op_node node{"CrossEntropy", "loss", {outputs[0], labels}, {loss}, {}, "slimming.exec"};
    node.attributes["label_smoothing"] = options_.loss->label_smoothing;
    net.nodes.push_back(std::move(node));
    net.relink();
    net.roots = {loss};
  } else {
    net.roots = net.outputs;
  }
  const auto has = [&](std::string_view op) { return lowerings.contains(op, exec::fused_domain); };
  exec::fuse(net, {.training = training,
                   .convolution = has("Convolution"),
                   .normalization = has("Normalization"),
                   .selected_normalization = has("SelectedNormalization"),
                   .moments = has("Moments") && has("ConcatMoments"),
                   .growing_concat = has("GrowingConcat")});

  exec::detail::compilation<Device> state(std::move(net), registry, options_, device_);
  const auto nodes = static_cast<std::int32_t>(state.net.nodes.size());
  for (std::int32_t n = 0; n < nodes; ++n) {
    exec::lowering_context<Device> context(state, n);
    lowerings.lower(context);
    state.end_node(n);
  }
  state.end();

  for (const value_id v : inputs) inputs_.push_back({state.layout(v), state.value_buffer(v)});
  for (const value_id v : outputs) {
    port p{state.layout(v), state.value_buffer(v)};
    if (training && !options_.loss) p.gradient = state.gradient_buffer(v);
    outputs_.push_back(p);
  }
  if (loss != no_value) {
    labels_ = state.value_buffer(labels);
    result_ = state.value_buffer(loss);
  }
  program_ = std::move(state.program);
  for (const exec::parameter& p : program_.parameters)
    if (state.net.at(p.source).folded) folded_.emplace(p.source, *state.net.at(p.source).folded);
  place();
}

// Allocates what the program needs and binds its steps to it.
template <exec::execution_device Device>
void executor<Device>::place() {
  exec::detail::placement where = exec::detail::place_buffers(program_);
  arena_floats_ = where.arena_floats;
  persistent_floats_ = where.persistent_floats;
  updates_ = std::move(where.updates);
  arena_ = device_.allocate(arena_floats_);
  persistent_ = device_.allocate(persistent_floats_);
  for (std::size_t b = 0; b < program_.buffers.size(); ++b) {
    const auto& [persistent, offset] = where.buffers[b];
    float* const base = persistent ? persistent_.data() : arena_.data();
    memory_.emplace_back(base + offset, static_cast<std::size_t>(program_.buffers[b].floats));
  }
  const auto bind = [&](const std::vector<exec::step<Device>>& steps,
                        std::vector<bound_step>& bound) {
    for (const exec::step<Device>& s : steps) {
      bound.push_back({spans_.size(), s.uses.size(), &s});
      for (const exec::buffer_id b : s.uses) spans_.push_back(b ? memory(b) : std::span<float>());
    }
  };
  bind(program_.forward, forward_);
  bind(program_.backward, backward_);
}

}  // namespace slimming::inline v0
