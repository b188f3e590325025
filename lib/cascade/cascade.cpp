#include "cascade/cascade.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/shell.h"
#include "stage/conditioning.h"

namespace sr3 {
namespace {

// Applies the command line's options to the sampling settings of a cascade. stages: all of its stages, with the base stage.
void apply(const CascadeOverrides& overrides, const std::vector<StageManifest>& stages, CascadeManifest& cascade) {
  const std::vector<double> levels = overrides.noise_level.value_or(std::vector<double>{});
  const std::vector<std::string> steps = overrides.steps ? split_list(*overrides.steps) : std::vector<std::string>();
  if (steps.size() > 1 && steps.size() != stages.size())
    throw UsageError(cat("--steps has ", steps.size(), " numbers, but the cascade ", stages.size(), " stages"));
  size_t noisy = 0;
  bool guides = false, truncates = false;
  for (size_t i = 0; i < stages.size(); ++i) {
    CascadeSampling& sampling = cascade.stages[i].sampling;
    if (!steps.empty()) sampling.steps = steps[std::min(i, steps.size() - 1)];
    if (overrides.sampler) sampling.sampler = *overrides.sampler;
    if (overrides.guidance && stages[i].diffusion.label_dropout > 0) {
      sampling.guidance = *overrides.guidance;
      guides = true;
    }
    if (stages[i].augmentation.kind != "gaussian") continue;
    if (!levels.empty()) sampling.noise_level = levels[std::min(noisy, levels.size() - 1)];
    if (sampling.noise_level == 0) sampling.truncate = false;
    if (overrides.truncate && i > 0 && sampling.noise_level > 0) sampling.truncate = truncates = true;
    ++noisy;
  }
  if (!levels.empty() && noisy == 0)
    throw UsageError("--noise-level: no stage was trained with noise in its condition");
  if (levels.size() > 1 && levels.size() != noisy)
    throw UsageError(cat("--noise-level has ", levels.size(), " levels, but ", noisy, " stages take one"));
  if (overrides.guidance && !guides)
    throw UsageError(
        "--guidance: no stage has an unconditional prediction (trained with label dropout, and not distilled)");
  if (overrides.truncate && !truncates)
    throw UsageError("--truncate: no stage after another takes a noise level above 0 (--noise-level)");
}

std::string words_of(const CascadeSampling& sampling, const StageManifest& stage) {
  std::string words;
  if (stage.kind != "regression") words = cat(" --steps ", sampling.steps, " --sampler ", sampling.sampler);
  if (sampling.guidance != 1) words += cat(" --guidance ", number_text(sampling.guidance));
  if (stage.augmentation.kind == "gaussian") words += cat(" --noise-level ", number_text(sampling.noise_level));
  return words;
}

}  // namespace

// The name of another program: if this one was installed with a prefix, as "my-cascade", the other one is "my-sample".
std::string installed_name(const std::string& program) {
  constexpr std::string_view kOwn = "cascade";
  const std::string& name = log_state().program;
  return name.ends_with(kOwn) ? name.substr(0, name.size() - kOwn.size()) + program : program;
}

void CascadeOverrides::declare(Options& options) {
  options.group(groups::kSampling);
  options.add("steps", 0, &steps, "LIST",
              "network evaluations: one number for all stages, or one for each, as 50,25,8");
  options.choice("sampler", 0, &sampler, {"ddpm", "ddim", "dpmpp-2m"}, "sampling algorithm");
  options.add("guidance", 0, &guidance, "W", within(0, 1000), "classifier-free guidance scale; 1: off, 2 to 4: usual");
  options.add("noise-level", 0, &noise_level, "LIST", within(0, 1),
              "noise levels of the stages' inputs: one for all, or one for each, as 0.2,0.1");
  options.add("truncate", 0, &truncate, "stop each stage at the noise level of the next one");
  options.choice("between", 0, &between, {"8bit", "float"}, "what a stage passes to the next one");
}

Cascade::Cascade(const std::string& path, const CascadeOverrides& overrides, bool given)
    : exact_(overrides.between == "float") {
  open(path, read_cascade(path), overrides, given);
}

Cascade::Cascade(const std::vector<std::string>& stages, const CascadeOverrides& overrides, bool given)
    : exact_(overrides.between == "float") {
  CascadeManifest cascade;
  for (const std::string& path : stages) {
    const StageManifest stage = read_manifest(path);
    if (stage.augmentation.kind == "gaussian" && !overrides.noise_level && !has_default_level(stage))
      throw UsageError(cat("'", path, "' was trained with noise in its condition: choose its level, ",
                           "--noise-level 0 to ", stage.augmentation.max_level));
    cascade.stages.push_back({path, {stage.sampling.steps, stage.sampling.sampler}, {}});
  }
  open("", std::move(cascade), overrides, given);
}

void Cascade::open(const std::string& path, CascadeManifest cascade, const CascadeOverrides& overrides, bool given) {
  std::vector<StageManifest> stages = read_stages(path, cascade);
  if (given && stages[0].kind == "base") {
    cascade.stages.erase(cascade.stages.begin());
    stages.erase(stages.begin());
    if (stages.empty())
      throw Error(cat("cannot start ", path.empty() ? "" : "'" + path + "' ", "from images: it has only a base stage"));
    cascade.stages[0].sampling.truncate = false;  // there is no previous stage to stop early
  }
  apply(overrides, stages, cascade);
  for (size_t i = 0; i < stages.size(); ++i) {
    const CascadeSampling& sampling = cascade.stages[i].sampling;
    SamplingOverrides settings;
    if (stages[i].kind != "regression") settings.steps = sampling.steps, settings.sampler = sampling.sampler;
    if (sampling.guidance != 1) settings.guidance = sampling.guidance;
    if (stages[i].augmentation.kind == "gaussian") settings.noise_level = sampling.noise_level;
    Stage stage(stage_path(path, cascade, i), settings);
    if (sampling.truncate) {
      Stage& before = above_.empty() ? base_.value() : above_.back();
      before.stop_at(stage.alpha_bar().at(static_cast<size_t>(std::max<int64_t>(1, *stage.noise_steps())) - 1));
      truncates_ = true;
    }
    const bool base = stages[i].kind == "base";
    commands_.push_back(cat(installed_name(base ? "sample" : "upscale"), " -m ", shell_word(stage.path()),
                            words_of(sampling, stages[i])));
    if (base)
      base_.emplace(std::move(stage));
    else
      above_.push_back(std::move(stage));
  }
  check_labels();
}

void Cascade::check_labels() const {
  if (!base_ || base_->manifest().network.classes > 0) return;
  for (const Stage& stage : above_)
    if (stage.manifest().network.classes > 0)
      throw Error(cat("cannot draw for '", stage.path(), "', which needs a class: '", base_->path(),
                      "' has no classes; use a pipe: sample ... | upscale --class CLASS ..."));
}

void Cascade::load(at::Device device, const std::string& precision) {
  if (base_) base_->load(device, precision);
  for (Stage& stage : above_) stage.load(device, precision);
}

int64_t Cascade::steps_each() const {
  int64_t steps = base_ ? base_->steps() : 0;
  for (const Stage& stage : above_) steps += stage.steps();
  return steps;
}

std::string Cascade::pipe(const PipeWords& words) const {
  if (truncates_)
    throw UsageError(
        "no pipe can do this: a stage that stops early passes on a noisy image, in floats beyond black and white");
  if (exact_) throw UsageError("no pipe can do this: the stages pass on floats, but images in a pipe are integers");
  std::string line;
  const size_t bases = base_ ? 1 : 0;
  for (size_t i = 0; i < commands_.size(); ++i) {
    const bool classes = i >= bases && above_[i - bases].manifest().network.classes > 0;
    line += cat(i ? " | " : "", commands_[i], i ? "" : words.first, classes ? words.classes : "",
                i + 1 == commands_.size() ? words.last : "", words.all);
  }
  return line;
}

}  // namespace sr3
