// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Images in directories, one directory per class.
/// Area: data. Needs slimming::data (libjpeg-turbo, libpng). Decodes on all threads; the result
/// does not depend on their number.

#include <slimming/core/config.hpp>         // index_t
#include <slimming/core/error.hpp>          // bad_file, bad_value
#include <slimming/data/image.hpp>          // resize, resize_and_crop
#include <slimming/data/image_codec.hpp>    // read_image
#include <slimming/data/image_dataset.hpp>  // image_dataset

#include <tbb/parallel_for.h>  // tbb::parallel_for

#include <algorithm>   // std::find, std::sort, std::transform
#include <cctype>      // std::tolower
#include <exception>   // std::exception_ptr
#include <filesystem>  // std::filesystem
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

/// How the files of a folder become images of one size.
struct image_folder_options {
  enum class fit {
    crop,    ///< scale until the size is covered, then cut around the middle
    stretch  ///< scale height and width on their own
  };

  image_extents extents{3, 32, 32};  ///< channels: 3 (RGB) or 1 (grey)
  fit how = fit::crop;
  /// What the labels count, as image_folder_classes() lists it. None: the folder's own classes.
  std::vector<std::string> classes = {};
  index_t max_pixels = index_t{1} << 26;  ///< larger files are refused
};

namespace detail {

[[nodiscard]] inline bool has_image_name(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

// A link that leads nowhere counts, so that reading it fails instead of an image missing in silence.
[[nodiscard]] inline bool is_image(const std::filesystem::directory_entry& entry) {
  return has_image_name(entry.path()) && !entry.is_directory();
}

template <class Wanted>
[[nodiscard]] std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& in,
                                                                Wanted wanted) {
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(in))
    if (wanted(entry)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace detail

/// The names of the directories in \p root, in alphabetical order: the classes of a folder.
/// \throws bad_file  if there are none.
[[nodiscard]] inline std::vector<std::string> image_folder_classes(
    const std::filesystem::path& root) {
  if (!std::filesystem::is_directory(root)) throw bad_file(root.string(), "", "no such directory");
  std::vector<std::string> classes;
  for (const auto& directory :
       detail::sorted_entries(root, [](const auto& entry) { return entry.is_directory(); }))
    classes.push_back(directory.filename().string());
  if (classes.empty()) throw bad_file(root.string(), "", "holds no directories, one per class");
  return classes;
}

/// The `.jpg`, `.jpeg` and `.png` files of every directory in \p root, which is named as its class.
/// Files of other kinds are left alone. Where the options list the classes, some may be missing.
/// \throws bad_file   if there is no class, or one that the options do not list, a class has no image,
///                    or a file is damaged (the first in alphabetical order).
/// \throws bad_value  if the extents are not positive or the channels neither 1 nor 3.
[[nodiscard]] inline image_dataset read_image_folder(const std::filesystem::path& root,
                                                     const image_folder_options& options = {}) {
  const image_extents e = options.extents;
  if (e.height <= 0) throw bad_value("read_image_folder: height", e.height);
  if (e.width <= 0) throw bad_value("read_image_folder: width", e.width);

  const std::vector<std::string> directories = image_folder_classes(root);
  std::vector<std::string> classes = options.classes.empty() ? directories : options.classes;
  std::vector<std::filesystem::path> files;
  std::vector<index_t> labels;
  for (const std::string& name : directories) {
    const std::filesystem::path directory = root / name;
    const auto listed = std::find(classes.begin(), classes.end(), name);
    if (listed == classes.end())
      throw bad_file(directory.string(), "",
                     "is none of the " + std::to_string(classes.size()) + " classes, which are '" +
                         classes.front() + "' ... '" + classes.back() + "'");
    const auto found = detail::sorted_entries(directory, detail::is_image);
    if (found.empty()) throw bad_file(directory.string(), "", "holds no .jpg, .jpeg or .png");
    files.insert(files.end(), found.begin(), found.end());
    labels.insert(labels.end(), found.size(), static_cast<index_t>(listed - classes.begin()));
  }

  const auto n = static_cast<index_t>(files.size());
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(n * e.size()));
  std::vector<std::exception_ptr> failures(files.size());
  tbb::parallel_for(index_t{0}, n, [&](index_t i) {
    try {
      const image whole =
          read_image(files[static_cast<std::size_t>(i)], {e.channels, options.max_pixels});
      const image fitted = options.how == image_folder_options::fit::crop
                               ? resize_and_crop(whole, e.height, e.width)
                               : resize(whole, e.height, e.width);
      auto out = pixels.begin() + i * e.size();
      for (index_t c = 0; c < e.channels; ++c)
        for (index_t y = 0; y < e.height; ++y)
          for (index_t x = 0; x < e.width; ++x) *out++ = fitted.at(y, x, c);
    } catch (...) {
      failures[static_cast<std::size_t>(i)] = std::current_exception();
    }
  });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return {e, std::move(classes), std::move(pixels), std::move(labels)};
}

}  // namespace slimming::inline v0
