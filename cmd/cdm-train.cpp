// cdm-train: trains the stages of a cascade (CDM), or writes the manifests of a new one.
// Options, files and the order of the stages are handled here, the training of one in lib/train/trainer.h.
// See cdm-train(1).
#include <chrono>

#include "base/error.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "stage/stage_files.h"
#include "train/cascade_options.h"
#include "train/trainer.h"

using namespace sr3;

namespace {

struct CdmTrainProgram {
  NewCascadeFlags fresh;
  RunFlags run;
  std::optional<int64_t> stage;
  int64_t cache_mb = DataOptions{}.cache_mb;
  bool keep_going = false;
  cli::ComputeOptions compute;
  std::string output;

  void declare(Options& options) {
    options.group(groups::kTraining);
    options.add("stage", 0, &stage, "N", at_least(1), "train only this stage; the first is 1");
    run.declare_run(options);
    options.add("keep-going", 0, &keep_going, "replace damaged images by others, and exit with status 3");
    options.add("cache", 0, &cache_mb, "MB", at_least(0), "decoded images kept in memory");
    fresh.declare(options);
    options.add("output", 'o', &output, "CASCADE.json", "the new cascade; its stages go beside it");
    run.declare_output(options);
    compute.declare(options, /*training=*/true);
    cli::declare_seed(options, &run.trainer.seed);
  }

  int train(const std::vector<std::string>& operands, const ProgressOptions& progress);
};

int CdmTrainProgram::train(const std::vector<std::string>& operands, const ProgressOptions& progress) {
  const std::string& path = operands[0];
  const CascadeManifest cascade = read_cascade(path);
  const auto count = static_cast<int64_t>(cascade.stages.size());
  if (stage && *stage > count) throw UsageError(cat("--stage ", *stage, ": '", path, "' has stages 1 to ", count));
  const std::vector<StageManifest> stages = read_stages(path, cascade);
  DataOptions data = data_of(cascade, {operands.begin() + 1, operands.end()});
  data.cache_mb = cache_mb;
  data.keep_going = keep_going;
  data.seed = run.trainer.seed;
  data.threads = compute.threads;
  // No stage is trained on the pictures of another one.
  for (size_t i = 0; i < stages.size(); ++i) {
    const StagePaths paths = stage_paths(stage_path(path, cascade, i));
    data.leave_out.insert(data.leave_out.end(), {paths.preview, paths.loss});
  }
  int skipped = kDone;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = stage ? static_cast<size_t>(*stage) - 1 : 0;
       i < (stage ? static_cast<size_t>(*stage) : stages.size()); ++i) {
    TrainerOptions trainer = run.resolved(trainer_of(cascade.stages[i]));
    trainer.device = compute.device;
    trainer.precision = compute.precision;
    trainer.threads = compute.threads;
    const std::string which = cat("stage ", i + 1, " of ", count, ", '", stage_path(path, cascade, i), "'");
    if (!stages[i].weights_file.empty() && stages[i].training.steps >= trainer.steps && !trainer.restart) {
      info(cat(which, ": already trained for ", stages[i].training.steps, " steps"));
      continue;
    }
    if (trainer.time_limit) {  // of this run, whatever it trains
      *trainer.time_limit -= std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (i > 0 && !stage && *trainer.time_limit <= 0) break;
    }
    info(which);
    const int status = Trainer(stages[i], trainer, data, stage_path(path, cascade, i)).run(progress);
    if (status != kDone && status != kSkipped) return status;
    if (status == kSkipped) skipped = status;
  }
  return skipped;
}

int run_program(cli::App& app) {
  CdmTrainProgram program;
  program.declare(app.options);
  app.parse();
  const auto& operands = app.operands();
  if (program.compute.precision == "fp16")
    throw UsageError("--precision fp16 cannot train: its gradients vanish; bf16 can");
  if (program.fresh.sizes) {
    for (const OptionGroup& group : {groups::kTraining, groups::kRunning, groups::kComputation})
      app.options.refuse_given(group, "it applies to a training, and --new only writes manifests (edit them)",
                               {"keep-going", "no-history", "threads"});
    if (program.output.empty()) throw UsageError("-o CASCADE.json is missing: where the manifest goes");
    program.fresh.keep_going = program.keep_going;
    program.fresh.write(operands, program.output, !program.run.trainer.no_history);
    return kDone;
  }
  if (!program.output.empty()) throw UsageError("-o is for --new: a cascade is trained where its manifest is");
  app.options.refuse_given(groups::kNewCascade, "it is for --new: what it sets is in the manifests now");
  if (operands.empty()) throw UsageError("no cascade to train: CASCADE.json, or --new SIZES to write one");
  if (operands.size() == 1) throw UsageError("no images to train on: name folders, archives or files");
  return program.train(operands, app.progress);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cdm-train", "train the stages of a cascade, or begin a new one",
                  "CASCADE.json DATA... [--stage N] | --new SIZES DATA... -o CASCADE.json", argc, argv, run_program);
}
