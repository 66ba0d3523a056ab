// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// MNIST and its relatives in idx files, plain or compressed with gzip (LeCun et al., 1998).
/// Area: data. Needs slimming::data (zlib).

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_file
#include <slimming/data/detail/read_bytes.hpp>  // size_of, offset_text
#include <slimming/data/image_dataset.hpp>      // image_dataset, data_split

#include <zlib.h>  // gzFile

#include <algorithm>   // std::min
#include <array>       // std::array
#include <filesystem>  // std::filesystem::path
#include <memory>      // std::unique_ptr
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

namespace detail {

/// Reads an idx file of unsigned bytes, plain or gzip, front to back.
class idx_reader {
 public:
  explicit idx_reader(std::filesystem::path path)
      : path_(std::move(path)), size_(files::size_of(path_)), file_(gzopen(path_.c_str(), "rb")) {
    if (!file_) throw bad_file(path_.string(), "", "cannot be opened");
  }

  /// The extents that the header states.
  template <std::size_t Rank>
  [[nodiscard]] std::array<std::size_t, Rank> header() {
    const std::size_t expected = 0x0800 + Rank;  // unsigned bytes, Rank axes
    if (const std::size_t magic = word(); magic != expected)
      throw bad_file(path_.string(), "offset 0",
                     "expected the idx magic number " + std::to_string(expected) + ", got " +
                         std::to_string(magic));
    std::array<std::size_t, Rank> extents{};
    std::size_t total = 1;
    for (auto& e : extents) {
      const std::size_t at = offset_;
      e = word();
      if (e == 0) throw bad_file(path_.string(), files::offset_text(at), "an extent is 0");
      // Deflate packs at most 1032 bytes into one, so that this bounds what may be allocated.
      if (e > size_ * 1032 / total)
        throw bad_file(path_.string(), files::offset_text(at),
                       "the header states more data than the file can hold");
      total *= e;
    }
    return extents;
  }

  /// The next \p n bytes.
  [[nodiscard]] std::vector<std::uint8_t> bytes(std::size_t n) {
    std::vector<std::uint8_t> out(n);
    read(out.data(), n);
    return out;
  }

  /// \throws bad_file  if anything follows, or the gzip checksum is wrong.
  void expect_end() {
    std::uint8_t more = 0;
    const int n = gzread(file_.get(), &more, 1);
    if (n < 0) throw bad_file(path_.string(), files::offset_text(offset_), problem());
    if (n > 0)
      throw bad_file(path_.string(), files::offset_text(offset_),
                     "data goes on behind the stated extents");
  }

 private:
  struct closer {
    void operator()(gzFile file) const noexcept { gzclose(file); }
  };

  [[nodiscard]] std::size_t word() {
    std::array<std::uint8_t, 4> b{};
    read(b.data(), b.size());
    return std::size_t{b[0]} << 24 | std::size_t{b[1]} << 16 | std::size_t{b[2]} << 8 | b[3];
  }

  void read(std::uint8_t* to, std::size_t n) {
    while (n > 0) {
      const int got = gzread(file_.get(), to, static_cast<unsigned>(std::min(n, chunk)));
      if (got < 0) throw bad_file(path_.string(), files::offset_text(offset_), problem());
      if (got == 0)
        throw bad_file(path_.string(), files::offset_text(offset_),
                       "truncated: " + std::to_string(n) + " more bytes were expected");
      to += got;
      n -= static_cast<std::size_t>(got);
      offset_ += static_cast<std::size_t>(got);
    }
  }

  [[nodiscard]] std::string problem() {
    int code = 0;
    return gzerror(file_.get(), &code);
  }

  static constexpr std::size_t chunk = std::size_t{1} << 24;
  std::filesystem::path path_;
  std::size_t size_;        // of the file on disk
  std::size_t offset_ = 0;  // in the uncompressed data
  std::unique_ptr<gzFile_s, closer> file_;
};

[[nodiscard]] inline std::filesystem::path plain_or_gz(const std::filesystem::path& plain) {
  const std::filesystem::path gz = plain.string() + ".gz";
  return !std::filesystem::exists(plain) && std::filesystem::exists(gz) ? gz : plain;
}

}  // namespace detail

/// The images of one idx file with the labels of another; both may be plain or gzip.
/// \throws bad_file  if a file is missing, truncated, longer than its header says or no idx file of
///                   unsigned bytes, if the counts disagree, or if a label is not below \p classes.
[[nodiscard]] inline image_dataset read_idx(const std::filesystem::path& images,
                                            const std::filesystem::path& labels,
                                            index_t classes = 10) {
  detail::idx_reader label_file(labels);
  const auto [count] = label_file.header<1>();
  const std::vector<std::uint8_t> label_bytes = label_file.bytes(count);
  label_file.expect_end();
  for (std::size_t i = 0; i < count; ++i)
    if (label_bytes[i] >= classes)
      throw bad_file(
          labels.string(), detail::files::offset_text(8 + i),
          "label " + std::to_string(label_bytes[i]) + " is not below " + std::to_string(classes));

  detail::idx_reader image_file(images);
  const auto [n, height, width] = image_file.header<3>();
  if (n != count)
    throw bad_file(images.string(), "offset 4",
                   std::to_string(n) + " images, but " + std::to_string(count) + " labels");
  std::vector<std::uint8_t> pixels = image_file.bytes(n * height * width);
  image_file.expect_end();

  std::vector<std::string> names;
  for (index_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  return {{1, static_cast<index_t>(height), static_cast<index_t>(width)},
          std::move(names),
          std::move(pixels),
          {label_bytes.begin(), label_bytes.end()}};
}

/// The 28 x 28 images of `train-images-idx3-ubyte` or `t10k-images-idx3-ubyte` in \p directory and
/// their labels; where a file is missing, the one of the same name with `.gz` is read.
/// \throws bad_file  as read_idx().
[[nodiscard]] inline image_dataset read_mnist(const std::filesystem::path& directory,
                                              data_split split) {
  const std::string stem = split == data_split::train ? "train" : "t10k";
  return read_idx(detail::plain_or_gz(directory / (stem + "-images-idx3-ubyte")),
                  detail::plain_or_gz(directory / (stem + "-labels-idx1-ubyte")));
}

}  // namespace slimming::inline v0
