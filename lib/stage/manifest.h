// The stage manifest: the description of one trained network, a JSON file beside its weights. stage-manifest(5) documents the
// keys, and a test compares page and code; an unknown or missing key is an error that names it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/history.h"
#include "degrade/recipe.h"
#include "diffusion/sampler.h"
#include "diffusion/schedule.h"
#include "nn/unet_options.h"

namespace sr3 {

struct DiffusionOptions {
  ScheduleOptions schedule;
  std::string predict = "eps";         // eps|x0|v
  std::string target = "image";        // image | residual (diffusion/residual.h)
  double residual_scale = 5;           // only with target residual: its scale over a condition without noise
  std::string variance = "posterior";  // beta|posterior|learned (predicted by the second half of the output channels)
  std::string level_draw = "gamma";    // training: gamma (SR3: uniform in alpha_bar within a random interval) |
                                       // sqrt-gamma (Janspiry) | discrete | continuous; diffusion/loss.h defines them
  std::string loss = "l1";             // l1|l2
  double label_dropout = 0;
};

struct Distillation {   // Salimans & Ho 2022
  int64_t steps = 0;    // the sampling steps that the network was distilled for; 0: not distilled
  double guidance = 1;  // the scale that its prediction includes (Meng et al. 2023)
  std::string teacher;  // sha256 of the teacher's weights
};

struct MeasuredPrecision {
  double int8_psnr = 0;  // dB of the results in int8 against those in fp32, the lowest of some images; 0: not measured
};

struct ImageOptions {
  int64_t channels = 3;
  int64_t low_res = 0;    // side of the training condition; 0 with kind base
  int64_t high_res = 64;  // side of the training crops
  int64_t scale() const { return low_res ? high_res / low_res : 1; }
};

struct LowResOptions {   // how training images are degraded to low_res, and upsampled for the network
  RecipeOptions recipe;  // scale and size are unset: image.scale() applies; operations as parse() writes them
  std::string upsample = "bicubic";  // degrade/enlarge.h
};

struct AugmentationLevels {      // how the level s of an example is drawn (diffusion/noise_aug.h)
  std::string draw = "uniform";  // uniform|squared
  double clean = 0;              // share of examples without noise
  int64_t ramp = 0;              // examples of the training over which the largest level rises from 0 to max_level
};

struct ConditionStatistics {       // of the pixels of the training's low-resolution images
  double mean = 0, deviation = 0;  // deviation 0: they are measured when the training begins
};

struct ConditioningAugmentation {       // CDM section 4.1
  std::string kind = "none";            // none|gaussian|blur
  double max_level = 0;                 // gaussian: s is drawn from [0, max_level], as a share of the schedule's T
  AugmentationLevels levels = {};       // gaussian
  ConditionStatistics statistics = {};  // gaussian with target residual
  double blur_probability = 0, blur_low = 0, blur_high = 0;
};

struct TrainingSummary {
  int64_t steps = 0, images = 0, batch = 0;
  double learning_rate = 0, ema = 0, seconds = 0, loss = 0;
  std::string data, attribution;
};

constexpr int64_t kManifestSchema = 1;
constexpr int kManifestDepth = 20;  // of its JSON, to which a recipe contributes most

struct StageManifest {
  int64_t schema = kManifestSchema;
  std::string kind = "super-resolution";  // base|super-resolution|regression (x is the upsampled low_res, predict x0)
  std::string description;
  ImageOptions image;
  std::vector<std::string> classes;
  UNetOptions network;
  DiffusionOptions diffusion;
  SamplerOptions sampling;
  Distillation distillation;
  MeasuredPrecision precision;
  LowResOptions low_res;
  ConditioningAugmentation augmentation;
  std::string weights_file;  // relative to the manifest
  std::string weights_sha256;
  TrainingSummary training;
  std::vector<HistoryEntry> history;
};

// Throws DataError, as "cannot use 'x.json': unknown key 'network.chanels'"; `origin` names the document in messages.
StageManifest parse_manifest(const std::string& text, const std::string& origin);
// The manifest as JSON: two-space indent, lists of plain values on one line, keys in the page's order, final newline. Throws
// DataError if parse_manifest would refuse it.
std::string manifest_text(const StageManifest& manifest);
StageManifest read_manifest(const std::string& path);
void write_manifest(const std::string& path, const StageManifest& manifest);  // atomically

// Checks words, ranges, and what the sections require of each other: sizes and channels match, classes agree with the network,
// the schedule is possible, ... Throws DataError "cannot use the stage: 'network.patch' is 0, ...". parse_manifest and
// manifest_text make the same checks.
void validate(const StageManifest& manifest);

// The names of all keys, in order: "schema", ..., "network.level.input", ..., "history[].time".
std::vector<std::string> manifest_keys();

// The path of the weights of a manifest that was read from `manifest_path`.
std::string weights_path(const std::string& manifest_path, const StageManifest& manifest);

}  // namespace sr3
