// Where a training stands, as the numbers beside its tensors in the state folder; and whether a command may go on with
// it. All randomness is counter-based, so these few numbers and the tensors are the whole state.
#pragma once

#include <cstdint>
#include <string>

#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

struct TrainingProgress {
  int64_t step = 0;      // done, skipped ones too
  int64_t updates = 0;   // of the weights: Adam's t
  int64_t examples = 0;  // the number of the next example
  int64_t skipped = 0, skipped_in_row = 0;
  double seconds = 0;      // of training, over all runs
  double last_loss = 0;    // mean of the last journal window
  int64_t journalled = 0;  // the step of the journal's last whole line
  // Of the journal's open window.
  double window_loss = 0, window_norm = 0, window_bits = 0;
  int64_t window_steps = 0;  // that were not skipped
};

// What a run was begun with. The first three may not change; the rest may (it is said when it does).
struct TrainingSettings {
  std::string stage;  // JSON of the manifest's parts that training must agree with
  uint64_t seed = 0;
  std::string data;     // JSON: images, how examples are cut from them
  std::string trainer;  // JSON: batch, learning rate, ...
};
TrainingSettings settings_of(const StageManifest& manifest, const TrainerOptions& trainer, const DataOptions& data,
                             int64_t images, const ImagesDigest& digest = {});

std::string progress_text(const TrainingProgress& progress, const TrainingSettings& settings);
// DataError; origin is for its message.
void parse_progress(const std::string& text, const std::string& origin, TrainingProgress& progress,
                    TrainingSettings& settings);

// UsageError "cannot resume 'x.json': --channels 32 contradicts the 48 it was begun with (...)". Notes what changes.
void check_settings(const TrainingSettings& begun, const TrainingSettings& now, const std::string& stage);

}  // namespace sr3
