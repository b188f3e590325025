// sr3-train: trains a super-resolution stage (SR3), or the regression baseline.
// Knows options and files; what a step is stands in lib/train. See sr3-train(1).
#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "data/loader.h"
#include "train/trainer.h"
#include "train/trainer_options.h"

namespace sr3 {

static int train(cli::App& app) {
  TrainFlags flags;
  DataOptions data;
  cli::ComputeOptions compute;
  std::string output;
  flags.declare(app.options);
  app.options.group("Data");
  data.preprocess = "preset";
  data.declare(app.options);
  compute.declare(app.options);
  cli::declare_seed(app.options, &flags.trainer.seed);
  app.options.add("output", 'o', &output, "STAGE.json", "the stage; its other files go beside it");
  app.parse();

  if (output.empty()) throw UsageError("-o STAGE.json is missing: where the stage goes");
  if (app.operands().empty()) throw UsageError("no images to train on: name folders, archives or files");
  data.operands = app.operands();
  if (compute.precision == "fp16") throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  TrainerOptions trainer = flags.resolved();
  trainer.device = compute.device;
  trainer.precision = compute.precision;
  trainer.threads = compute.threads;
  data.check();
  const StageManifest stage = flags.stage(data.crop);
  if (data.preprocess == "preset") data.preprocess = flags.preprocess();
  data.seed = trainer.seed;
  data.threads = trainer.threads;

  return Trainer(stage, trainer, data, output).run(app.progress);
}

}  // namespace sr3

int main(int argc, char** argv) {
  return sr3::cli::run("sr3-train", "train a super-resolution stage, or the regression baseline",
                       "[--preset NAME] [--steps N] DATA... -o STAGE.json", argc, argv, sr3::train);
}
