#include "train/cascade_training.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/log.h"
#include "base/options.h"
#include "diffusion/distill.h"
#include "stage/cascade_manifest.h"
#include "stage/find_manifest.h"
#include "stage/stage_files.h"
#include "stage/weights.h"
#include "train/distillation.h"
#include "train/read_by_first.h"
#include "train/trainer.h"

namespace sr3 {
namespace {

// How the stages of a cascade see the data.
DataOptions cascade_data(const CascadeManifest& cascade, DataOptions data) {
  data.pad = cascade.data.pad;
  data.no_flip = !cascade.data.flip;
  data.preprocess = "resize";
  return data;
}

// No stage is trained on the images that another one draws of its progress.
void leave_out_plots(DataOptions& data, const std::string& stage) {
  const StagePaths paths = stage_paths(stage);
  data.leave_out.insert(data.leave_out.end(), {paths.preview, paths.loss});
}

// How a stage is trained without options of the command line.
TrainerOptions stage_defaults(const CascadeTraining& training) {
  TrainerOptions options;
  options.steps = training.steps, options.batch = training.batch, options.warmup = training.warmup;
  options.learning_rate = training.learning_rate, options.ema = training.ema;
  options.decay = training.decay, options.vlb_weight = training.vlb_weight;
  return options;
}

// The options of a stage's training: those given, then those of its own training if that has started, then the manifest's.
TrainerOptions options_of(const CascadeRun& run, const CascadeTraining& training, const std::string& stage) {
  const TrainerOptions& all = run.flags.trainer;
  const auto former =
      command_of_first(*all.processes, [&] { return all.restart ? std::nullopt : former_command(stage); });
  if (!former) return run.flags.resolved(stage_defaults(training));
  RunFlags flags;
  Options own;
  flags.declare_run(own);
  flags.declare_output(own);
  flags.trainer.processes = all.processes;
  TrainingCommand command = all.command;
  std::erase_if(command.taken, [&](const auto& option) { return own.find(option.first) != nullptr; });
  command.take(*former, own);
  command.set_in(own);
  TrainerOptions trainer = flags.resolved(stage_defaults(training));
  trainer.seed = all.seed, trainer.device = all.device, trainer.precision = all.precision;
  trainer.threads = all.threads, trainer.time_limit = all.time_limit, trainer.goes_on = all.goes_on;
  trainer.command = command;
  trainer.processes = all.processes;
  return trainer;
}

// The stage of this side in the cascade at `path`.
std::string stage_of_size(const std::string& path, int64_t high_res) {
  const CascadeManifest cascade = read_cascade(path);
  const std::vector<StageManifest> stages = read_stages(path, cascade);
  for (size_t i = 0; i < stages.size(); ++i)
    if (stages[i].image.high_res == high_res) return stage_path(path, cascade, i);
  throw UsageError(cat("--init-from: '", path, "' has no stage of ", high_res, " pixels"));
}

// A cascade and its stages, which the first process reads for all.
std::pair<CascadeManifest, std::vector<StageManifest>> cascade_of_first(ProcessGroup& group, const std::string& path) {
  CascadeManifest cascade;
  std::vector<StageManifest> stages;
  const std::string text = group.of_first([&] {
    cascade = read_cascade(path);
    stages = read_stages(path, cascade);
    return group.size() > 1 ? cascade_text(cascade) : "";
  });
  if (!group.first()) cascade = parse_cascade(text, "process 0");
  for (size_t i = 0; i < cascade.stages.size() && group.size() > 1; ++i) {
    const auto stage = manifest_of_first(group, [&] { return std::optional(stages[i]); });
    if (!group.first()) stages.push_back(*stage);
  }
  return {cascade, stages};
}

// The first of the stages that a run trains, from 0, and the end of them.
std::pair<size_t, size_t> chosen_stages(const std::string& path, size_t stages, const CascadeRun& run) {
  if (!run.stage) return {0, stages};
  if (*run.stage > static_cast<int64_t>(stages))
    throw UsageError(cat("--stage ", *run.stage, ": '", path, "' has stages 1 to ", stages));
  return {static_cast<size_t>(*run.stage) - 1, static_cast<size_t>(*run.stage)};
}

// Runs the trainings of the chosen stages in turn, after all were checked: `check` and `train` get a stage's number, from 0,
// and `train` returns the status of Trainer::run.
template <class Check, class Train>
int in_turn(const std::string& path, size_t stages, const CascadeRun& run, const Check& check, const Train& train) {
  const auto [first, end] = chosen_stages(path, stages, run);
  const std::optional<double> limit = run.flags.trainer.time_limit;
  // What is wrong with a later stage is not to be found after hours. The first one checks itself.
  for (size_t i = first + 1; i < end; ++i) check(i);
  int skipped = kDone;
  for (size_t i = first; i < end; ++i) {
    const double late = limit && running_time() >= *limit && i > first ? 1 : 0;
    const std::vector<double> all_late = run.flags.trainer.processes->gather_numbers({late});
    if (std::count(all_late.begin(), all_late.end(), 1.0) > 0) break;
    const int status = train(i);
    if (status != kDone && status != kSkipped) return status;
    if (status == kSkipped) skipped = status;
  }
  return skipped;
}

// The value of stage i of `count` in a list of one value for all stages, or one for each.
template <class T>
T of_stage(const char* option, const std::vector<T>& values, size_t i, size_t count) {
  if (values.size() != 1 && values.size() != count)
    throw UsageError(cat("--", option, ": ", values.size(), " values for ", count, " stages"));
  return values.size() == 1 ? values[0] : values[i];
}

// The students of a cascade's stages.
struct StudentCascade {
  CascadeManifest manifest;
  std::vector<DistillationOptions> stages;
  std::vector<TrainerOptions> trainers;
};

StudentCascade students_of(const CascadeDistillation& distillation, const CascadeRun& run, const std::string& output) {
  const std::string& path = distillation.teacher;
  StudentCascade made;
  made.manifest = read_cascade(path);
  const std::vector<StageManifest> teachers = read_stages(path, made.manifest);
  const size_t count = teachers.size();
  for (size_t i = 0; i < count; ++i) {
    CascadeStage& stage = made.manifest.stages[i];
    DistillationOptions options;
    options.teacher = stage_path(path, made.manifest, i);
    options.guidance = stage.sampling.guidance;
    if (distillation.sampling_steps)
      options.sampling_steps = of_stage("sampling-steps", *distillation.sampling_steps, i, count);
    if (distillation.teacher_steps)
      options.teacher_steps = of_stage("teacher-steps", *distillation.teacher_steps, i, count);
    if (distillation.guidance) options.guidance = of_stage("guidance", *distillation.guidance, i, count);
    if (distillation.ground_truth)
      options.ground_truth = of_stage("ground-truth", *distillation.ground_truth, i, count);
    check_distillation(options);

    const TrainerOptions trainer = run.flags.resolved(distillation_defaults(teachers[i]));
    stage.manifest = cat(stem_of(output), "-", teachers[i].image.high_res, ".json");
    stage.sampling.steps = std::to_string(options.sampling_steps);
    stage.sampling.sampler = "ddim";
    stage.sampling.guidance = 1;  // the prediction includes it
    stage.sampling.truncate = false;
    stage.training = {.steps = trainer.steps,
                      .batch = trainer.batch,
                      .warmup = trainer.warmup,
                      .learning_rate = trainer.learning_rate,
                      .ema = trainer.ema,
                      .vlb_weight = trainer.vlb_weight,
                      .decay = trainer.decay};
    made.stages.push_back(options);
    made.trainers.push_back(trainer);
  }
  return made;
}

// Writes the manifest, or finds that it was written before, by a run that this one resumes.
void write_or_find(CascadeManifest manifest, const std::string& path, bool history) {
  if (access(path.c_str(), F_OK) == 0) {
    CascadeManifest former = read_cascade(path);
    manifest.history = former.history;
    // The steps of a training may be extended.
    for (size_t i = 0; i < former.stages.size() && i < manifest.stages.size(); ++i)
      former.stages[i].training = manifest.stages[i].training;
    if (cascade_text(former) != cascade_text(manifest))
      throw Error(cat("'", path, "' exists and is a different cascade: choose another name, or remove it"));
  } else if (history) {
    manifest.history.push_back(this_run());
  }
  write_file(path, cascade_text(manifest));
}

}  // namespace

std::optional<TrainingCommand> former_cascade_command(const std::string& path, std::optional<int64_t> stage) {
  if (access(path.c_str(), F_OK) != 0) return std::nullopt;
  const CascadeManifest cascade = read_cascade(path);
  for (size_t i = cascade.stages.size(); i-- > 0;) {
    if (stage && *stage != static_cast<int64_t>(i) + 1) continue;
    if (auto command = former_command(stage_path(path, cascade, i))) return command;
  }
  return std::nullopt;
}

int train_cascade(const std::string& path, const CascadeRun& run, const ProgressOptions& progress) {
  // A run of one stage locks only this stage, so that all stages can be trained at the same time.
  std::optional<FileLock> lock;
  ProcessGroup& group = *run.flags.trainer.processes;
  if (!run.stage && group.first())
    lock.emplace(lock_path(path), cat("'", path, "' is being trained by another process"));
  const auto [cascade, stages] = cascade_of_first(group, path);
  DataOptions data = cascade_data(cascade, run.data);
  for (size_t i = 0; i < stages.size(); ++i) leave_out_plots(data, stage_path(path, cascade, i));
  const auto trainer_of = [&](size_t i) {
    TrainerOptions trainer = options_of(run, cascade.stages[i].training, stage_path(path, cascade, i));
    // Of a stage whose training goes on it has no effect, and may be gone.
    const bool goes_on = !run.flags.trainer.restart && state_manifest(stage_paths(stage_path(path, cascade, i)));
    if (!run.init_from.empty() && group.first() && !goes_on)
      trainer.init_from = stage_of_size(find_manifest(run.init_from), stages[i].image.high_res);
    return trainer;
  };
  const auto complete = [&](size_t i, const TrainerOptions& trainer) {
    if (stages[i].weights_file.empty() || stages[i].training.steps < trainer.steps || trainer.restart) return false;
    // Its state writes lost weights again.
    const std::string stage = stage_path(path, cascade, i);
    return access(weights_path(stage, stages[i]).c_str(), F_OK) == 0 ||
           access(stage_paths(stage).state.c_str(), F_OK) != 0;
  };
  const auto check = [&](size_t i) {
    const TrainerOptions trainer = trainer_of(i);
    if (!complete(i, trainer)) check_training(stages[i], trainer, data, stage_path(path, cascade, i));
  };
  return in_turn(path, stages.size(), run, check, [&](size_t i) {
    const TrainerOptions trainer = trainer_of(i);
    const std::string stage = stage_path(path, cascade, i),
                      which = cat("stage ", i + 1, " of ", stages.size(), ", '", stage, "'");
    if (complete(i, trainer)) {
      require_weights(stage, stages[i]);
      info(cat(which, ": already trained for ", stages[i].training.steps, " steps"));
      return static_cast<int>(kDone);
    }
    info(which);
    return Trainer(stages[i], trainer, data, stage).run(progress);
  });
}

std::vector<std::pair<int64_t, TrainingPlan>> plan_cascade(const std::string& path, const CascadeRun& run,
                                                           int64_t processes) {
  const CascadeManifest cascade = read_cascade(path);
  const std::vector<StageManifest> stages = read_stages(path, cascade);
  const auto [first, end] = chosen_stages(path, stages.size(), run);
  std::vector<std::pair<int64_t, TrainingPlan>> plans;
  for (size_t i = first; i < end; ++i)
    plans.emplace_back(
        i + 1,
        plan_training(stages[i], options_of(run, cascade.stages[i].training, stage_path(path, cascade, i)), processes));
  return plans;
}

void CascadeDistillation::declare(Options& options) {
  options.group(groups::kDistillation);
  options.add("distill", 0, &teacher, "CASCADE", "train students of this cascade's stages that sample in fewer steps");
  options.add("sampling-steps", 0, &sampling_steps, "LIST", within(1, 32768),
              "of the last students: one number, or one for each stage (default: 4)");
  options.add("teacher-steps", 0, &teacher_steps, "LIST", within(2, 65535),
              "of the cascade: sampling steps times 2, 4, 8, ... (default: 32)");
  options.add("guidance", 0, &guidance, "LIST", within(0, 1000),
              "guidance scales that the students learn (default: those of the cascade's manifest)");
  options.add("ground-truth", 0, &ground_truth, "LIST", within(0, 1),
              "shares of the images themselves in what the last students learn (default: 0)");
}

int distill_cascade(const CascadeDistillation& distillation, const CascadeRun& run, const std::string& output,
                    const ProgressOptions& progress) {
  const std::string path = stage_paths(output).manifest;
  const StudentCascade students = students_of(distillation, run, path);
  const size_t count = students.stages.size();
  std::optional<FileLock> lock;
  if (!run.stage) lock.emplace(lock_path(path), cat("'", path, "' is being trained by another process"));
  DataOptions data = cascade_data(students.manifest, run.data);
  for (size_t i = 0; i < count; ++i)
    for (const std::string& stage : student_paths(students.stages[i], stage_path(path, students.manifest, i)))
      leave_out_plots(data, stage);
  bool written = false;
  const auto check = [&](size_t i) {
    for (const std::string& stage : student_paths(students.stages[i], stage_path(path, students.manifest, i)))
      check_stage_writable(stage_paths(stage));
  };
  return in_turn(path, count, run, check, [&](size_t i) {
    if (!written) write_or_find(students.manifest, path, !run.flags.trainer.no_history);
    written = true;
    info(cat("stage ", i + 1, " of ", count));
    return distill(students.stages[i], students.trainers[i], data, stage_path(path, students.manifest, i), progress);
  });
}

}  // namespace sr3
