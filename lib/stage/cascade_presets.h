// New cascades to train: stages of the requested sizes, with suitable settings for training and sampling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stage/cascade_manifest.h"

namespace sr3 {

struct CascadeSpec {
  std::string preset = "small";
  std::vector<int64_t> sizes;         // sides of the images, of the base stage (with sr_only: of the input) first
  bool sr_only = false;               // without a base stage: the first size is that of the input images
  int64_t channels = 3;               // 3, or 1 for grey
  std::vector<std::string> classes;   // names; empty: unconditional
  std::string augmentation = "auto";  // of the super-resolution stages: auto|none|gaussian|blur
  bool learned_variance = false;      // of the base stage, trained with the hybrid loss
  std::string predict, schedule;      // of the base stage; "": the preset's
  // For classifier-free guidance, only with classes: of the base stage (unset: 0.1, but 0 in the papers', which have no guidance),
  // and of the super-resolution stages.
  std::optional<double> label_dropout;
  double sr_label_dropout = 0;
};

struct NewCascade {
  CascadeManifest cascade;            // its stages are named NAME-SIZE.json
  std::vector<StageManifest> stages;  // without weights
};

// Makes the manifests of a new cascade. `name` is the name of its files, without extension. Throws UsageError for an unknown
// preset, sizes that do not grow by whole factors, and settings that do not form a valid stage.
NewCascade new_cascade(const CascadeSpec& spec, const std::string& name);

// The names of all presets: "tiny, small, ..."
std::string cascade_preset_names();
// Tables of how stages are trained and how wide their networks are: of all presets, and of one with all that its training
// sets. UsageError for an unknown preset.
std::string cascade_preset_list();
std::string cascade_preset_table(const std::string& preset);

}  // namespace sr3
