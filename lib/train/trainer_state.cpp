// Begins, resumes and saves trainings.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/options.h"
#include "nn/precision.h"
#include "nn/unet.h"
#include "stage/weights.h"
#include "tensor/device.h"
#include "train/condition_statistics.h"
#include "train/read_by_first.h"
#include "train/trainer_impl.h"

namespace sr3 {
namespace {

constexpr const char *kWeightsFile = "weights.safetensors", *kBestWeights = "best.safetensors";

Parameters fresh_parameters(const UNetOptions& options, uint64_t seed, at::Device device) {
  const Parameters initial = initial_parameters(options, seed);
  Parameters result;
  for (const auto& [name, value] : initial.all()) {
    at::Tensor own = value.to(device);
    own.requires_grad_(true);
    result.add(name, own);
  }
  return result;
}

std::vector<at::Tensor> values_of(const Parameters& parameters) {
  std::vector<at::Tensor> result;
  for (const auto& [name, value] : parameters.all()) result.push_back(value);
  return result;
}

}  // namespace

Trainer::Impl::Impl(StageManifest stage, const TrainerOptions& trainer, const DataOptions& data,
                    const std::string& output)
    : manifest(std::move(stage)),
      options(trainer),
      paths(stage_paths(output)),
      device(open_device(trainer.device, trainer.processes->number_on_this_machine())),
      group(*options.processes),
      lock(group.first() ? std::make_unique<FileLock>(lock_path(output),
                                                      cat("'", output, "' is being trained by another process"))
                         : nullptr),
      journal(group.first() ? std::make_unique<Journal>(paths.journal) : nullptr),
      loader(without_pictures(data, paths), manifest),
      examples(data),
      whole(data.preprocess == "resize"),
      side(data.crop > 0 ? data.crop : manifest.image.high_res),
      parameters(fresh_parameters(manifest.network, trainer.seed, device)),
      adam(values_of(parameters), {.weight_decay = trainer.weight_decay}, trainer.shard_optimizer ? group.rank() : 0,
           trainer.shard_optimizer ? group.size() : 1),
      compute(precision_named(trainer.precision, device)),
      loss(manifest, trainer.seed, device, compute, trainer.vlb_weight, trainer.checkpoint_activations) {
  group.use_device(device);
  for (size_t k = 0; k < trainer.more_ema.size(); ++k) adam.add_average();
  if (!trainer.teacher.empty())
    distillation.emplace(manifest, trainer.teacher, trainer.seed, device, compute, trainer.checkpoint_activations,
                         trainer.ground_truth);
  options = with_resolved(options, compute);
  settings = settings_of(manifest, options, data, loader.images(), loader.digest());
}

NamedTensors Trainer::Impl::named(const std::vector<at::Tensor>& values) const {
  NamedTensors result;
  for (size_t i = 0; i < values.size(); ++i) result.emplace_back(parameters.all()[i].first, values[i]);
  return result;
}

// What the optimizer has beside the weights, with the names of the files in the state.
std::vector<Trainer::Impl::StateFile> Trainer::Impl::optimizer_state() const {
  std::vector<StateFile> all = {{"ema.safetensors", &adam.ema()},
                                {"adam-m.safetensors", &adam.first_moment()},
                                {"adam-v.safetensors", &adam.second_moment()}};
  for (size_t k = 0; k < options.more_ema.size(); ++k)
    all.emplace_back(cat("ema-", number_text(options.more_ema[k]), ".safetensors"), &adam.more_ema()[k]);
  return all;
}

// A file of the optimizer's state. An average that is new begins with the weights, as any does.
TensorFile Trainer::Impl::read_state(const Checkpoint& checkpoint, const std::string& name) const {
  const bool there = std::any_of(checkpoint.stored.begin(), checkpoint.stored.end(),
                                 [&](const auto& file) { return file.first == name; });
  if (there || !name.starts_with("ema-")) return checkpoint.file(name, paths.state);
  info(cat("the average '", name, "' begins with the weights of step ", progress.step));
  return checkpoint.file(kWeightsFile, paths.state);
}

void Trainer::Impl::start() {
  if (group.size() > 1) compare_processes();
  if (group.first()) begin_or_resume();
  if (group.size() == 1) return;
  take_from_first();
  resumed_from.reset();
  const int64_t batch = options.batch, parts = options.accumulate, share = parts / group.size();
  loader.take_turns(progress.examples, batch, batch * (group.rank() * share) / parts,
                    batch * ((group.rank() + 1) * share) / parts);
}

// UsageError that says in what a process differs from the first one.
void Trainer::Impl::compare_processes() {
  const std::vector<std::string> all = group.gather(process_text(settings, options.steps));
  for (size_t process = 1; process < all.size(); ++process)
    if (const auto difference = difference_of_processes(all[0], all[process]); !difference.empty())
      throw UsageError(cat("process ", process, " differs from process 0: ", difference));
}

// Its manifest, with what it measured of the data, its numbers and tensors.
void Trainer::Impl::take_from_first() {
  const auto measured = manifest_of_first(group, [&] { return std::optional(manifest); });
  if (!group.first()) {
    manifest = *measured;
    use_conditioning();
  }
  const std::string text = group.of_first([&] { return progress_text(progress, settings); });
  TrainingSettings same;
  parse_progress(text, "process 0", progress, same);
  resumed_step = progress.step;
  std::vector<at::Tensor> weights;
  for (const at::Tensor& value : adam.parameters()) weights.push_back(value.detach());
  group.take_from_first(weights);
  take_moments_and_ema();
}

// Of the first process, or of the state that it resumes each its slice.
void Trainer::Impl::take_moments_and_ema() {
  if (!sharded()) {
    for (const auto& [name, values] : optimizer_state()) group.take_from_first(*values);
    return;
  }
  const bool resumes = group.gather_numbers({resumed_from ? 1.0 : 0.0})[0] != 0;
  if (!resumes) return adam.start_ema();
  for (const auto& [name, values] : optimizer_state()) {
    std::vector<at::Tensor> all(values->size());
    if (group.first())
      all =
          match_tensors(read_state(*resumed_from, name), parameter_shapes(manifest.network), paths.state + "/" + name);
    for (size_t i = 0; i < values->size(); ++i) {
      const at::Tensor in_order =
          group.first() ? at::empty_like(adam.parameters()[i].detach()).copy_(all[i]) : at::Tensor();
      group.deal(adam.slices(), i, in_order, (*values)[i]);
    }
  }
}

// Resumes the training if its state is there, else starts it.
void Trainer::Impl::begin_or_resume() {
  remove_leftovers(paths);
  clear_beside(/*fresh=*/access(paths.state.c_str(), F_OK) != 0);
  // With --restart the previous training stays on disk until the first save of this one replaces it.
  try {
    if (!options.restart) resumed_from = read_checkpoint(paths.state);
  } catch (const DataError& error) {
    throw DataError(cat(error.what(), "; --restart trains anew, with --init-from STAGE from the weights of a stage"));
  }
  if (resumed_from) {
    load();
    info(cat("resuming '", paths.manifest, "' after step ", progress.step));
  } else {
    // A manifest without weights is a stage that is not trained yet.
    std::optional<StageManifest> there;
    if (!options.restart && access(paths.manifest.c_str(), F_OK) == 0) there = read_manifest(paths.manifest);
    if (there && there->weights_file.empty() &&
        settings_of(*there, options, {}, 0, {}).stage != settings_of(manifest, options, {}, 0, {}).stage)
      throw Error(cat("'", paths.manifest, "' exists and is a different, untrained stage ",
                      "(cdm-train trains a cascade's; --restart overwrites it)"));
    if (there && !there->weights_file.empty())
      throw Error(cat("'", paths.manifest, "' exists, but not the state to resume it from, '", paths.state,
                      "' (--restart begins anew, --init-from takes its weights)"));
    if (!options.restart && access(paths.weights.c_str(), F_OK) == 0)
      throw Error(cat("'", paths.weights, "' exists, but not the stage '", paths.manifest,
                      "' that it belongs to (--restart overwrites it)"));
    measure_condition(manifest, loader, options);
    use_conditioning();
    if (!options.init_from.empty()) {
      manifest.history = init_from_stage(options.init_from, manifest, named(adam.parameters()));
      adam.start_ema();
    }
  }
  if (manifest.training.data.empty()) manifest.training.data = data_name(examples.operands);
  if (options.restart && access(paths.state.c_str(), F_OK) == 0)
    journal->hold();  // until the first save the journal of the previous training is the right one
  else
    journal->cut(progress.step, progress.validated);
  const HistoryEntry run = this_run();
  const bool same = !manifest.history.empty() && manifest.history.back().program == run.program &&
                    manifest.history.back().version == run.version &&
                    manifest.history.back().arguments == run.arguments;
  if (!options.no_history && !same) manifest.history.push_back(run);
}

// What was measured at the beginning of the training is part of its stage.
void Trainer::Impl::use_conditioning() {
  if (manifest.augmentation.kind != "gaussian") return;
  loss = StageLoss(manifest, options.seed, device, compute, options.vlb_weight, options.checkpoint_activations);
  settings.stage = settings_of(manifest, options, {}, 0, {}).stage;
}

void Trainer::Impl::load() {
  const Checkpoint& checkpoint = *resumed_from;
  const std::string progress_path = paths.state + "/progress.json";
  TrainingSettings started;
  parse_progress(checkpoint.text("progress.json", paths.state), progress_path, progress, started);
  const StageManifest former =
      parse_manifest(checkpoint.text("manifest.json", paths.state), paths.state + "/manifest.json");
  take_measured(manifest, former, options);
  use_conditioning();
  check_settings(started, settings, paths.manifest, options.command);
  const auto take = [&](const char* name, const std::vector<at::Tensor>& to) {
    copy_tensors(checkpoint.file(name, paths.state), named(to), paths.state + "/" + name);
  };
  take(kWeightsFile, adam.parameters());
  if (!sharded())
    for (const auto& [name, values] : optimizer_state())
      copy_tensors(read_state(checkpoint, name), named(*values), paths.state + "/" + name);
  if (progress.best) {
    for (const at::Tensor& value : adam.parameters()) best_weights.push_back(at::empty_like(value.detach()));
    take(kBestWeights, best_weights);
  }
  manifest.history = former.history;
  const auto keep = [](std::string& text, const std::string& before) {
    if (text.empty()) text = before;
  };
  keep(manifest.description, former.description);
  keep(manifest.training.data, former.training.data);
  keep(manifest.training.attribution, former.training.attribution);
  saved = resumed_step = progress.step;
  manifest.training.batch = former.training.batch;
  manifest.training.learning_rate = former.training.learning_rate;
  manifest.training.ema = former.training.ema;
}

// Whether all weights and averages are, in all processes.
bool Trainer::Impl::finite() {
  at::NoGradGuard no_grad;
  const auto all = [](const std::vector<at::Tensor>& values) {
    return std::all_of(values.begin(), values.end(),
                       [](const at::Tensor& value) { return at::isfinite(value).all().item<bool>(); });
  };
  const bool own =
      all(adam.parameters()) && all(adam.ema()) && std::all_of(adam.more_ema().begin(), adam.more_ema().end(), all);
  if (!sharded()) return own;
  const std::vector<double> of_all = group.gather_numbers({own ? 1.0 : 0.0});
  return std::count(of_all.begin(), of_all.end(), 0.0) == 0;
}

// Called while an exception is handled: saves the training if its state is consistent, and throws the exception again
// with the step after which the training can resume.
void Trainer::Impl::give_up() {
  adam.clear_gradients();
  try {
    // The slices of the others cannot be had any more.
    const bool due = !diverged && !updating && !saving && !sharded() && progress.step > saved && progress.step > 0;
    if (due && group.first()) save();
  } catch (const std::exception& error) {
    sr3::error(error.what());
  }
  try {
    throw;
  } catch (const Error& error) {
    if ((saved < 0 && progress.step == 0) || !group.first()) throw;
    const std::string state = saved < 0 ? "nothing is saved" : cat("'", paths.state, "' has all up to step ", saved);
    throw Error(cat(error.what(), "; ", state), error.status());
  }
}

void Trainer::Impl::save() {
  save_state();
  publish();
}

// Tensor i of the optimizer's state, in the first process, to which the others send what they have of it; undefined in these.
at::Tensor Trainer::Impl::collected(const std::vector<at::Tensor>& state, size_t i) {
  if (!sharded()) return state[i];
  const at::Tensor all = group.first() ? at::empty_like(adam.parameters()[i].detach()) : at::Tensor();
  group.collect(adam.slices(), i, state[i], all);
  return all;
}

NamedTensors Trainer::Impl::gathered(const std::vector<at::Tensor>& state) {
  std::vector<at::Tensor> values;
  for (size_t i = 0; i < state.size(); ++i) values.push_back(collected(state, i));
  return named(values);
}

// Writes a file of the optimizer's state tensor by tensor; all processes together, of which only the first one writes.
void Trainer::Impl::write_state(const std::string& path, const std::vector<at::Tensor>& state) {
  std::unique_ptr<SafetensorsWriter> file;
  if (group.first()) {
    std::vector<TensorShape> shapes;
    for (const auto& [name, shape] : parameter_shapes(manifest.network)) shapes.push_back({name, at::kFloat, shape});
    file = std::make_unique<SafetensorsWriter>(path, shapes, std::map<std::string, std::string>());
  }
  for (size_t i = 0; i < state.size(); ++i) {
    const at::Tensor tensor = collected(state, i);
    if (file) file->write(tensor);
  }
  if (file) file->close();
}

// Saves what resuming needs.
void Trainer::Impl::save_state() {
  if (!group.first() && !sharded()) return;
  saving = true;
  if (!finite()) throw Error(cat("cannot save step ", progress.step, ": its weights are not finite"));
  if (!group.first()) {
    for (const auto& [name, values] : optimizer_state()) write_state("", *values);
    saved = progress.step;
    saving = false;
    return;
  }
  manifest.training = summary_now();
  manifest.weights_file = manifest.weights_sha256 = "";  // the state's manifest is not a stage
  Checkpoint checkpoint;
  checkpoint.tensors = {{kWeightsFile, {named(adam.parameters()), {}}}};
  if (progress.best) checkpoint.tensors.push_back({kBestWeights, {named(best_weights), {}}});
  for (const auto& [name, values] : optimizer_state())
    checkpoint.written.emplace_back(name,
                                    [this, values = values](const std::string& path) { write_state(path, *values); });
  checkpoint.texts = {{"manifest.json", manifest_text(manifest)}, {"progress.json", progress_text(progress, settings)}};
  write_checkpoint(paths.state, checkpoint);
  saved = progress.step;
  journal->release();
  saving = false;
}

// How far the training is, for the manifest.
TrainingSummary Trainer::Impl::summary_now() const {
  TrainingSummary summary = manifest.training;
  summary.steps = progress.step;
  summary.images = progress.examples;
  if (progress.step != resumed_step ||
      progress.step == 0) {  // else the summary already has the values it was trained with
    summary.batch = options.batch;
    summary.learning_rate = options.learning_rate;
    summary.ema = options.ema;
  }
  summary.seconds = options.no_history ? 0 : progress.seconds;
  summary.loss = progress.window_steps > 0 ? progress.window_loss / static_cast<double>(progress.window_steps)
                                           : progress.last_loss;
  return summary;
}

// Writes the stage of the saved state. It comes after all pictures: a stage with its number of steps is taken for complete.
void Trainer::Impl::publish() {
  if (!group.first() && !sharded()) return;
  saving = true;
  const NamedTensors ema = gathered(adam.ema());
  if (group.first()) draw_loss_curve(paths.journal, paths.loss);
  publish_beside();
  if (group.first()) publish_stage(manifest, paths, ema, options.weights_type);
  saving = false;
}

}  // namespace sr3
