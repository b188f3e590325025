#include "stage/presets.h"

#include <algorithm>

#include "base/closest_word.h"
#include "base/error.h"

namespace sr3 {
namespace {

// Presets for small machines diffuse the residual over the upsampled low_res, times 5, and predict v. After minutes to hours of
// training, the papers' choice (the image, eps) still gives wrong mean colours, because an error in its first steps is multiplied
// by 1/sqrt(alpha_bar_T). `patch` 2 runs the network at half the resolution.
Preset small_machine(const char* name, const char* text, std::vector<double> multipliers, int64_t channels,
                     int64_t groups) {
  Preset p;
  p.name = name;
  p.text = text;
  StageManifest& m = p.manifest;
  m.image = {.channels = 3, .low_res = 16, .high_res = 64};
  m.network.condition_channels = 3;
  m.network.patch = 2;
  m.network.channels = channels;
  m.network.blocks.assign(multipliers.size(), 1);
  m.network.multipliers = std::move(multipliers);
  m.network.middle_attention = false;
  m.network.groups = groups;
  m.network.level.input = "log-snr";
  // Half the log-SNR ranges over +-10, so neighbours among 25 steps are about 3 radians apart in the fastest sinusoid.
  m.network.level.scale = 4;
  m.diffusion.schedule = {.kind = "cosine", .steps = 1000};
  m.diffusion.predict = "v";
  m.diffusion.target = "residual";
  m.diffusion.residual_scale = 5;
  m.diffusion.level_draw = "continuous";
  m.diffusion.loss = "l1";
  m.sampling.steps = "25";
  return p;
}

Preset tiny() {
  Preset p = small_machine("tiny", "16->64, 0.7M parameters: for a first try", {1, 2}, 32, 8);
  p.batch = 8;
  p.steps = 1000;
  p.warmup = 50;
  p.learning_rate = 1e-3;
  p.ema = 0.99;
  return p;
}

Preset small() {
  Preset p = small_machine("small", "16->64, 4M parameters: for machines without a GPU", {1, 2, 3}, 48, 12);
  p.batch = 16;
  p.steps = 20000;
  p.warmup = 200;
  p.learning_rate = 3e-4;
  p.ema = 0.999;
  return p;
}

// The stage of examples/train-photo-x4.sh: it has most of its width where the maps are large, for texture, and two blocks a level.
Preset photo_x4() {
  Preset p = small_machine("photo-x4", "16->64, 3M parameters: the stage for photographs that is included", {1, 1.5, 2},
                           48, 8);
  p.manifest.network.blocks = {2, 2, 2};
  p.batch = 16;
  p.steps = 200000;
  p.warmup = 500;
  p.learning_rate = 4e-4;
  p.ema = 0.9995;
  return p;
}

// Saharia et al. 2021, "Image Super-Resolution via Iterative Refinement". From the paper: channels, multipliers, residual blocks,
// BigGAN blocks with skips times 1/sqrt 2, the objective (eps, L1, gamma uniform within the intervals of T = 2000), batch size,
// learning rate, warmup, steps, dropout (16->128 only). It mentions no limit on the gradient, so there is none.
// The texts state the paper's numbers of parameters; these networks have
// 575M, 634M, 618M and 150M. The paper does not confirm the following, which is chosen here:
//   - the training schedule: Janspiry's linear 1e-6..1e-2, with which T = 2000 ends at alpha_bar 4.4e-5;
//   - attention: on maps of 16x16, with one head, as in DDPM;
//   - the level embedding: the paper conditions the network on gamma (alpha_bar) itself; the factor 5000 is WaveGrad's, without
//     which sinusoids do not distinguish the lowest noise levels;
//   - the embedding is applied as scale and shift; EMA 0.9999; 32 groups a norm, 4 for 256->1024, whose first level has 16
//     channels: groups of at least 4, as in the networks that SR3's descends from;
//   - sampling: the paper searches for the schedule of at most 100 steps with the best FID; here 100 evenly spaced of the 2000.
Preset sr3_paper(const char* name, const char* text, int64_t low_res, int64_t high_res, int64_t channels,
                 std::vector<double> multipliers, int64_t blocks) {
  Preset p;
  p.name = name;
  p.text = text;
  p.batch = 256;
  p.steps = 1000000;
  p.warmup = 10000;
  p.learning_rate = 1e-4;
  p.regression_rate = 1e-5;
  p.clip_norm = 0;
  p.ema = 0.9999;
  p.preprocess = "resize";
  StageManifest& m = p.manifest;
  m.image = {.channels = 3, .low_res = low_res, .high_res = high_res};
  UNetOptions& net = m.network;
  net.condition_channels = 3;
  net.channels = channels;
  net.blocks.assign(multipliers.size(), blocks);
  for (size_t level = 0; level < multipliers.size(); ++level)
    if (high_res >> level == 16) net.attention = {static_cast<int64_t>(level)};
  net.multipliers = std::move(multipliers);
  net.groups = std::min<int64_t>(32, channels / 4);
  net.resample = "block";
  net.skip_scale = 0.7071067811865476;
  net.level.input = "alpha-bar";
  net.level.scale = 5000;
  m.diffusion.schedule = {.kind = "linear", .steps = 2000, .beta_start = 1e-6, .beta_end = 1e-2};
  m.diffusion.predict = "eps";
  m.diffusion.target = "image";
  m.diffusion.variance = "beta";
  m.diffusion.level_draw = "gamma";
  m.diffusion.loss = "l1";
  m.sampling.steps = "100";
  m.sampling.variance = "beta";
  return p;
}

Preset sr3_16_128() {
  Preset p = sr3_paper("sr3-16-128", "16->128 as in SR3 for faces, 550M parameters", 16, 128, 128, {1, 2, 4, 8, 8}, 3);
  p.manifest.network.dropout = 0.2;
  return p;
}

// The best-known reimplementation, github.com/Janspiry/Image-Super-Resolution-via-Iterative-Refinement (config/sr_sr3_16_128.json):
// DDPM's blocks, sqrt(alpha_bar) unscaled, no EMA.
Preset janspiry_16_128() {
  Preset p;
  p.name = "janspiry-16-128";
  p.text = "16->128 as in Janspiry's reimplementation of SR3, 98M parameters";
  p.batch = 4;
  p.steps = 1000000;
  p.clip_norm = 0;
  p.warmup = 0;
  p.learning_rate = 1e-4;
  p.ema = 0;
  p.preprocess = "resize";
  StageManifest& m = p.manifest;
  m.image = {.channels = 3, .low_res = 16, .high_res = 128};
  UNetOptions& net = m.network;
  net.condition_channels = 3;
  net.concat_order = "condition-x";
  net.channels = 64;
  net.multipliers = {1, 2, 4, 8, 8};
  net.blocks.assign(5, 2);
  net.attention = {3};  // 16x16
  net.attention_bias = false;
  net.scale_shift = false;
  net.dropout = 0.2;
  net.level.input = "sqrt-alpha-bar";
  net.level.order = "sin-cos";
  net.level.out = net.channels;
  net.level.activate = false;
  m.diffusion.schedule = {.kind = "linear", .steps = 2000, .beta_start = 1e-6, .beta_end = 1e-2};
  m.diffusion.level_draw = "sqrt-gamma";
  m.sampling.steps = "2000";
  return p;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      tiny(),
      small(),
      photo_x4(),
      sr3_16_128(),
      sr3_paper("sr3-64-256", "64->256 as in SR3 for natural images, 625M parameters", 64, 256, 128, {1, 2, 4, 4, 8, 8},
                3),
      sr3_paper("sr3-64-512", "64->512 as in SR3 for faces, 625M parameters", 64, 512, 64, {1, 2, 4, 8, 8, 16, 16}, 3),
      sr3_paper("sr3-256-1024", "256->1024 as in SR3 for faces, 150M parameters", 256, 1024, 16,
                {1, 2, 4, 8, 16, 32, 32, 32}, 2),
      janspiry_16_128(),
  };
  return all;
}

std::string preset_names() {
  std::string names;
  for (const Preset& preset : presets()) names += (names.empty() ? "" : ", ") + preset.name;
  return names;
}

const Preset& preset_named(std::string_view name) {
  for (const Preset& preset : presets())
    if (preset.name == name) return preset;
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  throw UsageError(
      cat("unknown preset '", name, "'", did_you_mean(names, std::string(name)), ": the presets are ", preset_names()));
}

StageManifest as_regression(StageManifest manifest) {
  if (manifest.kind != "super-resolution")
    throw Error(cat("cannot make a regression stage from one of kind '", manifest.kind, "'"));
  manifest.kind = "regression";
  manifest.network.in_channels = manifest.image.channels;
  manifest.network.condition_channels = 0;
  manifest.network.out_channels = manifest.image.channels;
  manifest.network.augmentation_level = false;
  manifest.network.level.input = "none";
  manifest.diffusion.predict = "x0";
  manifest.diffusion.variance = "posterior";
  manifest.diffusion.loss = "l2";
  manifest.sampling = {};
  manifest.augmentation = {};
  return manifest;
}

void set_augmentation(StageManifest& manifest, const std::string& kind) {
  manifest.augmentation = {};
  manifest.augmentation.kind = kind;
  manifest.network.augmentation_level = kind == "gaussian";
  if (kind == "gaussian") {
    manifest.augmentation.max_level = 0.25;
    manifest.augmentation.levels = {.draw = "squared", .clean = 0.15};
  } else if (kind == "blur") {
    const auto scale = static_cast<double>(manifest.image.scale());
    manifest.augmentation.blur_probability = 0.5;
    manifest.augmentation.blur_low = 0.4 * scale;
    manifest.augmentation.blur_high = 0.6 * scale;
  }
}

}  // namespace sr3
