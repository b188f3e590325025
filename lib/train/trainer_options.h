// The options of a training run. TrainerOptions is complete; TrainFlags is a command line, where the preset gives what the
// command line does not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parallel/process_group.h"
#include "stage/manifest.h"
#include "train/command.h"
#include "train/validation_options.h"

namespace sr3 {

class Options;

struct TrainerOptions {
  int64_t steps = 0;                    // of the whole training, not of this run
  int64_t batch = 16;                   // examples per step
  int64_t accumulate = 1;               // parts that a step's examples are computed in, which limits the memory
  bool checkpoint_activations = false;  // compute each block again in the backward pass, which limits it further
  bool shard_optimizer = false;         // of many processes each has a share of the optimizer's state
  double learning_rate = 3e-4;
  int64_t warmup = 200;
  std::string decay = "none";  // none|cosine|linear
  double ema = 0.999;
  std::vector<double> more_ema;  // decays of further averages of the weights, each of which is a stage of its own
  double clip_norm = 1;          // 0: no clipping
  double weight_decay = 0;
  double vlb_weight = 0.001;  // of the variational bound beside the simple loss, with a learned variance
  uint64_t seed = 0;
  std::string precision = "auto", device = "auto";
  int64_t threads = 0;                // 0: all cores
  std::string weights_type = "fp32";  // of the stage's file: fp32|fp16|bf16
  std::optional<double> time_limit;   // seconds, of this run
  int64_t save_steps = 0;             // 0: by time
  double save_seconds = 600;          // "10m"
  int64_t journal_every = 50;
  int64_t preview_every = 500, preview_images = 4;  // 0: no preview
  int64_t keep_every = 0;                           // steps between two stages that are kept; 0: none are
  ValidationOptions validation;
  std::string teacher;               // the stage to distil (train/distillation.h), or empty
  double ground_truth = 0;           // its share in the student's target (train/distillation_loss.h)
  std::string init_from;             // a stage, or empty
  bool keep_residual_scale = false;  // the residual's scale is given, not to be measured
  bool restart = false, no_history = false;
  TrainingCommand command;  // of the program that trains, for the state; empty without one
  std::string goes_on;      // the command line that resumes it, for the user; empty without one
  std::shared_ptr<ProcessGroup> processes = std::make_shared<ProcessGroup>();  // that train together
};

// The part of TrainerOptions that every training takes from its command line.
struct RunFlags {
  ParallelOptions parallel;
  TrainerOptions trainer;  // what no preset sets; the caller fills in seed, precision, device and threads
  // Unset: the preset's, or the cascade's.
  std::optional<int64_t> steps, batch, warmup;
  std::optional<double> learning_rate, clip_norm;
  std::vector<double> ema;
  bool resume = false;  // it is an error if there is nothing to resume

  void declare_run(Options& options);     // the options of every training
  void declare_output(Options& options);  // how its files are written
  // The options given, over those of base. Throws UsageError when they contradict each other.
  TrainerOptions resolved(TrainerOptions base) const;

 private:
  void set_save_every(const std::string& given);  // steps or a time
  void add_ema(const std::string& given);         // a decay, or several with commas
};

constexpr const char* kDefaultPreset = "small";

struct TrainFlags : RunFlags {
  std::optional<std::string> preset;  // unset: kDefaultPreset, for what no stage gives
  bool regression = false;
  // Unset: the preset's.
  std::optional<int64_t> scale, low_res, high_res, channels, groups, patch, diffusion_steps;
  std::optional<double> residual_scale, max_noise_level, dropout, blur, noise;
  std::optional<int64_t> jpeg;
  std::optional<std::vector<double>> multipliers;
  std::optional<std::vector<int64_t>> blocks;
  std::optional<std::string> loss, predict, target, schedule, level_draw, attention, kernel, convention, augmentation;
  std::optional<std::string> recipe;
  std::string description, data_name, attribution;
  bool paired = false;  // low-resolution images are given: nothing makes them

  void declare(Options& options);
  // The stage to train: `from` (of a training to be resumed, or of --init-from), or else that of the preset; changed by the
  // options given. crop: --crop, or 0. Throws UsageError when options contradict each other.
  StageManifest stage(int64_t crop, const std::optional<StageManifest>& from = {}) const;
  TrainerOptions resolved() const;  // with the preset's values
  // How the preset cuts examples from images, as a value of DataOptions.preprocess: the papers' take whole images.
  std::string preprocess() const;

 private:
  // Parts of stage(), in this order: the regression baseline changes the sections before its own.
  void set_sizes(ImageOptions& image, int64_t crop) const;
  void set_network(UNetOptions& network) const;
  void set_diffusion(StageManifest& stage) const;
  void set_condition(StageManifest& stage) const;
  void set_recipe(RecipeOptions& options) const;
};

}  // namespace sr3
