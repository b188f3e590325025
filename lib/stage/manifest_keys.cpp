// The keys of a stage manifest, in the order of stage-manifest(5): the one place that defines names, types, words and ranges.
#include "stage/binder.h"
#include "stage/manifest.h"

namespace sr3 {
namespace {

void bind_image(Binder& b, ImageOptions& o) {
  b.field("channels", o.channels, within(1, 3));
  b.field("low_res", o.low_res, within(0, 1 << 16));
  b.field("high_res", o.high_res, within(1, 1 << 16));
}

void bind_level(Binder& b, LevelEmbedding& o) {
  b.field("input", o.input, {"timestep", "sqrt-alpha-bar", "alpha-bar", "log-snr", "none"});
  b.field("scale", o.scale, any_number());
  b.field("order", o.order, {"cos-sin", "sin-cos"});
  b.field("frequency_shift", o.frequency_shift, any_number());
  b.field("width", o.width, within(0, 1 << 16));
  b.field("hidden", o.hidden, within(0, 1 << 16));
  b.field("out", o.out, within(0, 1 << 16));
  b.field("activate", o.activate);
}

void bind_network(Binder& b, UNetOptions& o) {
  b.field("in_channels", o.in_channels, within(1, 4096));
  b.field("condition_channels", o.condition_channels, within(0, 4096));
  b.field("concat_order", o.concat_order, {"x-condition", "condition-x"});
  b.field("out_channels", o.out_channels, within(1, 4096));
  b.field("patch", o.patch, within(1, 64));
  b.field("channels", o.channels, within(1, 1 << 14));
  b.field("multipliers", o.multipliers, above(0));
  b.field("blocks", o.blocks, within(1, 64));
  b.field("attention", o.attention, within(0, 15));
  b.field("middle_attention", o.middle_attention);
  b.field("heads", o.heads, within(1, 1 << 10));
  b.field("head_channels", o.head_channels, within(0, 1 << 14));
  b.field("attention_bias", o.attention_bias);
  b.field("groups", o.groups, within(1, 1 << 14));
  b.field("norm_eps", o.norm_eps, {.low = 0, .high = 1, .low_open = true, .high_open = true});
  b.field("scale_shift", o.scale_shift);
  b.field("resample", o.resample, {"conv", "conv-same", "block"});
  b.field("skip_scale", o.skip_scale, {.low = 0, .high = 1, .low_open = true});
  b.field("dropout", o.dropout, {.low = 0, .high = 1, .high_open = true});
  b.field("classes", o.classes, within(0, 100000));
  b.field("augmentation_level", o.augmentation_level);
  b.section("level", o.level, bind_level);
}

void bind_schedule(Binder& b, ScheduleOptions& o) {
  const Range beta = {.low = 0, .high = 1, .low_open = true, .high_open = true};
  b.field("kind", o.kind, {"linear", "quadratic", "cosine", "sigmoid", "betas"});
  b.field("steps", o.steps, within(1, 100000));
  b.field("beta_start", o.beta_start, beta);
  b.field("beta_end", o.beta_end, beta);
  b.field("betas", o.betas, beta);
}

void bind_diffusion(Binder& b, DiffusionOptions& o) {
  b.section("schedule", o.schedule, bind_schedule);
  b.field("predict", o.predict, {"eps", "x0", "v"});
  b.field("target", o.target, {"image", "residual"});
  b.field("residual_scale", o.residual_scale, above(0));
  b.field("variance", o.variance, {"beta", "posterior", "learned"});
  b.field("level_draw", o.level_draw, {"gamma", "sqrt-gamma", "discrete", "continuous"});
  b.field("loss", o.loss, {"l1", "l2"});
  b.field("label_dropout", o.label_dropout, within(0, 1));
}

void bind_sampling(Binder& b, SamplerOptions& o) {
  b.field("sampler", o.sampler, {"ddpm", "ddim", "dpmpp-2m"});
  b.text_or_integer("steps", o.steps);
  b.field("spacing", o.spacing, {"uniform", "ddim", "log-snr", "trailing"});
  b.field("eta", o.eta, within(0, 1));
  b.field("variance", o.variance, {"beta", "posterior", "learned"});
  b.field("clip", o.clip);
}

void bind_precision(Binder& b, MeasuredPrecision& o) { b.field("int8_psnr", o.int8_psnr, within(0, 1000)); }

void bind_distillation(Binder& b, Distillation& o) {
  b.field("steps", o.steps, within(0, 65535));
  b.field("guidance", o.guidance, within(0, 1000));
  b.field("teacher", o.teacher);
}

// scale, size and center_crop are left out: image.low_res and image.high_res define the sizes, and training crops are square.
void bind_recipe(Binder& b, RecipeOptions& o) {
  b.field("kernel", o.kernel, {"box", "bilinear", "bicubic", "lanczos", kGivenImages});
  b.field("convention", o.convention, {"pillow", "matlab", "float"});
  b.field("blur", o.blur, within(0, 100));
  b.field("noise", o.noise, within(0, 255));
  b.field("jpeg", o.jpeg, within(0, 100));
  b.embedded("operations", o.operations, "degrade-recipe");
}

void bind_low_res(Binder& b, LowResOptions& o) {
  b.section("recipe", o.recipe, bind_recipe);
  b.field("upsample", o.upsample, {"box", "bilinear", "bicubic", "lanczos", "pillow-bicubic"});
}

void bind_levels(Binder& b, AugmentationLevels& o) {
  b.field("draw", o.draw, {"uniform", "squared"});
  b.field("clean", o.clean, within(0, 1));
  b.field("ramp", o.ramp, at_least(0));
}

void bind_statistics(Binder& b, ConditionStatistics& o) {
  b.field("mean", o.mean, within(-1, 1));
  b.field("deviation", o.deviation, within(0, 1));
}

void bind_augmentation(Binder& b, ConditioningAugmentation& o) {
  b.field("kind", o.kind, {"none", "gaussian", "blur"});
  b.field("max_level", o.max_level, within(0, 1));
  b.optional_section("levels", o.levels, bind_levels);
  b.optional_section("statistics", o.statistics, bind_statistics);
  b.field("blur_probability", o.blur_probability, within(0, 1));
  b.field("blur_low", o.blur_low, within(0, 100));
  b.field("blur_high", o.blur_high, within(0, 100));
}

void bind_weights(Binder& b, StageManifest& o) {
  b.field("file", o.weights_file);
  b.field("sha256", o.weights_sha256);
}

void bind_training(Binder& b, TrainingSummary& o) {
  b.field("steps", o.steps, at_least(0));
  b.field("images", o.images, at_least(0));
  b.field("batch", o.batch, at_least(0));
  b.field("learning_rate", o.learning_rate, at_least(0));
  b.field("ema", o.ema, within(0, 1));
  b.field("seconds", o.seconds, at_least(0));
  b.field("loss", o.loss, at_least(0));
  b.field("data", o.data);
  b.field("attribution", o.attribution);
}

}  // namespace

void bind_history(Binder& b, HistoryEntry& o) {
  b.field("program", o.program);
  b.field("version", o.version);
  b.field("arguments", o.arguments);
  b.field("time", o.time);
}

void bind(Binder& b, StageManifest& o) {
  b.field("schema", o.schema, within(kManifestSchema, kManifestSchema));
  b.field("kind", o.kind, {"base", "super-resolution", "regression"});
  b.field("description", o.description);
  b.section("image", o.image, bind_image);
  b.field("classes", o.classes);
  b.section("network", o.network, bind_network);
  b.section("diffusion", o.diffusion, bind_diffusion);
  b.section("sampling", o.sampling, bind_sampling);
  b.optional_section("distillation", o.distillation, bind_distillation);
  b.optional_section("precision", o.precision, bind_precision);
  b.section("low_res", o.low_res, bind_low_res);
  b.section("augmentation", o.augmentation, bind_augmentation);
  b.section("weights", o, bind_weights);
  b.section("training", o.training, bind_training);
  b.list("history", o.history, bind_history);
}

}  // namespace sr3
