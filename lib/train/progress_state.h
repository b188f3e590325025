// The progress of a training: the numbers beside the tensors in its state folder; and the check whether a command may
// resume it. All random numbers are counter-based, so these numbers and the tensors are the whole state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

// The best stage so far, by a value of the validations.
struct BestStage {
  std::string metric, conditions;  // of the values that it may be compared with: Validation::conditions()
  double value = 0;
  int64_t step = 0, images = 0;  // for its manifest, as are the next two
  double loss = 0, seconds = 0;
};

struct TrainingProgress {
  int64_t step = 0;      // steps done, skipped ones included
  int64_t updates = 0;   // of the weights: Adam's t
  int64_t examples = 0;  // number of the next example
  int64_t skipped = 0, skipped_in_row = 0;
  double seconds = 0;      // training time over all runs
  double last_loss = 0;    // mean over the steps of the last full journal line
  int64_t journalled = 0;  // step of the last full journal line
  // Sums over the steps since that line.
  double window_loss = 0, window_norm = 0, window_bits = 0;
  int64_t window_steps = 0;  // their number, skipped ones excluded
  int64_t validated = 0;     // step of the last validation
  std::optional<BestStage> best;
};

// The settings that a training was started with. The first three must stay the same; the others may change, which is
// reported.
struct TrainingSettings {
  std::string stage;  // JSON: the manifest without its description, sampling, weights, training and history
  uint64_t seed = 0;
  std::string data;     // JSON: images, how examples are cut from them
  std::string trainer;  // JSON: batch, learning rate, ...
  std::string command;  // JSON: of train/command.h, for the next run; empty without one
};
TrainingSettings settings_of(const StageManifest& manifest, const TrainerOptions& trainer, const DataOptions& data,
                             int64_t images, const ImagesDigest& digest = {});

std::string progress_text(const TrainingProgress& progress, const TrainingSettings& settings);
// Fills `progress` and `settings`. DataError, naming `origin`, if the text is not that of progress_text or a count is
// negative.
void parse_progress(const std::string& text, const std::string& origin, TrainingProgress& progress,
                    TrainingSettings& settings);

// What must be the same in all processes of a training, as text: the settings, the number of steps, the versions.
std::string process_text(const TrainingSettings& settings, int64_t steps);
// The first difference between two such texts, for a message: "--batch 8, not 16"; "" if they are equal.
std::string difference_of_processes(const std::string& first, const std::string& other);

// UsageError "cannot resume 'x.json': --channels 32 contradicts the 48 it was started with (...)". With a command it names an
// option that was given, if only --preset, and not one whose value follows from it. Reports the trainer settings that
// change.
void check_settings(const TrainingSettings& started, const TrainingSettings& now, const std::string& stage,
                    const TrainingCommand& command = {});

}  // namespace sr3
