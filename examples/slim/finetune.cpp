// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim finetune: trains a model on, by default without sparsity.

#include "command.hpp"        // command, usage_error
#include "dataset.hpp"        // dataset_options
#include "model_facts.hpp"    // image_input, require_trainable
#include "model_file.hpp"     // model_options, save_model, digest_of
#include "operators.hpp"      // operators
#include "run_directory.hpp"  // run_directory
#include "training.hpp"       // training_options, run_stage

#include <slimming/model/open_batch.hpp>  // open_batch

#include <memory>   // std::make_shared
#include <ostream>  // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct finetune_command {
  finetune_command(CLI::App& options, std::string command_line)
      : invocation(std::move(command_line)),
        source(options),
        data(options),
        how(options, {.epochs = 160}),
        where(options),
        out(options) {}

  status run();

  std::string invocation;
  model_options source;
  dataset_options data;
  training_options how;
  device_options where;
  output out;
};

status finetune_command::run() {
  out.keep_apart({{"the model itself", source.file()}}, how.files());
  opened_model opened = source.open();
  model& net = opened.net;
  open_batch(net, operators());
  data.complete(net.metadata);
  const run_directory directory(how.run(), how.resumes(), checkpoint_name);
  const auto device = where.make();
  training_data images(data, how, *device, image_input(net));
  require_fit(net, images.train());
  require_logits(net);

  stage what{how.run(), "fine-tune", how.trainer(), settings_of(how, images)};
  what.settings[digest_key] = digest_of(net);
  for (const auto& [key, value] : images.memory()) net.metadata[key] = value;

  std::ostream& text = out.text();
  text << images.words(source.file().string(), *device) << '\n';
  if (!unless_stopped(out, invocation,
                      [&] { report(run_stage(net, images, *device, what, out), out); }))
    return status::failed;
  const auto file = how.run() / "model.safetensors";
  save_model(opened, file);
  text << "wrote " << file.string();
  if (kind_of(source.file()) == file_kind::onnx) {
    save_model(opened, how.run() / "model.onnx");
    text << " and " << (how.run() / "model.onnx").string();
  }
  text << '\n';
  out.report["model"] = file.string();
  out.write_report();
  return status::ok;
}

}  // namespace

command add_finetune(CLI::App& program, const std::string& invocation) {
  CLI::App& options =
      *program.add_subcommand("finetune", "Train a model on, usually after it was pruned");
  options.footer(
      "Examples:\n"
      "  slim finetune pruned.safetensors --data DIR --epochs 10 --out fine\n"
      "  slim finetune pruned.onnx --dataset cifar10 --data DIR --lr 0.01 --epochs 5 --out fine\n\n"
      "The data set and its normalisation are those that the model was trained with, unless you\n"
      "say otherwise (an ONNX file does not tell: give --dataset, --mean and --std). The default\n"
      "rate is the published one, for many epochs; few epochs want a tenth of it. RUN holds "
      "model.safetensors (and model.onnx for an ONNX model) when done.");
  const auto it = std::make_shared<finetune_command>(options, invocation);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
