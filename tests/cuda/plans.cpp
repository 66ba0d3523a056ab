// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
//
// What cuDNN answers to our requests on devices that it is only told about: it plans without a
// driver. Skips where the library is missing or older than 9.8, which cannot be told.
#include <slimming/cuda/detail/convolution_plans.cuh>  // convolution_plans

#include <array>     // std::array
#include <iostream>  // std::cout
#include <string>    // std::string
#include <vector>    // std::vector

#include "tests/support/catch.hpp"
#include "tests/support/session.hpp"

namespace gpu = slimming::cuda;
using gpu::detail::cudnn_descriptor;
using slimming::dtype;
using slimming::index_t;
using slimming::kernels::conv_geometry;

namespace {

// Attributes of cuDNN 9.8; earlier headers have no names for them.
constexpr auto device_properties = static_cast<cudnnBackendDescriptorType_t>(38);
constexpr auto as_json = static_cast<cudnnBackendAttributeName_t>(2702);
constexpr auto of_heuristic = static_cast<cudnnBackendAttributeName_t>(204);
constexpr auto of_plan = static_cast<cudnnBackendAttributeName_t>(407);

/// In place of a connection: a device by its properties.
class described_device {
 public:
  explicit described_device(const std::string& json) : properties_(device_properties) {
    properties_.set(as_json, CUDNN_TYPE_CHAR, json.data(), static_cast<std::int64_t>(json.size()))
        .finish("properties of a device");
  }
  void name_in_graph(cudnn_descriptor&) const {}
  void name_in_heuristic(cudnn_descriptor& d) const { d.set(of_heuristic, properties_); }
  void name_in_plan(cudnn_descriptor& d) const { d.set(of_plan, properties_); }

 private:
  cudnn_descriptor properties_;
};

// In the order of the fields: multiprocessors, shared memory of a block and of a multiprocessor,
// compute capability, name.
std::string properties(int multiprocessors, int per_block, int per_multiprocessor, int capability,
                       const std::string& name) {
  const auto field = [](const std::string& key, long value) {
    return "\"" + key + "\":" + std::to_string(value) + ",";
  };
  return "{\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64]," +
         field("regsPerBlock", 65536) + field("multiProcessorCount", multiprocessors) +
         field("warpSize", 32) + field("maxSharedMemoryPerBlock", 49152) +
         field("maxSharedMemoryPerBlockOptin", per_block) +
         field("reservedSharedMemoryPerBlock", 1024) +
         field("maxSharedMemoryPerSM", per_multiprocessor) + field("maxRegistersPerSM", 65536) +
         field("maxCtasPerSM", 32) + field("maxThreadsPerBlock", 1024) +
         field("maxThreadsPerSM", 2048) + field("pciDeviceId", 9008) + field("isTccDriver", 0) +
         field("supportCoopLaunch", 1) + field("totalGlobalMem", 84974239744) +
         field("smClockRateKHz", 1980000) + field("memClockRateKHz", 2619000) +
         field("l2CacheSize", 41943040) + field("cudaDeviceId", 0) +
         field("deviceVer", capability) + field("driverVer", 13000) + "\"deviceName\":\"" + name +
         "\"}";
}
std::string a100() { return properties(108, 166912, 167936, 800, "NVIDIA A100-SXM4-80GB"); }
std::string h100() { return properties(132, 232448, 233472, 900, "NVIDIA H100 80GB HBM3"); }

struct shape {
  index_t batch, in, out, height, width, kernel_h, kernel_w, stride = 1;
  std::array<index_t, 4> pad = {};  // top, left, bottom, right
  index_t dilation = 1, groups = 1;
};

// VGG's, and every option of the operator, with odd sizes.
const std::vector<shape> shapes = {
    {64, 3, 64, 32, 32, 3, 3, 1, {1, 1, 1, 1}},
    {64, 256, 256, 8, 8, 3, 3, 1, {1, 1, 1, 1}},
    {256, 512, 512, 2, 2, 3, 3, 1, {1, 1, 1, 1}},
    {64, 512, 10, 1, 1, 1, 1},
    {8, 64, 128, 8, 8, 1, 1, 2},
    {3, 40, 16, 8, 8, 1, 1},
    {2, 5, 7, 7, 6, 3, 3, 2, {1, 1, 1, 1}},
    {2, 5, 3, 7, 6, 2, 2, 1, {0, 0, 1, 1}},
    {2, 5, 4, 7, 6, 5, 3, 2, {2, 1, 0, 3}},
    {2, 5, 2, 7, 6, 7, 7, 2, {3, 3, 3, 3}},
    {2, 5, 4, 7, 6, 3, 3, 1, {2, 2, 2, 2}, 2},
    {2, 5, 10, 7, 6, 3, 3, 1, {1, 1, 1, 1}, 1, 5},
    {2, 5, 5, 7, 6, 3, 3, 2, {1, 1, 1, 1}, 1, 5},
    {2, 6, 6, 7, 7, 3, 3, 1, {1, 1, 1, 1}, 1, 2},
    {2, 48, 48, 14, 14, 3, 3, 1, {1, 1, 1, 1}, 1, 3},
    {2, 128, 128, 14, 14, 3, 3, 1, {1, 1, 1, 1}, 1, 32},
    {3, 3, 16, 1, 1, 3, 3, 1, {1, 1, 1, 1}},
};

conv_geometry geometry_of(const shape& s) {
  conv_geometry g;
  g.batch = s.batch, g.in_channels = s.in, g.out_channels = s.out, g.groups = s.groups;
  g.in_h = s.height, g.in_w = s.width;
  g.kernel_h = s.kernel_h, g.kernel_w = s.kernel_w;
  g.stride_h = g.stride_w = s.stride;
  g.dilation_h = g.dilation_w = s.dilation;
  g.pad_top = s.pad[0], g.pad_left = s.pad[1], g.pad_bottom = s.pad[2], g.pad_right = s.pad[3];
  return with_output_size(g);
}

gpu::conv_request request_for(const shape& s, gpu::conv_pass pass, dtype type) {
  const conv_geometry g = geometry_of(s);
  return {gpu::padded_geometry(g),
          gpu::padded_channels(g.in_channels),
          gpu::padded_channels(g.out_channels),
          pass,
          type,
          type};
}

// Every request has as many plans as are wanted, or at least one.
void check_all(const described_device& device, dtype type, const gpu::convolution_choice& choice,
               std::size_t most) {
  for (const shape& s : shapes)
    for (const auto pass : {gpu::conv_pass::forward, gpu::conv_pass::backward_data,
                            gpu::conv_pass::backward_weights}) {
      CAPTURE(s.in, s.out, s.height, s.kernel_h, s.stride, s.groups, static_cast<int>(pass));
      const gpu::detail::convolution_plans plans(device, request_for(s, pass, type));
      const auto found = plans.candidates(device, choice, most);
      CHECK(found.size() <= most);
      for (const auto& candidate : found) CHECK(candidate.workspace <= choice.workspace);
    }
}

void check_every_precision(const std::string& json) {
  const described_device device(json);
  SECTION("fp32") { check_all(device, dtype::float32, {}, 1); }
  SECTION("TF32") { check_all(device, dtype::float32, {.tf32 = true}, 1); }
  SECTION("bf16") { check_all(device, dtype::bfloat16, {}, 1); }
  SECTION("fp16") { check_all(device, dtype::float16, {}, 1); }
  SECTION("bf16, nondeterministic") {
    check_all(device, dtype::bfloat16, {.deterministic = false}, 4);
  }
}

}  // namespace

TEST_CASE("every pass of every convolution has a plan on an A100") {
  check_every_precision(a100());
}
TEST_CASE("every pass of every convolution has a plan on an H100") {
  check_every_precision(h100());
}

TEST_CASE("what nothing takes is refused with its description") {
  const described_device device(h100());
  const shape s{2, 16, 16, 8, 8, 3, 3, 1, {1, 1, 1, 1}};
  const auto with = [&](dtype type, std::size_t workspace) {
    const gpu::detail::convolution_plans plans(
        device, request_for(s, gpu::conv_pass::backward_weights, type));
    return plans.candidates(device, {.workspace = workspace}, 1).size();
  };
  CHECK(with(dtype::float32, std::size_t{1} << 30) == 1);
  CHECK_THROWS_AS(with(dtype::int8, std::size_t{1} << 30), slimming::unsupported);
}

int main(int argc, char** argv) {
  try {
    const described_device probe(h100());
  } catch (const slimming::cuda_error& e) {
    std::cout << "skipped: " << e.what() << '\n';
    return 77;
  }
  return slimming::testing::run_session(argc, argv);
}
