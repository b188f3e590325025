#include "train/trainer.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "nn/precision.h"
#include "nn/unet.h"
#include "stage/checkpoint.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "tensor/aten.h"
#include "tensor/device.h"
#include "train/ema.h"
#include "train/journal.h"
#include "train/learning_rate.h"
#include "train/optimizer.h"
#include "train/preview.h"
#include "train/progress_state.h"
#include "train/step.h"

namespace sr3 {

namespace {

constexpr int64_t kSkippedInRow = 10;  // so many stop the run
constexpr double kNoisy = 1e-2;        // the largest alpha_bar_T that pure noise stands for without a word

// The pictures that a training makes are no images to train on.
DataOptions without_pictures(DataOptions data, const StagePaths& paths) {
  data.leave_out.push_back(paths.preview);
  data.leave_out.push_back(paths.loss);
  return data;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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

struct Trainer::Impl {
  Impl(StageManifest stage, const TrainerOptions& trainer, const DataOptions& data, const std::string& output)
      : manifest(std::move(stage)),
        options(trainer),
        paths(stage_paths(output)),
        device(open_device(trainer.device)),
        journal(paths.journal, output),
        loader(without_pictures(data, paths), manifest),
        operands(data.operands),
        parameters(fresh_parameters(manifest.network, trainer.seed, device)),
        adam(values_of(parameters), {.weight_decay = trainer.weight_decay}),
        compute(precision_named(trainer.precision, device)),
        loss(manifest, trainer.seed, device, compute, trainer.vlb_weight) {
    options.precision = compute == at::kBFloat16 ? "bf16" : "fp32";  // what auto came to
    options.threads = at::get_num_threads();
    settings = settings_of(manifest, options, data, loader.images(), loader.digest());
  }

  void start();
  void load(const Checkpoint& checkpoint);
  void step();
  void save();
  [[noreturn]] void give_up(bool diverged);
  bool finite() const;
  void write_journal();
  NamedTensors named(const std::vector<at::Tensor>& values) const;

  StageManifest manifest;
  TrainerOptions options;
  StagePaths paths;
  at::Device device;
  Journal journal;
  Loader loader;
  std::vector<std::string> operands;
  TrainingSettings settings;
  Parameters parameters;
  Adam adam;
  at::ScalarType compute;
  StageLoss loss;
  TrainingProgress progress;
  std::unique_ptr<Preview> preview;
  // Of the journal's open window; only timings, which the state does without.
  double window_seconds = 0, window_waited = 0;
  int64_t window_examples = 0;
  double shown_loss = std::numeric_limits<double>::quiet_NaN();
  int64_t begun_at = 0;                   // the step that this run goes on from
  int64_t saved = -1;                     // the step of the state on disk; -1: there is none of this training
  bool updating = false, saving = false;  // within the weights' update, or a save
};

NamedTensors Trainer::Impl::named(const std::vector<at::Tensor>& values) const {
  NamedTensors result;
  for (size_t i = 0; i < values.size(); ++i) result.emplace_back(parameters.all()[i].first, values[i]);
  return result;
}

// Resumes, or begins.
void Trainer::Impl::start() {
  remove_leftovers(paths);
  // A former training stays until this one's first save takes its place.
  if (const auto checkpoint = options.restart ? std::nullopt : read_checkpoint(paths.state)) {
    load(*checkpoint);
    info(cat("resuming '", paths.manifest, "' after step ", progress.step));
  } else {
    // A manifest without weights is a stage that waits for its training.
    std::optional<StageManifest> there;
    if (!options.restart && access(paths.manifest.c_str(), F_OK) == 0) there = read_manifest(paths.manifest);
    if (there && there->weights_file.empty() &&
        settings_of(*there, options, {}, 0, {}).stage != settings_of(manifest, options, {}, 0, {}).stage)
      throw Error(cat("'", paths.manifest, "' exists and is a different, untrained stage ",
                      "(cdm-train trains a cascade's; --restart overwrites it)"));
    if (there && !there->weights_file.empty())
      throw Error(cat("'", paths.manifest, "' is there, but not the state to resume it from, '", paths.state,
                      "' (--restart begins anew, --init-from takes its weights)"));
    if (!options.restart && access(paths.weights.c_str(), F_OK) == 0)
      throw Error(cat("'", paths.weights, "' is there, but no stage '", paths.manifest,
                      "' that it belongs to (--restart overwrites it)"));
    if (!options.init_from.empty()) {
      manifest.history = init_from_stage(options.init_from, manifest, named(adam.parameters()));
      at::NoGradGuard no_grad;
      for (size_t i = 0; i < adam.ema().size(); ++i) adam.ema()[i].copy_(adam.parameters()[i].detach());
    }
  }
  if (manifest.training.data.empty()) manifest.training.data = data_name(operands);
  if (options.restart && access(paths.state.c_str(), F_OK) == 0)
    journal.hold();  // until the first save the former one is right
  else
    journal.cut(progress.step);
  const HistoryEntry run = this_run();
  const bool same = !manifest.history.empty() && manifest.history.back().program == run.program &&
                    manifest.history.back().version == run.version &&
                    manifest.history.back().arguments == run.arguments;
  if (!options.no_history && !same) manifest.history.push_back(run);
}

void Trainer::Impl::load(const Checkpoint& checkpoint) {
  const std::string progress_path = paths.state + "/progress.json";
  TrainingSettings begun;
  parse_progress(checkpoint.text("progress.json", paths.state), progress_path, progress, begun);
  check_settings(begun, settings, paths.manifest);
  const auto take = [&](const char* name, const std::vector<at::Tensor>& to) {
    copy_tensors(checkpoint.file(name, paths.state), named(to), paths.state + "/" + name);
  };
  take("weights.safetensors", adam.parameters());
  take("ema.safetensors", adam.ema());
  take("adam-m.safetensors", adam.first_moment());
  take("adam-v.safetensors", adam.second_moment());
  const StageManifest former =
      parse_manifest(checkpoint.text("manifest.json", paths.state), paths.state + "/manifest.json");
  manifest.history = former.history;
  const auto keep = [](std::string& text, const std::string& before) {
    if (text.empty()) text = before;
  };
  keep(manifest.description, former.description);
  keep(manifest.training.data, former.training.data);
  keep(manifest.training.attribution, former.training.attribution);
  saved = begun_at = progress.step;
  manifest.training.batch = former.training.batch;
  manifest.training.learning_rate = former.training.learning_rate;
  manifest.training.ema = former.training.ema;
}

// One update of the weights from options.batch examples, in options.accumulate parts.
void Trainer::Impl::step() {
  const double begin = now(), waited = loader.waited();
  const int64_t batch = options.batch, parts = options.accumulate;
  double mean = 0, bits = 0;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t first = batch * part / parts, count = batch * (part + 1) / parts - first;
    const Batch examples = loader.next(progress.examples + first, count);
    // Each part weighs what its share of the examples is: the sum is the mean over the whole batch.
    const double weight = static_cast<double>(count) / static_cast<double>(batch);
    double bits_of_part = 0;
    const at::Tensor share = loss(parameters, examples, &bits_of_part) * weight;
    share.backward();
    mean += share.item<double>();
    bits += bits_of_part * weight;
  }
  const double norm = adam.gradient_norm();
  updating = true;
  ++progress.step;
  progress.examples += batch;
  if (std::isfinite(mean) && std::isfinite(norm)) {
    ++progress.updates;
    progress.skipped_in_row = 0;
    const LearningRate rate{options.learning_rate, options.warmup, options.decay, options.steps};
    const double scale = options.clip_norm > 0 && norm > options.clip_norm ? options.clip_norm / norm : 1;
    adam.step(progress.updates, rate.at(progress.step), scale, ema_decay(options.ema, progress.updates));
    progress.window_loss += mean;
    progress.window_norm += norm;
    progress.window_bits += bits;
    ++progress.window_steps;
    shown_loss = std::isfinite(shown_loss) ? 0.98 * shown_loss + 0.02 * mean : mean;
  } else {
    ++progress.skipped;
    ++progress.skipped_in_row;
    warn(cat("step ", progress.step, " skipped: its ", std::isfinite(mean) ? "gradient" : "loss", " is not finite"));
  }
  adam.clear_gradients();
  updating = false;
  const double seconds = now() - begin;
  progress.seconds += seconds;
  window_seconds += seconds;
  window_waited += loader.waited() - waited;
  window_examples += batch;
}

// Of the window since the last whole line, which stays open unless all of its steps are done.
void Trainer::Impl::write_journal() {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const auto steps = static_cast<double>(progress.window_steps);
  JournalLine line;
  line.step = progress.step;
  line.loss = steps > 0 ? progress.window_loss / steps : nothing;
  line.gradient_norm = steps > 0 ? progress.window_norm / steps : nothing;
  line.bits = steps > 0 && manifest.diffusion.variance == "learned" ? progress.window_bits / steps : nothing;
  line.learning_rate =
      LearningRate{options.learning_rate, options.warmup, options.decay, options.steps}.at(progress.step);
  line.skipped = progress.skipped;
  line.images_per_second = window_seconds > 0 ? static_cast<double>(window_examples) / window_seconds : 0;
  line.waiting = window_seconds > 0 ? window_waited / window_seconds : 0;
  line.seconds = progress.seconds;
  journal.append(line);
  if (progress.step % options.journal_every != 0) return;
  progress.journalled = progress.step;
  if (steps > 0) progress.last_loss = line.loss;
  progress.window_loss = progress.window_norm = progress.window_bits = 0;
  progress.window_steps = 0;
  window_seconds = window_waited = 0;
  window_examples = 0;
}

bool Trainer::Impl::finite() const {
  at::NoGradGuard no_grad;
  const auto all = [](const std::vector<at::Tensor>& values) {
    return std::all_of(values.begin(), values.end(),
                       [](const at::Tensor& value) { return at::isfinite(value).all().item<bool>(); });
  };
  return all(adam.parameters()) && all(adam.ema());
}

// In the middle of an exception: saves what is whole, and throws it again, with where the training can go on from.
void Trainer::Impl::give_up(bool diverged) {
  adam.clear_gradients();
  try {
    if (!diverged && !updating && !saving && progress.step > saved && progress.step > 0) save();
  } catch (const std::exception& error) {
    sr3::error(error.what());
  }
  try {
    throw;
  } catch (const Error& error) {
    if (saved < 0 && progress.step == 0) throw;
    const std::string state = saved < 0 ? "nothing is saved" : cat("'", paths.state, "' has all up to step ", saved);
    throw Error(cat(error.what(), "; ", state), error.status());
  }
}

// First what resuming needs, then the stage made of it.
void Trainer::Impl::save() {
  saving = true;
  if (!finite()) throw Error(cat("cannot save step ", progress.step, ": its weights are not finite"));
  TrainingSummary& summary = manifest.training;
  summary.steps = progress.step;
  summary.images = progress.examples;
  if (progress.step != begun_at || progress.step == 0) {  // else it was trained by what it says already
    summary.batch = options.batch;
    summary.learning_rate = options.learning_rate;
    summary.ema = options.ema;
  }
  summary.seconds = options.no_history ? 0 : progress.seconds;
  summary.loss = progress.window_steps > 0 ? progress.window_loss / static_cast<double>(progress.window_steps)
                                           : progress.last_loss;
  const auto file = [&](const std::vector<at::Tensor>& values) {
    TensorFile result;
    for (const auto& [name, value] : named(values))
      result.tensors.emplace_back(name, value.detach().to(at::kCPU).contiguous());
    return result;
  };
  manifest.weights_file = manifest.weights_sha256 = "";  // the state's manifest is not a stage
  Checkpoint checkpoint;
  checkpoint.tensors = {{"weights.safetensors", file(adam.parameters())},
                        {"ema.safetensors", file(adam.ema())},
                        {"adam-m.safetensors", file(adam.first_moment())},
                        {"adam-v.safetensors", file(adam.second_moment())}};
  checkpoint.texts = {{"manifest.json", manifest_text(manifest)}, {"progress.json", progress_text(progress, settings)}};
  write_checkpoint(paths.state, checkpoint);
  saved = progress.step;
  journal.release();
  publish_stage(manifest, paths, named(adam.ema()), options.weights_type);
  draw_loss_curve(paths.journal, paths.loss);
  saving = false;
}

Trainer::Trainer(StageManifest manifest, const TrainerOptions& options, const DataOptions& data,
                 const std::string& output) {
  use_threads(options.threads);
  impl_ = std::make_unique<Impl>(std::move(manifest), options, data, output);
  impl_->start();
}

Trainer::~Trainer() = default;

int Trainer::run(const ProgressOptions& progress_options) {
  Impl& t = *impl_;
  const TrainerOptions& options = t.options;
  const StopSignals signals;
  const double begin = now();
  if (t.progress.step > options.steps)
    throw UsageError(
        cat("--steps ", options.steps, ": '", t.paths.manifest, "' has done ", t.progress.step, " already"));
  info(cat(t.loader.images(), " images, ", t.parameters.count(), " weights"));
  if (t.progress.step == options.steps) info(cat("'", t.paths.manifest, "' has done its ", options.steps, " steps"));
  if (t.manifest.kind != "regression") {
    const double end = make_alpha_bar(make_betas(t.manifest.diffusion.schedule)).back();
    if (end > kNoisy)
      warn(cat("the schedule ends at alpha_bar ", end, ": this network will not have seen the pure noise that ",
               "sampling begins from (a larger 'beta_end' or more diffusion steps)"));
  }
  if (options.preview_every > 0)
    t.preview =
        std::make_unique<Preview>(t.manifest, t.loader, options.preview_images, options.seed, t.device, t.compute);
  const int64_t preview_only = t.loader.replaced();  // which no step has seen
  const int64_t first = t.progress.step;
  double last_save = begin;
  int status = kDone;
  bool diverged = false;
  try {
    {
      Meter meter(progress_options, "steps", options.steps, first);
      while (t.progress.step < options.steps) {
        if (options.time_limit && now() - begin >= *options.time_limit) break;
        t.step();
        const int64_t step = t.progress.step;
        if (step == first + 1) t.journal.cut(t.progress.journalled);
        if (step % options.journal_every == 0) t.write_journal();
        char text[40];
        std::snprintf(text, sizeof text, "loss %.4f", t.shown_loss);
        meter.update(step, text);
        if (StopSignals::received()) {
          status = 128 + StopSignals::received();
          break;
        }
        diverged = t.progress.skipped_in_row >= kSkippedInRow;
        if (diverged || step == options.steps) break;
        const bool due =
            options.save_steps > 0 ? step % options.save_steps == 0 : now() - last_save >= options.save_seconds;
        // Weights with which steps are skipped may be lost: those before them are worth more.
        if (due && t.progress.skipped_in_row == 0 && t.finite()) {
          t.save();
          last_save = now();
        }
        if (t.preview && step % options.preview_every == 0) t.preview->draw(t.named(t.adam.ema()), t.paths.preview);
      }
    }
    if (t.progress.step > first && t.progress.step % options.journal_every != 0) t.write_journal();
    const std::string where = cat("step ", t.progress.step, " of ", options.steps);
    if (t.progress.skipped) warn(cat(t.progress.skipped, " steps skipped in all"));
    if (diverged)
      throw Error(cat("stopped at ", where, ": ", kSkippedInRow, " steps in a row had no finite loss or gradient",
                      " (a lower --learning-rate may help)"));
    t.save();
    if (t.preview) t.preview->draw(t.named(t.adam.ema()), t.paths.preview);
    if (t.progress.step < options.steps) info(cat("stopped after ", where, "; the same command goes on"));
  } catch (...) {
    t.give_up(diverged);
  }
  if (const int64_t replaced = t.loader.replaced() - preview_only; replaced > 0 && status == kDone) {
    warn(cat(replaced, replaced == 1 ? " example of this run was" : " examples of this run were",
             " not of the images that were due: these are damaged"));
    status = kSkipped;
  }
  return status;
}

}  // namespace sr3
