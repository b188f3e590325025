// The cascade manifest: stages in order, each with how it is sampled and trained, as JSON beside the stages' manifests.
// cascade-manifest(5) has the table of keys; unknown and missing keys are errors that name them, as in
// stage/manifest.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/history.h"
#include "stage/manifest.h"

namespace sr3 {

struct CascadeSampling {
  std::string steps = "25";      // SamplerOptions.steps
  std::string sampler = "ddpm";  // ddpm|ddim|dpmpp-2m
  double guidance = 1;           // 1: none; SamplingOverrides::guidance
  double noise_level = 0;        // of the condition, as a share of T (augmentation.max_level); 0 without augmentation
  bool truncate = false;         // the stage before stops at that level, instead of its image being noised again
};

struct CascadeTraining {
  int64_t steps = 10000, batch = 16, warmup = 0;
  double learning_rate = 3e-4, ema = 0.999, vlb_weight = 0.001;
  std::string decay = "none";  // none|cosine|linear
};

struct CascadeStage {
  std::string manifest;  // relative to the cascade's
  CascadeSampling sampling;
  CascadeTraining training;
};

constexpr int64_t kLargestPad = 1 << 16;

struct CascadeData {  // DataOptions; every stage sees each image resized to its own high_res
  int64_t pad = 0;
  bool flip = true;
};

constexpr int64_t kCascadeSchema = 1;

struct CascadeManifest {
  int64_t schema = kCascadeSchema;
  std::string description;
  CascadeData data;
  std::vector<CascadeStage> stages;
  std::vector<HistoryEntry> history;
};

// Strict both ways; DataError "cannot use 'x.json': unknown key 'stages[0].sampling.step'".
CascadeManifest parse_cascade(const std::string& text, const std::string& origin);
std::string cascade_text(const CascadeManifest& cascade);
CascadeManifest read_cascade(const std::string& path);

// Where the manifest of stage i is, for a cascade read from `path`; "": of no file, its stages' paths are as they are.
std::string stage_path(const std::string& path, const CascadeManifest& cascade, size_t i);

// The stages' manifests. DataError where they do not follow one another: a base stage that is not the first, sizes or
// channels that do not chain, other classes, a noise level for a stage that was trained without or above the one it was
// trained to.
std::vector<StageManifest> read_stages(const std::string& path, const CascadeManifest& cascade);

}  // namespace sr3
