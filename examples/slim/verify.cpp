// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim verify: does a pruned model compute what the original computes with the removed channels
/// masked?

#include "agreement.hpp"   // compare
#include "checks.hpp"      // positive, not_negative
#include "command.hpp"     // command
#include "model_file.hpp"  // model_options, open_model
#include "operators.hpp"   // operators
#include "output.hpp"      // output
#include "pruning.hpp"     // understanding_options
#include "table.hpp"       // table
#include "text.hpp"        // number

#include <slimming/model/channels.hpp>  // connect
#include <slimming/model/prune.hpp>     // masked
#include <slimming/plan/json.hpp>       // plan_from_json
#include <slimming/plan/replay.hpp>     // replay

#include <memory>   // std::make_shared
#include <ostream>  // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct verify_command {
  explicit verify_command(CLI::App& options)
      : source(options), understanding(options), out(options) {
    options.add_option("PRUNED", pruned, "What slim prune --out wrote")
        ->required()
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    options.add_option("--plan", plan_file, "What slim prune --plan wrote")
        ->required()
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    options.add_option("--runs", runs, "Number of random inputs")
        ->check(positive())
        ->capture_default_str()
        ->type_name("N");
    options.add_option("--seed", seed, "Of the random inputs")
        ->capture_default_str()
        ->type_name("N");
    options
        .add_option("--tolerance", tolerance,
                    "Largest difference that passes, relative to the largest output")
        ->check(not_negative())
        ->capture_default_str()
        ->type_name("X");
  }

  status run();

  model_options source;
  understanding_options understanding;
  output out;
  std::filesystem::path pruned, plan_file;
  index_t runs = 3;
  std::uint64_t seed = 1;
  double tolerance = 1e-5;
};

status verify_command::run() {
  out.keep_apart(
      {{"the model itself", source.file()}, {"PRUNED", pruned}, {"the plan", plan_file}});
  model original = source.open().net;
  const model small = open_model(pruned, source.topology()).net;
  const connect_options options = understanding.connect();
  const plan_record record = plan_from_json(read_text(plan_file), plan_file.string());
  const prune_plan plan = [&] {
    const model_channels known = connect(original, operators(), options);
    return replay(known.graph, record);
  }();
  const model with_masks = masked(original, operators(), plan, options);

  const agreement found = compare(with_masks, small, options, runs, seed);
  const agreement effect = compare(original, with_masks, options, 1, seed);
  table all{{"output", table::align::left},
            {"elements"},
            {"largest value"},
            {"masked - pruned"},
            {"relative"},
            {"original - masked"}};
  out.report["outputs"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < found.outputs.size(); ++i) {
    const output_difference& d = found.outputs[i];
    if (!d.is_computed) continue;
    all.add({d.output, std::to_string(d.elements), number(d.scale), number(d.largest, 3),
             number(d.relative(), 3), number(effect.outputs[i].relative(), 3)});
    out.report["outputs"].push_back({{"name", d.output},
                                     {"largest_value", d.scale},
                                     {"largest_difference", d.largest},
                                     {"relative_difference", d.relative()}});
  }
  const double difference = found.worst();
  const bool agrees = difference <= tolerance;
  out.text() << all << "\nlargest relative difference over " << runs
             << " random inputs: " << number(difference, 3) << (agrees ? " <= " : " > ")
             << number(tolerance, 3)
             << (agrees ? ": the same function\n" : ": NOT the same function\n");
  if (const std::string not_proved = found.reservation(); !not_proved.empty()) {
    out.text() << not_proved << '\n';
    out.report["reservation"] = not_proved;
  }
  out.report["relative_difference"] = difference;
  out.report["tolerance"] = tolerance;
  out.report["agrees"] = agrees;
  out.write_report();
  return agrees ? status::ok : status::failed;
}

}  // namespace

command add_verify(CLI::App& program) {
  CLI::App& options = *program.add_subcommand(
      "verify", "Prove that a pruned model computes what the masked original computes");
  options.footer(
      "The masked original has the producers of every removed channel set to zero. Both networks\n"
      "run in double precision on the same random inputs. Exit code 1 if they differ. A model "
      "that\n"
      "was fine-tuned after pruning is another function and does not pass.\n\n"
      "Example:\n"
      "  slim verify model.onnx small.onnx --plan plan.json");
  const auto it = std::make_shared<verify_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
