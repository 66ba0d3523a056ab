// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Owning tensors: `tensor<T, Rank>` with a compile-time rank, `any_tensor` with everything at run
/// time. Both are contiguous, row-major and aligned to 64 bytes.
/// Area: core.

#include <slimming/core/array_ref.hpp>    // array_ref
#include <slimming/core/config.hpp>       // index_t
#include <slimming/core/dtype.hpp>        // dtype, tensor_scalar
#include <slimming/core/error.hpp>        // bad_value, unsupported
#include <slimming/core/tensor_view.hpp>  // tensor_view

#include <cstddef>  // std::byte
#include <cstring>  // std::memcpy
#include <limits>   // std::numeric_limits
#include <new>      // aligned operator new
#include <span>     // std::span
#include <utility>  // std::exchange
#include <vector>   // std::vector

namespace slimming::inline v0 {

/// Extents of a run-time tensor, outermost first.
using shape = std::vector<index_t>;

/// Number of elements of a shape. \throws bad_value  on a negative extent or overflow.
[[nodiscard]] inline index_t element_count(std::span<const index_t> extents) {
  index_t n = 1;
  for (const index_t e : extents) {
    if (e < 0) throw bad_value("tensor extent", e);
    if (e != 0 && n > std::numeric_limits<index_t>::max() / e)
      throw bad_value("tensor extents", "their product overflows");
    n *= e;
  }
  return n;
}

/// Do two shapes have the same rank and the same extents?
[[nodiscard]] inline bool are_equal(std::span<const index_t> a,
                                    std::span<const index_t> b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t axis = 0; axis < a.size(); ++axis)
    if (a[axis] != b[axis]) return false;
  return true;
}

/// "(64, 3, 3, 3)": how messages print a shape.
[[nodiscard]] inline std::string to_string(std::span<const index_t> extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i)
    text += (i ? ", " : "") + std::to_string(extents[i]);
  return text + ")";
}

namespace detail {

/// Bytes of a tensor. \throws bad_value  on a negative extent, or if they would exceed 2^63.
[[nodiscard]] inline std::size_t byte_count(std::span<const index_t> extents,
                                            std::size_t element_size) {
  const index_t n = element_count(extents);
  if (n > std::numeric_limits<index_t>::max() / static_cast<index_t>(element_size))
    throw bad_value("tensor extents", to_string(extents) + " of " + std::to_string(element_size) +
                                          " bytes each exceed 2^63 bytes");
  return static_cast<std::size_t>(n) * element_size;
}

/// Zeroed bytes aligned for any vector unit; deep copies.
class aligned_bytes {
 public:
  static constexpr std::size_t alignment = 64;

  aligned_bytes() = default;
  explicit aligned_bytes(std::size_t size) : size_(size) {
    if (size == 0) return;
    data_ = static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment}));
    std::memset(data_, 0, size);
  }
  aligned_bytes(const aligned_bytes& other) : size_(other.size_) {
    if (size_ == 0) return;
    data_ = static_cast<std::byte*>(::operator new (size_, std::align_val_t{alignment}));
    std::memcpy(data_, other.data_, size_);
  }
  aligned_bytes(aligned_bytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  aligned_bytes& operator=(aligned_bytes other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~aligned_bytes() {
    if (data_) ::operator delete (data_, std::align_val_t{alignment});
  }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail

/// An owning tensor of \p Rank axes, zero-initialised.
template <tensor_scalar T, std::size_t Rank>
class tensor {
 public:
  using value_type = T;
  [[nodiscard]] static constexpr std::size_t rank() noexcept { return Rank; }

  tensor() = default;
  template <std::convertible_to<index_t>... Extents>
  requires(sizeof...(Extents) == Rank) explicit tensor(Extents... extents)
      : extents_{static_cast<index_t>(extents)...} {
    bytes_ = detail::aligned_bytes(detail::byte_count(extents_, sizeof(T)));
  }

  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(bytes_.data()); }
  [[nodiscard]] const T* data() const noexcept { return reinterpret_cast<const T*>(bytes_.data()); }
  [[nodiscard]] index_t extent(std::size_t axis) const noexcept { return extents_[axis]; }
  [[nodiscard]] index_t size() const noexcept {
    index_t n = 1;
    for (const index_t e : extents_) n *= e;
    return n;
  }
  [[nodiscard]] std::span<T> values() noexcept {
    return {data(), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] std::span<const T> values() const noexcept {
    return {data(), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] tensor_view<T, Rank> view() noexcept { return make_view<T>(data()); }
  [[nodiscard]] tensor_view<const T, Rank> view() const noexcept {
    return make_view<const T>(data());
  }
  template <std::convertible_to<index_t>... Indices>
  [[nodiscard]] T& operator()(Indices... indices) noexcept {
    return view()(indices...);
  }
  template <std::convertible_to<index_t>... Indices>
  [[nodiscard]] const T& operator()(Indices... indices) const noexcept {
    return view()(indices...);
  }

 private:
  template <class U>
  tensor_view<U, Rank> make_view(U* p) const noexcept {
    index_t strides[Rank];
    index_t s = 1;
    for (std::size_t axis = Rank; axis-- > 0;) {
      strides[axis] = s;
      s *= extents_[axis];
    }
    return tensor_view<U, Rank>(p, extents_, strides);
  }

  index_t extents_[Rank] = {};
  detail::aligned_bytes bytes_;
};

/// An owning tensor whose rank and element type are known at run time: what files hold.
class any_tensor {
 public:
  any_tensor() = default;
  any_tensor(dtype type, slimming::shape extents) : type_(type), shape_(std::move(extents)) {
    bytes_ = detail::aligned_bytes(detail::byte_count(shape_, size_of(type)));
  }
  /// Copies \p values; their number must match \p extents.
  template <tensor_scalar T>
  [[nodiscard]] static any_tensor from(std::span<const T> values, slimming::shape extents) {
    any_tensor t(dtype_of<T>(), std::move(extents));
    if (static_cast<index_t>(values.size()) != t.size())
      throw shape_mismatch("any_tensor::from", t.size(), static_cast<index_t>(values.size()));
    if (!values.empty()) std::memcpy(t.bytes_.data(), values.data(), values.size_bytes());
    return t;
  }

  [[nodiscard]] dtype type() const noexcept { return type_; }
  [[nodiscard]] const slimming::shape& extents() const noexcept { return shape_; }
  [[nodiscard]] std::size_t rank() const noexcept { return shape_.size(); }
  [[nodiscard]] index_t size() const noexcept {
    return static_cast<index_t>(bytes_.size() / size_of(type_));
  }
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {bytes_.data(), bytes_.size()};
  }
  /// The elements as \p T. \throws bad_value  if the dtype is another one.
  template <tensor_scalar T>
  [[nodiscard]] std::span<T> values() {
    require<T>();
    return {reinterpret_cast<T*>(bytes_.data()), static_cast<std::size_t>(size())};
  }
  template <tensor_scalar T>
  [[nodiscard]] std::span<const T> values() const {
    require<T>();
    return {reinterpret_cast<const T*>(bytes_.data()), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] array_ref ref() { return {bytes_.data(), type_, shape_}; }

  /// The same values converted to \p T.
  template <tensor_scalar T>
  [[nodiscard]] std::vector<T> converted() const {
    return visit_dtype(type_, [&]<class From>() {
      std::vector<T> out(static_cast<std::size_t>(size()));
      const auto in = values<From>();
      for (std::size_t i = 0; i < out.size(); ++i) {
        if constexpr (std::same_as<From, float16> || std::same_as<From, bfloat16>)
          out[i] = static_cast<T>(static_cast<float>(in[i]));
        else if constexpr (std::same_as<T, float16> || std::same_as<T, bfloat16>)
          out[i] = T(static_cast<float>(in[i]));
        else
          out[i] = static_cast<T>(in[i]);
      }
      return out;
    });
  }

 private:
  template <class T>
  void require() const {
    if (dtype_of<T>() != type_)
      throw bad_value("any_tensor::values", "holds " + std::string(name_of(type_)) +
                                                ", asked for " +
                                                std::string(name_of(dtype_of<T>())));
  }

  dtype type_ = dtype::float32;
  slimming::shape shape_;
  detail::aligned_bytes bytes_;
};

}  // namespace slimming::inline v0
