// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim prune: decides which channels go, cuts them out of every tensor that carries them, reports.

#include "agreement.hpp"    // compare
#include "command.hpp"      // command
#include "dataset.hpp"      // dataset_options
#include "engine.hpp"       // device_options
#include "model_facts.hpp"  // measure
#include "model_file.hpp"   // model_options, save_model
#include "operators.hpp"    // operators
#include "output.hpp"       // output
#include "pruning.hpp"      // pruning_options
#include "table.hpp"        // table
#include "text.hpp"         // grouped, bytes

#include <slimming/model/channels.hpp>    // connect
#include <slimming/model/open_batch.hpp>  // open_batch
#include <slimming/model/prune.hpp>       // prune, masked
#include <slimming/models/cfg.hpp>        // cfg_of
#include <slimming/plan/json.hpp>         // to_json

#include <filesystem>  // std::filesystem::file_size
#include <memory>      // std::make_shared
#include <optional>    // std::optional
#include <ostream>     // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct prune_command {
  explicit prune_command(CLI::App& options)
      : source(options, true),
        how(options, pruning_options::amount::asked),
        data(options),
        where(options),
        out(options) {
    const std::string group = "Output";
    options
        .add_option("--out", target,
                    "Where the pruned model goes; the suffix says the format. Without it nothing "
                    "is written and only the report is made")
        ->check(output_model())
        ->type_name("FILE")
        ->group(group);
    options
        .add_option("--plan", plan_file, "Write the plan as JSON: what stays of every parameter")
        ->type_name("FILE")
        ->group(group);
    options
        .add_option("--report", report_file,
                    "Write what the published scripts write: configuration, number of parameters "
                    "and test accuracy of the masked network")
        ->type_name("FILE")
        ->group(group);
    options
        .add_flag(
            "--verify", verify,
            "Prove on random inputs that the pruned network computes what the masked one does")
        ->group(group);
  }

  status run();

  model_options source;
  pruning_options how;
  dataset_options data;
  device_options where;
  output out;
  std::filesystem::path target, plan_file, report_file;
  bool verify = false;
};

/// The list as the published scripts print it: [64, 'M', 128].
std::string python_list(const models::cfg& widths) {
  std::string text = "[";
  for (const index_t e : widths.entries)
    text += (text.size() > 1 ? ", " : "") +
            (e == models::cfg::pool ? std::string("'M'") : std::to_string(e));
  return text + "]";
}

std::string published_report(const models::cfg& widths, const cost& after,
                             const std::optional<double>& accuracy) {
  return "Configuration: \n" + python_list(widths) + "\nNumber of parameters: \n" +
         std::to_string(after.parameters) + "\nTest accuracy: \n" +
         (accuracy ? number(*accuracy, 6) : "not measured") + "\n";
}

status prune_command::run() {
  out.keep_apart({{"the model itself", source.file()}},
                 {{"--out", target}, {"--plan", plan_file}, {"--report", report_file}});
  opened_model opened = source.open();
  model& net = opened.net;
  const connect_options options = how.connect();
  const prune_plan plan = [&] {
    const model_channels known = connect(net, operators(), options);
    return how.plan(known);
  }();

  const model original = net;
  prune(net, operators(), plan, options);
  const models::cfg widths = models::cfg_of(net);
  if (net.metadata.contains("cfg")) net.metadata["cfg"] = models::to_string(widths);

  std::ostream& text = out.text();
  text << source.name() << ": removing " << how.words() << "\n\n";
  print_layers(text, plan);
  print_skipped(text, plan);
  text << '\n';
  if (!widths.widths().empty()) text << "cfg: " << models::to_string(widths) << "\n\n";
  out.report = report_of(plan);
  out.report["model"] = source.name();
  if (!widths.widths().empty()) out.report["cfg"] = models::to_string(widths);

  table costs = cost_table(plan);
  status result = status::ok;
  if (!target.empty()) {
    save_model(opened, target);
    if (source.has_file()) {
      const auto from = std::filesystem::file_size(source.file());
      const auto to = std::filesystem::file_size(target);
      costs.add({"bytes of the file", grouped(static_cast<index_t>(from)),
                 grouped(static_cast<index_t>(to)),
                 change(static_cast<double>(from), static_cast<double>(to))});
    }
    out.report["out"] = target.string();
  }
  text << costs;
  std::optional<model> with_masks;
  if (verify || data.is_given()) with_masks = masked(original, operators(), plan, options);
  std::optional<double> accuracy;
  if (data.is_given()) {
    model any_batch = *with_masks;
    open_batch(any_batch, operators());
    const evaluation e = measure(any_batch, data, *where.make());
    accuracy = e.accuracy;
    text << "\naccuracy of the masked network: " << accuracy_words(e) << '\n';
    out.report["masked_accuracy"] = e.accuracy;
  }
  if (!report_file.empty())
    write_text(report_file, published_report(widths, plan.after(), accuracy));
  if (!plan_file.empty()) write_text(plan_file, to_json(plan.record()));
  if (verify) {
    const agreement found = compare(*with_masks, net, options, 3, 1);
    const double difference = found.worst();
    text << "\nlargest difference between masked and pruned: " << number(difference, 3) << '\n';
    if (const std::string not_proved = found.reservation(); !not_proved.empty())
      text << not_proved << '\n';
    out.report["largest_difference"] = difference;
    if (!(difference <= 1e-6)) result = status::failed;
  }
  if (!target.empty())
    text << "\nwrote " << target.string() << (plan_file.empty() ? "" : " and " + plan_file.string())
         << '\n';
  else
    text << "\nno model was written: name a file with --out\n";
  out.write_report();
  return result;
}

}  // namespace

command add_prune(CLI::App& program) {
  CLI::App& options = *program.add_subcommand(
      "prune", "Remove the channels that matter least and write the smaller model");
  options.footer(
      "Examples:\n"
      "  slim prune model.onnx --percent 0.5 --criterion l2 --out small.onnx --plan plan.json\n"
      "  slim prune run/model.safetensors --percent 0.7 --out pruned.safetensors\n"
      "  slim prune resnet56.th --arch resnet56 --macs 0.5 --round-to 8 --out small.onnx\n"
      "  slim prune model.onnx --params 0.2 --layer-cap 0.5      # a look, nothing is written\n\n"
      "Then: slim verify model.onnx small.onnx --plan plan.json");
  const auto it = std::make_shared<prune_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
