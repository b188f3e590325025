// sr3-train: trains a super-resolution stage (SR3), or the regression baseline.
// Options and files are handled here, the training itself in lib/train/trainer.h. See sr3-train(1).
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/shell.h"
#include "base/table.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "data/loader.h"
#include "degrade/named_recipes.h"
#include "stage/find_manifest.h"
#include "stage/stage_files.h"
#include "train/distillation.h"
#include "train/preset_help.h"
#include "train/read_by_first.h"
#include "train/trainer.h"
#include "train/trainer_options.h"
#include "train/training_plan.h"

using namespace sr3;

namespace {

struct TrainProgram {
  TrainFlags flags;
  DistillationOptions distillation;
  DataOptions data;
  cli::ComputeOptions compute;
  std::string output, show_preset;
  bool plan = false;

  void declare(Options& options) {
    flags.declare(options);
    options.group(groups::kTraining);
    options.add("show-preset", 0, &show_preset, "NAME", "print the options that a preset stands for, and exit");
    options.add("plan", 0, &plan, "print the memory and time that the training would need, and exit; needs no DATA");
    distillation.declare(options);
    options.group(groups::kData);
    data.preprocess = "preset";
    data.declare(options);
    data.declare_low_res(options);
    compute.declare(options, /*training=*/true);
    cli::declare_seed(options, &flags.trainer.seed);
    options.add("output", 'o', &output, "STAGE.json", "the stage; its other files go beside it");
  }
};

// Completes the command line by that of the run that it resumes.
TrainingCommand completed(cli::App& app, TrainProgram& program) {
  TrainingCommand command = command_of(app.options, app.operands());
  const RunFlags& run = program.flags;
  if (run.resume && run.trainer.restart) throw UsageError("--resume and --restart exclude each other");
  auto former = command_of_first(*run.trainer.processes,
                                 [&] { return run.trainer.restart ? std::nullopt : former_command(program.output); });
  if (former && command.given.contains("distill") && !former->given.contains("distill"))
    former.reset();  // another training, as its settings will show
  if (former)
    command.go_on(*former, app.options);
  else if (run.resume)
    throw UsageError(cat("--resume: '", program.output, "' has no training to resume"));
  return command;
}

// The stage without --preset: that of the training to be resumed, or of --init-from.
std::optional<StageManifest> given_stage(const TrainProgram& program) {
  const TrainerOptions& trainer = program.flags.trainer;
  const bool fresh = trainer.restart || program.output.empty();
  if (auto state = fresh ? std::nullopt : state_manifest(stage_paths(program.output))) return state;
  if (trainer.init_from.empty()) return std::nullopt;
  const StageManifest stage = read_manifest(trainer.init_from);
  if (stage.kind == "base")
    throw UsageError(cat("--init-from: '", trainer.init_from, "' is a base stage, which cdm-train trains"));
  if (stage.distillation.steps > 0)
    throw UsageError(cat("--init-from: '", trainer.init_from, "' is distilled: give the --preset of its network"));
  return stage;
}

// What every training is given beside its own options.
void complete(TrainProgram& program, TrainerOptions& trainer, const TrainingCommand& command) {
  trainer.device = program.compute.device;
  trainer.precision = program.compute.precision;
  trainer.threads = trainer.processes->threads(program.compute.threads);
  trainer.command = command;
  trainer.goes_on = cat(log_state().program, " -o ", shell_word(program.output));
  program.data.operands = command.data;
  program.data.seed = trainer.seed;
  program.data.threads = trainer.threads;
}

int distill_stage(cli::App& app, TrainProgram& program, const TrainingCommand& command) {
  require_one_process(*program.flags.trainer.processes, "--distill");
  const char* const why = "a student has its teacher's stage, network and low-resolution images";
  app.options.refuse_given(groups::kStage, why, {"description", "data-name", "attribution"});
  app.options.refuse_given(groups::kNetwork, why);
  app.options.refuse_given(groups::kValidation,
                           "a student learns from its teacher: fid(1) and sr-metrics(1) measure it");
  app.options.refuse_given(groups::kLowResolution, why);
  for (const char* name : {"preset", "init-from", "warmup"})
    if (app.options.find(name)->given) throw UsageError(cat("--", name, " is not for --distill"));
  const StageManifest teacher = read_manifest(program.distillation.teacher);
  TrainerOptions defaults = distillation_defaults(teacher);
  if (app.options.find("decay")->given) defaults.decay = program.flags.trainer.decay;
  TrainerOptions trainer = program.flags.RunFlags::resolved(defaults);
  complete(program, trainer, command);
  if (program.data.preprocess == "preset") program.data.preprocess = DataOptions{}.preprocess;
  program.distillation.description = program.flags.description;
  program.distillation.data_name = program.flags.data_name;
  program.distillation.attribution = program.flags.attribution;
  return distill(program.distillation, trainer, program.data, program.output, app.progress);
}

// The stage and how it is trained, as the command line and the files say.
struct Training {
  StageManifest stage;
  TrainerOptions options;
};

Training new_or_resumed(TrainProgram& program, const TrainingCommand& command) {
  RunFlags& run = program.flags;
  ProcessGroup& group = *run.trainer.processes;
  std::optional<StageManifest> given;
  // Of a training that goes on it has no effect, and may be gone.
  const bool goes_on = !run.trainer.restart && !program.output.empty() && state_manifest(stage_paths(program.output));
  if (group.first()) run.trainer.init_from = goes_on ? "" : find_manifest(run.trainer.init_from);
  if (!command.given.contains("preset")) given = manifest_of_first(group, [&] { return given_stage(program); });
  // A training that goes on has its recipe in its state; the file may have changed since.
  if (given && command.taken.contains("recipe")) program.flags.recipe.reset();
  program.flags.paired = !program.data.low_res.empty();
  const TrainerOptions trainer = program.flags.resolved();
  return {program.flags.stage(program.data.crop, given), trainer};
}

// As one of the processes that train together, or alone.
int train(cli::App& app, TrainProgram& program) {
  ProcessGroup& group = *program.flags.trainer.processes;
  require_same_options(group, app.options, options_of_a_process());
  const TrainingCommand command = completed(app, program);
  if (command.data.empty()) throw UsageError("no images to train on: name folders, archives or files");
  program.distillation.teacher = find_manifest(program.distillation.teacher);
  if (!program.distillation.teacher.empty()) return distill_stage(app, program, command);
  app.options.refuse_given(groups::kDistillation, "it is for --distill", {"distill"});
  Training training = new_or_resumed(program, command);
  complete(program, training.options, command);
  if (program.data.preprocess == "preset") program.data.preprocess = program.flags.preprocess();
  return Trainer(training.stage, training.options, program.data, program.output).run(app.progress);
}

// What train() would need.
int show_plan(cli::App& app, TrainProgram& program) {
  if (!program.distillation.teacher.empty()) throw UsageError("--plan is not for --distill");
  const Launch launch = planned_launch(process_environment());
  if (launch.rank > 0) return kDone;
  const TrainingCommand command = program.output.empty() ? command_of(app.options, {}) : completed(app, program);
  Training training = new_or_resumed(program, command);
  complete(program, training.options, command);
  print_table(plan_text(plan_training(training.stage, training.options, launch.size)));
  return kDone;
}

int run_program(cli::App& app) {
  TrainProgram program;
  program.declare(app.options);
  app.before_help = [&] {
    explain_defaults(program.flags.preset.value_or(kDefaultPreset), kDefaultPreset, app.options);
  };
  app.parse();
  if (program.flags.preset == "list" || !program.show_preset.empty()) {
    const std::string text = program.show_preset.empty() ? preset_list() : preset_table(program.show_preset);
    std::fputs(text.c_str(), stdout);
    return kDone;
  }
  if (program.flags.recipe == "list") {
    std::fputs(recipe_list().c_str(), stdout);
    return kDone;
  }
  if (program.compute.precision == "fp16")
    throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  if (program.plan) return show_plan(app, program);
  if (program.output.empty()) throw UsageError("-o STAGE.json is missing: where the stage goes");
  const auto group = program.flags.trainer.processes = join_processes(process_environment(), program.flags.parallel);
  return group->together([&] { return train(app, program); });
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr3-train", "train a super-resolution stage, or the regression baseline",
                  "[--preset NAME | --distill STAGE] [DATA...] -o STAGE.json", argc, argv, run_program);
}
