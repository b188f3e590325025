// cdm-train: trains the stages of a cascade (CDM), or students of them, or writes the manifests of a new cascade.
// Options are handled here, the order of the stages in lib/train/cascade_training.h, the training of one in lib/train/trainer.h.
// See cdm-train(1).
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/shell.h"
#include "base/table.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "stage/find_manifest.h"
#include "train/cascade_training.h"
#include "train/new_cascade.h"
#include "train/read_by_first.h"
#include "train/training_plan.h"

using namespace sr3;

namespace {

struct CdmTrainProgram {
  NewCascadeFlags fresh;
  CascadeRun run;
  CascadeDistillation distillation;
  cli::ComputeOptions compute;
  std::string output;
  bool plan = false;

  void declare(Options& options) {
    options.group(groups::kTraining);
    options.add("stage", 0, &run.stage, "N", at_least(1), "train only this stage; the first is 1");
    run.flags.declare_run(options);
    options.add("init-from", 0, &run.init_from, "CASCADE", "start from the weights of this cascade's stages");
    options.add("plan", 0, &plan, "print the memory and time that the trainings would need, and exit; needs no DATA");
    options.add("keep-going", 0, &run.data.keep_going, "replace damaged images by others, and exit with status 3");
    options.add("cache", 0, &run.data.cache_mb, "MB", at_least(0), "decoded images kept in memory");
    run.flags.trainer.validation.declare(options);
    distillation.declare(options);
    fresh.declare(options);
    options.group(groups::kRunning);
    options.add("output", 'o', &output, "CASCADE.json", "the new cascade; its stages go beside it");
    run.flags.declare_output(options);
    compute.declare(options, /*training=*/true);
    cli::declare_seed(options, &run.flags.trainer.seed);
  }
};

int write_new(cli::App& app, CdmTrainProgram& program) {
  require_one_process(*program.run.flags.trainer.processes, "--new");
  for (const OptionGroup& group : {groups::kTraining, groups::kValidation, groups::kRunning, groups::kComputation})
    app.options.refuse_given(group, "it applies to a training, and --new only writes manifests (edit them)",
                             {"output", "keep-going", "no-history", "threads"});
  if (program.output.empty()) throw UsageError("-o CASCADE.json is missing: where the manifest goes");
  program.fresh.keep_going = program.run.data.keep_going;
  program.fresh.write(app.operands(), program.output, !program.run.flags.trainer.no_history);
  return kDone;
}

// Completes the command line by that of the run that it resumes: of the last stage whose training has started.
TrainingCommand completed(cli::App& app, CdmTrainProgram& program, const std::vector<std::string>& data,
                          const std::string& cascade) {
  TrainingCommand command = command_of(app.options, data);
  const RunFlags& run = program.run.flags;
  if (run.resume && run.trainer.restart) throw UsageError("--resume and --restart exclude each other");
  const auto former = command_of_first(*run.trainer.processes, [&] {
    return run.trainer.restart ? std::nullopt : former_cascade_command(cascade, program.run.stage);
  });
  if (former)
    command.go_on(*former, app.options);
  else if (run.resume)
    throw UsageError(cat("--resume: '", cascade, "' has no training to resume"));
  if (command.data.empty()) throw UsageError("no images to train on: name folders, archives or files");
  return command;
}

int train(cli::App& app, CdmTrainProgram& program) {
  const std::string& teacher = program.distillation.teacher;
  std::vector<std::string> data = app.operands();
  std::string cascade;
  if (!teacher.empty()) {
    require_one_process(*program.run.flags.trainer.processes, "--distill");
    if (program.output.empty()) throw UsageError("-o CASCADE.json is missing: where the cascade of students goes");
    app.options.refuse_given(groups::kNewCascade, "it is for --new: students have what their teachers have");
    for (const char* name : {"warmup", "init-from"})
      if (app.options.find(name)->given) throw UsageError(cat("--", name, " is not for --distill"));
  } else {
    if (!program.output.empty())
      throw UsageError("-o is for --new and --distill: a cascade is trained where its manifest is");
    app.options.refuse_given(groups::kNewCascade, "it is for --new: what it sets is in the manifests now");
    if (data.empty()) throw UsageError("no cascade to train: CASCADE.json, or --new SIZES to write one");
    cascade = data.front();
    data.erase(data.begin());
  }
  TrainerOptions& trainer = program.run.flags.trainer;
  require_same_options(*trainer.processes, app.options, options_of_a_process());
  const TrainingCommand command = completed(app, program, data, teacher.empty() ? cascade : program.output);
  trainer.command = command;
  trainer.goes_on = cat(log_state().program, program.run.stage ? cat(" --stage ", *program.run.stage) : "");
  trainer.goes_on += teacher.empty() ? cat(" ", shell_word(cascade))
                                     : cat(" --distill ", shell_word(teacher), " -o ", shell_word(program.output));
  trainer.device = program.compute.device;
  trainer.precision = program.compute.precision;
  trainer.threads = trainer.processes->threads(program.compute.threads);
  program.run.data.operands = command.data;
  program.run.data.seed = trainer.seed;
  program.run.data.threads = trainer.threads;
  return teacher.empty() ? train_cascade(cascade, program.run, app.progress)
                         : distill_cascade(program.distillation, program.run, program.output, app.progress);
}

int show_plan(cli::App& app, CdmTrainProgram& program) {
  if (!program.distillation.teacher.empty()) throw UsageError("--plan is not for --distill");
  if (app.operands().empty()) throw UsageError("no cascade to plan: CASCADE.json");
  app.options.refuse_given(groups::kNewCascade, "it is for --new: what it sets is in the manifests now");
  const Launch launch = planned_launch(process_environment());
  if (launch.rank > 0) return kDone;
  TrainerOptions& trainer = program.run.flags.trainer;
  trainer.device = program.compute.device;
  trainer.precision = program.compute.precision;
  trainer.threads = program.compute.threads;
  trainer.command = command_of(app.options, {});
  print_table(plans_text(plan_cascade(app.operands().front(), program.run, launch.size)));
  return kDone;
}

int run_program(cli::App& app) {
  CdmTrainProgram program;
  program.declare(app.options);
  app.parse();
  if (program.fresh.spec.preset == "list" || !program.fresh.show_preset.empty()) {
    const std::string& preset = program.fresh.show_preset;
    std::fputs((preset.empty() ? cascade_preset_list() : cascade_preset_table(preset)).c_str(), stdout);
    return kDone;
  }
  if (program.compute.precision == "fp16")
    throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  program.distillation.teacher = find_manifest(program.distillation.teacher);
  if (program.distillation.teacher.empty())
    app.options.refuse_given(groups::kDistillation, "it is for --distill", {"distill"});
  else if (program.fresh.sizes)
    throw UsageError(
        "--new and --distill exclude each other: students have the sizes of the cascade that they learn from");
  if (program.plan) return show_plan(app, program);
  const auto group = program.run.flags.trainer.processes =
      join_processes(process_environment(), program.run.flags.parallel);
  return group->together([&] { return program.fresh.sizes ? write_new(app, program) : train(app, program); });
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cdm-train", "train the stages of a cascade, or begin a new one",
                  "CASCADE.json DATA... | --new SIZES|--distill C DATA... -o NEW", argc, argv, run_program);
}
