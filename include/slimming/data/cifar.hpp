// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CIFAR-10 and CIFAR-100 in the published binary form (Krizhevsky, 2009).
/// Area: data. A record is one label byte (CIFAR-100: coarse, then fine) and 3 x 32 x 32 pixels.

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_file
#include <slimming/data/detail/read_bytes.hpp>  // read_bytes, size_of, offset_text
#include <slimming/data/image_dataset.hpp>      // image_dataset, data_split

#include <filesystem>  // std::filesystem::path
#include <span>        // std::span
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

/// Names of CIFAR-10's classes, in the order of their labels.
[[nodiscard]] inline std::vector<std::string> cifar10_class_names() {
  return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

/// Names of CIFAR-100's fine classes, in the order of their labels.
[[nodiscard]] inline std::vector<std::string> cifar100_class_names() {
  return {"apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
          "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
          "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
          "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
          "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
          "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
          "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
          "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
          "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
          "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
          "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
          "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
          "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
          "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
          "table",       "tank",          "telephone", "television", "tiger",        "tractor",
          "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
          "willow_tree", "wolf",          "woman",     "worm"};
}

namespace detail {

/// Where the label lies in a record and what it may be.
struct cifar_format {
  std::size_t label_bytes;
  std::size_t label_at;
  std::vector<std::string> class_names;
  std::vector<index_t> label_limits;  // one per label byte
};

[[nodiscard]] inline image_dataset read_cifar(std::span<const std::filesystem::path> batches,
                                              cifar_format format) {
  constexpr image_extents extents{3, 32, 32};
  const std::size_t record = format.label_bytes + static_cast<std::size_t>(extents.size());
  std::vector<std::uint8_t> pixels;
  std::vector<index_t> labels;
  std::size_t total = 0;
  for (const auto& file : batches) total += files::size_of(file);
  pixels.reserve(total);
  labels.reserve(total / record);
  for (const auto& file : batches) {
    const std::vector<std::uint8_t> bytes = files::read_bytes(file);
    if (bytes.empty() || bytes.size() % record != 0)
      throw bad_file(file.string(), files::offset_text(bytes.size() - bytes.size() % record),
                     bytes.empty() ? "the file is empty"
                                   : "record of " + std::to_string(record) + " bytes ends after " +
                                         std::to_string(bytes.size() % record));
    for (std::size_t at = 0; at < bytes.size(); at += record) {
      for (std::size_t k = 0; k < format.label_bytes; ++k)
        if (bytes[at + k] >= format.label_limits[k])
          throw bad_file(file.string(), files::offset_text(at + k),
                         "label " + std::to_string(bytes[at + k]) + " is not below " +
                             std::to_string(format.label_limits[k]));
      labels.push_back(bytes[at + format.label_at]);
      const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at + format.label_bytes);
      pixels.insert(pixels.end(), first, first + static_cast<std::ptrdiff_t>(extents.size()));
    }
  }
  return {extents, std::move(format.class_names), std::move(pixels), std::move(labels)};
}

// data_batch_1.bin, data_batch_2.bin, ...: as many as there are, without a gap.
[[nodiscard]] inline std::vector<std::filesystem::path> cifar10_batches(
    const std::filesystem::path& directory) {
  constexpr int published = 5;
  std::vector<std::filesystem::path> present, missing;
  for (int n = 1; n <= published; ++n) {
    const auto file = directory / ("data_batch_" + std::to_string(n) + ".bin");
    if (!std::filesystem::exists(file))
      missing.push_back(file);
    else if (!missing.empty())
      throw bad_file(missing.front().string(), "",
                     "missing, but " + file.filename().string() + " is there");
    else
      present.push_back(file);
  }
  if (present.empty()) throw bad_file(missing.front().string(), "", "no such file");
  return present;
}

}  // namespace detail

/// The images of `data_batch_1.bin` ... `data_batch_5.bin` (as many as there are) or
/// `test_batch.bin` in \p directory.
/// \throws bad_file  if a file is missing, truncated or holds a label that is none; the message
///                   names the offset.
[[nodiscard]] inline image_dataset read_cifar10(const std::filesystem::path& directory,
                                                data_split split) {
  const auto files = split == data_split::train
                         ? detail::cifar10_batches(directory)
                         : std::vector<std::filesystem::path>{directory / "test_batch.bin"};
  return detail::read_cifar(files, {1, 0, cifar10_class_names(), {10}});
}

/// The images of `train.bin` or `test.bin` in \p directory with their fine labels.
/// \throws bad_file  as read_cifar10().
[[nodiscard]] inline image_dataset read_cifar100(const std::filesystem::path& directory,
                                                 data_split split) {
  const std::filesystem::path file =
      directory / (split == data_split::train ? "train.bin" : "test.bin");
  return detail::read_cifar(std::span(&file, 1), {2, 1, cifar100_class_names(), {20, 100}});
}

}  // namespace slimming::inline v0
