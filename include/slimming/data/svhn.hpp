// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Street View House Numbers, cropped digits, in the published MATLAB files (Netzer et al., 2011).
/// Area: data. Needs slimming::data (matio).

#include <slimming/core/config.hpp>             // index_t
#include <slimming/core/error.hpp>              // bad_file
#include <slimming/data/detail/read_bytes.hpp>  // size_of
#include <slimming/data/image_dataset.hpp>      // image_dataset, data_split

#include <matio.h>  // Mat_Open, Mat_VarReadInfo, Mat_VarReadDataAll

#include <filesystem>  // std::filesystem::path
#include <memory>      // std::unique_ptr
#include <string>      // std::string
#include <utility>     // std::move
#include <vector>      // std::vector

namespace slimming::inline v0 {

namespace detail {

/// The variables of a MATLAB 5 file, checked against the size of the file before they are read.
class mat_file {
 public:
  explicit mat_file(const std::filesystem::path& path)
      : path_(path), size_(files::size_of(path)), file_(Mat_Open(path.c_str(), MAT_ACC_RDONLY)) {
    if (!file_ || Mat_GetVersion(file_.get()) != MAT_FT_MAT5)
      throw bad_file(path_.string(), "offset 0", "not a MATLAB 5 file");
  }

  struct free_variable {
    void operator()(matvar_t* v) const noexcept { Mat_VarFree(v); }
  };
  using variable = std::unique_ptr<matvar_t, free_variable>;

  /// Variable \p name of \p rank axes with its data: a real array of bytes or doubles.
  [[nodiscard]] variable read(const char* name, int rank) {
    variable v(Mat_VarReadInfo(file_.get(), name));
    if (!v) fail(name, "no such variable");
    if (v->isComplex || (v->class_type != MAT_C_UINT8 && v->class_type != MAT_C_DOUBLE))
      fail(name, "is neither an array of bytes nor of doubles");
    if (v->rank != rank)
      fail(name, "expected " + std::to_string(rank) + " axes, got " + std::to_string(v->rank));
    // Deflate packs at most 1032 bytes into one, and a double may be stored as one byte.
    std::size_t bound = size_ * 1032;
    for (int axis = 0; axis < rank; ++axis) {
      if (v->dims[axis] == 0) fail(name, "is empty");
      bound /= v->dims[axis];
    }
    if (bound == 0) fail(name, "is larger than the file can hold");
    if (Mat_VarReadDataAll(file_.get(), v.get()) != 0 || !v->data) fail(name, "is truncated");
    return v;
  }

  [[noreturn]] void fail(const char* name, const std::string& what) const {
    throw bad_file(path_.string(), "variable " + std::string(name), what);
  }

 private:
  struct closer {
    void operator()(mat_t* file) const noexcept { Mat_Close(file); }
  };

  std::filesystem::path path_;
  std::size_t size_;
  std::unique_ptr<mat_t, closer> file_;
};

}  // namespace detail

/// The images of an SVHN file: `X` is (height, width, channels, N) of bytes and `y` holds N labels,
/// both in MATLAB's column-major order. The file's label 10 is the digit 0.
/// \throws bad_file  if the file is missing, truncated or of another kind, if the counts disagree, or
///                   if a label is outside 1 ... 10.
[[nodiscard]] inline image_dataset read_svhn(const std::filesystem::path& file) {
  detail::mat_file mat(file);
  const auto x = mat.read("X", 4);
  const auto y = mat.read("y", 2);
  if (x->class_type != MAT_C_UINT8) mat.fail("X", "is not an array of bytes");
  const std::size_t height = x->dims[0], width = x->dims[1], channels = x->dims[2], n = x->dims[3];
  if (y->dims[0] * y->dims[1] != n)
    mat.fail("y", std::to_string(y->dims[0] * y->dims[1]) + " labels, but " + std::to_string(n) +
                      " images");

  std::vector<index_t> labels(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double label = y->class_type == MAT_C_UINT8 ? static_cast<const std::uint8_t*>(y->data)[i]
                                                      : static_cast<const double*>(y->data)[i];
    if (!(label >= 1 && label <= 10) || label != static_cast<double>(static_cast<int>(label)))
      mat.fail("y", "label " + std::to_string(label) + " at index " + std::to_string(i) +
                        " is outside 1 ... 10");
    labels[i] = static_cast<index_t>(label) % 10;
  }

  std::vector<std::uint8_t> pixels(n * channels * height * width);
  const auto* column_major = static_cast<const std::uint8_t*>(x->data);  // (N, C, W, H)
  for (std::size_t plane = 0; plane < n * channels; ++plane) {
    const std::uint8_t* in = column_major + plane * height * width;
    std::uint8_t* out = pixels.data() + plane * height * width;
    for (std::size_t row = 0; row < height; ++row)
      for (std::size_t column = 0; column < width; ++column)
        out[row * width + column] = in[column * height + row];
  }
  return {
      {static_cast<index_t>(channels), static_cast<index_t>(height), static_cast<index_t>(width)},
      {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
      std::move(pixels),
      std::move(labels)};
}

/// `train_32x32.mat` or `test_32x32.mat` in \p directory. \throws bad_file  as above.
[[nodiscard]] inline image_dataset read_svhn(const std::filesystem::path& directory,
                                             data_split split) {
  return read_svhn(directory / (split == data_split::train ? "train_32x32.mat" : "test_32x32.mat"));
}

}  // namespace slimming::inline v0
