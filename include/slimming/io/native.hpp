// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Our own file: safetensors with the parameters under PyTorch's names and the graph as JSON
/// metadata, so that Python reads the weights with the ordinary package.
/// Area: io. Component: json.

#include <slimming/core/error.hpp>              // bad_file, bad_value
#include <slimming/core/tensor.hpp>             // any_tensor
#include <slimming/io/checkpoint.hpp>           // named_tensor
#include <slimming/io/detail/native_graph.hpp>  // native_graph_writer, native_graph_reader
#include <slimming/io/safetensors.hpp>          // safetensors, read_safetensors
#include <slimming/model/model.hpp>             // model

#include <filesystem>   // std::filesystem::path
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::io {

/// A network, and tensors that somebody stored beside it (momenta, averages, ...).
struct native_file {
  model net;
  std::vector<named_tensor> others = {};
};

/// The network as a safetensors file: initialisers under their names, everything else under the
/// metadata key "slimming.graph"; the model's own metadata (cfg, provenance) keep their keys.
/// \throws bad_value  for names that are not UTF-8 or a metadata key of ours.
[[nodiscard]] inline safetensors to_safetensors(const native_file& file) {
  safetensors result;
  result.metadata = file.net.metadata;
  std::string graph = detail::native_graph_writer(file.net, result.tensors).write();
  const std::string key(detail::native_graph_key);
  if (!result.metadata.emplace(key, std::move(graph)).second)
    throw bad_value("write_native", "the metadata key '" + key + "' is reserved");
  for (const named_tensor& t : file.others) result.tensors.push_back(t);
  return result;
}

/// Whether the file holds a network, and not only weights.
[[nodiscard]] inline bool holds_network(const safetensors& file) {
  return file.metadata.contains(std::string(detail::native_graph_key));
}

/// The reverse of to_safetensors; \p path only appears in messages.
/// \throws bad_file  naming the node or value that is wrong, or that there is no graph.
[[nodiscard]] inline native_file from_safetensors(safetensors file, std::string_view path) {
  const auto graph = file.metadata.find(std::string(detail::native_graph_key));
  if (graph == file.metadata.end())
    throw bad_file(path, "", "holds weights but no network; name its architecture");
  const std::string text = std::move(graph->second);
  file.metadata.erase(graph);
  native_file result;
  result.net = detail::native_graph_reader(text, path, file.tensors).read();
  result.net.metadata = std::move(file.metadata);
  for (named_tensor& t : file.tensors)  // the reader has taken the names of those it used
    if (!t.name.empty()) result.others.push_back(std::move(t));
  return result;
}

/// Writes atomically. \throws bad_value, bad_file
inline void write_native(const std::filesystem::path& path, const native_file& file) {
  write_safetensors(path, to_safetensors(file));
}
inline void write_native(const std::filesystem::path& path, const model& net) {
  write_native(path, native_file{net});
}

/// \throws bad_file  if the file cannot be read or is not valid.
[[nodiscard]] inline native_file read_native(const std::filesystem::path& path) {
  return from_safetensors(read_safetensors(path), path.string());
}

}  // namespace slimming::inline v0::io
