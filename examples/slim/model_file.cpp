// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "model_file.hpp"

#include "checks.hpp"     // positive
#include "command.hpp"    // usage_error
#include "digest.hpp"     // digest
#include "operators.hpp"  // operators
#include "text.hpp"       // shortest

#include <slimming/io/load_state.hpp>   // load_state
#include <slimming/io/native.hpp>       // from_safetensors, write_native
#include <slimming/io/onnx.hpp>         // read_onnx, write_onnx
#include <slimming/io/torch.hpp>        // read_torch, write_torch
#include <slimming/model/infer.hpp>     // infer
#include <slimming/models/by_name.hpp>  // by_name
#include <slimming/models/cfg.hpp>      // parse_cfg
#include <slimming/models/mlp.hpp>      // mnist_recipe

#include <array>    // std::array
#include <cstdint>  // std::uint64_t
#include <cstdlib>  // std::strtod
#include <set>      // std::set
#include <utility>  // std::pair
#include <variant>  // std::get_if

namespace slim {

using namespace slimming;

namespace {

constexpr std::array<std::pair<const char*, file_kind>, 6> suffixes{{
    {".safetensors", file_kind::native},
    {".onnx", file_kind::onnx},
    {".pth", file_kind::torch},
    {".pt", file_kind::torch},
    {".th", file_kind::torch},
    {".tar", file_kind::torch},
}};

// Metadata of a network that was built from a recipe.
constexpr const char* architecture_key = "architecture";
constexpr const char* cfg_key = "cfg";
constexpr const char* width_key = "width";

/// A library error as the text of a validator.
template <class Check>
std::string text_of_failure(Check check) {
  try {
    check();
    return {};
  } catch (const slimming::error& e) {
    return e.what();
  } catch (const usage_error& e) {
    return e.what();
  }
}

}  // namespace

models::recipe usual_recipe(const std::string& architecture) {
  return architecture == "mlp" ? models::mnist_recipe() : models::recipe{};
}

file_kind kind_of(const std::filesystem::path& file) {
  const std::string suffix = file.extension().string();
  for (const auto& [known, kind] : suffixes)
    if (suffix == known) return kind;
  throw usage_error("'" + file.string() +
                    "': the suffix says the format; known are .safetensors, .onnx, and .pth, .pt, "
                    ".th or .pth.tar for PyTorch");
}

std::string name_of(file_kind kind) {
  return kind == file_kind::native ? "native (safetensors)"
         : kind == file_kind::onnx ? "ONNX"
                                   : "PyTorch";
}

CLI::Validator output_model() {
  return {
      [](std::string& file) {
        return text_of_failure([&] {
          (void)kind_of(file);
          const auto folder = std::filesystem::path(file).parent_path();
          if (!folder.empty() && !std::filesystem::is_directory(folder))
            throw usage_error("'" + file + "': there is no directory '" + folder.string() + "'");
        });
      },
      "FILE"};
}

topology_options::topology_options(CLI::App& options) {
  const std::string group = "Topology";
  options
      .add_option("--arch", architecture_,
                  "vgg11|13|16|19, preresnet(9n+2), densenet(3n+4), resnet(6n+2) or mlp; for files "
                  "of weights without a graph")
      ->type_name("NAME")
      ->check(CLI::Validator(
          [](std::string& name) {
            return text_of_failure([&] { (void)models::by_name(name, {.multiplier = 1e-9}); });
          },
          ""))
      ->group(group);
  options
      .add_option("--cfg", cfg_,
                  "Widths of the layers, as \"64 M 128 M\"; default: the architecture's own")
      ->check(CLI::Validator(
          [](std::string& text) { return text_of_failure([&] { (void)models::parse_cfg(text); }); },
          ""))
      ->needs("--arch")
      ->type_name("WIDTHS")
      ->group(group);
  options.add_option("--width", width_, "Factor for the architecture's own widths")
      ->check(positive())
      ->needs("--arch")
      ->type_name("FACTOR")
      ->group(group);
  options.add_option("--classes", classes_, "Number of classes; default: the data's or the file's")
      ->check(positive())
      ->needs("--arch")
      ->type_name("N")
      ->group(group);
  options
      .add_option("--input", input_, "Extents of an input image; default: the data's, or 3,32,32")
      ->delimiter(',')
      ->expected(3)
      ->check(positive())
      ->needs("--arch")
      ->type_name("C,H,W")
      ->group(group);
}

models::recipe topology_options::recipe(models::recipe otherwise) const {
  if (width_ > 0) otherwise.multiplier = width_;
  if (classes_ > 0) otherwise.classes = classes_;
  if (!input_.empty()) {
    otherwise.channels = input_[0];
    otherwise.height = input_[1];
    otherwise.width = input_[2];
  }
  return otherwise;
}

model topology_options::build(const std::string& name, const models::recipe& otherwise,
                              const std::string& cfg) const {
  const models::recipe r = recipe(otherwise);
  const std::string& widths = cfg_.empty() ? cfg : cfg_;
  model net = widths.empty() ? models::by_name(name, r)
                             : models::by_name(name, r, models::parse_cfg(widths));
  // A selection does not say how wide the stream is that it selects from.
  if (r.multiplier != 1) net.metadata[width_key] = shortest(r.multiplier);
  return net;
}

namespace {

/// Weights that no graph came with.
struct bare_weights {
  std::vector<io::named_tensor> tensors;
  std::map<std::string, std::string> metadata;
};

std::string text_of(const io::metadata_value& v) {
  if (const auto* text = std::get_if<std::string>(&v.value)) return *text;
  if (const auto* n = std::get_if<std::int64_t>(&v.value)) return std::to_string(*n);
  if (const auto* x = std::get_if<double>(&v.value)) return shortest(*x);
  std::string text;
  if (const auto* list = std::get_if<io::metadata_value::list>(&v.value))
    for (const auto& entry : *list) text += (text.empty() ? "" : " ") + text_of(entry);
  return text;
}

bare_weights weights_of(io::checkpoint file) {
  bare_weights result{std::move(file.tensors), {}};
  for (const auto& [key, value] : file.metadata)
    if (std::string text = text_of(value); !text.empty()) result.metadata[key] = std::move(text);
  return result;
}

/// A topology by name, filled with weights; what the user left out is read off the weights.
model assemble(const std::filesystem::path& file, bare_weights weights,
               const topology_options& topology) {
  const auto get = [&](const char* key) {
    const auto found = weights.metadata.find(key);
    return found == weights.metadata.end() ? std::string() : found->second;
  };
  const std::string name = topology.is_given() ? topology.architecture() : get(architecture_key);
  if (name.empty())
    throw usage_error("'" + file.string() +
                      "' holds weights but no network: name the topology with --arch");
  models::recipe otherwise = usual_recipe(name);
  if (const std::string width = get(width_key); !width.empty())
    otherwise.multiplier = std::strtod(width.c_str(), nullptr);
  for (const io::named_tensor& t : weights.tensors)
    if (t.value.rank() == 4) {
      otherwise.channels = t.value.extents()[1];
      break;
    }
  for (const io::named_tensor& t : weights.tensors)
    if (t.name.ends_with(".weight") && t.value.rank() == 2)
      otherwise.classes = t.value.extents()[0];
  model net = topology.build(name, otherwise, get(cfg_key));
  io::load_state(net, weights.tensors);
  for (auto& [key, value] : weights.metadata) net.metadata.emplace(key, value);
  return net;
}

io::checkpoint state_of(const model& net) {
  io::checkpoint result;
  std::set<std::string> lists;  // of channels that a selection lets through
  for (const op_node& node : net.nodes())
    if (node.op == "ChannelSelect" && node.input(1) != no_value)
      lists.insert(net.at(node.input(1)).name);
  for (const model::value& v : net.values())
    if (v.data && (is_floating(v.data->type()) || lists.contains(v.name)))
      result.tensors.push_back({v.name, *v.data});
  for (const auto& [key, text] : net.metadata) {
    io::metadata_value value{text};
    if (key == cfg_key) {
      io::metadata_value::list list;
      for (const index_t e : models::parse_cfg(text).entries)
        list.push_back(e == models::cfg::pool ? io::metadata_value{std::string("M")}
                                              : io::metadata_value{std::int64_t{e}});
      value.value = std::move(list);
    }
    result.metadata.emplace_back(key, std::move(value));
  }
  return result;
}

}  // namespace

opened_model open_model(const std::filesystem::path& file, const topology_options& topology) {
  switch (kind_of(file)) {
    case file_kind::onnx: {
      io::onnx_document document = io::read_onnx(file);
      return {std::move(document.net), std::move(document.source), std::move(document.folder)};
    }
    case file_kind::native: {
      io::safetensors content = io::read_safetensors(file);
      if (io::holds_network(content))
        return {io::from_safetensors(std::move(content), file.string()).net};
      return {assemble(file, {std::move(content.tensors), std::move(content.metadata)}, topology)};
    }
    case file_kind::torch:
      break;
  }
  return {assemble(file, weights_of(io::read_torch(file)), topology)};
}

std::string digest_of(const model& net) {
  digest all;
  const io::safetensors file = io::to_safetensors({net});
  for (const auto& [key, value] : file.metadata) {
    all.add(key);
    all.add(value);
  }
  for (const io::named_tensor& t : file.tensors) {
    all.add(t.name);
    all.add(t.value.bytes());
  }
  return all.text();
}

void save_model(const opened_model& what, const std::filesystem::path& file) {
  switch (kind_of(file)) {
    case file_kind::onnx:
      io::write_onnx(file, {what.net, what.onnx_source, what.onnx_folder},
                     infer(what.net, operators()));
      return;
    case file_kind::native:
      io::write_native(file, what.net);
      return;
    case file_kind::torch:
      io::write_torch(file, state_of(what.net));
      return;
  }
}

model_options::model_options(CLI::App& options, bool is_optional)
    : topology_([&]() -> CLI::App& {
        auto* const file =
            options
                .add_option(
                    "MODEL", file_,
                    ".safetensors, .onnx, or a PyTorch file (.pth, .pt, .th, .pth.tar) with "
                    "--arch")
                ->check(CLI::ExistingFile)
                ->type_name("FILE");
        if (!is_optional) file->required();
        return options;
      }()) {}

opened_model model_options::open() const {
  if (has_file()) return open_model(file_, topology_);
  if (!topology_.is_given()) throw usage_error("name a model file, or a topology with --arch");
  return {topology_.build(topology_.architecture(), usual_recipe(topology_.architecture()))};
}

}  // namespace slim
