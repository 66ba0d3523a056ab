// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Models by file and by name: how commands open and save them.

#include <slimming/model/model.hpp>    // model
#include <slimming/models/recipe.hpp>  // recipe

#include <CLI/CLI.hpp>  // CLI::App

#include <cstddef>     // std::byte
#include <filesystem>  // std::filesystem::path
#include <optional>    // std::optional
#include <string>      // std::string
#include <vector>      // std::vector

namespace slim {

enum class file_kind { native, onnx, torch };

/// By the suffix. \throws usage_error  naming the suffixes that are understood.
[[nodiscard]] file_kind kind_of(const std::filesystem::path& file);
/// "native (safetensors)", "ONNX", "PyTorch".
[[nodiscard]] std::string name_of(file_kind kind);

/// Accepts a path that kind_of() understands and whose directory exists.
[[nodiscard]] CLI::Validator output_model();

/// Image and classes that the named network takes when nothing else is said.
[[nodiscard]] slimming::models::recipe usual_recipe(const std::string& architecture);

/// --arch, --cfg, --width, --classes: a topology by name.
class topology_options {
 public:
  explicit topology_options(CLI::App& options);

  [[nodiscard]] bool is_given() const noexcept { return !architecture_.empty(); }
  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }
  /// What the user said, and where that is nothing, what \p otherwise says.
  [[nodiscard]] slimming::models::recipe recipe(slimming::models::recipe otherwise = {}) const;
  /// The network called \p name; \p cfg is that of a file, for where the user gave none.
  [[nodiscard]] slimming::model build(const std::string& name,
                                      const slimming::models::recipe& otherwise,
                                      const std::string& cfg = {}) const;

 private:
  std::string architecture_, cfg_;
  double width_ = 0;
  slimming::index_t classes_ = 0;
  std::vector<slimming::index_t> input_;
};

/// A network and what its file held besides.
struct opened_model {
  slimming::model net;
  std::vector<std::byte> onnx_source = {};  ///< the bytes of an ONNX file
  std::optional<std::filesystem::path> onnx_folder = {};
};

/// \throws slimming::bad_file, usage_error
[[nodiscard]] opened_model open_model(const std::filesystem::path& file,
                                      const topology_options& topology);
/// Of graph, parameters and metadata: differs where any of them does.
[[nodiscard]] std::string digest_of(const slimming::model& net);
/// In the format of the suffix.
void save_model(const opened_model& what, const std::filesystem::path& file);

/// A file, and the topology where the file holds weights only.
class model_options {
 public:
  /// \p is_optional: the topology alone will do.
  explicit model_options(CLI::App& options, bool is_optional = false);

  [[nodiscard]] opened_model open() const;
  [[nodiscard]] bool has_file() const noexcept { return !file_.empty(); }
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// The file, or the topology.
  [[nodiscard]] std::string name() const {
    return has_file() ? file_.string() : topology_.architecture();
  }
  [[nodiscard]] const topology_options& topology() const noexcept { return topology_; }

 private:
  std::filesystem::path file_;
  topology_options topology_;
};

}  // namespace slim
