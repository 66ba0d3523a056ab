// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Rewrites of a network that save passes over memory: a normalisation takes its statistics from
/// the convolution before it or, in inference, disappears into it; a residual add, a selection of
/// channels, a relu and a 2x2 max pooling join the node before them. A mean over a map becomes the pooling that it is.
/// Area: exec. Device-independent: a rewrite happens only if the device has a lowering for its
/// result.
///
/// Six operators result, in the domain `fused_domain`. They keep the attributes of the node that
/// they grew from and add their own.
///
/// `Convolution`, from Conv, Gemm or MatMul (attribute `from` names which); behind a flatten, the
/// linear layer reads (N, C, H, W) directly:
///   inputs      0 x, 1 weight, 2 bias, 3 addend shaped like the output, 4 gamma, 5 beta, 6 mean,
///               7 variance of a normalisation folded into the weights (inference)
///   outputs     0 y = relu(norm(conv(x) + bias) + addend), 1 moments: statistics of y, in a form that
///               only the device's own Normalization reads (training, where there is no relu)
///   attributes  `relu`, `epsilon`
///
/// `Normalization`, from BatchNormalization:
///   inputs      0 x, 1 gamma, 2 beta, 3 mean, 4 variance, 5 moments of x, 6 addend
///   outputs     0 y = pool(relu(norm(x) + addend))
///   attributes  `relu`, `pool` (1: max over 2x2 windows with stride 2; never with an addend)
///
/// `SelectedNormalization`, from BatchNormalization and the ChannelSelect behind it:
///   inputs      0 x, 1 gamma, 2 beta, 3 mean, 4 variance, 5 moments of x, 6 channels
///   outputs     0 y = relu(norm(x)[channels])
///   attributes  `relu`
///
/// `Moments`, of a value that a normalisation reads and no convolution makes (training):
///   inputs      0 x
///   outputs     0 moments of x
///
/// `ConcatMoments`, of what a Concat of channels makes: nothing is counted twice (training):
///   inputs      moments of its parts
///   outputs     0 moments of the whole
///   attributes  `channels`, those of each part
///
/// `GrowingConcat`, from a chain of Concats of which each begins with the one before it: they share
/// one buffer, to which each adds its other inputs. Its outputs have `network::value::room`.
///   inputs      0 the beginning, 1... what is added
///   outputs     0 all channels
///   attributes  `grows`: the beginning is there already

#include <slimming/core/config.hpp>    // index_t
#include <slimming/exec/geometry.hpp>  // selection_of
#include <slimming/exec/network.hpp>   // network
#include <slimming/model/op_node.hpp>  // op_node

#include <algorithm>    // std::count, std::none_of, std::sort
#include <cstdint>      // std::int32_t
#include <functional>   // std::function
#include <iterator>     // std::back_inserter
#include <map>          // std::map
#include <string>       // std::string
#include <string_view>  // std::string_view
#include <utility>      // std::move
#include <vector>       // std::vector

namespace slimming::inline v0::exec {

inline constexpr std::string_view fused_domain = "slimming.exec";

/// Input positions of the fused operators.
namespace fused {
inline constexpr std::size_t x = 0, weight = 1, bias = 2, conv_addend = 3, folded_norm = 4;
inline constexpr std::size_t gamma = 1, beta = 2, mean = 3, variance = 4, moments = 5,
                             norm_addend = 6, selection = 6;
}  // namespace fused

/// Which rewrites are wanted: what the device can lower, in which mode.
struct fusion_options {
  bool training = false;
  bool convolution = false;             ///< the device lowers `Convolution`
  bool normalization = false;           ///< the device lowers `Normalization`
  bool selected_normalization = false;  ///< and `SelectedNormalization`
  bool moments = false;                 ///< and `Moments` and `ConcatMoments`
  bool growing_concat = false;  ///< and `GrowingConcat`, whose outputs its normalisations can read
};

namespace detail {

class fuser {
 public:
  fuser(network& net, const fusion_options& options) : net_(net), options_(options) {}

  void run() {
    remove_identities();
    pool_means();
    for (std::size_t n = 0; n < net_.nodes.size(); ++n) {
      if (is(n, "BatchNormalization") && options_.normalization)
        start_normalization(n);
      else if ((is(n, "Conv") || is(n, "Gemm") || is(n, "MatMul")) && options_.convolution)
        start_convolution(n);
    }
    sweep();
    for (std::size_t n = 0; n < net_.nodes.size(); ++n) {
      if (is_fused(n, "Normalization") && !options_.training) fold_into_convolution(n);
    }
    sweep();
    for (std::size_t n = 0; n < net_.nodes.size(); ++n) join_followers(n);
    sweep();
    for (std::size_t n = 0; n < net_.nodes.size(); ++n)
      if (is_normalization(n) && options_.training) take_moments(n);
    if (options_.growing_concat) grow_concatenations();
    place_counting();
    net_.relink();
  }

 private:
  [[nodiscard]] op_node& node(std::size_t n) { return net_.nodes[n]; }
  [[nodiscard]] bool is(std::size_t n, std::string_view op) const {
    const op_node& x = net_.nodes[n];
    return x.op == op && (x.domain.empty() || x.domain == "ai.onnx");
  }
  [[nodiscard]] bool is_fused(std::size_t n, std::string_view op) const {
    return net_.nodes[n].op == op && net_.nodes[n].domain == fused_domain;
  }
  [[nodiscard]] bool is_normalization(std::size_t n) const {
    return is_fused(n, "Normalization") || is_fused(n, "SelectedNormalization");
  }
  // Nodes that were merged into another one have no outputs left.
  void sweep() {
    std::erase_if(net_.nodes, [](const op_node& x) { return x.outputs.empty(); });
    net_.relink();
  }
  // The node that alone reads v, or -1.
  [[nodiscard]] std::int32_t only_reader(value_id v) const {
    const auto& value = net_.at(v);
    return value.consumers.size() == 1 && !net_.is_output(v) ? value.consumers[0] : -1;
  }

  // Nodes that hand their input on make way.
  void remove_identities() {
    for (op_node& x : net_.nodes) {
      const bool passes =
          x.op == "Identity" || (x.op == "Dropout" && !options_.training) || selects_all(x);
      if (!passes || net_.is_output(x.outputs[0]) || net_.is_constant(x.inputs[0])) continue;
      for (op_node& reader : net_.nodes)
        for (value_id& v : reader.inputs)
          if (v == x.outputs[0]) v = x.inputs[0];
    }
    net_.relink();
  }
  [[nodiscard]] bool selects_all(const op_node& x) const {
    const auto list = selection_of(x, net_);
    if (!list || static_cast<index_t>(list->size()) != net_.at(x.inputs[0]).extents[1])
      return false;
    for (std::size_t i = 0; i < list->size(); ++i)
      if ((*list)[i] != static_cast<index_t>(i)) return false;
    return true;
  }

  // A mean over all of a map is a global pooling, which devices know.
  void pool_means() {
    std::vector<op_node> nodes;
    for (std::size_t n = 0; n < net_.nodes.size(); ++n) {
      const bool is_pool = is(n, "ReduceMean") && is_map_mean(node(n));
      op_node& x = nodes.emplace_back(std::move(node(n)));
      if (!is_pool) continue;
      const bool keeps = x.integer("keepdims", 1) != 0;
      x = {"GlobalAveragePool", x.name, {x.inputs[0]}, {x.outputs[0]}, {}, ""};
      if (keeps) continue;
      const shape& e = net_.at(x.outputs[0]).extents;
      const value_id pooled = net_.add_value(x.name + ".pooled", {e[0], e[1], 1, 1});
      op_node flatten{"Flatten", x.name + ".flatten", {pooled}, {x.outputs[0]}, {}, ""};
      x.outputs[0] = pooled;
      nodes.push_back(std::move(flatten));
    }
    net_.nodes = std::move(nodes);
    net_.relink();
  }
  [[nodiscard]] bool is_map_mean(const op_node& x) const {
    if (net_.is_constant(x.input(0)) || net_.at(x.input(0)).extents.size() != 4) return false;
    auto axes = x.integers("axes");
    if (const any_tensor* list = net_.tensor(x.input(1))) axes = list->converted<index_t>();
    for (index_t& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    return axes == std::vector<index_t>{2, 3};
  }

  void start_convolution(std::size_t n) {
    op_node& x = node(n);
    if (!net_.is_constant(x.input(1)) || net_.is_constant(x.input(0))) return;
    if (x.op == "Gemm" &&
        (x.integer("transA", 0) != 0 || x.real("alpha", 1.0) != 1.0 || x.real("beta", 1.0) != 1.0))
      return;
    if (net_.at(x.input(0)).extents.size() != (x.op == "Conv" ? 4u : 2u)) return;
    if (net_.tensor(x.input(1))->rank() != (x.op == "Conv" ? 4u : 2u)) return;
    if (x.input(2) != no_value &&
        (!net_.is_constant(x.input(2)) || net_.tensor(x.input(2))->rank() != 1))
      return;
    if (x.op != "Conv") skip_flatten(x);
    x.attributes["from"] = x.op;
    x.op = "Convolution";
    x.domain = std::string(fused_domain);
    x.inputs.resize(8, no_value);
  }
  // A linear layer behind a flatten is a convolution whose kernel covers the map.
  void skip_flatten(op_node& linear) {
    const std::int32_t producer = net_.at(linear.inputs[0]).producer;
    if (producer < 0) return;
    const op_node& before = node(static_cast<std::size_t>(producer));
    if (before.op != "Flatten" && before.op != "Reshape") return;
    const shape& from = net_.at(before.inputs[0]).extents;
    const shape& to = net_.at(before.outputs[0]).extents;
    if (from.size() == 4 && to.size() == 2 && from[0] == to[0] &&
        !net_.is_constant(before.inputs[0]))
      linear.inputs[0] = before.inputs[0];
  }

  void start_normalization(std::size_t n) {
    op_node& x = node(n);
    const std::size_t rank = net_.at(x.input(0)).extents.size();
    if (rank != 4 && rank != 2) return;
    for (std::size_t i = 1; i < 5; ++i)
      if (!net_.is_constant(x.input(i))) return;
    for (std::size_t k = 1; k < x.outputs.size(); ++k)
      if (x.outputs[k] != no_value && !net_.at(x.outputs[k]).consumers.empty()) return;
    x.op = "Normalization";
    x.domain = std::string(fused_domain);
    x.inputs.resize(7, no_value);
    x.outputs.resize(1);
  }
  void take_moments(std::size_t n) {
    const value_id x = node(n).inputs[fused::x];
    if (const value_id m = moments_of(x); m != no_value) node(n).inputs[fused::moments] = m;
  }
  // A convolution knows the statistics of what it writes, residual included, and a concatenation
  // those of its parts. Of anything else they are counted, once.
  value_id moments_of(value_id v) {
    const auto [found, is_new] = moments_.try_emplace(v, no_value);
    if (!is_new) return found->second;
    const std::int32_t producer = net_.at(v).producer;
    value_id made = no_value;
    if (producer >= 0 && is_fused(static_cast<std::size_t>(producer), "Convolution")) {
      op_node& before = node(static_cast<std::size_t>(producer));
      if (before.outputs.size() == 1) before.outputs.push_back(new_moments(before.name));
      made = before.outputs[1];
    } else if (options_.moments) {
      op_node counting{"Moments", net_.at(v).name, {v}, {}, {}, std::string(fused_domain)};
      if (producer >= 0 && joins_channels(static_cast<std::size_t>(producer))) {
        std::vector<index_t> channels;
        std::vector<value_id> parts;
        const auto joined = node(static_cast<std::size_t>(producer)).inputs;
        for (const value_id part : joined) {
          channels.push_back(net_.at(part).extents[1]);
          parts.push_back(moments_of(part));
        }
        counting.op = "ConcatMoments";
        counting.inputs = std::move(parts);
        counting.attributes["channels"] = std::move(channels);
      }
      made = new_moments(counting.name);
      counting.outputs = {made};
      counted_[producer].push_back(std::move(counting));
    }
    return moments_[v] = made;
  }
  value_id new_moments(const std::string& of) {
    return net_.add_value(of + ".moments", {}, dtype::float64);
  }
  // Of values that devices store with their channels last.
  [[nodiscard]] bool joins_channels(std::size_t n) const {
    const op_node& x = net_.nodes[n];
    const auto rank = static_cast<index_t>(net_.at(x.outputs[0]).extents.size());
    const index_t axis = x.integer("axis", 0);
    if (!is(n, "Concat") || (rank != 4 && rank != 2) || (axis != 1 && axis + rank != 1))
      return false;
    return std::none_of(x.inputs.begin(), x.inputs.end(),
                        [&](value_id v) { return net_.is_constant(v); });
  }
  // Puts every counting node behind the node that makes what it counts.
  void place_counting() {
    std::vector<op_node> nodes = std::move(counted_[-1]);
    for (std::size_t n = 0; n < net_.nodes.size(); ++n) {
      nodes.push_back(std::move(node(n)));
      auto& behind = counted_[static_cast<std::int32_t>(n)];
      std::move(behind.begin(), behind.end(), std::back_inserter(nodes));
    }
    net_.nodes = std::move(nodes);
  }

  // A dense block copies its first channels once for every layer behind them. Where only
  // normalisations read what has grown so far, all of it is one buffer.
  void grow_concatenations() {
    for (std::size_t last = net_.nodes.size(); last-- > 0;) {
      std::vector<std::size_t> chain;
      for (auto n = static_cast<std::int32_t>(last);
           n >= 0 && joins_channels(static_cast<std::size_t>(n));) {
        chain.push_back(static_cast<std::size_t>(n));
        const value_id beginning = node(chain.back()).inputs[0];
        n = is_read_as_beginning(beginning) ? net_.at(beginning).producer : -1;
      }
      if (chain.size() < 2) continue;
      const index_t room = net_.at(node(last).outputs[0]).extents[1];
      for (const std::size_t n : chain) {
        op_node& x = node(n);
        x.op = "GrowingConcat";
        x.domain = std::string(fused_domain);
        x.attributes["grows"] = index_t{n != chain.back()};
        net_.at(x.outputs[0]).room = room;
      }
    }
  }
  // Whether one concatenation begins with v and only normalisations read it otherwise.
  [[nodiscard]] bool is_read_as_beginning(value_id v) const {
    int joins = 0;
    for (const std::int32_t reader : net_.at(v).consumers) {
      const auto n = static_cast<std::size_t>(reader);
      const auto& inputs = net_.nodes[n].inputs;
      if (inputs[0] != v || std::count(inputs.begin(), inputs.end(), v) != 1) return false;
      if (is_normalization(n)) continue;
      if (!joins_channels(n) || ++joins > 1) return false;
    }
    return !net_.is_output(v);
  }

  void fold_into_convolution(std::size_t n) {
    op_node& norm = node(n);
    const value_id v = norm.inputs[0];
    const std::int32_t producer = net_.at(v).producer;
    if (producer < 0 || only_reader(v) != static_cast<std::int32_t>(n)) return;
    op_node& conv = node(static_cast<std::size_t>(producer));
    if (conv.op != "Convolution" || conv.domain != fused_domain) return;
    if (conv.inputs[fused::folded_norm] != no_value) return;  // it has one
    for (std::size_t i = 0; i < 4; ++i) conv.inputs[fused::folded_norm + i] = norm.inputs[1 + i];
    conv.attributes["epsilon"] = norm.real("epsilon", 1e-5);
    take_over(static_cast<std::size_t>(producer), n);
  }

  // `grown` now computes what `last` computed, at the place of `last`.
  void take_over(std::size_t grown, std::size_t last) {
    op_node merged = std::move(node(grown));
    merged.outputs[0] = node(last).outputs[0];
    node(grown) = {};
    node(last) = std::move(merged);
    for (const value_id v : node(last).outputs)
      if (v != no_value) net_.at(v).producer = static_cast<std::int32_t>(last);
  }

  void join_followers(std::size_t n) {
    const bool is_norm = is_fused(n, "Normalization");
    if (!is_norm && !is_fused(n, "Convolution")) return;
    if (has_followers(n)) return;  // met again, at the place of the last that joined it
    n = join_add(n, is_norm ? fused::norm_addend : fused::conv_addend);
    if (is_norm) n = join_selection(n);
    // A relu behind a convolution hides the sign that its own backward pass needs.
    if (is_norm || !options_.training) n = join_relu(n);
    if (is_fused(n, "Normalization")) join_pool(n);
  }
  std::size_t join_add(std::size_t n, std::size_t slot) {
    const value_id v = node(n).outputs[0];
    const std::int32_t reader = only_reader(v);
    if (reader < 0 || !is(static_cast<std::size_t>(reader), "Add")) return n;
    const auto& terms = net_.nodes[static_cast<std::size_t>(reader)].inputs;
    const value_id other = terms[0] == v ? terms[1] : terms[0];
    if (other == v || net_.is_constant(other) || net_.at(other).extents != net_.at(v).extents)
      return n;
    // Of two candidates the later one takes the add: the earlier one is still to be met as `n` or
    // has been passed over for this reason.
    const std::int32_t rival = net_.at(other).producer;
    if (rival > static_cast<std::int32_t>(n) && can_take_add(static_cast<std::size_t>(rival)) &&
        only_reader(other) == reader)
      return n;
    node(n).inputs[slot] = other;
    take_over(n, static_cast<std::size_t>(reader));
    return static_cast<std::size_t>(reader);
  }
  [[nodiscard]] bool can_take_add(std::size_t n) const {
    return (is_fused(n, "Normalization") || is_fused(n, "Convolution")) && !has_followers(n);
  }
  // What follows an add, a relu or a pooling that has joined cannot join before them.
  [[nodiscard]] bool has_followers(std::size_t n) const {
    const op_node& x = net_.nodes[n];
    const bool is_norm = is_fused(n, "Normalization");
    return x.has("relu") || x.has("pool") ||
           x.input(is_norm ? fused::norm_addend : fused::conv_addend) != no_value;
  }

  // Channels that are not selected need not be normalised, only counted.
  std::size_t join_selection(std::size_t n) {
    const std::int32_t reader = only_reader(node(n).outputs[0]);
    if (reader < 0 || !options_.selected_normalization ||
        node(n).input(fused::norm_addend) != no_value)
      return n;
    const op_node& select = net_.nodes[static_cast<std::size_t>(reader)];
    if (!selection_of(select, net_)) return n;
    node(n).op = "SelectedNormalization";
    node(n).inputs[fused::selection] = select.inputs[1];
    take_over(n, static_cast<std::size_t>(reader));
    return static_cast<std::size_t>(reader);
  }

  std::size_t join_relu(std::size_t n) {
    const std::int32_t reader = only_reader(node(n).outputs[0]);
    if (reader < 0 || !is(static_cast<std::size_t>(reader), "Relu")) return n;
    node(n).attributes["relu"] = index_t{1};
    take_over(n, static_cast<std::size_t>(reader));
    return static_cast<std::size_t>(reader);
  }
  void join_pool(std::size_t n) {
    const value_id v = node(n).outputs[0];
    const std::int32_t reader = only_reader(v);
    if (reader < 0 || !is(static_cast<std::size_t>(reader), "MaxPool") ||
        node(n).input(fused::norm_addend) != no_value)
      return;
    const op_node& pool = net_.nodes[static_cast<std::size_t>(reader)];
    const std::vector<index_t> two{2, 2};
    const auto all_are = [&](std::string_view key, index_t wanted) {
      for (const index_t i : pool.integers(key))
        if (i != wanted) return false;
      return true;
    };
    const shape& e = net_.at(v).extents;
    if (pool.outputs.size() != 1 || pool.integers("kernel_shape") != two ||
        pool.integers("strides") != two || !all_are("pads", 0) || !all_are("dilations", 1) ||
        e.size() != 4 || e[2] % 2 != 0 || e[3] % 2 != 0)
      return;
    node(n).attributes["pool"] = index_t{1};
    take_over(n, static_cast<std::size_t>(reader));
  }

  network& net_;
  fusion_options options_;
  std::map<value_id, value_id> moments_;                  // of values
  std::map<std::int32_t, std::vector<op_node>> counted_;  // by the node that makes what they count
};

}  // namespace detail

/// Rewrites \p net in place. The result computes the same outputs.
inline void fuse(network& net, const fusion_options& options) { detail::fuser(net, options).run(); }

}  // namespace slimming::inline v0::exec
