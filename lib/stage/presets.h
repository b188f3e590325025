// New stages to train: the papers' networks with their training settings, and small ones for machines without a GPU. A preset is
// a manifest without weights; the options of sr3-train change single fields of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stage/manifest.h"

namespace sr3 {

struct Preset {
  std::string name, text;  // text: a description of one line for --help
  StageManifest manifest;
  int64_t batch = 16, steps = 10000, warmup = 0;
  double learning_rate = 3e-4, ema = 0.999;
  double clip_norm = 1;             // largest norm of the gradient; 0: any
  double regression_rate = 0;       // learning rate of the regression baseline; 0: learning_rate
  std::string preprocess = "crop";  // DataOptions::preprocess: the papers train on whole images, resized
};

// All presets, in the order in which --help shows them: those for small machines first, then the papers'.
const std::vector<Preset>& presets();
const Preset& preset_named(std::string_view name);  // throws UsageError that lists the names
std::string preset_names();                         // "tiny, small, ..."

// Turns a super-resolution stage into the regression baseline (SR3, section 4): the same network maps the upsampled low_res, now
// its x, to the image in one pass, without noise or noise level, trained by squared error. Throws Error for another kind.
StageManifest as_regression(StageManifest manifest);

// Gives a super-resolution stage conditioning augmentation (none|gaussian|blur) as the presets for small machines have it: noise
// levels of up to T/4, most of them low, or a blur as strong as the stage's scale. The former augmentation is replaced.
void set_augmentation(StageManifest& manifest, const std::string& kind);

}  // namespace sr3
