// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include "tests/zoo/graphs.hpp"

#include <slimming/core/error.hpp>             // bad_file
#include <slimming/core/random.hpp>            // random_stream
#include <slimming/core/tensor.hpp>            // any_tensor
#include <slimming/io/detail/file_bytes.hpp>   // file_bytes
#include <slimming/io/detail/zip_archive.hpp>  // zip_archive
#include <slimming/io/onnx.hpp>                // parse_onnx

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace slimming::zoo {

namespace {

constexpr io::read_limits limits{.expansion = 1000};

struct distribution {
  double mean, deviation, low, high;
};

// A sum of two uniform numbers: bounded, and of the wanted deviation. Number k depends on seed, stream and
// k alone.
any_tensor drawn(const shape& extents, const distribution& d, const random_stream& random) {
  any_tensor t(dtype::float32, extents);
  const auto values = t.values<float>();
  const double width = d.deviation * std::sqrt(6.0) * 0x1.0p-53;
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, values.size(), 1 << 14), [&](const auto& r) {
    for (std::size_t i = r.begin(); i != r.end(); ++i) {
      const double sum = static_cast<double>(random.at(2 * i) >> 11) +
                         static_cast<double>(random.at(2 * i + 1) >> 11) - 0x1.0p53;
      values[i] = static_cast<float>(std::clamp(d.mean + width * sum, d.low, d.high));
    }
  });
  return t;
}

}  // namespace

std::filesystem::path standard_archive() { return SLIMMING_ZOO_GRAPHS; }

archive::archive(const std::filesystem::path& path)
    : path_(path.string()), bytes_(io::detail::file_bytes(path)) {}

std::vector<std::string> archive::names() const {
  std::vector<std::string> result;
  const io::detail::zip_archive files(bytes_, path_, limits);
  for (const auto& entry : files.entries())
    if (const auto end = entry.name.rfind(".onnx"); end != std::string::npos)
      result.push_back(entry.name.substr(0, end));
  std::sort(result.begin(), result.end());
  return result;
}

model archive::load(const std::string& name, std::uint64_t seed) const {
  const std::string file = name + ".onnx";
  auto unpacked = io::detail::zip_archive(bytes_, path_, limits).read(file);
  model net = io::parse_onnx(std::move(unpacked), file).net;
  std::istringstream lines(net.metadata["zoo.parameters"]);
  random_stream random{seed};
  std::string parameter;
  for (distribution d{}; lines >> parameter >> d.mean >> d.deviation >> d.low >> d.high;) {
    const value_id v = net.find(parameter);
    if (v == no_value || !net.at(v).extents) throw bad_file(file, parameter, "is no input");
    net.at(v).data = drawn(*net.at(v).extents, d, random);
    ++random.stream;
  }
  if (!lines.eof()) throw bad_file(file, "zoo.parameters", "a line is damaged");
  return net;
}

}  // namespace slimming::zoo
