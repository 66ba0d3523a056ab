// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#include <slimming/cuda/cudnn.cuh>  // cudnn_convolution

#include <cmath>   // std::sqrt
#include <vector>  // std::vector

#include "tests/cuda/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cuda_convolution.hpp"

using namespace slimming;
namespace gpu = slimming::cuda;  // CCCL has a ::cuda of its own
using kernels::conv_geometry;

namespace {

conv_geometry geometry(index_t batch, index_t in, index_t out, index_t size, index_t kernel,
                       index_t stride) {
  conv_geometry g;
  g.batch = batch, g.in_channels = in, g.out_channels = out;
  g.in_h = g.in_w = size;
  g.kernel_h = g.kernel_w = kernel;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = kernel / 2;
  return kernels::with_output_size(g);
}

gpu::conv_request request_for(const conv_geometry& g, gpu::conv_pass pass, dtype type) {
  return {gpu::padded_geometry(g),
          gpu::padded_channels(g.in_channels),
          gpu::padded_channels(g.out_channels),
          pass,
          type,
          type};
}

// Runs a pass on the device; returns what it wrote.
template <class T>
std::vector<T> run(const gpu::stream& stream, const gpu::cudnn_handle& handle,
                   const gpu::conv_request& request, const gpu::convolution_choice& choice,
                   const std::vector<T>& x, const std::vector<T>& w, const std::vector<T>& y) {
  const gpu::cudnn_convolution plan(handle, stream, request, choice);
  const auto device_x = gpu::to_device(stream, x);
  const auto device_w = gpu::to_device(stream, w);
  const auto device_y = gpu::to_device(stream, y);
  const gpu::device_buffer<char> workspace(static_cast<index_t>(plan.workspace_bytes()));
  plan.run(handle, device_x.data(), device_w.data(), device_y.data(), workspace.data());
  switch (request.pass) {
    case gpu::conv_pass::forward:
      return gpu::to_host(stream, device_y);
    case gpu::conv_pass::backward_data:
      return gpu::to_host(stream, device_x);
    default:
      return gpu::to_host(stream, device_w);
  }
}

// Relative to the root mean square of the expected values.
double distance(const std::vector<double>& got, const std::vector<double>& expected) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference += (got[i] - expected[i]) * (got[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference / norm);
}

template <class T>
void check(const gpu::convolution_choice& choice, double bound) {
  const gpu::stream stream;
  const gpu::cudnn_handle handle(stream);
  for (const conv_geometry& g :
       {geometry(2, 3, 13, 9, 3, 1), geometry(4, 16, 24, 8, 3, 2), geometry(3, 40, 16, 8, 1, 1),
        geometry(2, 64, 64, 4, 3, 1), geometry(8, 32, 10, 1, 1, 1)})
    for (const auto pass : {gpu::conv_pass::forward, gpu::conv_pass::backward_data,
                            gpu::conv_pass::backward_weights}) {
      const auto request = request_for(g, pass, dtype_of<T>());
      const kernels::conv_geometry& p = request.geometry;
      random_stream random{3};
      auto x = testing::normal_values<T>(p.in_pixels() * request.in_stride, random);
      auto w = testing::normal_values<T>(gpu::weight_count(p), random);
      auto y = testing::normal_values<T>(p.out_pixels() * request.out_stride, random);
      const auto got = run<T>(stream, handle, request, choice, testing::narrowed<T>(x),
                              testing::narrowed<T>(w), testing::narrowed<T>(y));
      testing::convolve(request, x, w, y);
      const auto& expected = pass == gpu::conv_pass::forward         ? y
                             : pass == gpu::conv_pass::backward_data ? x
                                                                     : w;
      CAPTURE(static_cast<int>(pass), p.in_channels, p.out_channels, p.in_h, p.kernel_h);
      CHECK(distance(testing::widened(got), expected) < bound);
    }
}

}  // namespace

TEST_CASE("every pass agrees with the oracle within its precision", "[cuda.cudnn]") {
  SECTION("fp32") { check<float>({}, 5e-6); }
  SECTION("TF32") { check<float>({.tf32 = true}, 2e-3); }
  SECTION("bf16") { check<bfloat16>({}, 8e-3); }
  SECTION("fp16") { check<float16>({}, 2e-3); }
  SECTION("bf16, timed, nondeterministic") {
    check<bfloat16>({.deterministic = false, .timed = true}, 8e-3);
  }
}

TEST_CASE("a deterministic convolution gives the same bits every time", "[cuda.cudnn]") {
  const gpu::stream stream;
  const gpu::cudnn_handle handle(stream);
  const auto g = geometry(64, 64, 64, 16, 3, 1);
  for (const auto pass :
       {gpu::conv_pass::forward, gpu::conv_pass::backward_data, gpu::conv_pass::backward_weights}) {
    const auto request = request_for(g, pass, dtype::bfloat16);
    random_stream random{4};
    const auto values = [&](index_t n) {
      return testing::narrowed<bfloat16>(testing::normal_values<bfloat16>(n, random));
    };
    const auto x = values(g.in_pixels() * 64);
    const auto w = values(gpu::weight_count(g));
    const auto y = values(g.out_pixels() * 64);
    const auto first = run<bfloat16>(stream, handle, request, {}, x, w, y);
    for (int repeat = 0; repeat < 3; ++repeat) {
      const auto again = run<bfloat16>(stream, handle, request, {}, x, w, y);
      bool is_same = true;
      for (std::size_t i = 0; i < first.size(); ++i)
        is_same = is_same && first[i].bits == again[i].bits;
      REQUIRE(is_same);
    }
  }
}

TEST_CASE("a request that nothing takes is refused with its description", "[cuda.cudnn]") {
  const gpu::stream stream;
  const gpu::cudnn_handle handle(stream);
  auto request = request_for(geometry(2, 16, 16, 8, 3, 1), gpu::conv_pass::forward, dtype::int8);
  REQUIRE_THROWS_AS(gpu::cudnn_convolution(handle, stream, request, {}), unsupported);
}
