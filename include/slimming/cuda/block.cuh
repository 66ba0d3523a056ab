// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a kernel body sees of the block of threads that runs it.
/// Area: cuda. Bodies are templates over the block, so that a host can run them too; this header
/// therefore needs no CUDA Toolkit.

#include <slimming/core/config.hpp>  // SLIMMING_HOST_DEVICE
#include <slimming/core/dtype.hpp>   // bfloat16, float16

#include <concepts>     // std::same_as
#include <cstdint>      // std::uint16_t
#include <type_traits>  // std::type_identity_t

namespace slimming::inline v0::cuda {

inline constexpr int warp_size = 32;
/// Bytes of the widest memory access of one thread.
inline constexpr int vector_bytes = 16;

/// Blocks of a launch.
struct grid {
  int x = 1;
  int y = 1;
};

/// \p N neighbours in memory that one access moves; `N * sizeof(T)` is at most vector_bytes.
template <class T, int N>
struct alignas(sizeof(T) * N) packed {
  static_assert(sizeof(T) * N <= vector_bytes && (N & (N - 1)) == 0);
  T lane[N];
};

/// Elements of type \p T in the widest access.
template <class T>
inline constexpr int vector_lanes = vector_bytes / static_cast<int>(sizeof(T));

/// A kernel body is a trivially copyable function object over a block:
///
///     struct body {
///       static constexpr const char* name = "...";   // what an error message calls the launch
///       using shared_type = ...;                     // shared memory, trivially constructible
///       template <thread_block Block>
///       SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type& shared) const;
///     };
///
/// A model of thread_block offers, to each of its `threads` threads:
///  1. `thread()`, `x()`, `y()`, `count_x()`, `count_y()`: who runs, and in which block of the grid;
///  2. `sync()`: a barrier of all threads of the block, reached by all of them;
///  3. `shuffle_down(value, delta)`, `shuffle_xor(value, lanes)`: exchange inside a warp, reached by
///     all of its threads; past the end, `shuffle_down` returns the caller's own value;
///  4. `load(p)`, `load<N>(p)`, `store(p, value)`, `store(p, packed)`: global memory; a packed access
///     needs a pointer aligned to its size;
///  5. `publish()`: earlier stores of this thread are visible to every later `load_published(p)` or
///     `load_published<2>(p)` of floats by any block; `take_ticket(counter, last)`: returns the
///     counter and advances it, to 0 after last.
///
/// It does not promise an order between threads except across `sync()`, nor between blocks at all:
/// a body must not wait for another block.
template <class Block>
concept thread_block = requires(Block& block, float value, float* memory, unsigned* counter) {
  { block.thread() } -> std::same_as<int>;
  { block.shuffle_down(value, 1) } -> std::same_as<float>;
  { block.load(memory) } -> std::same_as<float>;
  { block.take_ticket(counter, 1u) } -> std::same_as<unsigned>;
  block.sync();
  block.store(memory, value);
};

/// For bodies that need no shared memory.
struct no_shared {};

SLIMMING_HOST_DEVICE constexpr int ceil_div(int n, int by) noexcept { return (n + by - 1) / by; }
SLIMMING_HOST_DEVICE constexpr index_t ceil_div(index_t n, index_t by) noexcept {
  return (n + by - 1) / by;
}

/// \name Storage types to float and back, by the processor's own conversions on a device.
/// @{
SLIMMING_HOST_DEVICE inline float widen(float x) noexcept { return x; }
SLIMMING_HOST_DEVICE inline float widen(bfloat16 x) noexcept { return x; }
SLIMMING_HOST_DEVICE inline float widen(float16 x) noexcept {
#if defined(__CUDA_ARCH__)
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(x.bits));
  return wide;
#else
  return x;
#endif
}

template <class T>
SLIMMING_HOST_DEVICE T narrow(float x) noexcept {
  if constexpr (std::same_as<T, float>) {
    return x;
  } else {
#if defined(__CUDA_ARCH__)
    std::uint16_t bits;
    if constexpr (std::same_as<T, bfloat16>)
      asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    else
      asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return T::from_bits(bits);
#else
    return T(x);
#endif
  }
}
/// @}

/// Sum over a block in an order that only the number of threads fixes; thread 0 holds the result.
/// \p scratch is shared memory for one value per warp.
template <thread_block Block>
SLIMMING_HOST_DEVICE float block_sum(Block& block, float* scratch, float value) {
  constexpr int warps = Block::threads / warp_size;
  static_assert(Block::threads % warp_size == 0 && warps <= warp_size);
  for (int delta = warp_size / 2; delta > 0; delta /= 2) value += block.shuffle_down(value, delta);
  const int lane = block.thread() % warp_size;
  if (lane == 0) scratch[block.thread() / warp_size] = value;
  block.sync();
  if (block.thread() < warp_size) {
    value = lane < warps ? scratch[lane] : 0.0f;
    for (int delta = warp_size / 2; delta > 0; delta /= 2)
      value += block.shuffle_down(value, delta);
  }
  block.sync();
  return value;
}

#if defined(__CUDACC__)

/// The block that a device runs. Its functions are declared for both sides because bodies are; only
/// the device has a body for them.
template <int Threads>
class device_block {
 public:
  static constexpr int threads = Threads;

  SLIMMING_HOST_DEVICE int thread() const noexcept {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(threadIdx.x);
#else
    return 0;
#endif
  }
  SLIMMING_HOST_DEVICE int x() const noexcept {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(blockIdx.x);
#else
    return 0;
#endif
  }
  SLIMMING_HOST_DEVICE int y() const noexcept {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(blockIdx.y);
#else
    return 0;
#endif
  }
  SLIMMING_HOST_DEVICE int count_x() const noexcept {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(gridDim.x);
#else
    return 0;
#endif
  }
  SLIMMING_HOST_DEVICE int count_y() const noexcept {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(gridDim.y);
#else
    return 0;
#endif
  }
  SLIMMING_HOST_DEVICE void sync() const noexcept {
#if defined(__CUDA_ARCH__)
    __syncthreads();
#endif
  }
  template <class T>
  SLIMMING_HOST_DEVICE T shuffle_down(T value, int delta) const noexcept {
#if defined(__CUDA_ARCH__)
    return __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(delta));
#else
    return static_cast<T>(value + T(delta));
#endif
  }
  template <class T>
  SLIMMING_HOST_DEVICE T shuffle_xor(T value, int lanes) const noexcept {
#if defined(__CUDA_ARCH__)
    return __shfl_xor_sync(0xffffffffu, value, lanes);
#else
    return static_cast<T>(value + T(lanes));
#endif
  }
  template <class T>
  SLIMMING_HOST_DEVICE T load(const T* p) const noexcept {
    return *p;
  }
  template <int N, class T>
  SLIMMING_HOST_DEVICE packed<T, N> load(const T* p) const noexcept {
    return *reinterpret_cast<const packed<T, N>*>(p);
  }
  SLIMMING_HOST_DEVICE float load_published(const float* p) const noexcept {
#if defined(__CUDA_ARCH__)
    return __ldcg(p);
#else
    return *p;
#endif
  }
  template <int N>
  SLIMMING_HOST_DEVICE packed<float, N> load_published(const float* p) const noexcept {
    static_assert(N == 2);
#if defined(__CUDA_ARCH__)
    const float2 pair = __ldcg(reinterpret_cast<const float2*>(p));
    return {{pair.x, pair.y}};
#else
    return load<N>(p);
#endif
  }
  template <class T>
  SLIMMING_HOST_DEVICE void store(T* p, std::type_identity_t<T> value) const noexcept {
    *p = value;
  }
  template <int N, class T>
  SLIMMING_HOST_DEVICE void store(T* p, const packed<T, N>& value) const noexcept {
    *reinterpret_cast<packed<T, N>*>(p) = value;
  }
  SLIMMING_HOST_DEVICE void publish() const noexcept {
#if defined(__CUDA_ARCH__)
    __threadfence();
#endif
  }
  SLIMMING_HOST_DEVICE unsigned take_ticket(unsigned* counter, unsigned last) const noexcept {
#if defined(__CUDA_ARCH__)
    const unsigned ticket = atomicInc(counter, last);
    if (ticket == last) __threadfence();  // the acquiring half of what publish() released
    return ticket;
#else
    return last - *counter;
#endif
  }
};

#endif  // __CUDACC__

}  // namespace slimming::inline v0::cuda
