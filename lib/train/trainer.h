// The training loop of any stage: resumes what it finds, steps, saves, stops when told to. Everything that differs
// between kinds of stages is in StageLoss (train/step.h); everything that is drawn depends on seed and example number
// alone, so a resumed run continues exactly.
//   NAME.json, NAME.safetensors   the stage, with the averaged weights: usable at any time
//   NAME.state/                   what resuming needs (stage/checkpoint.h)
//   NAME.journal.jsonl, NAME.preview.png, NAME.loss.png
#pragma once

#include <memory>
#include <string>

#include "base/progress.h"
#include "data/loader.h"
#include "stage/manifest.h"
#include "train/trainer_options.h"

namespace sr3 {

class Trainer {
 public:
  // Opens data, journal and state, and checks all that can fail before the first step. output: "NAME.json".
  Trainer(StageManifest manifest, const TrainerOptions& options, const DataOptions& data, const std::string& output);
  ~Trainer();

  // Trains until the last step, the time limit, a signal, ten steps skipped in a row or a failure; saves all up to the
  // last step that was finished, but never weights that are not finite. The exit status: 0, 3 when another image had to
  // stand for a damaged one, or 128 + signal. What failed is thrown.
  int run(const ProgressOptions& progress);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
