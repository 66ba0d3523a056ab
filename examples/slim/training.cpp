// SPDX-FileCopyrightText: 2026 The slimming authors
// SPDX-License-Identifier: MIT

#include "training.hpp"

#include "checks.hpp"         // positive, not_negative
#include "command.hpp"        // usage_error
#include "digest.hpp"         // digest
#include "model_facts.hpp"    // require_fit
#include "progress.hpp"       // progress_line
#include "run_directory.hpp"  // checkpoint_name
#include "stop_signal.hpp"    // stop_signal
#include "text.hpp"           // percent, duration

#include <slimming/train/schedule.hpp>  // schedule

#include <functional>  // std::function
#include <iomanip>     // std::setw
#include <ostream>     // std::ostream
#include <vector>      // std::vector

namespace slim {

using namespace slimming;

namespace {

/// A line per epoch, as it ends.
class epoch_table {
 public:
  epoch_table(std::ostream& text, std::string stage) : text_(text), stage_(std::move(stage)) {}

  void head() {
    row({"epoch", "loss", "training", "test", "rate", "|gamma|<0.01", "images/s", "time"});
  }
  void add(const epoch_record& r) {
    row({std::to_string(r.epoch + 1), decimal(r.loss, 4), percent(r.accuracy),
         r.test_accuracy ? percent(*r.test_accuracy) : "", number(r.learning_rate, 3),
         percent(r.scales.below_1e2, 1), grouped(static_cast<index_t>(r.images_per_second)),
         duration(r.seconds), r.phase == stage_ ? "" : "  " + r.phase});
  }

 private:
  void row(const std::vector<std::string>& cells) {
    constexpr int widths[] = {5, 9, 10, 10, 10, 14, 10, 14, 0};
    for (std::size_t c = 0; c < cells.size(); ++c) text_ << std::setw(widths[c]) << cells[c];
    text_ << std::endl;  // seen at once, also through a pipe
  }

  std::ostream& text_;
  std::string stage_;
};

void show(progress_line& line, const training_progress& p) {
  const double left = static_cast<double>(p.batches - p.batch) / static_cast<double>(p.batches);
  const double done = 1 - left;
  const std::string before = "epoch " + std::to_string(p.epoch + 1) + "/" +
                             std::to_string(p.epochs) + " " + std::to_string(p.batch) + "/" +
                             std::to_string(p.batches);
  line.show(done, before,
            "loss " + decimal(p.loss, 3) + "  " + percent(p.accuracy, 1) + "  " +
                grouped(static_cast<index_t>(p.images_per_second)) + " images/s");
}

std::string digest_of(const image_dataset& images) {
  const image_extents e = images.extents();
  digest all;
  for (const index_t extent : {e.channels, e.height, e.width}) all.add(std::to_string(extent));
  all.add(std::as_bytes(images.labels()));
  all.add(std::as_bytes(images.pixels()));
  return all.text();
}

/// Refuses to go on with other settings, and says which differ.
void require_same(const std::string& saved, const std::string& present,
                  const std::filesystem::path& file) {
  const auto parsed = [](const std::string& settings) {
    auto json = nlohmann::ordered_json::parse(settings, nullptr, false);
    return json.is_object() ? json : nlohmann::ordered_json::object();
  };
  const auto before = parsed(saved), now = parsed(present);
  const auto text_of = [](const nlohmann::ordered_json& settings, const std::string& key) {
    return settings.contains(key) ? settings[key].dump() : "not given";
  };
  nlohmann::ordered_json all = before;
  all.update(now);
  std::string differences;
  for (const auto& [key, value] : all.items())
    if (!before.contains(key) || !now.contains(key) || before[key] != now[key])
      differences += (differences.empty() ? "" : ", ") + key + " was " + text_of(before, key) +
                     " and is " + text_of(now, key);
  if (!differences.empty())
    throw usage_error("--resume: " + file.string() + " was made with other settings: " +
                      differences + "; repeat the command line of the run");
}

}  // namespace

training_options::training_options(CLI::App& options, const defaults& d)
    : epochs_(d.epochs), sparsity_(d.sparsity) {
  const std::string group = "Training";
  const auto add = [&](const char* name, auto& value, const char* text, const char* type) {
    return options.add_option(name, value, text)
        ->capture_default_str()
        ->type_name(type)
        ->group(group);
  };
  if (d.epochs > 0)
    add("--epochs", epochs_, "How often every image is seen", "N")->check(positive());
  add("--batch", batch_, "Images per step", "N")->check(positive());
  add("--lr", rate_, "Learning rate at the start", "X")->check(not_negative());
  add("--schedule", schedule_,
      "step: a tenth after 50 % and 75 % of the epochs; cosine: down to 0; constant", "NAME")
      ->check(CLI::IsMember({"step", "cosine", "constant"}));
  add("--warmup", warmup_, "Epochs in which the rate rises from 0", "N")->check(not_negative());
  add("--momentum", momentum_, "Of the gradient", "X")->check(CLI::Range(0.0, 0.999999));
  options.add_flag("--nesterov", nesterov_, "Nesterov's momentum")->group(group);
  add("--weight-decay", weight_decay_, "L2 penalty on every parameter", "X")->check(not_negative());
  if (d.sparsity > 0)
    add("--sparsity", sparsity_,
        "L1 penalty on the scale factors of batch norm, the paper's lambda: 1e-4 for VGG, 1e-5 for "
        "ResNet and DenseNet, 0 for none",
        "X")
        ->check(not_negative());
  add("--label-smoothing", smoothing_, "Share of the target that is spread over all classes", "X")
      ->check(CLI::Range(0.0, 0.999));
  options
      .add_flag("--no-augmentation", no_augmentation_,
                "Leave images as they are (default for CIFAR: pad by 4, crop, flip)")
      ->group(group);
  add("--seed", seed_, "Of weights, order and augmentation", "N");
  options
      .add_flag("--exact", exact_,
                "Only convolutions that multiply the numbers themselves (no Winograd)")
      ->group(group);
  options.add_option("--out", run_, "Directory of the run: model, checkpoint, log")
      ->required()
      ->type_name("RUN")
      ->group("Output");
  options
      .add_option("--save-every", save_every_,
                  "Save a checkpoint every so many steps, besides the end of every epoch")
      ->check(positive())
      ->type_name("N")
      ->group("Output");
  options
      .add_flag(
          "--resume", resume_,
          "Go on with the run in RUN, to the bit as if it had never stopped. Repeat the other "
          "options")
      ->group("Output");
}

trainer_options training_options::trainer() const {
  trainer_options o;
  o.epochs = epochs_;
  o.sgd = {.learning_rate = rate_,
           .momentum = momentum_,
           .weight_decay = weight_decay_,
           .l1 = sparsity_,
           .nesterov = nesterov_};
  o.rate = schedule::by_name(schedule_);
  o.rate.warmup_epochs = warmup_;
  o.loss = {smoothing_};
  o.seed = seed_;
  o.exact = exact_;
  o.save_every_batches = save_every_;
  return o;
}

std::vector<named_file> training_options::files() const {
  std::vector<named_file> all;
  for (const char* name : {"model.safetensors", "model.onnx", "masked.safetensors", "plan.json",
                           checkpoint_name, "log.jsonl"})
    all.push_back({"the run", run_ / name});
  return all;
}

nlohmann::ordered_json training_options::settings() const {
  return {{"epochs", epochs_},
          {"batch", batch_},
          {"lr", rate_},
          {"schedule", schedule_},
          {"warmup", warmup_},
          {"momentum", momentum_},
          {"nesterov", nesterov_},
          {"weight-decay", weight_decay_},
          {"sparsity", sparsity_},
          {"label-smoothing", smoothing_},
          {"augmentation", !no_augmentation_},
          {"seed", seed_},
          {"exact", exact_}};
}

training_data::training_data(const dataset_options& data, const training_options& how,
                             const engine& device, const std::optional<image_extents>& wanted)
    : train_(data.read(data_split::train, wanted)), test_(data.read(data_split::test, wanted)) {
  if (train_.size() < how.batch())
    throw usage_error("--batch: " + std::to_string(how.batch()) + " images are more than the " +
                      std::to_string(train_.size()) + " of the training set");
  loader_options options;
  options.batch_size = how.batch();
  options.seed = how.seed();
  options.drop_last = true;
  if (how.augments()) options.augment = data.augmentation();
  const channel_statistics statistics = data.statistics(&train_);
  memory_ = data.memory(statistics);
  numerics_ = device.numerics();
  options.statistics = statistics;
  options.layout = device.layout(train_.extents());
  batches_ = std::make_unique<loader>(train_, options);

  constexpr index_t test_batch = 100;
  test_batches_ = std::make_unique<loader>(
      test_, loader_options{.batch_size = std::min(test_batch, test_.size()),
                            .shuffle = false,
                            .statistics = statistics,
                            .layout = device.layout(test_.extents())});
}

std::string training_data::words(const std::string& what, const engine& device) const {
  return what + " on " + memory_.at("dataset") + ": " + grouped(train_.size()) +
         " images, tested on " + grouped(test_.size()) + "; " + device.words();
}

model fresh_network(const topology_options& topology, const training_data& images,
                    const training_options& how) {
  const image_extents e = images.train().extents();
  model net = topology.build(topology.architecture(), {.classes = images.train().classes(),
                                                       .channels = e.channels,
                                                       .height = e.height,
                                                       .width = e.width,
                                                       .seed = how.seed()});
  require_fit(net, images.train());
  for (const auto& [key, value] : images.memory()) net.metadata[key] = value;
  return net;
}

nlohmann::ordered_json settings_of(const training_options& how, const training_data& images) {
  nlohmann::ordered_json settings = how.settings();
  for (const auto& [key, value] : images.memory()) settings[key] = value;
  settings["images"] = images.train().size();
  settings["digest of the images"] = digest_of(images.train());
  if (!images.numerics().empty()) settings["numerics"] = images.numerics();
  return settings;
}

training_state run_stage(training_data& data, const stage& what, const output& out,
                         const training_loop& train) {
  std::ostream& text = out.text();
  std::filesystem::create_directories(what.directory);
  trainer_options options = what.how;
  options.phase = what.name;
  options.checkpoint = what.directory / checkpoint_name;
  // A pattern for layers may be no UTF-8; JSON must be.
  options.settings =
      what.settings.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);

  std::optional<training_checkpoint> from;
  if (std::filesystem::exists(options.checkpoint)) {
    from = read_checkpoint(options.checkpoint);
    require_same(from->state.settings, options.settings, options.checkpoint);
    if (from->state.position.epoch >= options.epochs) {
      text << what.name << ": done before\n";
      return train(options, &*from, {}).state;
    }
    text << what.name << ": goes on in epoch " << from->state.position.epoch + 1 << ", step "
         << from->state.position.batch + 1 << '\n';
  }

  epoch_table table(text, what.name);
  table.head();
  if (from)
    for (const epoch_record& r : from->state.history) table.add(r);
  progress_line line;
  const stop_signal signal;
  trainer_callbacks callbacks;
  callbacks.step = [&](const training_progress& p) { show(line, p); };
  callbacks.epoch = [&](const epoch_record& r) {
    line.clear();
    table.add(r);
  };
  callbacks.should_stop = [&] { return signal.is_raised(); };
  const training_result result = train(options, from ? &*from : nullptr, callbacks);
  line.clear();
  if (!result.is_finished) {
    const loader_position at = result.state.position;
    throw stopped("stopped in epoch " + std::to_string(at.epoch + 1) + " of " +
                  std::to_string(options.epochs) + " after step " + std::to_string(at.batch) +
                  " of " + std::to_string(data.batches().batches_per_epoch()) +
                  "; everything is saved in " + options.checkpoint.string());
  }
  return result.state;
}

training_state run_stage(model& net, training_data& data, engine& device, const stage& what,
                         const output& out) {
  return run_stage(data, what, out,
                   [&](const trainer_options& options, const training_checkpoint* from,
                       const trainer_callbacks& callbacks) {
                     return device.train(net, data.batches(), data.test_batches(), options, from,
                                         callbacks);
                   });
}

bool unless_stopped(const output& out, const std::string& invocation,
                    const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const stopped& s) {
    const bool resumes = invocation.find(" --resume") != invocation.npos;
    out.text() << s.what() << "\ngo on with: " << invocation << (resumes ? "" : " --resume")
               << '\n';
    return false;
  }
}

void report(const training_state& state, output& out) {
  out.report["epochs"] = nlohmann::ordered_json::array();
  for (const epoch_record& r : state.history) out.report["epochs"].emplace_back(nlohmann::json(r));
  if (!state.history.empty() && state.history.back().test_accuracy)
    out.report["accuracy"] = *state.history.back().test_accuracy;
}

}  // namespace slim
