#include "train/distillation.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "diffusion/distill.h"
#include "stage/stage_files.h"
#include "train/trainer.h"
#include "train/trainer_impl.h"

namespace sr3 {

void DistillationOptions::declare(Options& options) {
  options.group(groups::kDistillation);
  options.add("distill", 0, &teacher, "STAGE", "train students of this stage that sample in fewer steps");
  options.add("sampling-steps", 0, &sampling_steps, "N", within(1, 32768), "of the last student");
  options.add("teacher-steps", 0, &teacher_steps, "N", within(2, 65535), "of the stage: N times 2, 4, 8, ...");
  options.add("guidance", 0, &guidance, "W", within(0, 1000), "guidance scale that the students learn; 1: off");
  options.add("ground-truth", 0, &ground_truth, "W", within(0, 1),
              "share of the images themselves in what the last student learns");
}

StageManifest student_of(const StageManifest& teacher, const std::string& path, int64_t steps, double guidance) {
  const auto refuse = [&](const auto&... why) { throw UsageError(cat("cannot distill '", path, "': ", why...)); };
  if (teacher.weights_file.empty()) refuse("it is not trained yet");
  if (teacher.kind == "regression") refuse("it is a regression, which takes one step already");
  if (teacher.diffusion.predict == "eps")
    refuse(
        "its prediction target is the noise, from which x0 cannot be computed at few steps; train it with --predict v");
  if (teacher.diffusion.variance == "learned") refuse("its network predicts a variance, which DDIM does not use");
  const bool first = teacher.distillation.steps == 0;
  if (first && guidance != 1 && teacher.diffusion.label_dropout == 0)
    refuse("--guidance ", guidance, " needs an unconditional prediction, and it was trained without label dropout");
  if (!first && guidance != 1 && guidance != teacher.distillation.guidance)
    refuse("--guidance ", guidance, ": its predictions include the guidance scale ", teacher.distillation.guidance);
  if (teacher.distillation.steps == 1) refuse("it samples in 1 step already");
  if (!first && teacher.distillation.steps != 2 * steps)
    refuse("it is itself distilled, for ", teacher.distillation.steps, " steps: --teacher-steps ",
           teacher.distillation.steps);
  StageManifest student = teacher;
  student.sampling.sampler = "ddim";
  student.sampling.spacing = "trailing";
  student.sampling.steps = std::to_string(steps);
  student.sampling.eta = 0;
  student.diffusion.label_dropout = 0;
  student.network.dropout = 0;
  student.distillation = {steps, first ? guidance : teacher.distillation.guidance, teacher.weights_sha256};
  student.precision = {};
  student.weights_file = student.weights_sha256 = "";
  TrainingSummary training;
  training.data = teacher.training.data;
  training.attribution = teacher.training.attribution;
  student.training = training;
  return student;
}

TrainerOptions distillation_defaults(const StageManifest& teacher) {
  TrainerOptions result;
  result.steps = 2000;
  result.warmup = 0;
  result.decay = "linear";
  result.ema = 0;
  if (teacher.training.batch > 0) result.batch = teacher.training.batch;
  const double rate = teacher.training.learning_rate;
  // A student's rate is divided already.
  result.learning_rate = rate <= 0 ? 1e-4 : teacher.distillation.steps > 0 ? rate : rate / 4;
  return result;
}

void check_distillation(const DistillationOptions& options) {
  student_paths(options, "NAME.json");
  student_of(read_manifest(options.teacher), options.teacher, options.teacher_steps / 2, options.guidance);
}

std::vector<std::string> student_paths(const DistillationOptions& options, const std::string& output) {
  std::vector<int64_t> teachers;
  try {
    teachers = halvings(options.teacher_steps, options.sampling_steps);
  } catch (const Error& error) {
    throw UsageError(cat("--teacher-steps: ", error.what()));
  }
  const std::string name = stage_paths(output).manifest;
  std::vector<std::string> paths;
  paths.reserve(teachers.size());
  for (const int64_t steps : teachers)
    paths.push_back(steps / 2 == options.sampling_steps
                        ? name
                        : cat(name.substr(0, name.size() - std::string(".json").size()), ".", steps / 2, ".json"));
  return paths;
}

// All that would refuse a student is known before the first one is trained.
void check_students(const DistillationOptions& options, const TrainerOptions& trainer, const std::string& output) {
  int64_t steps = options.teacher_steps;
  bool done = true;  // the students before this one are there
  for (const std::string& path : student_paths(options, output)) {
    steps /= 2;
    const StagePaths paths = stage_paths(path);
    if (std::error_code none; std::filesystem::equivalent(path, options.teacher, none))
      throw UsageError(cat("-o: '", path, "' is the teacher, and would be replaced; name another file"));
    check_outputs(paths, trainer);
    if (trainer.restart) continue;
    const bool there = access(paths.manifest.c_str(), F_OK) == 0;
    if (!there && access(paths.weights.c_str(), F_OK) == 0)
      throw Error(cat("'", paths.weights, "' exists, but not the stage '", paths.manifest,
                      "' that it belongs to (--restart overwrites it)"));
    const StageManifest former = there ? read_manifest(path) : StageManifest();
    if (there && former.distillation.steps != steps)
      throw UsageError(cat("-o: '", path, "' exists, and is not a student for ", steps,
                           " sampling steps (--restart overwrites it)"));
    const bool finished = there && former.training.steps >= trainer.steps;
    if (there && !former.weights_file.empty() && access(paths.state.c_str(), F_OK) != 0 && !(done && finished))
      throw Error(cat("'", paths.manifest, "' exists, but not the state to resume it from, '", paths.state,
                      "' (--restart begins anew)"));
    done = done && finished;
  }
}

int distill(const DistillationOptions& options, TrainerOptions trainer, const DataOptions& data,
            const std::string& output, const ProgressOptions& progress) {
  check_students(options, trainer, output);
  std::string teacher = options.teacher;
  int skipped = kDone;
  bool trained = false;
  int64_t steps = options.teacher_steps;
  for (const std::string& path : student_paths(options, output)) {
    steps /= 2;
    StageManifest student = student_of(read_manifest(teacher), teacher, steps, options.guidance);
    if (!options.description.empty()) student.description = options.description;
    if (!options.data_name.empty()) student.training.data = options.data_name;
    if (!options.attribution.empty()) student.training.attribution = options.attribution;
    trainer.teacher = trainer.init_from = teacher;
    trainer.ground_truth = steps == options.sampling_steps ? options.ground_truth : 0;
    teacher = path;
    const bool there = !trainer.restart && access(path.c_str(), F_OK) == 0;
    const StageManifest former = there ? read_manifest(path) : StageManifest();
    if (former.distillation.teacher == student.distillation.teacher && former.training.steps >= trainer.steps) {
      info(cat("'", path, "' has done its ", former.training.steps, " steps"));
      continue;
    }
    if (trained && trainer.time_limit && running_time() >= *trainer.time_limit) break;
    trained = true;
    info(cat("'", path, "': ", 2 * steps, " sampling steps to ", steps));
    const int status = Trainer(student, trainer, data, path).run(progress);
    if (status != kDone && status != kSkipped) return status;
    if (status == kSkipped) skipped = status;
    if (read_manifest(path).training.steps < trainer.steps) break;  // the time limit: its weights are no teacher yet
  }
  return skipped;
}

}  // namespace sr3
