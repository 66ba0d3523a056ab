// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// An application's own networks. Nothing in this file knows of slimming.

#include <algorithm>  // std::max
#include <cmath>      // std::sqrt
#include <optional>   // std::optional
#include <random>     // std::mt19937
#include <utility>    // std::move
#include <variant>    // std::variant
#include <vector>     // std::vector

namespace app {

struct Image {
  int channels = 0, height = 0, width = 0;
  std::vector<float> v = std::vector<float>(size());

  std::size_t size() const { return static_cast<std::size_t>(channels * height * width); }
  float& at(int c, int y, int x) {
    return v[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  float at(int c, int y, int x) const {
    return v[static_cast<std::size_t>((c * height + y) * width + x)];
  }
};

struct Conv {
  Conv(int outputs, int inputs, int kernel, int step = 1)
      : out(outputs), in(inputs), size(kernel), stride(step) {
    weight.resize(static_cast<std::size_t>(out * in * size * size));
  }
  int out, in, size, stride;
  std::vector<float> weight;

  Image operator()(const Image& image) const {
    const int pad = size / 2;
    Image result{out, (image.height + 2 * pad - size) / stride + 1,
                 (image.width + 2 * pad - size) / stride + 1};
    for (int o = 0; o < out; ++o)
      for (int y = 0; y < result.height; ++y)
        for (int x = 0; x < result.width; ++x) result.at(o, y, x) = answer(image, o, y, x);
    return result;
  }

 private:
  float answer(const Image& image, int o, int y, int x) const {
    const int top = y * stride - size / 2, left = x * stride - size / 2;
    float sum = 0;
    for (int i = 0; i < in; ++i)
      for (int r = std::max(0, -top); r < std::min(size, image.height - top); ++r)
        for (int c = std::max(0, -left); c < std::min(size, image.width - left); ++c)
          sum += image.at(i, top + r, left + c) *
                 weight[static_cast<std::size_t>(((o * in + i) * size + r) * size + c)];
    return sum;
  }
};

struct Norm {
  explicit Norm(int n)
      : gamma(static_cast<std::size_t>(n), 1), beta(gamma.size()), mean(beta), variance(gamma) {}
  std::vector<float> gamma, beta, mean, variance;

  Image operator()(Image image) const {
    const std::size_t positions = image.size() / gamma.size();
    for (std::size_t k = 0; k < image.v.size(); ++k) {
      const std::size_t c = k / positions;
      image.v[k] = (image.v[k] - mean[c]) / std::sqrt(variance[c] + 1e-5f) * gamma[c] + beta[c];
    }
    return image;
  }
};

inline Image relu(Image image) {
  for (float& x : image.v) x = std::max(x, 0.0f);
  return image;
}

struct MaxPool {
  int size;

  Image operator()(const Image& image) const {
    Image result{image.channels, image.height / size, image.width / size};
    for (int c = 0; c < result.channels; ++c)
      for (int y = 0; y < result.height * size; ++y)
        for (int x = 0; x < result.width * size; ++x) {
          float& best = result.at(c, y / size, x / size);
          best = (y % size || x % size) ? std::max(best, image.at(c, y, x)) : image.at(c, y, x);
        }
    return result;
  }
};

inline Image average(const Image& image) {
  Image result{image.channels, 1, 1};
  for (std::size_t k = 0; k < image.v.size(); ++k)
    result.v[k / (image.size() / result.size())] += image.v[k];
  for (float& x : result.v) x /= static_cast<float>(image.height * image.width);
  return result;
}

struct Dense {
  Dense(int outputs, int inputs) : out(outputs), in(inputs) {
    weight.resize(static_cast<std::size_t>(out * in));
    bias.resize(static_cast<std::size_t>(out));
  }
  int out, in;
  std::vector<float> weight, bias;

  std::vector<float> operator()(const std::vector<float>& features) const {
    std::vector<float> scores = bias;
    for (std::size_t o = 0; o < scores.size(); ++o)
      for (std::size_t i = 0; i < features.size(); ++i)
        scores[o] += weight[o * features.size() + i] * features[i];
    return scores;
  }
};

// conv, norm, relu: what both nets are made of.
struct Unit {
  Unit(int out, int in, int size, int stride = 1) : conv(out, in, size, stride), norm(out) {}
  Conv conv;
  Norm norm;

  Image operator()(const Image& image) const { return relu(norm(conv(image))); }
};

struct Vgg {
  std::vector<std::variant<Unit, MaxPool>> features;
  Dense classifier{10, 64 * 2 * 2};

  std::vector<float> operator()(Image image) const {
    for (const auto& layer : features)
      image = std::visit([&](const auto& l) { return l(image); }, layer);
    return classifier(image.v);  // flattened
  }
};

// conv, norm: the shortcut of a residual block where the shape changes.
struct Projection {
  Projection(int out, int in, int stride) : conv(out, in, 1, stride), norm(out) {}
  Conv conv;
  Norm norm;

  Image operator()(const Image& image) const { return norm(conv(image)); }
};

struct Residual {
  Residual(int out, int in) : first(out, in, 3, out == in ? 1 : 2), second(out, out, 3), norm(out) {
    if (out != in) shortcut.emplace(out, in, 2);
  }
  Unit first;
  Conv second;
  Norm norm;
  std::optional<Projection> shortcut;

  Image operator()(const Image& image) const {
    Image sum = norm(second(first(image)));
    const Image other = shortcut ? (*shortcut)(image) : image;
    for (std::size_t k = 0; k < sum.v.size(); ++k) sum.v[k] += other.v[k];
    return relu(std::move(sum));
  }
};

struct ResNet {
  Unit stem{16, 3, 3};
  std::vector<Residual> blocks;
  Dense head{10, 64};

  std::vector<float> operator()(const Image& image) const {
    Image x = stem(image);
    for (const Residual& block : blocks) x = block(x);
    return head(average(x).v);
  }
};

// A deterministic generator of weights; a trained application would load its own.
class Dice {
 public:
  float operator()(float low, float high) {
    return low + (high - low) * static_cast<float>(engine_() >> 8) * 0x1.0p-24f;
  }
  void roll(std::vector<float>& v, float low, float high) {
    for (float& x : v) x = (*this)(low, high);
  }
  void roll(Conv& l) {
    const float reach = std::sqrt(6.0f / static_cast<float>(l.in * l.size * l.size));
    roll(l.weight, -reach, reach);
  }
  void roll(Norm& l) {
    roll(l.gamma, 0, 1);
    roll(l.beta, -0.2f, 0.2f);
    roll(l.mean, -0.2f, 0.2f);
    roll(l.variance, 0.5f, 1.5f);
  }
  void roll(Dense& l) {
    roll(l.weight, -0.1f, 0.1f);
    roll(l.bias, -0.1f, 0.1f);
  }
  template <class Pair>
  void roll(Pair& l) {
    roll(l.conv);
    roll(l.norm);
  }

 private:
  std::mt19937 engine_{7};
};

inline Vgg make_vgg(Dice& dice) {
  Vgg net;
  int in = 3;
  for (const int width : {16, 0, 32, 0, 64, 64, 0, 64, 64, 0}) {
    if (width == 0) {
      net.features.emplace_back(MaxPool{2});
      continue;
    }
    Unit unit(width, in, 3);
    dice.roll(unit);
    net.features.emplace_back(std::move(unit));
    in = width;
  }
  dice.roll(net.classifier);
  return net;
}

inline ResNet make_resnet(Dice& dice) {
  ResNet net;
  dice.roll(net.stem);
  int in = 16;
  for (const int width : {16, 16, 32, 32, 64, 64}) {
    Residual& block = net.blocks.emplace_back(width, in);
    dice.roll(block.first);
    dice.roll(block.second);
    dice.roll(block.norm);
    if (block.shortcut) dice.roll(*block.shortcut);
    in = width;
  }
  dice.roll(net.head);
  return net;
}

}  // namespace app
