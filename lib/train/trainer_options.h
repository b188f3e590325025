// What a training run is told. TrainerOptions is complete; TrainFlags is a command line, where what is not said comes
// from the preset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stage/manifest.h"

namespace sr3 {

class Options;

struct TrainerOptions {
  int64_t steps = 0;       // of the whole training, not of this run
  int64_t batch = 16;      // examples a step
  int64_t accumulate = 1;  // parts that a step's examples are computed in; bounds the memory
  double learning_rate = 3e-4;
  int64_t warmup = 200;
  std::string decay = "none";  // none|cosine|linear
  double ema = 0.999;
  double clip_norm = 1;  // 0: no clipping
  double weight_decay = 0;
  double vlb_weight = 0.001;  // of the variational bound beside the simple loss, with a learned variance
  uint64_t seed = 0;
  std::string precision = "auto", device = "auto";
  int64_t threads = 0;                // 0: all cores
  std::string weights_type = "fp32";  // of the stage's file: fp32|fp16|bf16
  std::optional<double> time_limit;   // seconds, of this run
  int64_t save_steps = 0;             // 0: by time
  double save_seconds = 600;
  int64_t journal_every = 50;
  int64_t preview_every = 500, preview_images = 4;  // 0: no preview
  std::string init_from;                            // a stage, or empty
  bool restart = false, no_history = false;
};

// A command line's part of TrainerOptions.
struct RunFlags {
  TrainerOptions trainer;  // what no preset sets; seed, precision, device and threads are the caller's to fill in
  // Unset: the preset's, or the cascade's.
  std::optional<int64_t> steps, batch, warmup;
  std::optional<double> learning_rate, ema;
  std::optional<std::string> time_limit;
  std::string save_every = "10m";

  void declare_run(Options& options);     // what every training is told
  void declare_output(Options& options);  // how its files are written
  // base: what holds where nothing was said. UsageError on values out of range.
  TrainerOptions resolved(TrainerOptions base) const;
};

struct TrainFlags : RunFlags {
  std::string preset = "small";
  bool regression = false;
  // Unset: the preset's.
  std::optional<int64_t> scale, low_res, high_res, channels, groups, patch, diffusion_steps;
  std::optional<double> residual_scale, dropout, blur, noise;
  std::optional<int64_t> jpeg;
  std::optional<std::string> loss, predict, target, schedule, level_draw, multipliers, blocks, attention, kernel,
      convention;
  std::string description, data_name, attribution;

  void declare(Options& options);
  // The stage to train: preset, changed by what was said. crop: --crop, or 0. UsageError on contradictions.
  StageManifest stage(int64_t crop) const;
  TrainerOptions resolved() const;  // with the preset's values
  // How the preset wants examples cut from images, as DataOptions.preprocess says it: the papers' take whole images.
  std::string preprocess() const;

 private:
  // Parts of stage(), in this order: the regression baseline changes the sections before its own.
  void set_sizes(ImageOptions& image, int64_t crop) const;
  void set_network(UNetOptions& network) const;
  void set_diffusion(StageManifest& stage) const;
  void set_recipe(RecipeOptions& recipe) const;
};

}  // namespace sr3
