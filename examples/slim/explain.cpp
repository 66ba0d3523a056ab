// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim explain: why a channel stays, or what goes with it.

#include "checks.hpp"      // not_negative
#include "command.hpp"     // command, usage_error
#include "model_file.hpp"  // model_options
#include "operators.hpp"   // operators
#include "output.hpp"      // output
#include "pruning.hpp"     // understanding_options

#include <slimming/graph/explain.hpp>   // explain
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/model/channels.hpp>  // connect

#include <algorithm>  // std::sort
#include <memory>     // std::make_shared
#include <ostream>    // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct explain_command {
  explicit explain_command(CLI::App& options)
      : source(options), understanding(options), out(options) {
    options
        .add_option("--tensor", tensor,
                    "Name of a value, a parameter, or a layer (then its output is meant)")
        ->required()
        ->type_name("NAME");
    options.add_option("--channel", channel, "Which channel, from 0")
        ->required()
        ->check(not_negative())
        ->type_name("I");
    options
        .add_option("--axis", axis,
                    "Axis that the channel lies on (default: 0 of a parameter, 1 of a value)")
        ->check(not_negative())
        ->type_name("K");
  }

  status run();
  [[nodiscard]] value_id find(const model& net) const;
  [[nodiscard]] channels find_channels(const model& net, const model_channels& known) const;

  model_options source;
  understanding_options understanding;
  output out;
  std::string tensor;
  index_t channel = 0, axis = -1;
};

/// How much of one name is in another: what the user may have meant.
std::size_t likeness(const std::string& a, const std::string& b) {
  std::size_t front = 0, back = 0;
  while (front < a.size() && front < b.size() && a[front] == b[front]) ++front;
  while (back < a.size() - front && back < b.size() - front &&
         a[a.size() - 1 - back] == b[b.size() - 1 - back])
    ++back;
  return front + back;
}

value_id explain_command::find(const model& net) const {
  if (const value_id v = net.find(tensor); v != no_value) return v;
  for (const op_node& node : net.nodes())
    if (node.name == tensor && !node.outputs.empty()) return node.outputs.front();
  std::vector<std::string> names;
  for (const auto& v : net.values()) names.push_back(v.name);
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return likeness(tensor, a) > likeness(tensor, b);
  });
  std::string text =
      "--tensor: no value, parameter or layer is called '" + tensor + "'; similar are";
  for (std::size_t i = 0; i < names.size() && i < 3; ++i) text += (i ? ", " : " ") + names[i];
  throw usage_error(text);
}

channels explain_command::find_channels(const model& net, const model_channels& known) const {
  const auto v = static_cast<std::size_t>(find(net));
  if (const parameter_id p = known.parameters[v]) {
    const auto& record = known.graph.at(p);
    const auto at = static_cast<std::size_t>(std::max<index_t>(axis, 0));
    const auto b = at < record.value.array.rank ? record.axis_binding[at] : -1;
    if (b >= 0) return known.graph.bindings()[static_cast<std::size_t>(b)].at;
    throw usage_error("--axis: no channels index axis " + std::to_string(at) + " of '" +
                      record.value.name + "' " + to_string(record.value.array.extents()));
  }
  const auto at = static_cast<std::size_t>(axis < 0 ? 1 : axis);
  if (const channels c = known.layouts[v].on(at)) return c;
  throw usage_error("--axis: axis " + std::to_string(at) + " of '" +
                    net.at(static_cast<value_id>(v)).name + "' carries no channels");
}

status explain_command::run() {
  out.keep_apart({{"the model itself", source.file()}});
  model net = source.open().net;
  const model_channels known = connect(net, operators(), understanding.connect());
  const channels c = find_channels(net, known);
  if (channel >= known.graph.size(c))
    throw usage_error("--channel: '" + tensor + "' has the channels 0 to " +
                      std::to_string(known.graph.size(c) - 1) + ", got " + std::to_string(channel));
  const std::string text = explain(known.graph, c, channel);
  const channel_groups groups(known.graph);
  const index_t g = groups.group_of(c, channel);
  out.text() << text;
  out.report["tensor"] = known.graph.name(c);
  out.report["channel"] = channel;
  out.report["removable"] = !groups.is_pinned(g);
  out.report["members"] = groups.member_count(g);
  out.report["text"] = text;
  out.write_report();
  return status::ok;
}

}  // namespace

command add_explain(CLI::App& program) {
  CLI::App& options = *program.add_subcommand(
      "explain", "Say why a channel may not be removed, or what goes with it");
  options.footer(
      "Examples:\n"
      "  slim explain model.onnx --tensor layer1.0.conv1.weight --channel 3\n"
      "  slim explain resnet20.th --arch resnet20 --tensor bn1 --channel 0");
  const auto it = std::make_shared<explain_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
