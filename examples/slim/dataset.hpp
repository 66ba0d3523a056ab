// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Options that name a data set, and the images they name.

#include <slimming/data/augmentation.hpp>   // augmentation
#include <slimming/data/image_dataset.hpp>  // image_dataset, channel_statistics

#include <CLI/CLI.hpp>  // CLI::App

#include <filesystem>  // std::filesystem::path
#include <map>         // std::map
#include <optional>    // std::optional
#include <string>      // std::string
#include <vector>      // std::vector

namespace slim {

/// --dataset, --data, --mean, --std, --image-size.
class dataset_options {
 public:
  /// What a model remembers of the data that it was trained on; fills what the user leaves out.
  using remembered = std::map<std::string, std::string>;

  explicit dataset_options(CLI::App& options);

  /// The user named a data set or a directory.
  [[nodiscard]] bool is_given() const;
  /// \throws usage_error  if no directory is known; says how to give one.
  void complete(const remembered& metadata = {});

  /// \pre complete() has run. \p wanted: the extents of an image that the model takes, if known.
  [[nodiscard]] slimming::image_dataset read(
      slimming::data_split split, const std::optional<slimming::image_extents>& wanted = {}) const;
  /// What images are normalised with: what the user gave, what the model remembers, the published
  /// numbers of the set, or those of \p train.
  [[nodiscard]] slimming::channel_statistics statistics(const slimming::image_dataset* train) const;
  /// True if statistics() has to see the training images.
  [[nodiscard]] bool needs_training_images() const;
  /// Pad, crop and flip where the published recipes do so.
  [[nodiscard]] slimming::augmentation augmentation() const;
  /// For the metadata of a model that was trained on it.
  [[nodiscard]] remembered memory(const slimming::channel_statistics& used) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  const CLI::App& options_;
  std::string name_;
  std::filesystem::path directory_;
  std::vector<double> mean_, deviation_;
  std::vector<slimming::index_t> image_size_;
};

}  // namespace slim
