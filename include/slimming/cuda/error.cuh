// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Failures of the CUDA runtime as exceptions with a stable code word.
/// Area: cuda.

#include <slimming/core/error.hpp>  // error

#include <cuda_runtime_api.h>  // cudaError_t

#include <string>       // std::string
#include <string_view>  // std::string_view

namespace slimming::inline v0 {

/// A call of the CUDA runtime failed. The code word says what a caller can do about it:
/// "no_driver", "no_device", "wrong_architecture", "out_of_memory", "device_fault" (a kernel went
/// wrong; the process needs a new context) or "cuda_failure".
class cuda_error : public error {
 public:
  cuda_error(std::string_view code, std::string_view place, std::string_view what)
      : error(code, place, what) {}
  cuda_error(std::string_view place, cudaError_t status)
      : error(code_of(status), place, text_of(status)), status_(status) {}

  /// The runtime's own number; cudaSuccess where another library failed.
  [[nodiscard]] cudaError_t status() const noexcept { return status_; }

 private:
  static std::string_view code_of(cudaError_t status) noexcept {
    switch (status) {
      case cudaErrorInsufficientDriver:
      case cudaErrorSystemDriverMismatch:
      case cudaErrorCompatNotSupportedOnDevice:
      case cudaErrorStubLibrary:
      case cudaErrorCallRequiresNewerDriver:
        return "no_driver";
      case cudaErrorNoDevice:
      case cudaErrorInvalidDevice:
      case cudaErrorDevicesUnavailable:
        return "no_device";
      case cudaErrorNoKernelImageForDevice:
      case cudaErrorInvalidKernelImage:
      case cudaErrorUnsupportedPtxVersion:
        return "wrong_architecture";
      case cudaErrorMemoryAllocation:
        return "out_of_memory";
      case cudaErrorIllegalAddress:
      case cudaErrorMisalignedAddress:
      case cudaErrorIllegalInstruction:
      case cudaErrorLaunchTimeout:
      case cudaErrorLaunchFailure:
      case cudaErrorHardwareStackError:
      case cudaErrorAssert:
        return "device_fault";
      default:
        return "cuda_failure";
    }
  }
  static std::string text_of(cudaError_t status) {
    return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
  }

  cudaError_t status_ = cudaSuccess;
};

namespace cuda {

/// \throws cuda_error  unless \p status is cudaSuccess.
inline void check(cudaError_t status, std::string_view place) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // so that the next check does not report this failure again
  throw cuda_error(place, status);
}

}  // namespace cuda
}  // namespace slimming::inline v0
