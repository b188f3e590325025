#include "train/trainer_options.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "degrade/named_recipes.h"
#include "stage/presets.h"

namespace sr3 {

namespace {

constexpr Range kDecays = from_to_below(0, 1);

std::vector<int64_t> attention_levels(const std::string& text) {
  if (text == "none") return {};
  try {
    return parse_list(text, parse_int);
  } catch (const UsageError& error) {
    throw UsageError(cat("option '--attention': ", error.what()));
  }
}

template <class Value, class Given>
void take(Value& value, const std::optional<Given>& given) {
  if (given) value = *given;
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
  // Of groups with fewer than 4 channels each mean and scale are lost.
  for (int64_t groups = std::min(most, std::max<int64_t>(1, network.channels / 4)); groups > 1; --groups)
    if (std::all_of(network.multipliers.begin(), network.multipliers.end(),
                    [&](double m) { return std::llround(static_cast<double>(network.channels) * m) % groups == 0; }))
      return groups;
  return 1;
}

}  // namespace

void RunFlags::declare_run(Options& options) {
  options.add("steps", 0, &steps, "N", at_least(1), "steps of the whole training");
  options.add("batch", 0, &batch, "N", within(1, 1 << 16), "examples per step");
  options.add("accumulate", 0, &trainer.accumulate, "K", at_least(1),
              "compute each step's examples in K parts, to limit memory");
  options.add("checkpoint-activations", 0, &trainer.checkpoint_activations,
              "compute each block again in the backward pass, to limit memory");
  options.add("shard-optimizer", 0, &trainer.shard_optimizer,
              "of many processes each keeps a share of the optimizer's state (ZeRO-1)");
  options.add("learning-rate", 0, &learning_rate, "R", at_least(0), "learning rate of Adam");
  options.add("warmup", 0, &warmup, "N", at_least(0), "steps in which the learning rate rises from zero");
  options.add({"ema", 0, "D",
               cat("decay of the exponential moving average of the weights, which the stage gets (", kDecays.text(),
                   "); others go beside it"),
               "", true, [this](const std::string& given) { add_ema(given); }});
  options.add("clip-norm", 0, &clip_norm, "X", at_least(0), "largest norm of the gradient; 0: any");
  options.add("weight-decay", 0, &trainer.weight_decay, "X", at_least(0), "weight decay, decoupled as in AdamW");
  options.add({"time-limit", 0, "TIME", "save and stop after 90s, 15m, 2h, ...", "", false,
               [this](const std::string& given) { trainer.time_limit = parse_duration(given); }});
  options.add({"save-every", 0, "N", "steps between two saved states (>= 1), or a time such as 90s or 10m", "10m",
               false, [this](const std::string& given) { set_save_every(given); }});
  options.add("journal-every", 0, &trainer.journal_every, "N", at_least(1), "steps between two lines of the journal");
  options.add("preview-every", 0, &trainer.preview_every, "N", at_least(0),
              "steps between two preview sheets; 0: none");
  options.add("preview-images", 0, &trainer.preview_images, "K", within(1, 1 << 16), "examples in the preview sheet");
  options.add("resume", 0, &resume,
              "go on with the training, which must exist; its own data and options need no repeating");
  options.add("restart", 0, &trainer.restart, "start anew, even over the state of a previous run");
}

void RunFlags::add_ema(const std::string& given) {
  for (const std::string& text : split_list(given)) {
    const double decay = parse_double(text);
    if (!kDecays.holds(decay)) throw UsageError(cat("'", text, "' is not in the range ", kDecays.text()));
    if (std::find(ema.begin(), ema.end(), decay) == ema.end()) ema.push_back(decay);
  }
}

void RunFlags::set_save_every(const std::string& given) {
  const bool steps_given = !given.empty() && std::isdigit(static_cast<unsigned char>(given.back()));
  trainer.save_steps = steps_given ? parse_int(given) : 0;
  if (!steps_given)
    trainer.save_seconds = parse_duration(given);
  else if (!at_least(1).holds(static_cast<double>(trainer.save_steps)))
    throw UsageError(cat("'", given, "' is not in the range ", at_least(1).text()));
}

void RunFlags::declare_output(Options& options) {
  parallel.declare(options);
  options.group(groups::kRunning);
  options.choice("weights-type", 0, &trainer.weights_type, {"fp32", "fp16", "bf16"},
                 "number format of the stage's weights");
  options.add("no-history", 0, &trainer.no_history, "do not record this run and its time in the manifest");
}

void TrainFlags::declare(Options& options) {
  options.group(groups::kTraining);
  options.add("preset", 0, &preset, "NAME",
              cat("preset for options that are not given, ", kDefaultPreset, " by default; list: show them"));
  declare_run(options);
  options.choice("decay", 0, &trainer.decay, {"none", "cosine", "linear"},
                 "decay of the learning rate, to zero at --steps");
  options.add("init-from", 0, &trainer.init_from, "STAGE", "start from this stage's weights");
  options.add("keep-every", 0, &trainer.keep_every, "N", at_least(0),
              "keep the stage of every N-th step, as NAME.step-N.json; 0: none");
  trainer.validation.declare(options);
  options.group(groups::kStage);
  options.add("regression", 0, &regression, "the regression baseline: no diffusion, one pass");
  options.add("scale", 0, &scale, "N", at_least(1),
              "ratio of the sides of high_res and low_res; 1: restoration, without enlarging");
  options.add("low-res", 0, &low_res, "N", within(1, 1 << 16), "side of the low-resolution examples");
  options.add("high-res", 0, &high_res, "N", within(1, 1 << 16), "side of the high-resolution examples");
  options.choice("predict", 0, &predict, {"eps", "x0", "v"}, "prediction target");
  options.choice("target", 0, &target, {"image", "residual"},
                 "what is diffused: the image, or its difference from the condition");
  options.add("residual-scale", 0, &residual_scale, "X", above(0), "factor of the residual");
  options.choice("loss", 0, &loss, {"l1", "l2"}, "absolute or squared error");
  options.choice("schedule", 0, &schedule, {"linear", "quadratic", "cosine", "sigmoid"},
                 "noise schedule of the training");
  options.add("diffusion-steps", 0, &diffusion_steps, "T", within(1, 100000), "steps of the schedule");
  options.choice("level-draw", 0, &level_draw, {"gamma", "sqrt-gamma", "discrete", "continuous"},
                 "how an example's noise level is drawn");
  options.choice("augmentation", 0, &augmentation, {"none", "gaussian", "blur"},
                 "conditioning augmentation: what training does to the low-resolution images");
  options.add("max-noise-level", 0, &max_noise_level, "S", {.low = 0, .high = 1, .low_open = true},
              "gaussian: the highest noise level, as a share of T");
  options.add("description", 0, &description, "TEXT", "for the manifest");
  options.add("data-name", 0, &data_name, "TEXT", "for the manifest, instead of the operands");
  options.add("attribution", 0, &attribution, "TEXT", "for the manifest: whose images these are");
  options.group(groups::kNetwork);
  options.add("channels", 0, &channels, "N", within(1, 1 << 14), "channels of the outermost level");
  options.add("multipliers", 0, &multipliers, "LIST", above(0),
              "multipliers of the channels, one for each level, as 1,2,4");
  options.add("blocks", 0, &blocks, "LIST", within(1, 64),
              "residual blocks of each level, or one number for all levels");
  options.add("attention", 0, &attention, "LIST", "levels with attention, of which 0 is the outermost, or none");
  options.add("patch", 0, &patch, "N", within(1, 64), "side of the squares of pixels that the network treats as one");
  options.add("groups", 0, &groups, "N", within(1, 1 << 14), "groups of the group normalisation");
  options.add("dropout", 0, &dropout, "P", from_to_below(0, 1), "dropout probability");
  options.group(groups::kLowResolution);
  options.add("recipe", 0, &recipe, "NAME|FILE", "a random recipe, instead of the options below; list: show the names");
  options.choice("kernel", 0, &kernel, {"bicubic", "bilinear", "box", "lanczos"}, "kernel that shrinks");
  options.choice("convention", 0, &convention, {"pillow", "matlab", "float"}, "whose resize to equal");
  options.add("blur", 0, &blur, "SIGMA", within(0, 100), "Gaussian blur before shrinking, in pixels");
  options.add("noise", 0, &noise, "SIGMA", within(0, 255), "Gaussian noise after shrinking, in 8-bit grey levels");
  options.add("jpeg", 0, &jpeg, "Q", within(0, 100), "JPEG round trip of the small image, of this quality; 0: none");
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
  if (low_res) {
    image.low_res = *low_res;
    // One side given: the other one follows by the preset's scale.
    if (!high_res && !crop) image.high_res = image.low_res * preset_scale;
  } else {
    const int64_t by = scale.value_or(preset_scale);
    if (image.high_res % by != 0)
      throw UsageError(cat("a side of ", image.high_res, " cannot be shrunk ", by, " times: it is not a multiple"));
    image.low_res = image.high_res / by;
  }
  if (image.high_res % image.low_res != 0)
    throw UsageError(cat("--high-res ", image.high_res, " is not a multiple of --low-res ", image.low_res));
}

void TrainFlags::set_network(UNetOptions& network) const {
  take(network.channels, channels);
  take(network.multipliers, multipliers);
  take(network.blocks, blocks);
  if (network.blocks.size() == 1 || (!blocks && multipliers))
    network.blocks.assign(network.multipliers.size(), network.blocks.at(0));
  if (attention) network.attention = attention_levels(*attention);
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
  // A preset's own settings, as --show-preset prints them, may be repeated.
  if (residual_scale && diffusion.target != "residual" && *residual_scale != diffusion.residual_scale)
    throw UsageError("--residual-scale: it is of --target residual");
  take(diffusion.residual_scale, residual_scale);
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
    if (stage.kind != "regression") stage = as_regression(stage);
  }
  take(diffusion.loss, loss);
}

void TrainFlags::set_condition(StageManifest& stage) const {
  if (regression && (max_noise_level || augmentation.value_or("none") != "none"))
    throw UsageError("--regression has no conditioning augmentation");
  if (augmentation && *augmentation != stage.augmentation.kind) set_augmentation(stage, *augmentation);
  if (max_noise_level && stage.augmentation.kind != "gaussian")
    throw UsageError("--max-noise-level is of --augmentation gaussian");
  take(stage.augmentation.max_level, max_noise_level);
}

void TrainFlags::set_recipe(RecipeOptions& options) const {
  const bool fixed = kernel || convention || blur || noise || jpeg;
  if (paired && (recipe || fixed))
    throw UsageError(
        "--low-res-data excludes --recipe, --kernel, --convention, --blur, --noise and --jpeg, which make such images");
  if (recipe && fixed) throw UsageError("--recipe excludes --kernel, --convention, --blur, --noise and --jpeg");
  if (recipe) {
    options = {};
    options.operations = recipe_text(*recipe);
  }
  if (paired) {
    options = {};
    options.kernel = kGivenImages;
  }
  if (fixed) options.operations = "";
  if (fixed && options.kernel == kGivenImages) options.kernel = RecipeOptions{}.kernel;
  take(options.kernel, kernel);
  take(options.convention, convention);
  take(options.blur, blur);
  take(options.noise, noise);
  take(options.jpeg, jpeg);
}

StageManifest TrainFlags::stage(int64_t crop, const std::optional<StageManifest>& from) const {
  StageManifest stage = from ? *from : preset_named(preset.value_or(kDefaultPreset)).manifest;
  set_sizes(stage.image, crop);
  set_network(stage.network);
  set_diffusion(stage);
  set_condition(stage);
  set_recipe(stage.low_res.recipe);
  const RecipeOptions& made = stage.low_res.recipe;
  if (stage.image.scale() == 1 && !paired && stage.augmentation.kind == "none" && made.operations.empty() &&
      made.blur == 0 && made.noise == 0 && made.jpeg == 0)
    throw UsageError(
        "low-resolution images as large as the result would equal it: restoration needs --recipe, --blur, --noise, "
        "--jpeg or --low-res-data");
  stage.description = description;
  stage.weights_file = stage.weights_sha256 = "";
  stage.precision = {};
  stage.history.clear();
  stage.training = {};
  stage.training.data = data_name;
  stage.training.attribution = attribution;
  try {
    validate(stage);
  } catch (const DataError& error) {
    throw UsageError(error.what());  // presets agree with themselves: it is the command line's
  }
  return stage;
}

std::string TrainFlags::preprocess() const { return preset_named(preset.value_or(kDefaultPreset)).preprocess; }

TrainerOptions TrainFlags::resolved() const {
  const Preset& given = preset_named(preset.value_or(kDefaultPreset));
  TrainerOptions base;
  base.steps = given.steps, base.batch = given.batch, base.warmup = given.warmup;
  base.learning_rate = regression && given.regression_rate > 0 ? given.regression_rate : given.learning_rate;
  base.ema = given.ema;
  base.clip_norm = given.clip_norm;
  base.decay = trainer.decay;
  TrainerOptions result = RunFlags::resolved(base);
  result.keep_residual_scale = residual_scale.has_value();
  return result;
}

TrainerOptions RunFlags::resolved(TrainerOptions base) const {
  trainer.validation.validate();
  TrainerOptions result = trainer;
  result.decay = base.decay;
  result.vlb_weight = base.vlb_weight;
  result.steps = steps.value_or(base.steps);
  result.batch = batch.value_or(base.batch);
  result.learning_rate = learning_rate.value_or(base.learning_rate);
  result.warmup = warmup.value_or(base.warmup);
  result.ema = ema.empty() ? base.ema : ema.front();
  if (!ema.empty()) result.more_ema.assign(ema.begin() + 1, ema.end());
  result.clip_norm = clip_norm.value_or(base.clip_norm);
  if (result.accumulate > result.batch)
    throw UsageError(cat("--accumulate ", result.accumulate, " is more than the batch of ", result.batch));
  require_fitting(result.processes->size(), result.accumulate);
  return result;
}

}  // namespace sr3
