// Cascades to begin training from: stages of the sizes asked for, with the training and sampling settings that belong
// to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stage/cascade_manifest.h"

namespace sr3 {

struct CascadeSpec {
  std::string preset = "small";
  std::vector<int64_t> sizes;  // of the base stage and of each one after it; or of a low-res image first, with sr_only
  bool sr_only = false;        // no base stage: the first size is that of given images
  int64_t channels = 3;        // 1: grey
  std::vector<std::string> classes;   // none: unconditional
  std::string augmentation = "auto";  // of the super-resolution stages: auto|none|gaussian|blur
  bool learned_variance = false;      // of the base stage, by the hybrid loss
  std::string predict, schedule;      // of the base stage; "": the preset's
  double label_dropout = 0.1;         // of the base stage, for guidance; only with classes
};

struct NewCascade {
  CascadeManifest cascade;            // its stages are named NAME-SIZE.json
  std::vector<StageManifest> stages;  // without weights
};

// name: of the files, without extension. UsageError: an unknown preset, sizes that do not grow by whole factors, ...
NewCascade new_cascade(const CascadeSpec& spec, const std::string& name);

// "tiny, small, ..."
std::string cascade_preset_names();

}  // namespace sr3
