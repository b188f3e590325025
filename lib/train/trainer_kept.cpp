// Validation, and the stages beside the one in training: the best one, those of some steps, and those of further averages.
#include "base/error.h"

#include <cmath>
#include "base/log.h"
#include "base/options.h"
#include "base/signals.h"
#include "train/trainer_impl.h"

namespace sr3 {
namespace {

constexpr const char* kBest = "best";

std::string word_of(double decay) { return cat("ema-", number_text(decay)); }

// What a training without a state would overwrite.
void require_absent(const StagePaths& paths) {
  if (access(paths.manifest.c_str(), F_OK) == 0)
    throw Error(cat("'", paths.manifest, "' exists, of a training whose state is missing (--restart overwrites it)"));
}

}  // namespace

std::vector<StagePaths> stages_beside(const StagePaths& paths, const TrainerOptions& options) {
  std::vector<StagePaths> all;
  for (const double decay : options.more_ema) all.push_back(stage_beside(paths, word_of(decay)));
  if (!options.validation.keep_best.empty()) all.push_back(stage_beside(paths, kBest));
  return all;
}

void Trainer::Impl::clear_beside(bool fresh) {
  for (const StagePaths& beside : stages_beside(paths, options)) {
    remove_leftovers(beside);
    if (fresh && !options.restart) require_absent(beside);
  }
}

void Trainer::Impl::open_validation() {
  const ValidationOptions& wanted = options.validation;
  if (wanted.wanted()) {
    DataOptions like = examples;
    like.leave_out.push_back(paths.preview);
    like.leave_out.push_back(paths.loss);
    validation = std::make_unique<Validation>(manifest, wanted, like, loader.digest(), options.seed, device, compute);
    if (wanted.every > options.steps)
      warn(cat("--validate-every ", wanted.every, " is more than the ", options.steps,
               " steps of the training: nothing will be validated"));
  }
  if (!progress.best) return;
  const bool same =
      validation && progress.best->metric == wanted.keep_best && progress.best->conditions == validation->conditions();
  if (same) return;
  info(cat("the best stage so far, by ", progress.best->metric, " at step ", progress.best->step,
           ", is forgotten: the validation is another"));
  progress.best.reset();
  best_weights.clear();
}

// Whether this step is one after which the first process validates: all processes know it.
bool Trainer::Impl::validation_due() const {
  return options.validation.wanted() && progress.step > 0 && progress.step % options.validation.every == 0;
}

// Validates, in the first process, unless the run before has done so after this step. A signal ends it without scores. The other
// processes take part only as far as they have slices of the average.
void Trainer::Impl::validate() {
  const int64_t step = progress.step;
  const bool own = validation && progress.validated < step;
  if (sharded() ? group.gather_numbers({own ? 1.0 : 0.0})[0] == 0 : !own) return;
  if (!finite()) {
    if (own) warn(cat("step ", step, " is not validated: its weights are not finite"));
    return;
  }
  const NamedTensors average = gathered(adam.ema());
  if (!own) return;
  auto scores = (*validation)(average, [] { return StopSignals::received() != 0; });
  if (!scores) return;
  scores->step = step;
  journal->append(*scores);
  progress.validated = step;
  shown_scores = scores;
  const std::string& metric = options.validation.keep_best;
  if (metric.empty()) return;
  const double value = score_named(metric, *scores);
  if (progress.best ? !is_better(metric, value, progress.best->value) : !std::isfinite(value)) return;
  const TrainingSummary summary = summary_now();
  progress.best =
      BestStage{metric, validation->conditions(), value, step, summary.images, summary.loss, summary.seconds};
  best_weights.clear();
  for (const auto& [name, tensor] : average) best_weights.push_back(tensor.clone());
  debug(cat("step ", step, " is the best so far: ", metric, " ", value));
}

// The stage of this step, for --keep-every.
void Trainer::Impl::keep_step() {
  if (options.keep_every == 0 || progress.step % options.keep_every != 0) return;
  if ((!group.first() && !sharded()) || !finite()) return;
  const NamedTensors average = gathered(adam.ema());
  if (!group.first()) return;
  StageManifest kept = manifest;
  kept.training = summary_now();
  publish_stage(kept, stage_beside(paths, cat("step-", progress.step)), average, options.weights_type);
}

// The best stage, and those of the further averages, of the saved state.
void Trainer::Impl::publish_beside() {
  for (size_t k = 0; k < options.more_ema.size(); ++k) {
    const NamedTensors weights = gathered(adam.more_ema()[k]);
    if (!group.first()) continue;
    StageManifest average = manifest;
    average.training.ema = options.more_ema[k];
    publish_stage(average, stage_beside(paths, word_of(options.more_ema[k])), weights, options.weights_type);
  }
  if (!progress.best || progress.best->step == published_best) return;
  StageManifest best = manifest;
  best.training.steps = progress.best->step;
  best.training.images = progress.best->images;
  best.training.loss = progress.best->loss;
  best.training.seconds = progress.best->seconds;
  publish_stage(best, stage_beside(paths, kBest), named(best_weights), options.weights_type);
  published_best = progress.best->step;
}

}  // namespace sr3
