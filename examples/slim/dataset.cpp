// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "dataset.hpp"

#include "checks.hpp"   // positive
#include "command.hpp"  // usage_error
#include "text.hpp"     // shortest

#include <slimming/data/cifar.hpp>          // read_cifar10, read_cifar100
#include <slimming/data/image_folder.hpp>   // read_image_folder
#include <slimming/data/mnist.hpp>          // read_mnist
#include <slimming/data/normalisation.hpp>  // published_cifar_statistics
#include <slimming/data/svhn.hpp>           // read_svhn

#include <array>     // std::array
#include <charconv>  // std::from_chars
#include <cstdlib>   // std::getenv

namespace slim {

using namespace slimming;

namespace {

/// What is known of a data set before it is read.
struct known_set {
  const char* name;
  std::array<const char*, 3> folders;  ///< where its files may lie below the directory
  const char* file;                    ///< one of its files
};

constexpr std::array<known_set, 4> known_sets{{
    {"cifar10", {"cifar10", "cifar-10-batches-bin", "cifar-10"}, "test_batch.bin"},
    {"cifar100", {"cifar100", "cifar-100-binary", "cifar-100"}, "test.bin"},
    {"mnist", {"mnist", "MNIST/raw", "MNIST"}, "t10k-images-idx3-ubyte"},
    {"svhn", {"svhn", "SVHN", "svhn_cropped"}, "test_32x32.mat"},
}};

const known_set* find_set(const std::string& name) {
  for (const known_set& s : known_sets)
    if (name == s.name) return &s;
  return nullptr;
}

/// \p directory, or the folder below it that holds the files of the set.
std::filesystem::path folder_of(const std::string& name, const std::filesystem::path& directory) {
  const known_set* const set = find_set(name);
  if (set == nullptr) return directory;
  const auto holds = [&](const std::filesystem::path& folder) {
    return std::filesystem::exists(folder / set->file) ||
           std::filesystem::exists(folder / (std::string(set->file) + ".gz"));
  };
  if (holds(directory)) return directory;
  for (const char* below : set->folders)
    if (holds(directory / below)) return directory / below;
  return directory;  // the reader's message names the file that is missing
}

std::string joined(const std::vector<double>& numbers) {
  std::string text;
  for (const double x : numbers) text += (text.empty() ? "" : ",") + shortest(x);
  return text;
}

std::vector<double> split_numbers(const std::string& text) {
  std::vector<double> numbers;
  const char *at = text.data(), *const end = at + text.size();
  while (at < end) {
    double value = 0;
    const auto [next, failure] = std::from_chars(at, end, value);
    if (failure != std::errc()) return {};
    numbers.push_back(value);
    at = next < end ? next + 1 : next;
  }
  return numbers;
}

std::string get(const dataset_options::remembered& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : found->second;
}

}  // namespace

dataset_options::dataset_options(CLI::App& options) : options_(options) {
  const std::string group = "Data";
  options
      .add_option("--dataset", name_,
                  "cifar10, cifar100, mnist, svhn, or folder: DIR/train and DIR/test with one "
                  "directory of JPEG or PNG files per class. Default: what the model was trained "
                  "on, else cifar10")
      ->check(CLI::IsMember({"cifar10", "cifar100", "mnist", "svhn", "folder"}))
      ->type_name("NAME")
      ->group(group);
  options
      .add_option("--data", directory_,
                  "Directory with the files of the data set as published (default: $SLIMMING_DATA)")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR")
      ->group(group);
  options
      .add_option("--mean", mean_,
                  "Mean of each channel of pixels in [0, 1], as 0.485,0.456,0.406. Default: what "
                  "the model was trained with, else the published figures of the data set")
      ->delimiter(',')
      ->type_name("R,G,B")
      ->group(group);
  options.add_option("--std", deviation_, "Standard deviation of each channel, likewise")
      ->delimiter(',')
      ->type_name("R,G,B")
      ->group(group);
  options
      .add_option("--image-size", image_size_,
                  "Size that the images of a folder are brought to, as 32,32. Default: what the "
                  "model takes, else 32,32")
      ->delimiter(',')
      ->expected(2)
      ->check(positive())
      ->type_name("H,W")
      ->group(group);
}

bool dataset_options::is_given() const {
  return options_.count("--dataset") + options_.count("--data") > 0;
}

void dataset_options::complete(const remembered& metadata) {
  if (mean_.empty() != deviation_.empty())
    throw usage_error("--mean and --std belong together: give both or neither");
  for (const double deviation : deviation_)
    if (!(deviation > 0)) throw usage_error("--std: " + shortest(deviation) + " is not above 0");
  const std::string trained_on = get(metadata, "dataset");
  if (name_.empty()) name_ = trained_on.empty() ? "cifar10" : trained_on;
  if (!image_size_.empty() && name_ != "folder")
    throw usage_error("--image-size: is for --dataset folder, and the data set is " + name_);
  if (directory_.empty()) {
    const char* const from_environment = std::getenv("SLIMMING_DATA");
    if (from_environment == nullptr || *from_environment == '\0')
      throw usage_error("no data: name the directory of " + name_ +
                        " with --data DIR or in $SLIMMING_DATA");
    directory_ = from_environment;
  }
  if (mean_.empty() && name_ == trained_on) {
    mean_ = split_numbers(get(metadata, "mean"));
    deviation_ = split_numbers(get(metadata, "std"));
  }
}

image_dataset dataset_options::read(data_split split,
                                    const std::optional<image_extents>& wanted) const {
  const std::filesystem::path at = folder_of(name_, directory_);
  if (name_ == "cifar10") return read_cifar10(at, split);
  if (name_ == "cifar100") return read_cifar100(at, split);
  if (name_ == "mnist") return read_mnist(at, split);
  if (name_ == "svhn") return read_svhn(at, split);
  image_folder_options how;
  if (wanted) how.extents = *wanted;
  if (!image_size_.empty()) {
    how.extents.height = image_size_[0];
    how.extents.width = image_size_[1];
  }
  const auto train = at / "train";
  if (split == data_split::train) return read_image_folder(train, how);
  // A label is a place in the list of classes, and the test images may lack a class.
  if (std::filesystem::is_directory(train)) how.classes = image_folder_classes(train);
  return read_image_folder(at / "test", how);
}

bool dataset_options::needs_training_images() const {
  return mean_.empty() && (name_ == "svhn" || name_ == "folder");
}

channel_statistics dataset_options::statistics(const image_dataset* train) const {
  if (!mean_.empty()) return {mean_, deviation_};
  if (name_ == "mnist") return published_mnist_statistics();
  if (train == nullptr || !needs_training_images()) return published_cifar_statistics();
  return slimming::statistics(*train);
}

augmentation dataset_options::augmentation() const {
  if (name_ == "cifar10" || name_ == "cifar100") return augmentation::cifar();
  return {};
}

dataset_options::remembered dataset_options::memory(const channel_statistics& used) const {
  return {{"dataset", name_}, {"mean", joined(used.mean)}, {"std", joined(used.stddev)}};
}

}  // namespace slim
