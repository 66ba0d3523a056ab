// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim train: trains a network from scratch with sparsity on the scale factors of batch norm.

#include "command.hpp"        // command, usage_error
#include "dataset.hpp"        // dataset_options
#include "model_file.hpp"     // topology_options, save_model
#include "run_directory.hpp"  // run_directory
#include "training.hpp"       // training_options, run_stage

#include <memory>   // std::make_shared
#include <ostream>  // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct train_command {
  train_command(CLI::App& options, std::string command_line)
      : invocation(std::move(command_line)),
        topology(options),
        data(options),
        how(options, {.epochs = 160, .sparsity = 1e-4}),
        where(options),
        out(options) {
    options.get_option("--arch")->required();
  }

  status run();

  std::string invocation;
  topology_options topology;
  dataset_options data;
  training_options how;
  device_options where;
  output out;
};

status train_command::run() {
  out.keep_apart({}, how.files());
  data.complete();
  const run_directory directory(how.run(), how.resumes(), checkpoint_name);
  const auto device = where.make();
  training_data images(data, how, *device, {});
  model net = fresh_network(topology, images, how);
  stage what{how.run(), "train", how.trainer(), settings_of(how, images)};
  what.settings["arch"] = topology.architecture();
  what.settings["cfg"] = net.metadata["cfg"];

  std::ostream& text = out.text();
  text << images.words(topology.architecture(), *device) << '\n';
  if (!unless_stopped(out, invocation,
                      [&] { report(run_stage(net, images, *device, what, out), out); }))
    return status::failed;
  const auto file = how.run() / "model.safetensors";
  save_model({net}, file);
  text << "wrote " << file.string() << '\n';
  out.report["model"] = file.string();
  out.write_report();
  return status::ok;
}

}  // namespace

command add_train(CLI::App& program, const std::string& invocation) {
  CLI::App& options = *program.add_subcommand(
      "train", "Train a network from scratch with sparsity on its batch-norm scale factors");
  options.footer(
      "Examples:\n"
      "  slim train --arch vgg11 --data cifar-10-batches-bin --epochs 10 --out run\n"
      "  slim train --arch preresnet56 --dataset cifar100 --data DIR --sparsity 1e-5 --out run\n"
      "  slim train --arch mlp --dataset mnist --data DIR --epochs 30 --batch 256 --out run\n"
      "  slim train ... --out run --resume          # after Ctrl-C, SIGTERM or a power cut\n\n"
      "RUN holds model.safetensors (when done), checkpoint.safetensors and log.jsonl, one line "
      "per\n"
      "epoch. Defaults are the paper's. Next: slim prune RUN/model.safetensors --percent 0.5 ...");
  const auto it = std::make_shared<train_command>(options, invocation);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
