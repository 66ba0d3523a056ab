// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CUDA as the platform of cuda::device: a stream, memory, cuDNN and recorded steps.
/// Area: cuda.

#include <slimming/core/config.hpp>       // index_t
#include <slimming/cuda/convolution.cuh>  // conv_request
#include <slimming/cuda/cudnn.cuh>        // cudnn_convolution
#include <slimming/cuda/error.cuh>        // check
#include <slimming/cuda/graph.cuh>        // recording
#include <slimming/cuda/memory.cuh>       // device_buffer
#include <slimming/cuda/stream.cuh>       // stream

#include <cuda_runtime_api.h>  // cudaMemcpyAsync

#include <algorithm>  // std::max
#include <memory>     // std::unique_ptr
#include <utility>    // std::move

namespace slimming::inline v0::cuda {

/// Which device, and what its convolutions may do.
struct cuda_options {
  int device = 0;
  /// fp32 operands of convolutions may lose mantissa bits (TF32): several times the speed.
  bool tf32 = false;
  /// Only what gives the same bits every time. Otherwise convolutions are timed and the quickest is
  /// taken, deterministic or not.
  bool deterministic = true;
};

/// Models cuda::platform. Movable; one owner, one thread at a time.
class cuda_platform {
 public:
  using options_type = cuda_options;

  class memory {
   public:
    memory() = default;
    explicit memory(index_t bytes) : buffer_(bytes) {}
    [[nodiscard]] void* data() const noexcept { return buffer_.data(); }

   private:
    device_buffer<char> buffer_;
  };

  /// One pass of a convolution; scratch is the platform's, as passes run one after another.
  class convolution {
   public:
    explicit convolution(cudnn_convolution c) : convolution_(std::move(c)) {}
    void run(cuda_platform& on, const void* x, const void* w, const void* y) const {
      convolution_.run(*on.cudnn_, x, w, y, on.workspace_.data());
    }

   private:
    cudnn_convolution convolution_;
  };

  /// \throws cuda_error  with code "no_driver" or "no_device" where there is none.
  explicit cuda_platform(const cuda_options& options = {}) : options_(options) {
    check(cudaSetDevice(options.device), "cuda_platform: device " + std::to_string(options.device));
    stream_ = std::make_unique<cuda::stream>();
  }

  [[nodiscard]] stream_ref stream() const noexcept { return stream_->ref(); }
  [[nodiscard]] const cuda_options& options() const noexcept { return options_; }

  [[nodiscard]] memory allocate(index_t bytes) {
    memory m(bytes);
    clear(m.data(), bytes);
    return m;
  }
  void upload(const void* from, void* to, index_t bytes) {
    transfer(to, from, bytes, cudaMemcpyHostToDevice);
    synchronize();  // the runtime does not promise that it has read the host's memory by now
  }
  void download(const void* from, void* to, index_t bytes) {
    transfer(to, from, bytes, cudaMemcpyDeviceToHost);
    synchronize();
  }
  void copy(const void* from, void* to, index_t bytes) {
    transfer(to, from, bytes, cudaMemcpyDeviceToDevice);
  }
  void clear(void* to, index_t bytes) {
    if (bytes > 0)
      check(cudaMemsetAsync(to, 0, static_cast<std::size_t>(bytes), stream().get()),
            "cuda_platform::clear");
  }
  void synchronize() const { stream().wait(); }

  /// \throws unsupported  if cuDNN has no implementation; cuda_error with code "no_cudnn" if there is
  ///                      no cuDNN.
  [[nodiscard]] std::shared_ptr<const convolution> make_convolution(const conv_request& request) {
    if (!cudnn_) cudnn_ = std::make_unique<cudnn_handle>(stream());
    const convolution_choice choice{options_.tf32, options_.deterministic, !options_.deterministic};
    cudnn_convolution made(*cudnn_, stream(), request, choice);
    const auto bytes = static_cast<index_t>(made.workspace_bytes());
    if (bytes > workspace_.size()) {
      synchronize();  // somebody may be working in the old one
      workspace_ = device_buffer<char>(bytes);
    }
    return std::make_shared<const convolution>(std::move(made));
  }

  template <class Function>
  void record(const Function& f) {
    recording_(stream(), f);
  }
  [[nodiscard]] bool has_recorded() const noexcept { return recording_.is_recorded(); }

 private:
  void transfer(void* to, const void* from, index_t bytes, cudaMemcpyKind kind) {
    if (bytes > 0)
      check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), kind, stream().get()),
            "cuda_platform: copy");
  }

  cuda_options options_;
  std::unique_ptr<cuda::stream> stream_;
  std::unique_ptr<cudnn_handle> cudnn_;
  device_buffer<char> workspace_;
  recording recording_;
};

}  // namespace slimming::inline v0::cuda
