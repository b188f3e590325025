// What a training needs, found without training: memory, arithmetic and time, by counting and a short measurement (--plan).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "parallel/launcher.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

struct TrainingPlan {
  // Settings that the numbers are for.
  int64_t steps = 0, batch = 0, part = 0;  // examples of a step, and the most that are computed at once
  int64_t processes = 1, threads = 1;
  std::string precision, device;

  int64_t weights = 0;
  // Bytes in the memory of each process.
  int64_t weights_bytes = 0;
  int64_t gradients_bytes = 0;  // several sets of them with --accumulate, whose sums are formed over a tree
  int64_t adam_bytes = 0, ema_bytes = 0;
  int64_t activations_bytes = 0;  // TrainingCost::kept, recomputed and working, of one part
  int64_t total_bytes() const { return weights_bytes + gradients_bytes + adam_bytes + ema_bytes + activations_bytes; }
  int64_t state_bytes = 0;  // of the tensors of NAME.state/, on disk

  double step_flops = 0;    // of all processes: TrainingCost::flops for the whole batch
  double step_seconds = 0;  // estimated, without reading data and exchanging gradients
  double training_seconds() const { return step_seconds * static_cast<double>(steps); }
};

// How many sets of gradients a process holds at once that sums `parts` of them over the tree of parallel/process_group.h.
int64_t gradient_sets(int64_t parts);

// The plan of a training by so many processes, of which options.processes tells nothing. Measures this machine for some seconds
// (train/measured_speed.h). UsageError for processes that cannot share --accumulate, Error for a device or precision that this
// machine does not have.
TrainingPlan plan_training(const StageManifest& stage, const TrainerOptions& options, int64_t processes = 1);

// The processes that `environment` tells of, as recognise_launch does, but it need say no more than WORLD_SIZE.
Launch planned_launch(const Environment& environment);

// The plan as names and numbers, and what they mean: "weights", "705924", "...".
struct PlanRow {
  std::string name, value, text;
};
std::vector<PlanRow> plan_rows(const TrainingPlan& plan);

// A table: a row for each name, with its text.
std::string plan_text(const TrainingPlan& plan);
// A table: a column for each name, and a row for each stage, which begins with its number.
std::string plans_text(const std::vector<std::pair<int64_t, TrainingPlan>>& plans);

}  // namespace sr3
