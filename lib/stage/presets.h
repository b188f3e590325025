// Stages to begin training from: the papers' networks with the training settings that belong to them, and small ones for machines
// without a GPU. A preset is a manifest without weights; sr3-train's options change single fields of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stage/manifest.h"

namespace sr3 {

struct Preset {
  std::string name, text;  // text: one line for --help
  StageManifest manifest;
  int64_t batch = 16, steps = 10000, warmup = 0;
  double learning_rate = 3e-4, ema = 0.999;
  double regression_rate = 0;       // learning rate of the regression baseline; 0: the same
  std::string preprocess = "crop";  // DataOptions: the papers take whole images, resized
};

// In the order in which --help shows them: small machines first, then the papers'.
const std::vector<Preset>& presets();
const Preset& preset_named(const std::string& name);  // UsageError lists the names
std::string preset_names();                           // "tiny, small, ..."

// The same network as the regression baseline (SR3, section 4): one pass from the upsampled low_res to the image, no noise, no
// level, squared error. x is what was the condition.
StageManifest as_regression(StageManifest manifest);

}  // namespace sr3
