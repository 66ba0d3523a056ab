// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The functions of libcudnn that the library calls, opened at run time, and descriptors that own
/// themselves.
/// Area: cuda, internal.

#include <slimming/core/dtype.hpp>  // dtype
#include <slimming/core/error.hpp>  // unsupported
#include <slimming/cuda/error.cuh>  // cuda_error

#include <cudnn_graph.h>  // cudnnBackend*
#include <dlfcn.h>        // dlopen

#include <algorithm>    // std::min
#include <cstdint>      // std::int64_t
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::exchange

namespace slimming::inline v0::cuda::detail {

/// The functions of libcudnn.so.9 that this header calls.
class cudnn_library {
 public:
  /// \throws cuda_error  with code "no_cudnn" if the library is not found or too old.
  static const cudnn_library& get() {
    static const cudnn_library library;
    return library;
  }

  decltype(&cudnnCreate) create;
  decltype(&cudnnDestroy) destroy;
  decltype(&cudnnSetStream) set_stream;
  decltype(&cudnnGetErrorString) error_string;
  decltype(&cudnnGetVersion) version;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor;
  decltype(&cudnnBackendSetAttribute) set_attribute;
  decltype(&cudnnBackendGetAttribute) get_attribute;
  decltype(&cudnnBackendFinalize) finalize;
  decltype(&cudnnBackendExecute) execute;

  /// \throws cuda_error  unless \p status is a success.
  void check(cudnnStatus_t status, std::string_view place) const {
    if (status == CUDNN_STATUS_SUCCESS) return;
    throw cuda_error("cudnn_failure", place, error_string(status));
  }

 private:
  cudnn_library() {
    void* const library = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_GLOBAL);
    if (!library)
      throw cuda_error("no_cudnn", "libcudnn.so.9",
                       std::string(dlerror()) +
                           " (convolution on the device needs cuDNN 9: install it, or name its "
                           "folder in LD_LIBRARY_PATH)");
    find(library, create, "cudnnCreate");
    find(library, destroy, "cudnnDestroy");
    find(library, set_stream, "cudnnSetStream");
    find(library, error_string, "cudnnGetErrorString");
    find(library, version, "cudnnGetVersion");
    find(library, create_descriptor, "cudnnBackendCreateDescriptor");
    find(library, destroy_descriptor, "cudnnBackendDestroyDescriptor");
    find(library, set_attribute, "cudnnBackendSetAttribute");
    find(library, get_attribute, "cudnnBackendGetAttribute");
    find(library, finalize, "cudnnBackendFinalize");
    find(library, execute, "cudnnBackendExecute");
  }

  template <class Function>
  static void find(void* library, Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (!function) throw cuda_error("no_cudnn", "libcudnn.so.9", std::string("lacks ") + name);
  }
};

/// A backend descriptor and its attributes.
class cudnn_descriptor {
 public:
  cudnn_descriptor() = default;
  explicit cudnn_descriptor(cudnnBackendDescriptorType_t type) {
    lib().check(lib().create_descriptor(type, &handle_), "cudnnBackendCreateDescriptor");
  }
  ~cudnn_descriptor() {
    if (handle_) lib().destroy_descriptor(handle_);
  }
  cudnn_descriptor(cudnn_descriptor&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  cudnn_descriptor& operator=(cudnn_descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  [[nodiscard]] cudnnBackendDescriptor_t get() const noexcept { return handle_; }

  template <class T>
  cudnn_descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                        const T* values, std::int64_t count) {
    lib().check(lib().set_attribute(handle_, name, type, count, values),
                "cudnnBackendSetAttribute");
    return *this;
  }
  template <class T>
  cudnn_descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                        const T& value) {
    return set(name, type, &value, 1);
  }
  cudnn_descriptor& set(cudnnBackendAttributeName_t name, const cudnn_descriptor& value) {
    const cudnnBackendDescriptor_t handle = value.get();
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, handle);
  }
  cudnn_descriptor& finish(std::string_view place) {
    lib().check(lib().finalize(handle_), place);
    return *this;
  }
  /// False if the description is understood but not offered.
  [[nodiscard]] bool try_finish() { return lib().finalize(handle_) == CUDNN_STATUS_SUCCESS; }

  /// How many values there are to read.
  [[nodiscard]] std::int64_t count(cudnnBackendAttributeName_t name,
                                   cudnnBackendAttributeType_t type) const {
    std::int64_t n = 0;
    lib().check(lib().get_attribute(handle_, name, type, 0, &n, nullptr),
                "cudnnBackendGetAttribute");
    return n;
  }
  /// Reads up to \p room values; returns how many it has read.
  template <class T>
  std::int64_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, T* values,
                    std::int64_t room) const {
    std::int64_t count = 0;
    lib().check(lib().get_attribute(handle_, name, type, room, &count, values),
                "cudnnBackendGetAttribute");
    return std::min(count, room);
  }

 private:
  static const cudnn_library& lib() { return cudnn_library::get(); }
  cudnnBackendDescriptor_t handle_ = nullptr;
};

// Later releases of cuDNN 9 mark the names of these two as deprecated; earlier ones need them.
inline constexpr auto handle_of_graph = static_cast<cudnnBackendAttributeName_t>(800);
inline constexpr auto handle_of_plan = static_cast<cudnnBackendAttributeName_t>(400);

[[nodiscard]] inline cudnnDataType_t cudnn_type(dtype type) {
  switch (type) {
    case dtype::float32:
      return CUDNN_DATA_FLOAT;
    case dtype::float16:
      return CUDNN_DATA_HALF;
    case dtype::bfloat16:
      return CUDNN_DATA_BFLOAT16;
    default:
      throw unsupported("convolution", "on values of type " + std::string(name_of(type)));
  }
}

}  // namespace slimming::inline v0::cuda::detail
