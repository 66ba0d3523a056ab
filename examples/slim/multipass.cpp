// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim multipass: train with sparsity, prune, fine-tune, and again on the narrower network (Liu et
/// al., ICCV 2017, section 3).

#include "checks.hpp"         // positive
#include "command.hpp"        // command
#include "dataset.hpp"        // dataset_options
#include "model_file.hpp"     // topology_options, save_model
#include "operators.hpp"      // operators
#include "pruning.hpp"        // pruning_options
#include "run_directory.hpp"  // run_directory
#include "table.hpp"          // table
#include "text.hpp"           // percent, grouped
#include "training.hpp"       // training_options, run_stage

#include <slimming/model/channels.hpp>  // connect
#include <slimming/model/prune.hpp>     // prune
#include <slimming/models/cfg.hpp>      // cfg_of
#include <slimming/plan/json.hpp>       // to_json

#include <memory>   // std::make_shared
#include <ostream>  // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct multipass_command {
  multipass_command(CLI::App& options, std::string command_line)
      : invocation(std::move(command_line)),
        topology(options),
        data(options),
        how(options, {.epochs = 160, .sparsity = 1e-4}),
        choice(options, pruning_options::amount::given, 0.5),
        where(options),
        out(options) {
    options.get_option("--arch")->required();
    options.add_option("--passes", passes, "How often the network is narrowed")
        ->check(positive())
        ->capture_default_str()
        ->type_name("N");
    options
        .add_option("--percent", share, "Share of all channels that goes in every pass, below 1")
        ->check(CLI::Range(0.0, 0.999))
        ->capture_default_str()
        ->type_name("SHARE");
    options
        .add_option("--finetune-epochs", fine_epochs,
                    "Epochs of fine-tuning after every pruning (default: as --epochs)")
        ->check(positive())
        ->type_name("N");
  }

  status run();
  void pass(model& net, index_t number, training_data& images, engine& device, table& summary);

  std::string invocation;
  topology_options topology;
  dataset_options data;
  training_options how;
  pruning_options choice;
  device_options where;
  output out;
  index_t passes = 5, fine_epochs = 0;
  double share = 0.5;
};

std::string last_accuracy(const training_state& state) {
  const bool known = !state.history.empty() && state.history.back().test_accuracy;
  return known ? percent(*state.history.back().test_accuracy) : "";
}

void multipass_command::pass(model& net, index_t number, training_data& images, engine& device,
                             table& summary) {
  const auto folder = how.run() / ("pass-" + std::to_string(number));
  const std::string name = "pass " + std::to_string(number);
  nlohmann::ordered_json settings = settings_of(how, images);
  settings.update({{"arch", topology.architecture()}, {"percent", share}});
  settings.update(choice.settings());
  std::ostream& text = out.text();

  text << '\n' << name << ": training with sparsity\n";
  const training_state sparse =
      run_stage(net, images, device, {folder / "train", name, how.trainer(), settings}, out);
  const prune_plan plan =
      choice.plan(connect(net, operators(), choice.connect()), global_ratio{share});
  prune(net, operators(), plan, choice.connect());
  net.metadata["cfg"] = models::to_string(models::cfg_of(net));
  write_text(folder / "plan.json", to_json(plan.record()));
  save_model({net}, folder / "pruned.safetensors");
  text << '\n';
  print_layers(text, plan);

  trainer_options fine = how.trainer();
  fine.sgd.l1 = 0;
  if (fine_epochs > 0) fine.epochs = fine_epochs;
  settings["sparsity"] = 0;
  settings["epochs"] = fine.epochs;
  text << '\n' << name << ": fine-tuning\n";
  const training_state tuned = run_stage(
      net, images, device, {folder / "finetune", name + ", fine-tuning", fine, settings}, out);
  save_model({net}, folder / "model.safetensors");

  summary.add({std::to_string(number), last_accuracy(sparse), last_accuracy(tuned),
               grouped(plan.after().parameters), grouped(plan.after().macs), net.metadata["cfg"]});
  out.report["passes"].push_back({{"cfg", net.metadata["cfg"]},
                                  {"before", report_of(plan.before())},
                                  {"after", report_of(plan.after())},
                                  {"accuracy", tuned.history.back().test_accuracy.value_or(0)}});
}

status multipass_command::run() {
  out.keep_apart({}, how.files());
  data.complete();
  const run_directory directory(how.run(), how.resumes(), "pass-1");
  const auto device = where.make();
  training_data images(data, how, *device, {});
  model net = fresh_network(topology, images, how);
  // What cannot be pruned as asked is known before it is trained for hours.
  (void)choice.plan(connect(net, operators(), choice.connect()), global_ratio{share});
  std::ostream& text = out.text();
  text << images.words(topology.architecture(), *device) << '\n';

  table summary{{"pass"},       {"trained"}, {"fine-tuned"},
                {"parameters"}, {"MACs"},    {"cfg", table::align::left}};
  out.report["passes"] = nlohmann::ordered_json::array();
  const auto all_passes = [&] {
    for (index_t number = 1; number <= passes; ++number)
      pass(net, number, images, *device, summary);
  };
  if (!unless_stopped(out, invocation, all_passes)) return status::failed;
  const auto file = how.run() / "model.safetensors";
  save_model({net}, file);
  text << '\n' << summary << "\nwrote " << file.string() << '\n';
  out.report["model"] = file.string();
  out.write_report();
  return status::ok;
}

}  // namespace

command add_multipass(CLI::App& program, const std::string& invocation) {
  CLI::App& options = *program.add_subcommand(
      "multipass", "Train, prune and fine-tune several times, each time from the narrower network");
  options.footer(
      "Example:\n"
      "  slim multipass --arch vgg19 --data DIR --passes 5 --epochs 160 --out run\n\n"
      "Every pass removes --percent of the channels that are left and at most --layer-cap of any\n"
      "layer. RUN/pass-K holds both trainings, plan.json, pruned.safetensors and "
      "model.safetensors.");
  const auto it = std::make_shared<multipass_command>(options, invocation);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
