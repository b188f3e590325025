#include "train/trainer_options.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "stage/presets.h"

namespace sr3 {

namespace {

std::vector<double> numbers(const char* option, const std::string& text) {
  std::vector<double> result;
  for (size_t at = 0; at <= text.size() && !text.empty();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    try {
      result.push_back(parse_double(text.substr(at, comma - at)));
    } catch (const UsageError& error) {
      throw UsageError(cat("--", option, ": ", error.what()));
    }
    at = comma + 1;
  }
  return result;
}

std::vector<int64_t> integers(const char* option, const std::string& text) {
  std::vector<int64_t> result;
  for (const double value : numbers(option, text)) {
    if (value != std::floor(value) || std::abs(value) > 1e9)
      throw UsageError(cat("--", option, ": '", value, "' is not a whole number up to 1e9"));
    result.push_back(static_cast<int64_t>(value));
  }
  return result;
}

template <class Value, class Given>
void take(Value& value, const std::optional<Given>& given) {
  if (given) value = *given;
}

void at_least(const char* option, double value, double least) {
  if (!(value >= least)) throw UsageError(cat("--", option, ": ", value, " is less than ", least));
}

void at_most(const char* option, int64_t value, int64_t most) {
  if (value > most) throw UsageError(cat("--", option, ": ", value, " is more than ", most));
}

// A schedule whose betas do not follow from T alone would, with fewer steps, end before the noise that sampling begins
// from.
void set_steps(ScheduleOptions& schedule, int64_t steps) {
  const bool shorter = steps < schedule.steps, fixed = schedule.kind == "cosine" || schedule.kind == "betas";
  const double end = shorter && !fixed ? make_alpha_bar(make_betas(schedule)).back() : 0;
  schedule.steps = steps;
  if (!shorter || fixed || steps < 1) return;
  try {
    schedule.beta_end = beta_end_for(schedule, end);
  } catch (const Error& error) {
    throw UsageError(cat("--diffusion-steps: ", error.what()));
  }
  info(cat("with ", steps, " diffusion steps beta_end is ", schedule.beta_end,
           ", so that the schedule still ends at alpha_bar ", end));
}

// The largest number of groups up to `most` that divides the channels of every level.
int64_t fitting_groups(const UNetOptions& network, int64_t most) {
  for (int64_t groups = most; groups > 1; --groups)
    if (std::all_of(network.multipliers.begin(), network.multipliers.end(),
                    [&](double m) { return std::llround(static_cast<double>(network.channels) * m) % groups == 0; }))
      return groups;
  return 1;
}

}  // namespace

void RunFlags::declare_run(Options& options) {
  options.add("steps", 0, &steps, "N", "steps of the whole training");
  options.add("batch", 0, &batch, "N", "examples a step");
  options.add("accumulate", 0, &trainer.accumulate, "K", "compute each step's examples in K parts, to bound memory");
  options.add("learning-rate", 0, &learning_rate, "R", "of Adam");
  options.add("warmup", 0, &warmup, "N", "steps in which the learning rate rises from zero");
  options.add("ema", 0, &ema, "D", "decay of the averaged weights, which are the stage's");
  options.add("clip-norm", 0, &trainer.clip_norm, "X", "largest norm of a gradient; 0: any");
  options.add("weight-decay", 0, &trainer.weight_decay, "X", "decoupled from the gradient, as in AdamW");
  options.add("time-limit", 0, &time_limit, "TIME", "stop after 90s, 15m, 2h, ..., with all saved");
  options.add("save-every", 0, &save_every, "N", "steps, or a time such as 90s or 10m");
  options.add("journal-every", 0, &trainer.journal_every, "N", "steps between two lines of the journal");
  options.add("preview-every", 0, &trainer.preview_every, "N", "steps between two preview sheets; 0: none");
  options.add("preview-images", 0, &trainer.preview_images, "K", "examples in the preview sheet");
  options.add("restart", 0, &trainer.restart, "begin anew, whatever is there");
}

void RunFlags::declare_output(Options& options) {
  options.group("Running");
  options.choice("weights-type", 0, &trainer.weights_type, {"fp32", "fp16", "bf16"},
                 "of the numbers in the stage's file");
  options.add("no-history", 0, &trainer.no_history, "leave this run and its time out of the manifest");
}

void TrainFlags::declare(Options& options) {
  options.group("Training");
  options.add("preset", 0, &preset, "NAME", "preset for options that are not given: " + preset_names());
  declare_run(options);
  options.choice("decay", 0, &trainer.decay, {"none", "cosine", "linear"}, "of the learning rate, to zero at --steps");
  options.add("init-from", 0, &trainer.init_from, "STAGE", "begin with this stage's weights");
  options.group("Stage");
  options.add("regression", 0, &regression, "the regression baseline: no diffusion, one pass");
  options.add("scale", 0, &scale, "N", "how many times larger than low_res the result is");
  options.add("low-res", 0, &low_res, "N", "side of the low-resolution examples");
  options.add("high-res", 0, &high_res, "N", "side of the high-resolution examples");
  options.choice("predict", 0, &predict, {"eps", "x0", "v"}, "prediction target");
  options.choice("target", 0, &target, {"image", "residual"}, "what is diffused");
  options.add("residual-scale", 0, &residual_scale, "X", "what the residual is multiplied by");
  options.choice("loss", 0, &loss, {"l1", "l2"}, "absolute or squared error");
  options.choice("schedule", 0, &schedule, {"linear", "quadratic", "cosine", "sigmoid"}, "of the training noise");
  options.add("diffusion-steps", 0, &diffusion_steps, "T", "steps of the schedule");
  options.choice("level-draw", 0, &level_draw, {"gamma", "sqrt-gamma", "discrete", "continuous"},
                 "how an example's noise level is drawn");
  options.add("description", 0, &description, "TEXT", "for the manifest");
  options.add("data-name", 0, &data_name, "TEXT", "for the manifest, instead of the operands");
  options.add("attribution", 0, &attribution, "TEXT", "for the manifest: whose images these are");
  options.group("Network");
  options.add("channels", 0, &channels, "N", "of the outermost level");
  options.add("multipliers", 0, &multipliers, "LIST", "of the channels, one a level, as 1,2,4");
  options.add("blocks", 0, &blocks, "LIST", "residual blocks of each level; one number serves all");
  options.add("attention", 0, &attention, "LIST", "levels with attention, 0 the outermost, or none");
  options.add("patch", 0, &patch, "N", "side of the squares of pixels that the network takes as one");
  options.add("groups", 0, &groups, "N", "of the normalisation");
  options.add("dropout", 0, &dropout, "P", "probability");
  options.group("Low resolution");
  options.choice("kernel", 0, &kernel, {"bicubic", "bilinear", "box", "lanczos"}, "that shrinks");
  options.choice("convention", 0, &convention, {"pillow", "matlab", "float"}, "of the resizing");
  options.add("blur", 0, &blur, "SIGMA", "before shrinking, in pixels");
  options.add("noise", 0, &noise, "SIGMA", "after shrinking, in grey levels of 255");
  options.add("jpeg", 0, &jpeg, "Q", "compress the small image: quality 1 to 100; 0: do not");
  declare_output(options);
}

void TrainFlags::set_sizes(ImageOptions& image, int64_t crop) const {
  if (scale && (low_res || (high_res && crop)))
    throw UsageError("--scale contradicts --low-res, and --high-res with --crop: two of the three sizes say it all");
  if (crop && high_res && crop != *high_res)
    throw UsageError(cat("--crop ", crop, " contradicts --high-res ", *high_res));
  const int64_t preset_scale = image.scale();
  take(image.high_res, high_res);
  if (crop) image.high_res = crop;
  at_least("high-res", static_cast<double>(image.high_res), 1);
  if (low_res) {
    image.low_res = *low_res;
    at_least("low-res", static_cast<double>(image.low_res), 1);
    // One side given: the other one follows by the preset's scale.
    if (!high_res && !crop) image.high_res = image.low_res * preset_scale;
  } else {
    const int64_t by = scale.value_or(preset_scale);
    if (scale) at_least("scale", static_cast<double>(by), 2);
    if (image.high_res % by != 0)
      throw UsageError(cat("a side of ", image.high_res, " cannot be shrunk ", by, " times: it is not a multiple"));
    image.low_res = image.high_res / by;
  }
  if (image.high_res % image.low_res != 0)
    throw UsageError(cat("--high-res ", image.high_res, " is not a multiple of --low-res ", image.low_res));
  if (image.high_res == image.low_res)
    throw UsageError(cat("--low-res ", image.low_res, " is as large as the result: there is nothing to learn"));
}

void TrainFlags::set_network(UNetOptions& network) const {
  take(network.channels, channels);
  if (multipliers) network.multipliers = numbers("multipliers", *multipliers);
  if (blocks) network.blocks = integers("blocks", *blocks);
  if (network.blocks.size() == 1 || (!blocks && multipliers))
    network.blocks.assign(network.multipliers.size(), network.blocks.at(0));
  if (attention) network.attention = *attention == "none" ? std::vector<int64_t>{} : integers("attention", *attention);
  take(network.patch, patch);
  take(network.dropout, dropout);
  if (groups)
    network.groups = *groups;
  else if (channels || multipliers)
    network.groups = fitting_groups(network, network.groups);
}

void TrainFlags::set_diffusion(StageManifest& stage) const {
  DiffusionOptions& diffusion = stage.diffusion;
  take(diffusion.predict, predict);
  take(diffusion.target, target);
  take(diffusion.residual_scale, residual_scale);
  if (!(diffusion.residual_scale > 0)) throw UsageError("--residual-scale is not above 0");
  if (schedule && *schedule != diffusion.schedule.kind) {
    diffusion.schedule = ScheduleOptions{};
    diffusion.schedule.kind = *schedule;
  }
  if (diffusion_steps) set_steps(diffusion.schedule, *diffusion_steps);
  // The preset's steps of sampling, where they are a plain number: never more than there are.
  std::string& sampled = stage.sampling.steps;
  if (sampled.find_first_not_of("0123456789") == std::string::npos && parse_int(sampled) > diffusion.schedule.steps)
    sampled = std::to_string(diffusion.schedule.steps);
  take(diffusion.level_draw, level_draw);
  if (regression) {
    if (predict || schedule || level_draw || diffusion_steps)
      throw UsageError("--regression has no --predict, --schedule, --diffusion-steps and --level-draw");
    stage = as_regression(stage);
  }
  take(diffusion.loss, loss);
}

void TrainFlags::set_recipe(RecipeOptions& recipe) const {
  take(recipe.kernel, kernel);
  take(recipe.convention, convention);
  take(recipe.blur, blur);
  take(recipe.noise, noise);
  take(recipe.jpeg, jpeg);
}

StageManifest TrainFlags::stage(int64_t crop) const {
  StageManifest stage = preset_named(preset).manifest;
  set_sizes(stage.image, crop);
  set_network(stage.network);
  set_diffusion(stage);
  set_recipe(stage.low_res.recipe);
  stage.description = description;
  stage.training.data = data_name;
  stage.training.attribution = attribution;
  try {
    validate(stage);
  } catch (const DataError& error) {
    throw UsageError(error.what());  // presets agree with themselves: it is the command line's
  }
  return stage;
}

std::string TrainFlags::preprocess() const { return preset_named(preset).preprocess; }

TrainerOptions TrainFlags::resolved() const {
  const Preset& given = preset_named(preset);
  TrainerOptions base;
  base.steps = given.steps, base.batch = given.batch, base.warmup = given.warmup;
  base.learning_rate = regression && given.regression_rate > 0 ? given.regression_rate : given.learning_rate;
  base.ema = given.ema;
  base.decay = trainer.decay;
  return RunFlags::resolved(base);
}

TrainerOptions RunFlags::resolved(TrainerOptions base) const {
  TrainerOptions result = trainer;
  result.decay = base.decay;
  result.vlb_weight = base.vlb_weight;
  result.steps = steps.value_or(base.steps);
  result.batch = batch.value_or(base.batch);
  result.learning_rate = learning_rate.value_or(base.learning_rate);
  result.warmup = warmup.value_or(base.warmup);
  result.ema = ema.value_or(base.ema);
  at_least("steps", static_cast<double>(result.steps), 1);
  at_least("batch", static_cast<double>(result.batch), 1);
  at_most("batch", result.batch, 1 << 16);
  at_least("accumulate", static_cast<double>(result.accumulate), 1);
  if (result.accumulate > result.batch)
    throw UsageError(cat("--accumulate ", result.accumulate, " is more than the batch of ", result.batch));
  at_least("learning-rate", result.learning_rate, 0);
  at_least("warmup", static_cast<double>(result.warmup), 0);
  at_least("clip-norm", result.clip_norm, 0);
  at_least("weight-decay", result.weight_decay, 0);
  if (!(result.ema >= 0 && result.ema < 1)) throw UsageError("--ema is not from 0 to below 1");
  at_least("journal-every", static_cast<double>(result.journal_every), 1);
  at_least("preview-every", static_cast<double>(result.preview_every), 0);
  at_least("preview-images", static_cast<double>(result.preview_images), 1);
  at_most("preview-images", result.preview_images, 1 << 16);
  try {
    if (time_limit) result.time_limit = parse_duration(*time_limit);
  } catch (const UsageError& error) {
    throw UsageError(cat("--time-limit: ", error.what()));
  }
  try {
    if (!save_every.empty() && std::isdigit(static_cast<unsigned char>(save_every.back()))) {
      result.save_steps = parse_int(save_every);
      if (result.save_steps < 1) throw UsageError(cat("'", save_every, "' is not 1 or more"));
    } else {
      result.save_seconds = parse_duration(save_every);
    }
  } catch (const UsageError& error) {
    throw UsageError(cat("--save-every: ", error.what()));
  }
  return result;
}

}  // namespace sr3
