// Progressive distillation of a stage (Salimans & Ho 2022): a training for each halving of the sampling steps, in which the
// student of one is the teacher of the next. Each student is a stage of its own, which samples in its number of steps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

class Options;

struct DistillationOptions {
  std::string teacher;         // a stage; empty: no distillation
  int64_t sampling_steps = 4;  // of the last student
  int64_t teacher_steps = 32;  // of the first teacher: sampling_steps times 2, 4, 8, ...
  double guidance = 1;         // classifier-free guidance scale that the students learn (Meng et al. 2023); 1: off
  double ground_truth = 0;     // its share in the target of the last student

  // Of the students' manifests; empty: the teacher's.
  std::string description, data_name, attribution;

  // Declares the options of all members except the last three.
  void declare(Options& options);
};

// The student of `teacher` that samples in `steps`: the teacher's manifest without weights, sampling with DDIM at trailing
// timesteps, and without the dropout of labels and units. path: the teacher's, for errors.
// UsageError for a teacher that cannot be distilled: one without weights, a regression, a network that predicts the noise or
// a variance, one distilled for other steps; and for guidance without an unconditional prediction.
StageManifest student_of(const StageManifest& teacher, const std::string& path, int64_t steps, double guidance);

// The paths of the students in turn, the last of which is `output`: "dir/NAME.16.json", "dir/NAME.8.json", "dir/NAME.json".
// UsageError unless the teacher's sampling steps are the last student's times 2, 4, 8, ...
std::vector<std::string> student_paths(const DistillationOptions& options, const std::string& output);

// Throws the UsageErrors of student_paths and student_of, and what reading the teacher's manifest throws, before any training.
void check_distillation(const DistillationOptions& options);

// How a student is trained by default: by the teacher's batch and a quarter of its learning rate (all of it, if it is a student
// itself), which falls to zero, without EMA: the last weights of a halving are the next teacher.
TrainerOptions distillation_defaults(const StageManifest& teacher);

// Trains the students in turn, each for trainer.steps, the last one at `output`; finished ones are kept. trainer.time_limit
// holds for all of them. Returns Trainer::run's status. Throws what check_distillation throws.
int distill(const DistillationOptions& options, TrainerOptions trainer, const DataOptions& data,
            const std::string& output, const ProgressOptions& progress);

}  // namespace sr3
