// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything that a run needs to go on as if it had never stopped, in one file.
/// Area: train. Component: json. A safetensors file: parameters under their own names, velocities
/// under "velocity/<name>", the rest as JSON in the metadata entry "slimming.training".

#include <slimming/core/config.hpp>     // index_t
#include <slimming/core/error.hpp>      // bad_file
#include <slimming/core/tensor.hpp>     // any_tensor
#include <slimming/data/loader.hpp>     // loader_position
#include <slimming/exec/executor.hpp>   // executor
#include <slimming/io/atomic_file.hpp>  // io::write_atomically
#include <slimming/io/safetensors.hpp>  // io::read_safetensors, io::write_safetensors
#include <slimming/model/model.hpp>     // model
#include <slimming/train/history.hpp>   // epoch_record

#include <nlohmann/json.hpp>  // nlohmann::json

#include <cstdint>        // std::uint64_t
#include <filesystem>     // std::filesystem::path
#include <map>            // std::map
#include <span>           // std::span
#include <string>         // std::string
#include <string_view>    // std::string_view
#include <unordered_set>  // names seen
#include <utility>        // std::move
#include <vector>         // std::vector

namespace slimming::inline v0 {

/// Sums over the batches of an epoch that is under way.
struct epoch_progress {
  double loss_sum = 0.0;  ///< of batch means
  index_t batches = 0;
  index_t correct = 0;
  double seconds = 0.0;

  friend bool operator==(const epoch_progress&, const epoch_progress&) = default;
};

/// The state of a run besides the parameters.
struct training_state {
  loader_position position = {};  ///< the batch that comes next
  std::uint64_t iteration = 0;    ///< steps so far: dropout's counter
  epoch_progress progress = {};
  std::vector<epoch_record> history = {};
  /// What must not change between a run and its continuation, as the program describes it.
  std::string settings = {};
  /// State of whatever drives the trainer: masks, plan, pass.
  std::map<std::string, std::string> extra = {};

  friend bool operator==(const training_state&, const training_state&) = default;
};

/// Velocities of the optimiser by parameter name, row-major.
using velocity_map = std::map<std::string, std::vector<float>>;

namespace detail {

inline constexpr std::string_view velocity_prefix = "velocity/";
inline constexpr std::string_view state_key = "slimming.training";
inline constexpr index_t state_version = 1;

[[nodiscard]] inline nlohmann::json state_to_json(const training_state& s) {
  return {{"version", state_version},
          {"epoch", s.position.epoch},
          {"batch", s.position.batch},
          {"iteration", s.iteration},
          {"progress",
           {{"loss_sum", s.progress.loss_sum},
            {"batches", s.progress.batches},
            {"correct", s.progress.correct},
            {"seconds", s.progress.seconds}}},
          {"history", s.history},
          {"settings", s.settings},
          {"extra", s.extra}};
}
[[nodiscard]] inline training_state state_from_json(const nlohmann::json& j) {
  training_state s;
  s.position = {j.at("epoch").get<index_t>(), j.at("batch").get<index_t>()};
  s.iteration = j.at("iteration").get<std::uint64_t>();
  const auto& p = j.at("progress");
  s.progress = {p.at("loss_sum").get<double>(), p.at("batches").get<index_t>(),
                p.at("correct").get<index_t>(), p.at("seconds").get<double>()};
  s.history = j.at("history").get<std::vector<epoch_record>>();
  s.settings = j.at("settings").get<std::string>();
  s.extra = j.at("extra").get<std::map<std::string, std::string>>();
  return s;
}

}  // namespace detail

/// What a checkpoint file holds.
struct training_checkpoint {
  std::map<std::string, any_tensor> parameters;
  velocity_map velocities;
  training_state state;
};

/// Writes atomically: after a crash at any moment the file is the old one or the new one.
/// \throws bad_file  if it cannot be written.
inline void write_checkpoint(const std::filesystem::path& path, const model& net,
                             const velocity_map& velocities, const training_state& state) {
  io::safetensors file;
  for (const model::value& v : net.values())
    if (v.data) file.tensors.push_back({v.name, *v.data});
  for (const auto& [name, values] : velocities)
    file.tensors.push_back(
        {std::string(detail::velocity_prefix) + name,
         any_tensor::from(std::span<const float>(values), {static_cast<index_t>(values.size())})});
  file.metadata.emplace(detail::state_key, detail::state_to_json(state).dump());
  io::write_safetensors(path, file);
}

/// Writes the records as JSON lines to "log.jsonl" beside the checkpoint, and the checkpoint.
/// \throws bad_file  if one cannot be written.
inline void save_run(const std::filesystem::path& checkpoint, const model& net,
                     const velocity_map& velocities, const training_state& state) {
  // The log first: a run that ends between the two does the epoch again and completes both, while
  // nobody would add to the log of a checkpoint that says that all is done.
  const std::string log = to_json_lines(state.history);
  io::write_atomically(checkpoint.parent_path() / "log.jsonl",
                       std::as_bytes(std::span(log.data(), log.size())));
  write_checkpoint(checkpoint, net, velocities, state);
}

/// \throws bad_file  if the file is missing, damaged or not a checkpoint of ours.
[[nodiscard]] inline training_checkpoint read_checkpoint(const std::filesystem::path& path) {
  io::safetensors file = io::read_safetensors(path);
  const auto found = file.metadata.find(std::string(detail::state_key));
  if (found == file.metadata.end())
    throw bad_file(path.string(), "metadata", "holds no training state");
  const std::string entry = "metadata '" + std::string(detail::state_key) + "'";
  training_checkpoint c;
  try {
    const auto state = nlohmann::json::parse(found->second);
    if (const auto version = state.at("version").get<index_t>(); version != detail::state_version)
      throw bad_file(path.string(), entry,
                     "is of version " + std::to_string(version) + ", this reads version " +
                         std::to_string(detail::state_version));
    c.state = detail::state_from_json(state);
  } catch (const nlohmann::json::exception& e) {
    throw bad_file(path.string(), entry, e.what());
  }
  for (io::named_tensor& t : file.tensors) {
    if (t.name.starts_with(detail::velocity_prefix)) {
      if (t.value.type() != dtype::float32)
        throw bad_file(path.string(), t.name, "a velocity must be of float32");
      const auto values = t.value.values<float>();
      c.velocities[t.name.substr(detail::velocity_prefix.size())].assign(values.begin(),
                                                                         values.end());
    } else {
      c.parameters.emplace(std::move(t.name), std::move(t.value));
    }
  }
  return c;
}

/// Copies the parameters of a checkpoint into a model of the same topology and extents.
/// \throws bad_value, shape_mismatch  if one is missing or differs; nothing has changed then.
inline void restore(const training_checkpoint& from, model& net) {
  for (const model::value& v : net.values()) {
    if (!v.data) continue;
    const auto found = from.parameters.find(v.name);
    if (found == from.parameters.end())
      throw bad_value(v.name, "the checkpoint has no such parameter");
    if (found->second.extents() != v.data->extents() || found->second.type() != v.data->type())
      throw shape_mismatch(v.name, "the model has " + to_string(v.data->extents()) +
                                       ", the checkpoint " + to_string(found->second.extents()));
  }
  for (std::size_t i = 0; i < net.values().size(); ++i) {
    const auto v = static_cast<value_id>(i);
    if (any_tensor* const to = net.initializer(v)) *to = from.parameters.at(net.at(v).name);
  }
}

/// The optimiser's velocities of all trained parameters.
template <exec::execution_device Device>
[[nodiscard]] velocity_map velocities_of(executor<Device>& net) {
  velocity_map all;
  for (const exec::parameter& p : net.parameters())
    if (p.velocity) all.emplace(p.name, net.velocity(p));
  return all;
}
/// Sets the velocities of all trained parameters; those that \p all lacks become zero.
/// \throws shape_mismatch  if one has another number of elements.
template <exec::execution_device Device>
void set_velocities(executor<Device>& net, const velocity_map& all) {
  for (const exec::parameter& p : net.parameters()) {
    if (!p.velocity) continue;
    const auto found = all.find(p.name);
    if (found != all.end())
      net.set_velocity(p, found->second);
    else
      net.set_velocity(p, std::vector<float>(static_cast<std::size_t>(element_count(p.extents))));
  }
}

}  // namespace slimming::inline v0
