// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every recipe needs to know beside its widths, and the pieces that recipes are made of.
/// Area: models. Initial values as in network slimming (Liu et al., ICCV 2017).

#include <slimming/core/config.hpp>    // index_t
#include <slimming/core/error.hpp>     // bad_value
#include <slimming/core/random.hpp>    // random_stream
#include <slimming/core/tensor.hpp>    // any_tensor, shape
#include <slimming/model/model.hpp>    // model, value_id
#include <slimming/model/op_node.hpp>  // attribute

#include <algorithm>  // std::fill
#include <cmath>      // std::sqrt
#include <cstdint>    // std::uint64_t
#include <limits>     // std::numeric_limits
#include <numeric>    // std::iota
#include <span>       // std::span
#include <string>     // std::string
#include <utility>    // std::move
#include <vector>     // std::vector

namespace slimming::inline v0::models {

/// Input, output and initial values of a network.
struct recipe {
  index_t classes = 10;
  index_t channels = 3;  ///< of the input
  index_t height = 32;
  index_t width = 32;
  double multiplier = 1;   ///< of the recipe's own widths; a cfg that is given is taken as it is
  std::uint64_t seed = 1;  ///< of the initial weights
  double gamma = 0.5;      ///< initial scale factor of every batch normalisation
};

/// Appends layers to a model, with PyTorch's parameter names and initial values.
///
/// Every tensor has a random stream of its own, so that a layer's initial weights do not depend on
/// how many numbers earlier layers drew.
class builder {
 public:
  /// A value on its way through the network. `height` is 0 once it is flat.
  struct feature {
    value_id value = no_value;
    index_t channels = 0;
    index_t height = 0;
    index_t width = 0;
  };

  /// \throws bad_value  if an extent of the input or the number of classes is not positive, or the
  ///                    input has more elements than can be counted.
  explicit builder(const recipe& r) : recipe_(r) {
    for (const index_t n : {r.classes, r.channels, r.height, r.width})
      if (n <= 0) throw bad_value("recipe: extent", n);
    (void)element_count(shape{r.channels, r.height, r.width});
    net_.opsets[""] = 17;
    input_ = {net_.add_input("input", {-1, r.channels, r.height, r.width}), r.channels, r.height,
              r.width};
  }

  [[nodiscard]] feature input() const noexcept { return input_; }

  /// Square kernel, padded so that stride 1 keeps the size. No bias: a batch normalisation follows.
  feature conv(const std::string& name, const feature& x, index_t out, index_t kernel,
               index_t stride = 1) {
    if (out <= 0) throw bad_value(name + ": output channels", out);
    const index_t pad = kernel / 2;
    const double deviation = std::sqrt(2.0 / static_cast<double>(kernel * kernel * out));
    const value_id w = normal(name + ".weight", {out, x.channels, kernel, kernel}, deviation);
    const value_id y = net_.append("Conv", name, {x.value, w},
                                   {{"dilations", integers{1, 1}},
                                    {"group", index_t{1}},
                                    {"kernel_shape", integers{kernel, kernel}},
                                    {"pads", integers{pad, pad, pad, pad}},
                                    {"strides", integers{stride, stride}}});
    return {y, out, (x.height - 1) / stride + 1, (x.width - 1) / stride + 1};
  }

  feature batch_norm(const std::string& name, const feature& x) {
    const value_id scale =
        constant(name + ".weight", x.channels, static_cast<float>(recipe_.gamma));
    const value_id bias = constant(name + ".bias", x.channels, 0);
    const value_id mean = constant(name + ".running_mean", x.channels, 0);
    const value_id var = constant(name + ".running_var", x.channels, 1);
    // ONNX counts what stays of the running average, PyTorch what is new.
    return with(x, net_.append("BatchNormalization", name, {x.value, scale, bias, mean, var},
                               {{"epsilon", 1e-5}, {"momentum", 0.9}}));
  }

  feature relu(const std::string& name, const feature& x) {
    return with(x, net_.append("Relu", name, {x.value}));
  }

  /// The first \p n channels, as a list that surgery may replace.
  /// \throws bad_value  if there are not that many.
  feature channel_select(const std::string& name, const feature& x, index_t n) {
    if (n <= 0 || n > x.channels)
      throw bad_value(
          name, "selects " + std::to_string(n) + " of " + std::to_string(x.channels) + " channels");
    std::vector<index_t> indices(static_cast<std::size_t>(n));
    std::iota(indices.begin(), indices.end(), index_t{0});
    net_.opsets["slimming"] = 1;
    feature y =
        with(x, net_.append("ChannelSelect", name,
                            {x.value, integer_list(name + ".indices", indices)}, {}, "slimming"));
    y.channels = n;
    return y;
  }

  /// Non-overlapping windows of \p size x \p size. \throws bad_value  if the image is smaller.
  feature pool(const std::string& op, const std::string& name, const feature& x, index_t size) {
    if (x.height < size || x.width < size)
      throw bad_value(name, "the image has shrunk to " + std::to_string(x.height) + " x " +
                                std::to_string(x.width) + " before it; the input is too small");
    return {
        net_.append(op, name, {x.value},
                    {{"kernel_shape", integers{size, size}}, {"strides", integers{size, size}}}),
        x.channels, x.height / size, x.width / size};
  }

  /// The mean of every channel, as a flat value.
  feature global_pool(const std::string& name, const feature& x) {
    return {
        net_.append("Flatten", name + ".flatten",
                    {net_.append("GlobalAveragePool", name, {x.value})}, {{"axis", index_t{1}}}),
        x.channels, 0, 0};
  }

  feature flatten(const std::string& name, const feature& x) {
    return {net_.append("Flatten", name, {x.value}, {{"axis", index_t{1}}}),
            x.channels * x.height * x.width, 0, 0};
  }

  feature add(const std::string& name, const feature& a, const feature& b) {
    return with(a, net_.append("Add", name, {a.value, b.value}));
  }

  feature concat(const std::string& name, const feature& a, const feature& b) {
    feature y = with(a, net_.append("Concat", name, {a.value, b.value}, {{"axis", index_t{1}}}));
    y.channels += b.channels;
    return y;
  }

  /// Every \p stride-th pixel, then channels of zeros around the others (option A of He et al.,
  /// CVPR 2016): the shortcut without parameters.
  feature zero_padded_shortcut(const std::string& name, const feature& x, index_t out,
                               index_t stride) {
    if (out < x.channels) throw bad_value(name + ": narrows the stream, channels", out);
    const index_t front = (out - x.channels) / 2, back = out - x.channels - front;
    const index_t all = std::numeric_limits<index_t>::max();
    const value_id sliced = net_.append(
        "Slice", name + ".slice",
        {x.value, integer_list(name + ".starts", {0, 0}), integer_list(name + ".ends", {all, all}),
         integer_list(name + ".axes", {2, 3}), integer_list(name + ".steps", {stride, stride})});
    const value_id padded =
        net_.append("Pad", name + ".pad",
                    {sliced, integer_list(name + ".pads", {0, front, 0, 0, 0, back, 0, 0})},
                    {{"mode", std::string("constant")}});
    return {padded, out, (x.height - 1) / stride + 1, (x.width - 1) / stride + 1};
  }

  /// Fully connected; \p x must be flat. Weights from N(0, 0.01), bias zero.
  feature linear(const std::string& name, const feature& x, index_t out, bool bias = true) {
    if (out <= 0) throw bad_value(name + ": output features", out);
    std::vector<value_id> inputs{x.value, normal(name + ".weight", {out, x.channels}, 0.01)};
    if (bias) inputs.push_back(constant(name + ".bias", out, 0));
    return {net_.append(
                "Gemm", name, std::move(inputs),
                {{"alpha", 1.0}, {"beta", 1.0}, {"transA", index_t{0}}, {"transB", index_t{1}}}),
            out, 0, 0};
  }

  /// The finished network with \p logits as its output.
  [[nodiscard]] model finish(const feature& logits, std::string architecture, std::string widths) {
    net_.add_output(logits.value);
    net_.metadata["architecture"] = std::move(architecture);
    net_.metadata["cfg"] = std::move(widths);
    return std::move(net_);
  }

 private:
  using integers = std::vector<index_t>;

  static feature with(feature x, value_id v) {
    x.value = v;
    return x;
  }
  value_id constant(std::string name, index_t n, float fill) {
    any_tensor t(dtype::float32, {n});
    std::fill(t.values<float>().begin(), t.values<float>().end(), fill);
    return net_.add_initializer(std::move(name), std::move(t));
  }
  value_id integer_list(std::string name, const std::vector<index_t>& numbers) {
    const std::span<const index_t> values(numbers);
    return net_.add_initializer(std::move(name),
                                any_tensor::from(values, {static_cast<index_t>(values.size())}));
  }
  value_id normal(std::string name, shape extents, double deviation) {
    any_tensor t(dtype::float32, std::move(extents));
    random_stream random{recipe_.seed, tensors_++, 0};
    for (float& v : t.values<float>()) v = static_cast<float>(deviation * random.normal());
    return net_.add_initializer(std::move(name), std::move(t));
  }

  recipe recipe_;
  model net_;
  feature input_;
  std::uint64_t tensors_ = 0;
};

}  // namespace slimming::inline v0::models
