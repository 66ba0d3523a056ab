// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Topologies with the exact shapes of torchvision's and YOLOv5's networks. Inputs are pinned,
/// outputs too: the classifier stays.

#include "benchmarks/surgery/network.hpp"

#include <algorithm>    // std::max
#include <cmath>        // std::nearbyint
#include <string>       // std::string, std::to_string
#include <string_view>  // std::string_view
#include <vector>       // std::vector

namespace bench {

using sl::feature_map;
using sl::index_t;

inline feature_map image(layers& l, index_t side) { return sl::input(l.graph, 3, {side, side}); }

struct resnet_shape {
  std::vector<int> blocks;
  bool is_bottleneck;
  index_t groups = 1, width_per_group = 64;
};

inline void resnet(layers& l, const resnet_shape& shape) {
  auto x = l.conv("conv1", image(l, 224), 64, 7, {.stride = 2});
  x = l.pool("maxpool", l.pass("relu", l.norm("bn1", x)), 3, 2, 1);
  index_t planes = 64;
  const index_t expansion = shape.is_bottleneck ? 4 : 1;
  for (std::size_t stage = 0; stage < shape.blocks.size(); ++stage, planes *= 2)
    for (int block = 0; block < shape.blocks[stage]; ++block) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      const index_t stride = block == 0 && stage > 0 ? 2 : 1, out = planes * expansion;
      feature_map y = x;
      if (shape.is_bottleneck) {
        const index_t width = planes * shape.width_per_group / 64 * shape.groups;
        y = l.pass(name + ".relu1", l.norm(name + ".bn1", l.conv(name + ".conv1", y, width, 1)));
        y = l.conv(name + ".conv2", y, width, 3, {.stride = stride, .groups = shape.groups});
        y = l.pass(name + ".relu2", l.norm(name + ".bn2", y));
        y = l.norm(name + ".bn3", l.conv(name + ".conv3", y, out, 1));
      } else {
        y = l.conv(name + ".conv1", y, planes, 3, {.stride = stride});
        y = l.pass(name + ".relu1", l.norm(name + ".bn1", y));
        y = l.norm(name + ".bn2", l.conv(name + ".conv2", y, planes, 3));
      }
      if (stride != 1 || l.graph.size(x.c) != out)
        x = l.norm(name + ".downsample.1",
                   l.conv(name + ".downsample.0", x, out, 1, {.stride = stride}));
      x = l.pass(name + ".relu", l.add(name + ".add", y, x));
    }
  sl::output(l.graph, l.linear("fc", l.flatten("flatten", l.global_pool("avgpool", x)), 1000));
}
inline void resnet18(layers& l) { resnet(l, {{2, 2, 2, 2}, false}); }
inline void resnet50(layers& l) { resnet(l, {{3, 4, 6, 3}, true}); }
inline void resnet152(layers& l) { resnet(l, {{3, 8, 36, 3}, true}); }
inline void resnext50(layers& l) { resnet(l, {{3, 4, 6, 3}, true, 32, 4}); }

inline void densenet(layers& l, const std::vector<int>& blocks) {
  constexpr index_t growth = 32;
  auto x = l.conv("conv0", image(l, 224), 2 * growth, 7, {.stride = 2});
  x = l.pool("pool0", l.pass("relu0", l.norm("norm0", x)), 3, 2, 1);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    std::vector<feature_map> features = {x};
    const auto gather = [&](const std::string& name) {
      return features.size() == 1 ? features.front() : l.concat(name, features);
    };
    for (int k = 0; k < blocks[b]; ++k) {
      const std::string name =
          "denseblock" + std::to_string(b + 1) + ".denselayer" + std::to_string(k + 1);
      auto y = l.pass(name + ".relu1", l.norm(name + ".norm1", gather(name + ".cat")));
      y = l.pass(name + ".relu2",
                 l.norm(name + ".norm2", l.conv(name + ".conv1", y, 4 * growth, 1)));
      features.push_back(l.conv(name + ".conv2", y, growth, 3));
    }
    x = gather("denseblock" + std::to_string(b + 1));
    if (b + 1 == blocks.size()) break;
    const std::string name = "transition" + std::to_string(b + 1);
    x = l.pass(name + ".relu", l.norm(name + ".norm", x));
    x = l.pool(name + ".pool", l.conv(name + ".conv", x, l.graph.size(x.c) / 2, 1), 2, 2);
  }
  x = l.global_pool("pool", l.pass("relu5", l.norm("norm5", x)));
  sl::output(l.graph, l.linear("classifier", l.flatten("flatten", x), 1000));
}
inline void densenet121(layers& l) { densenet(l, {6, 12, 24, 16}); }
inline void densenet201(layers& l) { densenet(l, {6, 12, 48, 32}); }

inline void mobilenet_v2(layers& l) {
  struct stage {
    index_t expand, out;
    int repeat;
    index_t stride;
  };
  auto x = l.conv_norm_act("features.0", image(l, 224), 32, 3, {.stride = 2});
  int n = 1;
  for (const stage& s : {stage{1, 16, 1, 1},
                         {6, 24, 2, 2},
                         {6, 32, 3, 2},
                         {6, 64, 4, 2},
                         {6, 96, 3, 1},
                         {6, 160, 3, 2},
                         {6, 320, 1, 1}})
    for (int k = 0; k < s.repeat; ++k, ++n) {
      const std::string name = "features." + std::to_string(n);
      const index_t stride = k == 0 ? s.stride : 1, in = l.graph.size(x.c), hidden = in * s.expand;
      auto y = x;
      if (s.expand != 1) y = l.conv_norm_act(name + ".expand", y, hidden, 1);
      y = l.conv_norm_act(name + ".depthwise", y, hidden, 3, {.stride = stride, .groups = hidden});
      y = l.norm(name + ".bn", l.conv(name + ".project", y, s.out, 1));
      x = stride == 1 && in == s.out ? l.add(name + ".add", x, y) : y;
    }
  x = l.global_pool("avgpool", l.conv_norm_act("features.18", x, 1280, 1));
  sl::output(l.graph, l.linear("classifier", l.flatten("flatten", x), 1000));
}

inline void vgg19_bn(layers& l) {
  auto x = image(l, 224);
  int n = 0;
  for (const index_t width : {64,  64,  0,   128, 128, 0,   256, 256, 256, 256, 0,
                              512, 512, 512, 512, 0,   512, 512, 512, 512, 0}) {
    const std::string name = "features." + std::to_string(n++);
    if (width == 0) {
      x = l.pool(name, x, 2, 2);
      continue;
    }
    x = l.norm(name + ".bn", l.conv(name + ".conv", x, width, 3, {.has_bias = true}));
    x = l.pass(name + ".relu", x);
  }
  x = l.flatten("flatten", x);  // 512 x 7 x 7
  x = l.pass("classifier.1", l.linear("classifier.0", x, 4096));
  x = l.pass("classifier.4", l.linear("classifier.3", x, 4096));
  sl::output(l.graph, l.linear("classifier.6", x, 1000));
}

/// YOLOv5 v6: C3 blocks, SPPF, PAN, three heads of 255 channels.
class yolov5 {
 public:
  yolov5(layers& l, double width, double depth) : l_(l), width_(width), depth_(depth) {}

  void operator()() {
    auto x = cbs("model.0", image(l_, 640), 64, 6, 2, 2);
    x = c3("model.2", cbs("model.1", x, 128, 3, 2), 128, 3, true);
    const auto p3 = c3("model.4", cbs("model.3", x, 256, 3, 2), 256, 6, true);
    const auto p4 = c3("model.6", cbs("model.5", p3, 512, 3, 2), 512, 9, true);
    const auto p5 = c3("model.8", cbs("model.7", p4, 1024, 3, 2), 1024, 3, true);
    const auto a = cbs("model.10", sppf("model.9", p5, 1024), 512, 1);
    x = c3("model.13", cat("model.12", {l_.upsample("model.11", a), p4}), 512, 3, false);
    const auto b = cbs("model.14", x, 256, 1);
    const auto o3 =
        c3("model.17", cat("model.16", {l_.upsample("model.15", b), p3}), 256, 3, false);
    const auto o4 =
        c3("model.20", cat("model.19", {cbs("model.18", o3, 256, 3, 2), b}), 512, 3, false);
    const auto o5 =
        c3("model.23", cat("model.22", {cbs("model.21", o4, 512, 3, 2), a}), 1024, 3, false);
    int head = 0;
    for (const auto& o : {o3, o4, o5})
      sl::output(l_.graph,
                 l_.conv("model.24.m." + std::to_string(head++), o, 255, 1, {.has_bias = true}));
  }

 private:
  [[nodiscard]] index_t scaled(index_t channels) const {
    return static_cast<index_t>(static_cast<double>(channels) * width_);
  }
  feature_map cat(const std::string& name, const std::vector<feature_map>& parts) {
    return l_.concat(name, parts);
  }
  // `out` in channels of the largest net.
  feature_map cbs(const std::string& name, const feature_map& x, index_t out, index_t kernel,
                  index_t stride = 1, index_t pad = -1) {
    return l_.conv_norm_act(name, x, scaled(out), kernel, {.stride = stride},
                            pad < 0 ? kernel / 2 : pad);
  }
  feature_map c3(const std::string& name, const feature_map& x, index_t out, int repeat,
                 bool has_shortcut) {
    auto y = cbs(name + ".cv1", x, out / 2, 1);
    const auto z = cbs(name + ".cv2", x, out / 2, 1);
    const int n = std::max(static_cast<int>(std::nearbyint(repeat * depth_)), 1);
    for (int k = 0; k < n; ++k) {
      const std::string block = name + ".m." + std::to_string(k);
      const auto t = cbs(block + ".cv2", cbs(block + ".cv1", y, out / 2, 1), out / 2, 3);
      y = has_shortcut ? l_.add(block + ".add", y, t) : t;
    }
    return cbs(name + ".cv3", cat(name + ".cat", {y, z}), out, 1);
  }
  feature_map sppf(const std::string& name, const feature_map& x, index_t out) {
    const auto a = cbs(name + ".cv1", x, out / 2, 1);
    const auto b = l_.pool(name + ".m", a, 5, 1, 2), c = l_.pool(name + ".m", b, 5, 1, 2);
    return cbs(name + ".cv2", cat(name + ".cat", {a, b, c, l_.pool(name + ".m", c, 5, 1, 2)}), out,
               1);
  }

  layers& l_;
  double width_, depth_;
};
inline void yolov5s(layers& l) { yolov5(l, 0.5, 1.0 / 3)(); }
inline void yolov5l(layers& l) { yolov5(l, 1, 1)(); }

/// 1e5 convolutions in a row, 16 channels each.
inline void chain(layers& l) {
  auto x = sl::input(l.graph, 3, {32, 32});
  for (int k = 0; k < 100'000; ++k) x = l.conv("conv" + std::to_string(k), x, 16, 1);
  sl::output(l.graph, x);
}

struct named_network {
  std::string_view name;
  void (*recipe)(layers&);
};

inline constexpr named_network networks[] = {{"resnet18", resnet18},
                                             {"resnet50", resnet50},
                                             {"resnet152", resnet152},
                                             {"resnext50", resnext50},
                                             {"densenet121", densenet121},
                                             {"densenet201", densenet201},
                                             {"mobilenet_v2", mobilenet_v2},
                                             {"vgg19_bn", vgg19_bn},
                                             {"yolov5s", yolov5s},
                                             {"yolov5l", yolov5l},
                                             {"chain", chain}};

}  // namespace bench
