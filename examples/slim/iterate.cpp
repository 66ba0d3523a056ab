// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim iterate: masks more channels with every epoch of training, and cuts them out at the end.

#include "command.hpp"        // command
#include "dataset.hpp"        // dataset_options
#include "model_facts.hpp"    // image_input, require_fit, require_logits
#include "model_file.hpp"     // model_options, save_model, digest_of
#include "operators.hpp"      // operators
#include "pruning.hpp"        // pruning_options
#include "run_directory.hpp"  // run_directory
#include "text.hpp"           // percent
#include "training.hpp"       // training_options, run_stage

#include <slimming/model/open_batch.hpp>  // open_batch
#include <slimming/models/cfg.hpp>        // cfg_of
#include <slimming/plan/json.hpp>         // to_json
#include <slimming/train/slimming.hpp>    // iterative_slimming

#include <memory>   // std::make_shared
#include <ostream>  // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct iterate_command {
  iterate_command(CLI::App& options, std::string command_line)
      : invocation(std::move(command_line)),
        source(options),
        data(options),
        how(options, {.epochs = 50, .sparsity = 1e-4}),
        choice(options, pruning_options::amount::given),
        where(options),
        out(options) {
    const std::string group = "Amount";
    options.add_option("--from", shares.first, "Share of all channels that is masked at first")
        ->check(CLI::Range(0.0, 0.999))
        ->capture_default_str()
        ->type_name("SHARE")
        ->group(group);
    options.add_option("--to", shares.last, "Share that is masked in the last epoch, and cut out")
        ->check(CLI::Range(0.0, 0.999))
        ->capture_default_str()
        ->type_name("SHARE")
        ->group(group);
  }

  status run();
  void finish(opened_model& whole, const iterative_slimming& done);

  std::string invocation;
  model_options source;
  dataset_options data;
  training_options how;
  pruning_options choice;
  device_options where;
  output out;
  iterative_schedule shares;
};

void iterate_command::finish(opened_model& whole, const iterative_slimming& done) {
  const prune_plan& plan = done.plan();
  save_model({whole.net}, how.run() / "masked.safetensors");
  whole.net = done.pruned();
  const models::cfg widths = models::cfg_of(whole.net);
  if (whole.net.metadata.contains("cfg")) whole.net.metadata["cfg"] = models::to_string(widths);
  const auto file = how.run() / "model.safetensors";
  save_model(whole, file);
  if (kind_of(source.file()) == file_kind::onnx) save_model(whole, how.run() / "model.onnx");
  write_text(how.run() / "plan.json", to_json(plan));

  std::ostream& text = out.text();
  text << '\n';
  print_layers(text, plan);
  print_skipped(text, plan);
  text << '\n';
  if (!widths.widths().empty()) text << "cfg: " << models::to_string(widths) << "\n\n";
  text << cost_table(plan);
  if (!done.state().history.empty() && done.state().history.back().test_accuracy)
    text << "\naccuracy: " << percent(*done.state().history.back().test_accuracy) << '\n';
  text << "\nwrote " << file.string() << ", masked.safetensors and plan.json\n";
  out.report.update(report_of(plan));
  if (!widths.widths().empty()) out.report["cfg"] = models::to_string(widths);
  report(done.state(), out);
  out.report["model"] = file.string();
  out.write_report();
}

status iterate_command::run() {
  out.keep_apart({{"the model itself", source.file()}}, how.files());
  if (shares.first > shares.last)
    throw usage_error("--from: " + number(shares.first) + " is more than --to " +
                      number(shares.last));
  opened_model opened = source.open();
  model& net = opened.net;
  open_batch(net, operators());
  data.complete(net.metadata);
  const run_directory directory(how.run(), how.resumes(), checkpoint_name);
  const auto device = where.make();
  training_data images(data, how, *device, image_input(net));
  require_fit(net, images.train());
  require_logits(net);

  stage what{how.run(), "masked training", how.trainer(), settings_of(how, images)};
  what.settings.update(choice.settings());
  what.settings["from"] = shares.first;
  what.settings["to"] = shares.last;
  what.settings[digest_key] = digest_of(net);
  for (const auto& [key, value] : images.memory()) net.metadata[key] = value;

  iterative_slimming slimming(
      net, operators(),
      {.shares = shares,
       .score = [&](const model_channels& known,
                    const channel_groups& groups) { return choice.scores(known, groups); },
       .limits = choice.limits(),
       .connect = choice.connect()});
  const auto train_epoch = [&](model& live, const trainer_options& options,
                               const training_checkpoint& from,
                               const trainer_callbacks& callbacks) {
    return device->train(live, images.batches(), images.test_batches(), options, &from, callbacks)
        .is_finished;
  };
  const auto all_epochs = [&](const trainer_options& options, const training_checkpoint* from,
                              const trainer_callbacks& callbacks) -> training_result {
    if (from != nullptr) slimming.resume(*from);
    const bool is_finished = slimming.run(options, callbacks, train_epoch);
    return {is_finished, slimming.state()};
  };
  out.text() << images.words(source.file().string(), *device) << '\n';
  if (!unless_stopped(out, invocation, [&] { run_stage(images, what, out, all_epochs); }))
    return status::failed;
  finish(opened, slimming);
  return status::ok;
}

}  // namespace

command add_iterate(CLI::App& program, const std::string& invocation) {
  CLI::App& options = *program.add_subcommand(
      "iterate", "Mask more channels with every epoch of training, and cut them out at the end");
  options.footer(
      "Examples:\n"
      "  slim iterate run/model.safetensors --data DIR --out iterated\n"
      "  slim iterate run/model.safetensors --data DIR --from 0.1 --to 0.7 --epochs 20 --lr 0.01 "
      "\\\n"
      "               --schedule constant --out iterated\n\n"
      "MODEL was trained with sparsity (slim train). In every epoch the channels whose scale "
      "factors\n"
      "are smallest are masked, from --from of all in the first epoch to --to in the last; masks\n"
      "are decided anew each time, and what was dropped stays dropped. Masked channels cost "
      "nothing.\n"
      "RUN holds model.safetensors (pruned), masked.safetensors (the same network before "
      "surgery),\n"
      "plan.json, checkpoint.safetensors and log.jsonl. Proof:\n"
      "  slim verify RUN/masked.safetensors RUN/model.safetensors --plan RUN/plan.json");
  const auto it = std::make_shared<iterate_command>(options, invocation);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
