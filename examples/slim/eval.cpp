// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim eval: accuracy of one or more models on the test images, and what they cost.

#include "checks.hpp"       // positive
#include "command.hpp"      // command, usage_error
#include "dataset.hpp"      // dataset_options
#include "engine.hpp"       // engine, device_options
#include "model_facts.hpp"  // image_input, measure
#include "model_file.hpp"   // topology_options, open_model
#include "operators.hpp"    // operators
#include "output.hpp"       // output
#include "table.hpp"        // table
#include "text.hpp"         // percent, grouped

#include <slimming/model/channels.hpp>    // connect
#include <slimming/model/open_batch.hpp>  // open_batch
#include <slimming/plan/cost.hpp>         // cost_of

#include <filesystem>  // std::filesystem::file_size
#include <memory>      // std::make_shared
#include <ostream>     // std::ostream

namespace slim {

using namespace slimming;

namespace {

struct eval_command {
  explicit eval_command(CLI::App& options)
      : topology(options), data(options), where(options), out(options) {
    options
        .add_option("MODEL", files,
                    "One or more models: .safetensors, .onnx, or PyTorch files with --arch")
        ->required()
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    options.add_option("--batch", batch, "Images per forward pass")
        ->check(positive())
        ->capture_default_str()
        ->type_name("N");
    options.add_flag("--latency", latency, "Also measure the time of a forward pass on one image");
  }

  struct result {
    std::filesystem::path file;
    evaluation accuracy;
    cost costs;
    double seconds = 0;  ///< of one image; 0: not measured
  };
  status run();
  result evaluate(const std::filesystem::path& file, engine& device);
  void print(const result& r) const;
  void print(const std::vector<result>& all) const;

  topology_options topology;
  dataset_options data;
  device_options where;
  output out;
  std::vector<std::filesystem::path> files;
  index_t batch = 100;
  bool latency = false;
};

eval_command::result eval_command::evaluate(const std::filesystem::path& file, engine& device) {
  result r{file, {}, {}};
  model net = open_model(file, topology).net;
  open_batch(net, operators());
  r.accuracy = measure(net, data, device, batch);
  if (latency) {
    const auto image = image_input(net);
    if (!image) throw usage_error("--latency: '" + file.string() + "' does not say its image size");
    r.seconds = device.latency(net, *image, 1);
  }
  r.costs = cost_of(connect(net, operators()).graph);
  return r;
}

void eval_command::print(const result& r) const {
  const evaluation& e = r.accuracy;
  std::ostream& text = out.text();
  text << "accuracy: " << accuracy_words(e) << "\nloss: " << number(e.loss)
       << "\nspeed: " << grouped(static_cast<index_t>(static_cast<double>(e.images) / e.seconds))
       << " images/s\n";
  if (latency) text << "latency of one image: " << duration(r.seconds) << '\n';
}

void eval_command::print(const std::vector<result>& all) const {
  table t{{"model", table::align::left},
          {"accuracy"},
          {"loss"},
          {"parameters"},
          {"MACs"},
          {"file"},
          {"images/s"}};
  if (latency) t.append({"latency"});
  for (const result& r : all) {
    const evaluation& e = r.accuracy;
    t.add({r.file.string(), percent(e.accuracy), number(e.loss), grouped(r.costs.parameters),
           counted(static_cast<double>(r.costs.macs)),
           bytes(static_cast<double>(std::filesystem::file_size(r.file))),
           grouped(static_cast<index_t>(static_cast<double>(e.images) / e.seconds)),
           latency ? duration(r.seconds) : ""});
  }
  out.text() << t;
}

status eval_command::run() {
  for (const auto& file : files) out.keep_apart({{"the model itself", file}});
  const auto device = where.make();
  std::vector<result> all;
  for (const auto& file : files) all.push_back(evaluate(file, *device));
  if (all.size() == 1)
    print(all.front());
  else
    print(all);
  out.report["models"] = nlohmann::ordered_json::array();
  for (const result& r : all) {
    nlohmann::ordered_json entry{
        {"model", r.file.string()},      {"accuracy", r.accuracy.accuracy},
        {"loss", r.accuracy.loss},       {"images", r.accuracy.images},
        {"seconds", r.accuracy.seconds}, {"bytes", std::filesystem::file_size(r.file)}};
    entry.update(report_of(r.costs));
    if (latency) entry["latency"] = r.seconds;
    out.report["models"].push_back(std::move(entry));
  }
  out.write_report();
  return status::ok;
}

}  // namespace

command add_eval(CLI::App& program) {
  CLI::App& options = *program.add_subcommand(
      "eval", "Measure the accuracy of models on the test images, and compare what they cost");
  options.footer(
      "Examples:\n"
      "  slim eval run/model.safetensors --data DIR\n"
      "  slim eval resnet56.th --arch resnet56 --dataset cifar10 --data DIR \\\n"
      "            --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225\n"
      "  slim eval run/model.safetensors pruned.safetensors fine/model.safetensors --data DIR \\\n"
      "            --latency                                            # a table");
  const auto it = std::make_shared<eval_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
