// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

/// \file
/// slim convert: the same model in another format.

#include "command.hpp"     // command
#include "model_file.hpp"  // model_options, save_model
#include "output.hpp"      // output
#include "text.hpp"        // bytes

#include <filesystem>  // std::filesystem::file_size
#include <memory>      // std::make_shared
#include <ostream>     // std::ostream

namespace slim {

namespace {

struct convert_command {
  explicit convert_command(CLI::App& options) : source(options), out(options) {
    options.add_option("OUT", target, "Where it goes: .safetensors, .onnx or .pth")
        ->required()
        ->check(output_model());
  }

  status run() {
    out.keep_apart({{"the model itself", source.file()}}, {{"OUT", target}});
    save_model(source.open(), target);
    const auto from = std::filesystem::file_size(source.file());
    const auto to = std::filesystem::file_size(target);
    out.text() << source.file().string() << " (" << name_of(kind_of(source.file())) << ", "
               << bytes(static_cast<double>(from)) << ") -> " << target.string() << " ("
               << name_of(kind_of(target)) << ", " << bytes(static_cast<double>(to)) << ")\n";
    if (kind_of(target) == file_kind::torch)
      out.text() << "a PyTorch file holds weights and the cfg but no graph: open it with --arch\n";
    out.report["in"] = source.file().string();
    out.report["out"] = target.string();
    out.report["bytes"] = {{"in", from}, {"out", to}};
    out.write_report();
    return status::ok;
  }

  model_options source;
  output out;
  std::filesystem::path target;
};

}  // namespace

command add_convert(CLI::App& program) {
  CLI::App& options =
      *program.add_subcommand("convert", "Write a model in another format, chosen by the suffix");
  options.footer(
      "Examples:\n"
      "  slim convert run/model.safetensors model.onnx\n"
      "  slim convert resnet56.th resnet56.safetensors --arch resnet56\n"
      "  slim convert model.safetensors weights.pth          # torch.load reads it");
  const auto it = std::make_shared<convert_command>(options);
  return {&options, [it] { return it->run(); }};
}

}  // namespace slim
