// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The memory of a benchmark network, and the layers that recipes are written with.

#include <slimming/core/random.hpp>          // random_stream
#include <slimming/core/tensor.hpp>          // any_tensor
#include <slimming/graph/channel_graph.hpp>  // channel_graph
#include <slimming/rules/concat.hpp>         // concat_facts
#include <slimming/rules/conv.hpp>           // conv_facts
#include <slimming/rules/feature_map.hpp>    // feature_map, input, output
#include <slimming/rules/join.hpp>           // join_facts
#include <slimming/rules/linear.hpp>         // linear_facts
#include <slimming/rules/norm.hpp>           // batch_norm_facts
#include <slimming/rules/pass.hpp>           // pass_facts, pool_facts, resize_facts
#include <slimming/rules/reshape.hpp>        // flatten_facts

#include <cmath>    // std::sqrt
#include <cstring>  // std::memcpy
#include <memory>   // std::unique_ptr
#include <span>     // std::span
#include <string>   // std::string
#include <utility>  // std::move
#include <vector>   // std::vector

namespace bench {

namespace sl = slimming;

/// What new arrays hold; nothing at all is enough for plans that read no weights.
enum class contents { random, none };

/// Float arrays in the order in which a recipe asks for them, and their contents before surgery.
class arrays {
 public:
  explicit arrays(contents fill = contents::random) : fill_(fill) {}
  /// The next array: made and filled with uniform numbers in +-bound the first time, found later.
  sl::parameter next(std::string name, std::span<const sl::index_t> extents, double bound) {
    if (next_ == memory_.size()) {
      const auto n = static_cast<std::size_t>(sl::element_count(extents));
      auto values = std::make_unique_for_overwrite<float[]>(n);
      for (std::size_t k = 0; fill_ == contents::random && k < n; ++k)
        values[k] = static_cast<float>(random_.uniform(-bound, bound));
      memory_.push_back({std::move(values), n, nullptr, 0});
    }
    block& b = memory_[next_++];
    return {std::move(name),
            sl::array_ref(b.now.get(), sl::dtype::float32, extents),
            {&b, nullptr, resized, true}};
  }
  void rewind() { next_ = 0; }
  /// Keeps a copy of everything. \pre every array has been made: addresses are final.
  void save() {
    for (block& b : memory_) {
      b.saved = std::make_unique_for_overwrite<float[]>(b.size);
      std::memcpy(b.saved.get(), b.now.get(), b.size * sizeof(float));
    }
  }
  void restore() {
    for (block& b : memory_) std::memcpy(b.now.get(), b.saved.get(), b.size * sizeof(float));
  }

 private:
  struct block {
    std::unique_ptr<float[]> now;
    std::size_t size;
    std::unique_ptr<float[]> saved;
    sl::index_t size_after;
  };
  // What an application would do: note the new extents, keep the memory.
  static void resized(void* object, std::span<const sl::index_t> extents) {
    sl::index_t n = 1;
    for (const sl::index_t e : extents) n *= e;
    static_cast<block*>(object)->size_after = n;
  }

  contents fill_;
  std::vector<block> memory_;
  std::size_t next_ = 0;
  sl::random_stream random_{1};
};

struct conv_options {
  sl::index_t stride = 1, groups = 1;
  bool has_bias = false;
};

/// One walk of a recipe over a graph.
class layers {
 public:
  layers(sl::channel_graph& graph, arrays& memory) : graph(graph), memory_(memory) {
    memory.rewind();
  }

  sl::channel_graph& graph;

  sl::feature_map conv(const std::string& name, const sl::feature_map& x, sl::index_t out,
                       sl::index_t kernel, conv_options o = {}, sl::index_t pad = -1) {
    const sl::index_t in = graph.size(x.c) / o.groups;
    const double bound = 1 / std::sqrt(static_cast<double>(in * kernel * kernel));
    const sl::index_t extents[] = {out, in, kernel, kernel};
    sl::rules::conv_facts f{.name = name, .weight = memory_.next(name + ".weight", extents, bound)};
    if (o.has_bias) f.bias = memory_.next(name + ".bias", {extents, 1}, bound);
    f.window.stride = {o.stride};
    f.window.pad_begin = {pad < 0 ? (kernel - 1) / 2 : pad};
    f.groups = o.groups;
    return sl::rules::connect(graph, f, x);
  }
  sl::feature_map norm(const std::string& name, const sl::feature_map& x) {
    const sl::index_t n[] = {graph.size(x.c)};
    return sl::rules::connect(
        graph,
        sl::rules::batch_norm_facts{.name = name,
                                    .gamma = memory_.next(name + ".weight", n, 1),
                                    .beta = memory_.next(name + ".bias", n, 1),
                                    .mean = memory_.next(name + ".running_mean", n, 1),
                                    .variance = memory_.next(name + ".running_var", n, 1)},
        x);
  }
  sl::feature_map linear(const std::string& name, const sl::feature_map& x, sl::index_t out) {
    const double bound = 1 / std::sqrt(static_cast<double>(graph.size(x.c)));
    const sl::index_t extents[] = {out, graph.size(x.c)};
    return sl::rules::connect(
        graph,
        sl::rules::linear_facts{.name = name,
                                .weight = memory_.next(name + ".weight", extents, bound),
                                .bias = memory_.next(name + ".bias", {extents, 1}, bound)},
        x);
  }
  sl::feature_map pass(const std::string& name, const sl::feature_map& x) {
    return sl::rules::connect(graph, sl::rules::pass_facts{name}, x);
  }
  sl::feature_map pool(const std::string& name, const sl::feature_map& x, sl::index_t kernel,
                       sl::index_t stride, sl::index_t pad = 0) {
    return sl::rules::connect(
        graph, sl::rules::pool_facts{name, {kernel}, {.stride = {stride}, .pad_begin = {pad}}}, x);
  }
  sl::feature_map global_pool(const std::string& name, const sl::feature_map& x) {
    return sl::rules::connect(graph, sl::rules::pool_facts{name, {}, {}}, x);
  }
  sl::feature_map upsample(const std::string& name, const sl::feature_map& x) {
    return sl::rules::connect(
        graph, sl::rules::resize_facts{name, {2 * x.spatial[0], 2 * x.spatial[1]}}, x);
  }
  sl::feature_map flatten(const std::string& name, const sl::feature_map& x) {
    return sl::rules::connect(graph, sl::rules::flatten_facts{name}, x);
  }
  sl::feature_map add(const std::string& name, const sl::feature_map& a, const sl::feature_map& b) {
    const sl::feature_map both[] = {a, b};
    return sl::rules::connect(graph, sl::rules::join_facts{name}, both);
  }
  sl::feature_map concat(const std::string& name, std::span<const sl::feature_map> parts) {
    return sl::rules::connect(graph, sl::rules::concat_facts{name}, parts);
  }
  sl::feature_map conv_norm_act(const std::string& name, const sl::feature_map& x, sl::index_t out,
                                sl::index_t kernel, conv_options o = {}, sl::index_t pad = -1) {
    return pass(name + ".act", norm(name + ".bn", conv(name + ".conv", x, out, kernel, o, pad)));
  }

 private:
  arrays& memory_;
};

}  // namespace bench
