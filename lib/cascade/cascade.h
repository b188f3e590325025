// A cascade, opened: its stages with their sampling, and the way from one to the next. What it makes between two stages
// at 8 bits is byte for byte what a pipe of sample(1) and upscale(1) makes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cascade/base_sampler.h"
#include "cascade/chain.h"
#include "stage/cascade_manifest.h"

namespace sr3 {

class Options;

// What the command line says against the cascade's manifest.
struct CascadeOverrides {
  std::optional<std::string> steps, sampler;  // of all stages
  std::optional<double> guidance;             // of the stages that were trained with label dropout
  // Of the stages with conditioning augmentation: one for all, or one for each.
  std::optional<std::vector<double>> noise_level;
  bool truncate = false;         // each stage before one of them stops at its level
  std::string between = "8bit";  // 8bit|float
  void declare(Options& options);
};

// Options for the commands of a cascade's pipe.
struct PipeWords {
  std::string first;    // of the first one: of sample, or images
  std::string last;     // of the last one
  std::string classes;  // of upscale by stages with classes
  std::string all;
};

class Cascade {
 public:
  // Of a cascade's manifest, or of stages' manifests in order, each sampled as it says itself. Reads and checks them
  // all. given: it starts from given images, so a base stage is left out. UsageError and Error for what cannot be.
  Cascade(const std::string& path, const CascadeOverrides& overrides, bool given);
  Cascade(const std::vector<std::string>& stages, const CascadeOverrides& overrides, bool given);

  void load(at::Device device, at::ScalarType compute);

  bool has_base() const { return base_.has_value(); }
  const Stage& base() const { return *base_; }
  const std::vector<Stage>& above() const { return above_; }
  // Whether floats are handed on: by all stages, and by the base stage.
  bool exact() const { return exact_; }
  bool base_is_exact() const { return exact_ || (base_ && base_->stops_at() < 1); }
  int64_t steps_each() const;  // network evaluations of one image

  // The commands that do the same, as a line of shell. UsageError where floats are handed on, which no pipe can do.
  std::string pipe(const PipeWords& words) const;

 private:
  void check_labels() const;
  void open(const std::string& path, CascadeManifest cascade, const CascadeOverrides& overrides, bool given);

  std::optional<Stage> base_;
  std::vector<Stage> above_;
  std::vector<std::string> commands_;
  bool exact_ = false, truncates_ = false;
};

// As a word of shell.
std::string quoted(const std::string& word);

}  // namespace sr3
