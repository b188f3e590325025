// The training loop of any stage: it resumes the training that it finds, takes steps, saves, and stops at a signal or a
// limit. Everything that differs between kinds of stages is in StageLoss (train/step.h). All random draws depend only
// on the seed and the number of the example, so a resumed run continues exactly. Its files are
//   NAME.json, NAME.safetensors   the stage, with the EMA of the weights: usable at any time
//   NAME.state/                   the checkpoint to resume from (stage/checkpoint.h)
//   NAME.journal.jsonl, NAME.preview.png, NAME.loss.png
//   NAME.best.json, NAME.step-1000.json, NAME.ema-0.9999.json
//                                 further stages: the best by validation, of some steps, of other averages
#pragma once

#include <memory>
#include <string>

#include "base/progress.h"
#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

// Checks, without training, that files can be written and data used, and that a training in the state may be resumed: for
// the trainings that come after another one. Throws what the constructor of Trainer throws about that.
void check_training(const StageManifest& manifest, const TrainerOptions& options, const DataOptions& data,
                    const std::string& output);

class Trainer {
 public:
  // Opens the data, the journal and the state, and checks all that can fail before the first step. `output` is
  // "NAME.json". UsageError if the options contradict the training to be resumed; Error or DataError if files of another
  // stage are in the way, or cannot be read.
  Trainer(StageManifest manifest, const TrainerOptions& options, const DataOptions& data, const std::string& output);
  ~Trainer();

  // Trains until the last step, the time limit, a signal, ten skipped steps in a row (Error), or a failure, which is
  // thrown. Saves the state after the last finished step, but never weights that are not finite. Returns the exit
  // status: 0; 3 if another image was used in place of a damaged one; or 128 + the signal.
  int run(const ProgressOptions& progress);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
