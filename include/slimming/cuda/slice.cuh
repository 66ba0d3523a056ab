// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Slicing of tensors along any of their axes, for a whole net in one launch: surgery, and the
/// gather and scatter of parameters and optimiser state around masked training.
/// Area: cuda. Device twin of surgery's slicing.

#include <slimming/core/config.hpp>          // index_t
#include <slimming/core/error.hpp>           // bad_value, unsupported
#include <slimming/core/mask.hpp>            // mask
#include <slimming/cuda/block.cuh>           // thread_block, grid
#include <slimming/cuda/detail/divisor.cuh>  // divisor

#include <algorithm>    // std::min
#include <cstddef>      // std::byte
#include <cstring>      // std::memcpy
#include <limits>       // std::numeric_limits
#include <optional>     // std::optional
#include <string_view>  // std::string_view
#include <type_traits>  // std::is_trivially_copyable_v
#include <vector>       // std::vector

namespace slimming::inline v0::cuda {

/// One axis of a sliced tensor: entry i of the narrow side is entry `kept[i]` of the wide side.
/// A negative entry is padding: zero when gathered, skipped when scattered.
struct slice_axis {
  index_t extent = 0;                      ///< of the wide side
  std::optional<std::vector<int>> kept{};  ///< nothing: all of them
  std::optional<index_t> wide_stride{};    ///< in elements; nothing: row-major
  std::optional<index_t> narrow_stride{};  ///< in elements; nothing: row-major

  /// The axis with what \p m keeps.
  [[nodiscard]] static slice_axis of(const mask& m) {
    slice_axis axis{m.size()};
    if (m.keeps_all()) return axis;
    axis.kept.emplace();
    for (const index_t i : m.indices()) axis.kept->push_back(static_cast<int>(i));
    return axis;
  }
  [[nodiscard]] index_t narrow_extent() const noexcept {
    return kept ? static_cast<index_t>(kept->size()) : extent;
  }
};

namespace detail {

inline constexpr int slice_rank = 4;
inline constexpr int slice_chunk_size = 4096;

template <class T>
struct slice_tensor {
  T* wide;
  T* narrow;
  const int* index[slice_rank];  // null: identity
  int wide_stride[slice_rank];
  int narrow_stride[slice_rank];
  divisor extent[slice_rank];  // of the narrow side; the first is not divided by
};

struct slice_chunk {
  int tensor;
  int first;
  int count;
};

}  // namespace detail

/// The tables of a launch in device memory.
template <class T>
struct slice_tables {
  const detail::slice_tensor<T>* tensors = nullptr;
  const detail::slice_chunk* chunks = nullptr;
  int chunk_count = 0;
};

/// The tensors that are sliced together. Built on the host, then copied to the device in one piece:
///
///     slice_plan<float> plan;
///     plan.add(weight, narrow_weight, {slice_axis::of(out), slice_axis::of(in), {kh * kw}});
///     std::vector<std::byte> image(plan.bytes());
///     const auto tables = plan.place(image, device_memory);  // then copy image to device_memory
///     gather(stream, tables);
template <class T>
class slice_plan {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Appends a tensor. The narrow side is walked in the order of the axes, the last one fastest.
  /// \throws unsupported  for more than 4 axes or 2^31 elements on a side (join axes that no list
  ///                      slices); bad_value if a list names an entry that is not there.
  void add(T* wide, T* narrow, const std::vector<slice_axis>& axes, std::string_view name = "");

  /// Bytes of the tables.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return tensors_.size() * sizeof(tensor) + chunks_.size() * sizeof(detail::slice_chunk) +
           lists_.size() * sizeof(int);
  }
  [[nodiscard]] bool empty() const noexcept { return chunks_.empty(); }

  /// Writes the tables to \p image as they must lie at \p device, which is aligned to 16 bytes.
  [[nodiscard]] slice_tables<T> place(std::vector<std::byte>& image, void* device) const;

 private:
  using tensor = detail::slice_tensor<T>;
  struct entry {
    tensor values;
    std::ptrdiff_t list[detail::slice_rank];  // offset in lists_, or -1
  };

  std::vector<entry> tensors_;
  std::vector<detail::slice_chunk> chunks_;
  std::vector<int> lists_;
};

template <class T>
void slice_plan<T>::add(T* wide, T* narrow, const std::vector<slice_axis>& axes,
                        std::string_view name) {
  constexpr auto rank = static_cast<std::size_t>(detail::slice_rank);
  constexpr index_t most = std::numeric_limits<int>::max();
  if (axes.size() > rank)
    throw unsupported(name, "slicing of " + std::to_string(axes.size()) + " axes, at most 4");
  for (const slice_axis& axis : axes) {
    if (axis.extent < 0 || axis.extent > most) throw bad_value(name, axis.extent);
    if (!axis.kept) continue;
    for (const int i : *axis.kept)
      if (i >= axis.extent)
        throw bad_value(name, "slice keeps entry " + std::to_string(i) + " of an axis of " +
                                  std::to_string(axis.extent));
  }

  entry e{{wide, narrow, {}, {}, {}, {}}, {}};
  index_t wide_size = 1;
  index_t narrow_size = 1;
  for (std::size_t k = rank; k-- > 0;) {
    e.list[k] = -1;
    if (k + axes.size() < rank) {  // short tensors: leading axes of one entry
      e.values.extent[k] = detail::divisor(1);
      continue;
    }
    const slice_axis& axis = axes[k + axes.size() - rank];
    e.values.wide_stride[k] = static_cast<int>(axis.wide_stride.value_or(wide_size));
    e.values.narrow_stride[k] = static_cast<int>(axis.narrow_stride.value_or(narrow_size));
    e.values.extent[k] =
        detail::divisor(static_cast<int>(std::max(axis.narrow_extent(), index_t{1})));
    if (axis.kept) {
      e.list[k] = static_cast<std::ptrdiff_t>(lists_.size());
      lists_.insert(lists_.end(), axis.kept->begin(), axis.kept->end());
    }
    wide_size *= axis.extent;
    narrow_size *= axis.narrow_extent();
    if (wide_size > most || narrow_size > most)
      throw unsupported(name, "slicing of 2^31 elements or more");
  }
  for (index_t first = 0; first < narrow_size; first += detail::slice_chunk_size)
    chunks_.push_back(
        {static_cast<int>(tensors_.size()), static_cast<int>(first),
         static_cast<int>(std::min<index_t>(detail::slice_chunk_size, narrow_size - first))});
  tensors_.push_back(e);
}

template <class T>
slice_tables<T> slice_plan<T>::place(std::vector<std::byte>& image, void* device) const {
  image.resize(bytes());
  const std::size_t chunks_at = tensors_.size() * sizeof(tensor);
  const std::size_t lists_at = chunks_at + chunks_.size() * sizeof(detail::slice_chunk);
  auto* base = static_cast<std::byte*>(device);
  const auto* lists = reinterpret_cast<const int*>(base + lists_at);
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    tensor t = tensors_[i].values;
    for (int k = 0; k < detail::slice_rank; ++k)
      t.index[k] = tensors_[i].list[k] < 0 ? nullptr : lists + tensors_[i].list[k];
    std::memcpy(image.data() + i * sizeof(tensor), &t, sizeof(tensor));
  }
  if (!chunks_.empty()) std::memcpy(image.data() + chunks_at, chunks_.data(), lists_at - chunks_at);
  if (!lists_.empty())
    std::memcpy(image.data() + lists_at, lists_.data(), lists_.size() * sizeof(int));
  return {reinterpret_cast<const tensor*>(base),
          reinterpret_cast<const detail::slice_chunk*>(base + chunks_at),
          static_cast<int>(chunks_.size())};
}

namespace detail {

enum class slice_direction { gather, scatter };

template <class T, slice_direction Direction>
struct slice_body {
  static constexpr const char* name =
      Direction == slice_direction::gather ? "slice gather" : "slice scatter";
  static constexpr int threads = 256;
  using shared_type = no_shared;

  slice_tables<T> tables;

  template <thread_block Block>
  SLIMMING_HOST_DEVICE void operator()(Block& block, shared_type&) const {
    const slice_chunk chunk = block.load(tables.chunks + block.x());
    const slice_tensor<T> tensor = block.load(tables.tensors + chunk.tensor);
#if defined(__CUDA_ARCH__)
#pragma unroll 4
#endif
    for (int i = block.thread(); i < chunk.count; i += threads)
      move(block, tensor, chunk.first + i);
  }

 private:
  template <class Block>
  SLIMMING_HOST_DEVICE static void move(Block& block, const slice_tensor<T>& tensor, int flat) {
    int wide = 0;
    int narrow = 0;
    bool is_padding = false;
    for (int k = slice_rank - 1; k >= 0; --k) {
      const int rest = k > 0 ? tensor.extent[k].quotient(flat) : 0;
      const int at = flat - rest * static_cast<int>(tensor.extent[k].value);
      const int from = tensor.index[k] ? block.load(tensor.index[k] + at) : at;
      is_padding = is_padding || from < 0;
      wide += from * tensor.wide_stride[k];
      narrow += at * tensor.narrow_stride[k];
      flat = rest;
    }
    if constexpr (Direction == slice_direction::gather)
      block.store(tensor.narrow + narrow, is_padding ? T{} : block.load(tensor.wide + wide));
    else if (!is_padding)
      block.store(tensor.wide + wide, block.load(tensor.narrow + narrow));
  }
};

template <slice_direction Direction, class T, class Stream>
void launch_slice(Stream&& stream, const slice_tables<T>& tables) {
  using body = slice_body<T, Direction>;
  if (tables.chunk_count == 0) return;
  stream.template launch<body::threads>(grid{tables.chunk_count}, body{tables});
}

}  // namespace detail

/// `narrow[i, j, ...] = wide[kept_0[i], kept_1[j], ...]` for every tensor of the plan, in one
/// launch.
/// \pre no wide side overlaps a narrow one.
template <class T, class Stream>
void gather(Stream&& stream, const slice_tables<T>& tables) {
  detail::launch_slice<detail::slice_direction::gather>(stream, tables);
}

/// `wide[kept_0[i], kept_1[j], ...] = narrow[i, j, ...]` for every tensor, in one launch; what is
/// not kept stays as it is.
/// \pre no wide side overlaps a narrow one; no list names an entry twice.
template <class T, class Stream>
void scatter(Stream&& stream, const slice_tables<T>& tables) {
  detail::launch_slice<detail::slice_direction::scatter>(stream, tables);
}

}  // namespace slimming::inline v0::cuda
