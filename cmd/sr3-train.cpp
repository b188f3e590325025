// sr3-train: trains a super-resolution stage (SR3), or the regression baseline.
// Options and files are handled here, the training itself in lib/train/trainer.h. See sr3-train(1).
#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "data/loader.h"
#include "train/trainer.h"
#include "train/trainer_options.h"

using namespace sr3;

namespace {

struct TrainProgram {
  TrainFlags flags;
  DataOptions data;
  cli::ComputeOptions compute;
  std::string output;

  void declare(Options& options) {
    flags.declare(options);
    options.group(groups::kData);
    data.preprocess = "preset";
    data.declare(options);
    compute.declare(options);
    cli::declare_seed(options, &flags.trainer.seed);
    options.add("output", 'o', &output, "STAGE.json", "the stage; its other files go beside it");
  }
};

int run_program(cli::App& app) {
  TrainProgram program;
  program.declare(app.options);
  app.parse();
  if (program.output.empty()) throw UsageError("-o STAGE.json is missing: where the stage goes");
  if (app.operands().empty()) throw UsageError("no images to train on: name folders, archives or files");
  if (program.compute.precision == "fp16")
    throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  TrainerOptions trainer = program.flags.resolved();
  trainer.device = program.compute.device;
  trainer.precision = program.compute.precision;
  trainer.threads = program.compute.threads;
  DataOptions& data = program.data;
  const StageManifest stage = program.flags.stage(data.crop);
  if (data.preprocess == "preset") data.preprocess = program.flags.preprocess();
  data.operands = app.operands();
  data.seed = trainer.seed;
  data.threads = trainer.threads;
  return Trainer(stage, trainer, data, program.output).run(app.progress);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sr3-train", "train a super-resolution stage, or the regression baseline",
                  "[--preset NAME] [--steps N] DATA... -o STAGE.json", argc, argv, run_program);
}
