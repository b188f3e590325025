// An opened cascade: its stages with their sampling settings, and how images pass from one stage to the next. With 8 bits
// between the stages, the results are byte for byte those of a pipe of sample(1) and upscale(1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cascade/base_sampler.h"
#include "cascade/chain.h"
#include "stage/cascade_manifest.h"

namespace sr3 {

class Options;

// Options of the command line that override the cascade's manifest.
struct CascadeOverrides {
  std::optional<std::string> steps;    // of all stages, or of each, with commas
  std::optional<std::string> sampler;  // of all stages
  std::optional<double> guidance;      // of the stages that were trained with label dropout
  // Of the stages with Gaussian augmentation: one for all, or one for each.
  std::optional<std::vector<double>> noise_level;
  bool truncate = false;         // the stage before such a stage stops at its noise level
  std::string between = "8bit";  // 8bit|float
  void declare(Options& options);
};

// Additional words for the commands of a cascade's pipe.
struct PipeWords {
  std::string first;    // for the first command: options of sample, or images
  std::string last;     // for the last command
  std::string classes;  // for upscale with stages that have classes
  std::string all;      // for every command
};

class Cascade {
 public:
  // Opens a cascade's manifest, or stages' manifests in order, each with its own sampling settings. Reads and checks all
  // manifests, but no weights. given: the cascade starts from given images, so a base stage is left out. Throws UsageError for
  // overrides that no stage supports, and Error or DataError for stages that are not a valid cascade.
  Cascade(const std::string& path, const CascadeOverrides& overrides, bool given);
  Cascade(const std::vector<std::string>& stages, const CascadeOverrides& overrides, bool given);

  // Loads the weights of all stages (Stage::load).
  void load(at::Device device, const std::string& precision);

  bool has_base() const { return base_.has_value(); }
  const Stage& base() const { return *base_; }
  const std::vector<Stage>& above() const { return above_; }  // the stages after the base stage
  // Whether floats are passed on, instead of 8 bits: by all stages, and by the base stage.
  bool exact() const { return exact_; }
  bool base_is_exact() const { return exact_ || (base_ && base_->stops_at() < 1); }
  int64_t steps_each() const;  // sampling steps of one image, over all stages

  // A shell command line that does the same as this cascade. Throws UsageError when floats are passed on, which a pipe cannot do.
  std::string pipe(const PipeWords& words) const;

 private:
  void check_labels() const;
  void open(const std::string& path, CascadeManifest cascade, const CascadeOverrides& overrides, bool given);

  std::optional<Stage> base_;
  std::vector<Stage> above_;
  std::vector<std::string> commands_;
  bool exact_ = false, truncates_ = false;
};

}  // namespace sr3
