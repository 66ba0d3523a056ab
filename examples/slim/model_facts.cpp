// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "model_facts.hpp"

#include "command.hpp"    // usage_error
#include "operators.hpp"  // operators
#include "text.hpp"       // percent, grouped

#include <slimming/model/infer.hpp>  // infer

#include <algorithm>  // std::min
#include <cmath>      // std::lround
#include <string>     // std::string
#include <vector>     // std::vector

namespace slim {

using namespace slimming;

namespace {

value_id only_input(const model& net) {
  value_id only = no_value;
  for (const value_id v : net.inputs()) {
    if (net.initializer(v)) continue;
    if (only != no_value) return no_value;
    only = v;
  }
  return only;
}

std::string words(const image_extents& e) {
  return std::to_string(e.channels) + " x " + std::to_string(e.height) + " x " +
         std::to_string(e.width);
}

}  // namespace

std::optional<image_extents> image_input(const model& net) {
  const value_id v = only_input(net);
  if (v == no_value || !net.at(v).extents || net.at(v).extents->size() != 4) return {};
  const shape& e = *net.at(v).extents;
  if (e[1] <= 0 || e[2] <= 0 || e[3] <= 0) return {};
  return image_extents{e[1], e[2], e[3]};
}

void require_fit(const model& net, const image_dataset& images) {
  if (only_input(net) == no_value)
    throw usage_error("the model has several inputs; images can feed one only");
  const auto wanted = image_input(net);
  if (wanted && *wanted != images.extents())
    throw usage_error("the model takes images of " + words(*wanted) + ", the data set has " +
                      words(images.extents()) + "; name the data set with --dataset and --data");
  const image_extents e = images.extents();
  const auto facts =
      infer(net, operators(), {{net.at(only_input(net)).name, {1, e.channels, e.height, e.width}}});
  const auto& out = facts[static_cast<std::size_t>(net.outputs().at(0))].extents;
  if (!out || out->size() != 2 || out->back() < images.classes())
    throw usage_error("the model's output is " + (out ? to_string(*out) : "of unknown shape") +
                      ", the data set has " + std::to_string(images.classes()) +
                      " classes: one number per class is needed");
}

void require_logits(const model& net) {
  for (const op_node& node : net.nodes())
    for (const value_id v : node.outputs)
      if (v == net.outputs().at(0) && (node.op == "Softmax" || node.op == "LogSoftmax"))
        throw usage_error("the model ends in '" + node.name + "' (" + node.op +
                          "); training needs what comes before it: export the model without it");
}

evaluation measure(const model& net, dataset_options data, engine& device, index_t batch) {
  data.complete(net.metadata);
  const auto wanted = image_input(net);
  const image_dataset test = data.read(data_split::test, wanted);
  require_fit(net, test);
  std::optional<image_dataset> train;
  if (data.needs_training_images()) train = data.read(data_split::train, wanted);
  loader images(test, {.batch_size = std::min(batch, test.size()),
                       .shuffle = false,
                       .statistics = data.statistics(train ? &*train : nullptr),
                       .layout = device.layout(test.extents())});
  return device.evaluate(net, images);
}

std::string accuracy_words(const evaluation& e) {
  const auto right = std::lround(e.accuracy * static_cast<double>(e.images));
  return percent(e.accuracy) + " (" + grouped(right) + " of " + grouped(e.images) + ")";
}

}  // namespace slim
