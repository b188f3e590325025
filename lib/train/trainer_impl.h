// The state of a training, which trainer.cpp advances and trainer_state.cpp begins, resumes and saves; trainer_checks.cpp checks
// what is known before, and trainer_kept.cpp validates it, and keeps further stages.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "base/progress.h"
#include "stage/checkpoint.h"
#include "stage/stage_files.h"
#include "tensor/aten.h"
#include "train/distillation_loss.h"
#include "train/journal.h"
#include "train/optimizer.h"
#include "train/preview.h"
#include "train/progress_state.h"
#include "train/step.h"
#include "train/trainer.h"
#include "train/validation.h"

namespace sr3 {

// Error if a file of the training cannot be written.
void check_outputs(const StagePaths& paths, const TrainerOptions& options);
void check_previews(const StageManifest& manifest, const TrainerOptions& options, const DataOptions& data);

// The previews and plots of a training are not images to train on.
DataOptions without_pictures(DataOptions data, const StagePaths& paths);
// With the precision and the threads that `auto` and 0 stand for.
TrainerOptions with_resolved(TrainerOptions options, at::ScalarType compute);

// The stages that it writes beside its own, except those of --keep-every.
std::vector<StagePaths> stages_beside(const StagePaths& paths, const TrainerOptions& options);

// What the parts of a step make together, beside the gradients.
struct StepSum {
  double loss = 0, bits = 0, gradient_norm = 0;
};

// What all processes do after the same step.
struct Stop {
  int signal = 0;     // received by one of them; 0: none
  bool late = false;  // the time limit of one is over
  bool save = false;  // the run goes on, but the first process is to save
};

struct Trainer::Impl {
  // Locks the stage, and opens data and journal; of several processes only the first does, and only the first reads and writes the
  // files of the training. Throws what their constructors throw.
  Impl(StageManifest stage, const TrainerOptions& trainer, const DataOptions& data, const std::string& output);

  // trainer_state.cpp
  void start();
  void use_conditioning();
  void begin_or_resume();
  void compare_processes();
  void take_from_first();
  void take_moments_and_ema();
  void load();
  void save();
  void save_state();
  void publish();
  [[noreturn]] void give_up();
  bool finite();
  bool sharded() const { return adam.slices().processes() > 1; }
  at::Tensor collected(const std::vector<at::Tensor>& state, size_t i);
  NamedTensors gathered(const std::vector<at::Tensor>& state);
  void write_state(const std::string& path, const std::vector<at::Tensor>& state);
  NamedTensors named(const std::vector<at::Tensor>& values) const;
  TrainingSummary summary_now() const;
  using StateFile = std::pair<std::string, const std::vector<at::Tensor>*>;
  std::vector<StateFile> optimizer_state() const;
  TensorFile read_state(const Checkpoint& checkpoint, const std::string& name) const;
  // trainer_kept.cpp
  void clear_beside(bool fresh);
  void open_validation();
  bool validation_due() const;
  void validate();
  void keep_step();
  void publish_beside();
  // trainer.cpp
  void announce() const;
  void step();
  StepSum sum_of_parts();
  Stop agreed_stop(double last_save);
  bool save_due(double last_save) const;
  void draw_preview();
  std::string state_text() const;
  int take_steps(const ProgressOptions& progress_options);
  void announce_duration(double seconds, int64_t steps) const;
  void finish(bool stepped);
  void write_journal();

  StageManifest manifest;
  TrainerOptions options;
  StagePaths paths;
  at::Device device;
  ProcessGroup& group;
  std::unique_ptr<FileLock> lock;  // these two only in the first process
  std::unique_ptr<Journal> journal;
  Loader loader;
  DataOptions examples;
  bool whole;    // examples are whole images, resized, and not crops
  int64_t side;  // of the examples
  TrainingSettings settings;
  Parameters parameters;
  Adam adam;
  at::ScalarType compute;
  StageLoss loss;
  std::optional<DistillationLoss> distillation;  // instead of `loss`
  TrainingProgress progress;
  std::unique_ptr<Preview> preview;
  std::optional<Checkpoint> resumed_from;      // while it is read
  std::unique_ptr<Validation> validation;      // only in the first process, as are the next two
  std::vector<at::Tensor> best_weights;        // of progress.best
  int64_t published_best = -1;                 // the step of the best stage that this run has written; -1: none
  std::optional<ValidationLine> shown_scores;  // of the last validation of this run
  // Timings of the journal's open window, which are not part of the saved state.
  double window_seconds = 0, window_waited = 0, window_exchanged = 0;
  std::vector<double> window_computed;  // of each process: without the exchanges
  int64_t window_examples = 0;
  double shown_loss = std::numeric_limits<double>::quiet_NaN();
  int64_t resumed_step = 0;               // the step after which this run resumes
  int64_t saved = -1;                     // the step of the state on disk; -1: none is saved yet
  bool updating = false, saving = false;  // an update of the weights, or a save, is under way
  int signal = 0;                         // that ended the run; 0: none
  bool diverged = false;                  // kSkippedInRow steps in a row were skipped
};

}  // namespace sr3
