#include "stage/cascade_presets.h"

#include <algorithm>

#include "base/closest_word.h"
#include "base/error.h"
#include "stage/presets.h"

namespace sr3 {
namespace {

// One kind of network for stages of any size; patch and number of levels follow from the side of the image.
struct Family {
  const char* name;
  int64_t base_channels, channels;  // of the base stage, and of super-resolution stages
  int64_t blocks, groups;           // blocks per level of the base stage; super-resolution stages have half as many
  CascadeTraining base, above;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"tiny", 16, 16, 1, 4, {300, 8, 20, 2e-3, 0.98}, {300, 8, 20, 2e-3, 0.98}},
      {"small",
       32,
       32,
       2,
       8,
       {4000, 64, 200, 1e-3, 0.999, 0.001, "cosine"},
       {4000, 32, 200, 1e-3, 0.999, 0.001, "cosine"}},
      {"medium",
       96,
       64,
       2,
       16,
       {60000, 64, 500, 4e-4, 0.9995, 0.001, "cosine"},
       {40000, 32, 500, 4e-4, 0.9995, 0.001, "cosine"}},
  };
  return all;
}

constexpr double kLabelDropout = 0.1;
constexpr int64_t kSmallestMap = 4, kLargestBaseMap = 32, kLargestMap = 64, kAttends = 8;

// v-prediction with a cosine schedule: after minutes to hours of training, predicting eps of the whole image still gives wrong
// mean colours (stage/presets.cpp). `patch` limits the network's largest maps to 32x32 (base) or 64x64; its smallest are 4x4.
StageManifest family_stage(const Family& family, int64_t low, int64_t high) {
  StageManifest m;
  const bool base = low == 0;
  m.kind = base ? "base" : "super-resolution";
  UNetOptions& net = m.network;
  net.channels = base ? family.base_channels : family.channels;
  // Super-resolution to 32 and above runs at half the resolution: the condition has the coarse structure anyway.
  net.patch = base || high < 32 ? 1 : 2;
  while (high / net.patch > (base ? kLargestBaseMap : kLargestMap)) net.patch *= 2;
  int64_t map = high / net.patch;
  net.multipliers = {1};
  for (; map >= 2 * kSmallestMap && map % 2 == 0 && net.multipliers.size() < 4; map /= 2) net.multipliers.push_back(2);
  net.blocks.assign(net.multipliers.size(), base ? family.blocks : std::max<int64_t>(1, family.blocks / 2));
  for (size_t level = 0; base && level < net.multipliers.size(); ++level)
    if ((high / net.patch) >> level <= kAttends) net.attention.push_back(static_cast<int64_t>(level));
  net.middle_attention = base;
  net.heads = base ? 4 : 1;
  net.groups = family.groups;
  net.level.input = "log-snr";
  net.level.scale = 4;
  m.diffusion.schedule = {.kind = "cosine", .steps = 1000, .betas = {}};
  m.diffusion.predict = "v";
  m.diffusion.level_draw = "continuous";
  m.diffusion.target = base ? "image" : "residual";
  m.diffusion.loss = base ? "l2" : "l1";
  m.sampling.steps = base ? "100" : "25";
  return m;
}

// Ho et al. 2021 at 32->64->256. From the paper: the sizes, classes in every stage, no guidance (so no label dropout), Gaussian
// augmentation at 64, and blur (of half the examples, none when sampling) above. T, batch size, learning rate, networks, the range
// of the blur and sampling steps are not confirmed; they are chosen here after related papers: improved DDPM's network and cosine
// schedule of 4000 steps up to 64, SR3's 64->256 network above, EMA 0.9999.
StageManifest paper_stage(int64_t low, int64_t high) {
  StageManifest m;
  const bool base = low == 0;
  m.kind = base ? "base" : "super-resolution";
  UNetOptions& net = m.network;
  net.channels = high > 64 ? 128 : 256;
  net.multipliers = high > 64 ? std::vector<double>{1, 2, 4, 4, 8, 8} : std::vector<double>{1, 2, 3, 4};
  while (net.multipliers.size() > 1 && high % (int64_t{1} << (net.multipliers.size() - 1)) != 0)
    net.multipliers.pop_back();
  net.blocks.assign(net.multipliers.size(), 3);
  for (size_t level = 0; level < net.multipliers.size(); ++level)
    if (const int64_t map = high >> level; map <= 16 && map >= 8) net.attention.push_back(static_cast<int64_t>(level));
  net.heads = 4;
  net.resample = "block";
  net.skip_scale = 0.7071067811865476;
  net.dropout = base ? 0.1 : 0;
  net.level.input = "timestep";
  net.level.scale = 0.25;  // timesteps of 4000, scaled to the usual 1000
  m.diffusion.schedule = {.kind = "cosine", .steps = 4000, .betas = {}};
  m.diffusion.predict = "eps";
  m.diffusion.level_draw = "discrete";
  m.diffusion.loss = "l2";
  m.sampling.steps = base ? "250" : "100";
  return m;
}

// Saharia et al. 2021, section 4.5: faces of 1024 pixels by two super-resolution stages over an unconditional one of 64, which
// the paper does not describe and which is cdm's here. The stages are the paper's networks for one scale, so there are no others.
const Preset& sr3_preset(int64_t low, int64_t high) {
  std::string sizes;
  for (const Preset& preset : presets()) {
    if (!preset.name.starts_with("sr3-")) continue;
    const ImageOptions& image = preset.manifest.image;
    if (image.low_res == low && image.high_res == high) return preset;
    sizes += cat(sizes.empty() ? "" : ", ", image.low_res, ",", image.high_res);
  }
  throw UsageError(cat("--new: the preset sr3 has no stage from ", low, " to ", high, ": the paper has ", sizes));
}

std::vector<std::string> preset_names_in_order() {
  std::vector<std::string> names;
  for (const Family& family : families()) names.emplace_back(family.name);
  names.emplace_back("cdm");
  names.emplace_back("sr3");
  return names;
}

// Null for the presets of the papers.
const Family* family_named(const std::string& name) {
  for (const Family& family : families())
    if (family.name == name) return &family;
  if (name != "cdm" && name != "sr3")
    throw UsageError(cat("unknown preset '", name, "'", did_you_mean(preset_names_in_order(), name),
                         ": the presets are ", cascade_preset_names()));
  return nullptr;
}

// Sets what does not depend on the preset: sizes, channels, classes, augmentation, and the spec's options of the base stage.
void fit(StageManifest& m, const CascadeSpec& spec, int64_t low, int64_t high, const std::string& augmentation) {
  const bool base = m.kind == "base";
  m.image = {.channels = spec.channels, .low_res = low, .high_res = high};
  m.classes = spec.classes;
  m.network.classes = static_cast<int64_t>(spec.classes.size());
  m.network.in_channels = m.network.out_channels = spec.channels;
  m.network.condition_channels = base ? 0 : spec.channels;
  // The training images of the previous stage were made in the same way: each pixel is the mean of a square of pixels.
  m.low_res.recipe.kernel = "box";
  if (base) {
    if (!spec.predict.empty()) m.diffusion.predict = spec.predict;
    if (!spec.schedule.empty() && spec.schedule != m.diffusion.schedule.kind)
      m.diffusion.schedule = {.kind = spec.schedule, .steps = m.diffusion.schedule.steps, .betas = {}};
    m.diffusion.label_dropout =
        spec.classes.empty() ? 0 : spec.label_dropout.value_or(family_named(spec.preset) ? kLabelDropout : 0);
    if (spec.learned_variance) {
      m.diffusion.variance = m.sampling.variance = "learned";
      m.diffusion.level_draw = "discrete";
      m.network.out_channels = 2 * spec.channels;
    }
    return;
  }
  m.diffusion.label_dropout = spec.classes.empty() ? 0 : spec.sr_label_dropout;
  set_augmentation(m, augmentation);
  // As the paper has it, for stages that diffuse the image: any level up to half of T.
  if (augmentation == "gaussian" && m.diffusion.target == "image") {
    m.augmentation.max_level = 0.5;
    m.augmentation.levels = {};
  }
}

}  // namespace

NewCascade new_cascade(const CascadeSpec& spec, const std::string& name) {
  const Family* family = family_named(spec.preset);
  if (spec.sizes.size() < (spec.sr_only ? 2u : 1u)) throw UsageError("--new: too few sizes");
  NewCascade made;
  for (size_t i = spec.sr_only ? 1 : 0; i < spec.sizes.size(); ++i) {
    const int64_t low = i == 0 ? 0 : spec.sizes[i - 1], high = spec.sizes[i];
    if (high < kSmallestMap || high > 1 << 16)
      throw UsageError(cat("--new: a side of ", high, " is not in 4 to 65536"));
    if (i > 0 && low < 1) throw UsageError(cat("--new: a side of ", low, " is not in 1 to 65536"));
    if (i > 0 && high <= low) throw UsageError(cat("--new: ", high, " is not more than ", low, ", the size before it"));
    if (i > 0 && high % low != 0)
      throw UsageError(cat("--new: ", high, " is not a multiple of ", low, ", the size before it"));
    const Preset* const paper = spec.preset == "sr3" && low > 0 ? &sr3_preset(low, high) : nullptr;
    // CDM, section 4.4: noise for small images, blur for large ones. SR3's ablation has blur, too.
    const std::string augmentation = low == 0                      ? "none"
                                     : spec.augmentation != "auto" ? spec.augmentation
                                     : high <= 64 && !paper        ? "gaussian"
                                                                   : "blur";
    StageManifest m = family ? family_stage(*family, low, high) : paper ? paper->manifest : paper_stage(low, high);
    fit(m, spec, low, high, augmentation);
    try {
      validate(m);
    } catch (const DataError& error) {  // the mistake is in the command line, not in a file
      throw UsageError(cat("--new: ", error.what()));
    }
    CascadeStage stage;
    stage.manifest = cat(name, "-", high, ".json");
    stage.sampling.steps = m.sampling.steps;
    stage.sampling.sampler = m.sampling.sampler;
    // Measured for the small presets by examples/augmentation.sh: any noise in the hand-over makes the distance larger. For the
    // paper's sizes, where it searches after the training, a start of the search.
    stage.sampling.noise_level = augmentation == "gaussian" && !family ? 0.1 : 0;
    if (family) {
      stage.training = low == 0 ? family->base : family->above;
    } else if (paper) {
      stage.training = {.steps = paper->steps,
                        .batch = paper->batch,
                        .warmup = paper->warmup,
                        .learning_rate = paper->learning_rate,
                        .ema = paper->ema};
    } else {
      stage.training = {
          .steps = 500000, .batch = low == 0 ? 2048 : 1024, .warmup = 10000, .learning_rate = 1e-4, .ema = 0.9999};
    }
    made.stages.push_back(std::move(m));
    made.cascade.stages.push_back(std::move(stage));
  }
  return made;
}

namespace {

// A base stage and one above it, of usual sizes: of the preset's own, if it has such.
NewCascade example_of(const std::string& preset) {
  CascadeSpec spec;
  spec.preset = preset;
  spec.sizes = preset == "sr3" ? std::vector<int64_t>{64, 256} : std::vector<int64_t>{32, 64};
  return new_cascade(spec, "NAME");
}

}  // namespace

std::string cascade_preset_list() {
  std::string text = "preset\tstage\tsteps\tbatch\tchannels\n";
  for (const std::string& name : preset_names_in_order()) {
    const NewCascade made = example_of(name);
    for (size_t i = 0; i < made.stages.size(); ++i) {
      const CascadeTraining& training = made.cascade.stages[i].training;
      text += cat(name, "\t", made.stages[i].kind, "\t", training.steps, "\t", training.batch, "\t",
                  made.stages[i].network.channels, "\n");
    }
  }
  return text;
}

std::string cascade_preset_table(const std::string& preset) {
  const NewCascade made = example_of(preset);
  std::string text = "setting";
  for (const StageManifest& stage : made.stages) text += "\t" + stage.kind;
  const auto row = [&](const char* name, const auto& value) {
    text += cat("\n", name);
    for (size_t i = 0; i < made.stages.size(); ++i)
      text += cat("\t", value(made.stages[i], made.cascade.stages[i].training));
  };
  using Stage = const StageManifest&;
  using Training = const CascadeTraining&;
  row("steps", [](Stage, Training t) { return t.steps; });
  row("batch", [](Stage, Training t) { return t.batch; });
  row("learning_rate", [](Stage, Training t) { return t.learning_rate; });
  row("warmup", [](Stage, Training t) { return t.warmup; });
  row("decay", [](Stage, Training t) { return t.decay; });
  row("ema", [](Stage, Training t) { return t.ema; });
  row("predict", [](Stage s, Training) { return s.diffusion.predict; });
  row("schedule", [](Stage s, Training) { return s.diffusion.schedule.kind; });
  row("diffusion_steps", [](Stage s, Training) { return s.diffusion.schedule.steps; });
  row("sampling_steps", [](Stage s, Training) { return s.sampling.steps; });
  row("channels", [](Stage s, Training) { return s.network.channels; });
  row("groups", [](Stage s, Training) { return s.network.groups; });
  row("dropout", [](Stage s, Training) { return s.network.dropout; });
  return text + "\n";
}

std::string cascade_preset_names() {
  std::string names;
  for (const std::string& name : preset_names_in_order()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace sr3
