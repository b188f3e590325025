// sr3-train: trains a super-resolution stage (SR3), or the regression baseline.
// Options and files are handled here, the training itself in lib/train/trainer.h. See sr3-train(1).
#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "data/loader.h"
#include "stage/find_manifest.h"
#include "train/distillation.h"
#include "train/trainer.h"
#include "train/trainer_options.h"

using namespace sr3;

namespace {

struct TrainProgram {
  TrainFlags flags;
  DistillationOptions distillation;
  DataOptions data;
  cli::ComputeOptions compute;
  std::string output;

  void declare(Options& options) {
    flags.declare(options);
    distillation.declare(options);
    options.group(groups::kData);
    data.preprocess = "preset";
    data.declare(options);
    compute.declare(options, /*training=*/true);
    cli::declare_seed(options, &flags.trainer.seed);
    options.add("output", 'o', &output, "STAGE.json", "the stage; its other files go beside it");
  }
};

// What every training is given beside its own options.
void complete(TrainProgram& program, TrainerOptions& trainer, const std::vector<std::string>& operands) {
  trainer.device = program.compute.device;
  trainer.precision = program.compute.precision;
  trainer.threads = program.compute.threads;
  program.data.operands = operands;
  program.data.seed = trainer.seed;
  program.data.threads = trainer.threads;
}

int distill_stage(cli::App& app, TrainProgram& program) {
  const char* const why = "a student has its teacher's stage, network and low-resolution images";
  app.options.refuse_given(groups::kStage, why, {"description", "data-name", "attribution"});
  app.options.refuse_given(groups::kNetwork, why);
  app.options.refuse_given(groups::kLowResolution, why);
  for (const char* name : {"preset", "init-from", "warmup"})
    if (app.options.find(name)->given) throw UsageError(cat("--", name, " is not for --distill"));
  const StageManifest teacher = read_manifest(program.distillation.teacher);
  TrainerOptions defaults = distillation_defaults(teacher);
  if (app.options.find("decay")->given) defaults.decay = program.flags.trainer.decay;
  TrainerOptions trainer = program.flags.RunFlags::resolved(defaults);
  complete(program, trainer, app.operands());
  if (program.data.preprocess == "preset") program.data.preprocess = DataOptions{}.preprocess;
  program.distillation.description = program.flags.description;
  program.distillation.data_name = program.flags.data_name;
  program.distillation.attribution = program.flags.attribution;
  return distill(program.distillation, trainer, program.data, program.output, app.progress);
}

int run_program(cli::App& app) {
  TrainProgram program;
  program.declare(app.options);
  app.parse();
  program.distillation.teacher = find_manifest(program.distillation.teacher);
  program.flags.trainer.init_from = find_manifest(program.flags.trainer.init_from);
  if (program.output.empty()) throw UsageError("-o STAGE.json is missing: where the stage goes");
  if (app.operands().empty()) throw UsageError("no images to train on: name folders, archives or files");
  if (program.compute.precision == "fp16")
    throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  if (!program.distillation.teacher.empty()) return distill_stage(app, program);
  app.options.refuse_given(groups::kDistillation, "it is for --distill", {"distill"});
  TrainerOptions trainer = program.flags.resolved();
  complete(program, trainer, app.operands());
  const StageManifest stage = program.flags.stage(program.data.crop);
  if (program.data.preprocess == "preset") program.data.preprocess = program.flags.preprocess();
  return Trainer(stage, trainer, program.data, program.output).run(app.progress);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr3-train", "train a super-resolution stage, or the regression baseline",
                  "[--preset NAME | --distill STAGE] DATA... -o STAGE.json", argc, argv, run_program);
}
