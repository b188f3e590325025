// The stage manifest: one trained network as JSON beside its weights. stage-manifest(5) has the table of keys; unknown and
// missing keys are errors that name them; a test holds page and code together.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
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
  std::string predict = "eps";       // eps|x0|v
  std::string target = "image";      // image | residual: (hr - upsampled low_res) * residual_scale is diffused
  double residual_scale = 5;         // only with target residual
  std::string variance = "posterior";  // beta|posterior|learned
  std::string level_draw = "gamma";  // training: gamma (SR3: uniform in alpha_bar within a random interval) |
                                     // sqrt-gamma (Janspiry) | discrete | continuous (uniform u, alpha_bar interpolated)
  std::string loss = "l1";           // l1|l2
  double label_dropout = 0;
};

struct ImageOptions {
  int64_t channels = 3;
  int64_t low_res = 0;   // side of the training condition; 0 with kind base
  int64_t high_res = 64; // side of the training crops
  int64_t scale() const { return low_res ? high_res / low_res : 1; }
};

struct LowResOptions {   // how the trainer made low_res, and how it is brought back to size for the network
  RecipeOptions recipe;  // scale and size unset: image.scale() rules
  std::string upsample = "bicubic";  // float core, unclipped
};

struct ConditioningAugmentation {    // CDM section 4.1
  std::string kind = "none";         // none|gaussian|blur
  double max_level = 0;              // gaussian: s drawn in [0, max_level] of the schedule's T
  double blur_probability = 0, blur_low = 0, blur_high = 0;
};

struct TrainingSummary {
  int64_t steps = 0, images = 0, batch = 0;
  double learning_rate = 0, ema = 0, seconds = 0, loss = 0;
  std::string data, attribution;
};

struct StageManifest {
  std::string kind = "super-resolution";  // base|super-resolution|regression
  std::string description;
  ImageOptions image;
  std::vector<std::string> classes;
  UNetOptions network;
  DiffusionOptions diffusion;
  SamplerOptions sampling;
  LowResOptions low_res;
  ConditioningAugmentation augmentation;
  std::string weights_file;    // relative to the manifest
  std::string weights_sha256;
  TrainingSummary training;
  std::vector<HistoryEntry> history;
};

// Strict both ways; DataError "cannot use 'x.json': unknown key 'network.chanels'".
StageManifest parse_manifest(const std::string& text, const std::string& origin);
std::string manifest_text(const StageManifest& manifest);  // two-space indent, keys in the page's order, final newline
StageManifest read_manifest(const std::string& path);
void write_manifest(const std::string& path, const StageManifest& manifest);
// Cross-field checks: sizes chain, channels fit, classes agree with the network, ... Called by parse_manifest.
void validate(const StageManifest& manifest);

}  // namespace sr3
