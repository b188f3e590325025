// The stage manifest: one trained network as JSON beside its weights. stage-manifest(5) has the table of keys; unknown and
// missing keys are errors that name them; a test holds page and code together.
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
  std::string target = "image";        // image | residual: (hr - upsampled low_res) * residual_scale is diffused
  double residual_scale = 5;           // only with target residual
  std::string variance = "posterior";  // beta|posterior|learned (the network's second half of channels)
  std::string level_draw = "gamma";    // training: gamma (SR3: uniform in alpha_bar within a random interval) |
      // sqrt-gamma (Janspiry) | discrete | continuous (uniform u, alpha_bar interpolated)
  std::string loss = "l1";  // l1|l2
  double label_dropout = 0;
};

struct Distillation {   // Salimans & Ho 2022
  int64_t steps = 0;    // the sampling steps that the network was distilled for; 0: not distilled
  double guidance = 1;  // the scale that its prediction includes (Meng et al. 2023)
  std::string teacher;  // sha256 of the teacher's weights
};

struct ImageOptions {
  int64_t channels = 3;
  int64_t low_res = 0;    // side of the training condition; 0 with kind base
  int64_t high_res = 64;  // side of the training crops
  int64_t scale() const { return low_res ? high_res / low_res : 1; }
};

struct LowResOptions {               // how the trainer made low_res, and how it is brought back to size for the network
  RecipeOptions recipe;              // scale and size unset: image.scale() rules
  std::string upsample = "bicubic";  // degrade/enlarge.h
};

struct ConditioningAugmentation {  // CDM section 4.1
  std::string kind = "none";       // none|gaussian|blur
  double max_level = 0;            // gaussian: s drawn in [0, max_level], as a part of the schedule's T
  double blur_probability = 0, blur_low = 0, blur_high = 0;
};

struct TrainingSummary {
  int64_t steps = 0, images = 0, batch = 0;
  double learning_rate = 0, ema = 0, seconds = 0, loss = 0;
  std::string data, attribution;
};

constexpr int64_t kManifestSchema = 1;

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
  LowResOptions low_res;
  ConditioningAugmentation augmentation;
  std::string weights_file;  // relative to the manifest
  std::string weights_sha256;
  TrainingSummary training;
  std::vector<HistoryEntry> history;
};

// Strict both ways; DataError "cannot use 'x.json': unknown key 'network.chanels'".
StageManifest parse_manifest(const std::string& text, const std::string& origin);
// Two-space indent, lists of plain values on one line, keys in the page's order, final newline. DataError where parse_manifest
// would refuse it.
std::string manifest_text(const StageManifest& manifest);
StageManifest read_manifest(const std::string& path);
void write_manifest(const std::string& path, const StageManifest& manifest);  // atomically

// Words, ranges, and what one section asks of another: sizes chain, channels fit, classes agree with the network, the schedule
// can be made, ... Called by parse_manifest and manifest_text. DataError "cannot use the stage: 'network.patch' is 0, ...".
void validate(const StageManifest& manifest);

// All keys in order: "schema", ..., "network.level.input", ..., "history[].time".
std::vector<std::string> manifest_keys();

// Where the weights of a manifest read from `manifest_path` are.
std::string weights_path(const std::string& manifest_path, const StageManifest& manifest);

}  // namespace sr3
