// The cascade manifest: the stages in order, with the sampling and training settings of each, as a JSON file beside the
// manifests of the stages. cascade-manifest(5) documents the keys; an unknown or missing key is an error that names it, as in
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
  double guidance = 1;           // guidance scale, 1: off; SamplingOverrides::guidance
  double noise_level = 0;        // of the condition, as a share of T (augmentation.max_level); 0 without augmentation
  bool truncate = false;         // the previous stage stops at that level, instead of noise being added to its image
};

struct CascadeTraining {
  int64_t steps = 10000, batch = 16, warmup = 0;
  double learning_rate = 3e-4, ema = 0.999, vlb_weight = 0.001;
  std::string decay = "none";  // none|cosine|linear
};

struct CascadeStage {
  std::string manifest;  // path, relative to the cascade's manifest
  CascadeSampling sampling;
  CascadeTraining training;
};

constexpr int64_t kLargestPad = 1 << 16;

struct CascadeData {  // as in DataOptions; for each stage, an image is resized to the stage's high_res
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

// Reading and writing are equally strict. They throw DataError, as "cannot use 'x.json': unknown key
// 'stages[0].sampling.step'"; `origin` names the document in messages.
CascadeManifest parse_cascade(const std::string& text, const std::string& origin);
std::string cascade_text(const CascadeManifest& cascade);
CascadeManifest read_cascade(const std::string& path);

// The path of the manifest of stage i, for a cascade read from `path`. A cascade that was not read from a file has the path "",
// and its stages' paths are used as they are.
std::string stage_path(const std::string& path, const CascadeManifest& cascade, size_t i);

// Reads the manifests of the stages. Throws DataError when they do not form a cascade or cannot be sampled as it states: a base
// stage that is not the first, sizes or channels that do not match, different classes, guidance without label dropout,
// impossible sampling steps, a noise level beyond the one that the stage was trained with.
std::vector<StageManifest> read_stages(const std::string& path, const CascadeManifest& cascade);

}  // namespace sr3
