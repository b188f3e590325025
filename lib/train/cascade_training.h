// Training the stages of a cascade in turn: by their manifests (CDM, Ho et al. 2021), or as students of a trained cascade
// (progressive distillation, see train/distillation.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "data/loader.h"
#include "train/trainer_options.h"
#include "train/training_plan.h"

namespace sr3 {

// A run of cdm-train, whatever it trains.
struct CascadeRun {
  RunFlags flags;                // options that are not given have the manifests' values
  std::optional<int64_t> stage;  // train only this one, counted from 1
  DataOptions data;              // without the cascade's settings (pad, flip, preprocessing)
  std::string init_from;         // a cascade from whose stages of the same sizes the trainings start, or empty
};

// The command with which a stage of the cascade was last trained (train/command.h): of `stage`, counted from 1, or of the last
// one whose training has started. Nothing if there is none, or no cascade.
std::optional<TrainingCommand> former_cascade_command(const std::string& path, std::optional<int64_t> stage);

// Trains the stages of the cascade at `path`; those whose trainings are complete are kept. The time limit holds for all of them.
// Returns Trainer::run's status. Throws UsageError if there is no such stage, and what Trainer throws.
int train_cascade(const std::string& path, const CascadeRun& run, const ProgressOptions& progress);

// What the trainings of the chosen stages would need: a stage's number, from 1, and its plan. Throws UsageError if there is no such
// stage, and what plan_training throws.
std::vector<std::pair<int64_t, TrainingPlan>> plan_cascade(const std::string& path, const CascadeRun& run,
                                                           int64_t processes);

// Values for each stage; one value is for all stages.
struct CascadeDistillation {
  std::string teacher;                                                // a trained cascade; empty: no distillation
  std::optional<std::vector<int64_t>> sampling_steps, teacher_steps;  // unset: those of DistillationOptions
  std::optional<std::vector<double>>
      guidance,  // that the students learn; unset: with which the teacher's manifest samples
      ground_truth;

  void declare(Options& options);
};

// Trains a cascade of students of the teacher's stages: its manifest at `output`, and its stages "NAME-SIZE.json" beside it. The
// manifest is the teacher's, except for the sampling and training of the students; it is written before the first training.
// The same call resumes. Returns Trainer::run's status. Throws UsageError for a stage that cannot be distilled or for as many
// values as the teacher has not stages, before anything is written; Error if `output` is another cascade.
int distill_cascade(const CascadeDistillation& distillation, const CascadeRun& run, const std::string& output,
                    const ProgressOptions& progress);

}  // namespace sr3
