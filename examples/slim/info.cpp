// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim info: what a model is made of, layer by layer.

#include "command.hpp"     // command
#include "model_file.hpp"  // model_options
#include "operators.hpp"   // operators
#include "output.hpp"      // output
#include "table.hpp"       // table
#include "text.hpp"        // grouped, bytes

#include <slimming/graph/dump.hpp>      // to_dot
#include <slimming/graph/groups.hpp>    // channel_groups
#include <slimming/model/channels.hpp>  // connect
#include <slimming/models/cfg.hpp>      // cfg_of
#include <slimming/plan/cost.hpp>       // cost_of

#include <cmath>    // std::abs
#include <memory>   // std::make_shared
#include <ostream>  // std::ostream
#include <set>      // std::set

namespace slim {

using namespace slimming;

namespace {

struct info_command {
  explicit info_command(CLI::App& options) : source(options, true), out(options) {
    options
        .add_option("--dot", dot,
                    "Write the channel graph for Graphviz: which channels go together, and where")
        ->type_name("FILE")
        ->group("Output");
    options.add_flag("--pins", pins, "List every reason that keeps channels from being removed");
  }

  status run();
  void list_layers(const model& net, const model_channels& known);
  void summarise(const model& net, const model_channels& known);

  model_options source;
  output out;
  std::string dot;
  bool pins = false;
};

std::string extents_of(const model& net, const model_channels& known, value_id v) {
  const auto& extents = known.facts[static_cast<std::size_t>(v)].extents;
  if (!extents) return "?";
  std::string text;
  const auto& declared = net.at(v).extents;
  for (std::size_t axis = 0; axis < extents->size(); ++axis) {
    const bool symbolic =
        axis == 0 || (declared && axis < declared->size() && (*declared)[axis] < 0);
    text += (axis ? " x " : "") + (symbolic ? "N" : std::to_string((*extents)[axis]));
  }
  return text;
}

/// Parameters and multiply-accumulates that a node is the first to use.
cost cost_of_node(const op_node& node, const model_channels& known, std::set<std::int32_t>& seen) {
  cost total;
  for (const value_id v : node.inputs) {
    if (v == no_value) continue;
    const parameter_id p = known.parameters[static_cast<std::size_t>(v)];
    if (!p || !seen.insert(p.id).second) continue;
    const cost one = cost_of(known.graph, p);
    total.parameters += one.parameters;
    total.macs += one.macs;
  }
  return total;
}

void info_command::list_layers(const model& net, const model_channels& known) {
  table layers{{"layer", table::align::left},
               {"operator", table::align::left},
               {"output", table::align::left},
               {"parameters"},
               {"MACs"}};
  std::set<std::int32_t> seen;
  out.report["layers"] = nlohmann::ordered_json::array();
  for (const op_node& node : net.nodes()) {
    const cost c = cost_of_node(node, known, seen);
    if (c.parameters == 0 && c.macs == 0) continue;
    const std::string name = node.name.empty() ? net.at(node.outputs.at(0)).name : node.name;
    const std::string extents = extents_of(net, known, node.outputs.at(0));
    layers.add({name, node.op, extents, grouped(c.parameters), grouped(c.macs)});
    out.report["layers"].push_back({{"name", name},
                                    {"operator", node.op},
                                    {"output", extents},
                                    {"parameters", c.parameters},
                                    {"macs", c.macs}});
  }
  const cost total = cost_of(known.graph);
  layers.add_line();
  layers.add({"total", "", "", grouped(total.parameters), grouped(total.macs)});
  out.report["total"] = report_of(total);
  out.text() << '\n' << layers;
}

void info_command::summarise(const model& net, const model_channels& known) {
  const channel_groups groups(known.graph);
  index_t free = 0;
  for (index_t g = 0; g < groups.count(); ++g) free += !groups.is_pinned(g);
  out.text() << "\nchannel groups: " << grouped(groups.count()) << ", of which " << grouped(free)
             << " may be removed\n";
  out.report["channel_groups"] = {{"total", groups.count()}, {"removable", free}};

  std::size_t total = 0, small = 0, tiny = 0;
  for (const auto& binding : known.graph.bindings()) {
    if (binding.as != role::scale) continue;
    const value_id v = net.find(known.graph.at(binding.parameter).value.name);
    if (v == no_value || net.constant(v) == nullptr) continue;
    if (net.constant(v)->size() != known.graph.size(binding.at)) continue;  // not one per channel
    for (const double gamma : net.constant(v)->converted<double>()) {
      ++total;
      small += std::abs(gamma) < 1e-2;
      tiny += std::abs(gamma) < 1e-3;
    }
  }
  if (total > 0) {
    const auto n = static_cast<double>(total);
    const double below2 = static_cast<double>(small) / n, below3 = static_cast<double>(tiny) / n;
    out.text() << "scale factors: " << grouped(static_cast<index_t>(total)) << ", "
               << percent(below2, 1) << " below 0.01, " << percent(below3, 1) << " below 0.001\n";
    out.report["scale_factors"] = {
        {"total", total}, {"below_1e-2", below2}, {"below_1e-3", below3}};
  }
  if (const auto widths = models::cfg_of(net); !widths.widths().empty()) {
    out.text() << "cfg: " << models::to_string(widths) << '\n';
    out.report["cfg"] = models::to_string(widths);
  }
}

status info_command::run() {
  out.keep_apart({{"the model itself", source.file()}}, {{"--dot", dot}});
  model net = source.open().net;
  const model_channels known = connect(net, operators());

  std::ostream& text = out.text();
  if (source.has_file()) {
    const auto size = std::filesystem::file_size(source.file());
    const std::string kind = name_of(kind_of(source.file()));
    text << source.file().string() << ": " << kind << ", " << bytes(static_cast<double>(size))
         << '\n';
    out.report["file"] = source.file().string();
    out.report["format"] = kind;
    out.report["bytes"] = size;
  }
  for (const auto& [key, value] : net.metadata)
    if (value.size() <= 200) text << key << ": " << value << '\n';
  out.report["metadata"] = net.metadata;
  for (const value_id v : net.inputs())
    if (net.initializer(v) == nullptr)
      text << "input " << net.at(v).name << ": " << extents_of(net, known, v) << '\n';
  for (const value_id v : net.outputs())
    text << "output " << net.at(v).name << ": " << extents_of(net, known, v) << '\n';

  list_layers(net, known);
  summarise(net, known);
  if (pins) {
    text << "\nkept whole:\n";
    for (const auto& pin : known.graph.pins())
      text << "  " << known.graph.name(pin.at) << " (" << known.graph.size(pin.at)
           << " channels): " << pin.reason << '\n';
  }
  if (!dot.empty()) write_text(dot, to_dot(known.graph));
  out.write_report();
  return status::ok;
}

}  // namespace

command add_info(CLI::App& program) {
  CLI::App& options = *program.add_subcommand(
      "info", "Show the layers, parameters, multiply-accumulates and channel groups of a model");
  options.footer(
      "Examples:\n"
      "  slim info model.onnx\n"
      "  slim info resnet56.th --arch resnet56\n"
      "  slim info --arch vgg19 --width 0.5          # a topology without weights\n"
      "  slim info model.onnx --dot graph.dot && dot -Tsvg graph.dot > graph.svg");
  const auto it = std::make_shared<info_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
