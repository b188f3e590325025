// cas: classification accuracy score: trains a classifier on generated images, and tests it on real ones; or lets one that was
// trained on real images recognise several sets (lib/cas/pretrained.h).
// The runs (a set of images, a seed) are independent; -o keeps the answers of each in a file, so that several jobs can
// share them (lib/cas/cas_job.h) and the last command prints the table of all (lib/cas/cas_report.h). See cas(1).
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/table.h"
#include "cas/cas_job.h"
#include "cas/cas_report.h"
#include "cas/pretrained.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct CasProgram {
  CasOptions cas;
  PretrainedOptions pretrained;
  cli::ComputeOptions compute;
  bool per_class = false, json = false;

  void declare(Options& options) {
    cas.declare(options);
    cli::declare_seed(options, &cas.seed);
    options.group(groups::kPretrained);
    pretrained.declare(options);
    options.group(groups::kResults);
    options.add("output", 'o', &cas.output, "DIR", "keep the answers of each run here, and the state to resume it");
    options.add("per-class", 0, &per_class, "the accuracy of each class instead");
    options.add("json", 0, &json, "JSON lines instead of a table");
    compute.declare(options, /*training=*/true);
  }
};

int run_pretrained(cli::App& app, CasProgram& program) {
  const std::string why = "--classifier FILE trains nothing: the sets of images are operands";
  app.options.refuse_given(groups::kTraining, why, {"size"});
  for (const char* name : {"train", "test", "real-train", "output"})
    if (app.options.find(name)->given) throw UsageError(cat("--", name, ": ", why));
  if (app.operands().empty())
    throw UsageError("a set of images is needed, or several: the first is what the others are compared with");
  check_stdout();
  program.pretrained.size = program.cas.size.value_or(program.pretrained.size);
  program.pretrained.cache_mb = program.cas.cache_mb;
  program.pretrained.threads = program.compute.threads;
  program.pretrained.unlike = program.cas.unlike;
  use_threads(program.compute.threads);
  const auto sets =
      classify_sets(app.operands(), program.pretrained, open_device(program.compute.device), app.progress);
  if (!sets) return 128 + StopSignals::received();
  print_table(pretrained_report(*sets, program.per_class, program.json));
  return kDone;
}

int run_program(cli::App& app) {
  CasProgram program;
  program.declare(app.options);
  app.parse();
  if (program.compute.precision != "auto" && program.compute.precision != "fp32")
    throw UsageError("option '--precision': cas computes in fp32");
  if (!program.pretrained.weights.empty()) return run_pretrained(app, program);
  if (!program.pretrained.class_names.empty()) throw UsageError("--class-names needs --classifier FILE");
  if (!app.operands().empty())
    throw UsageError(cat("'", app.operands()[0], "' is unexpected: images go to --train and --test"));
  check_stdout();
  program.cas.threads = program.compute.threads;
  use_threads(program.compute.threads);
  const at::Device device = open_device(program.compute.device);

  CasJob job(program.cas);
  const auto print = [&] {
    if (job.runs().empty()) return;
    if (job.unfinished() > 0) warn(cat("the table lacks ", job.unfinished(), job.unfinished() == 1 ? " run" : " runs"));
    print_table(cas_report(job.runs(), program.per_class, program.json));
  };
  try {
    if (!job.make_runs(device, app.progress)) {
      print();  // what is computed is not lost
      return 128 + StopSignals::received();
    }
  } catch (const Error&) {
    print();
    throw;
  }
  if (job.missing() > 0) {
    info(cat(job.missing(),
             " runs are left to other jobs; when all are done, the same command without --shard prints the table"));
    return kDone;
  }
  print();
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cas", "classification accuracy score: train on generated images, test on real ones",
                  "--train GENERATED --test REAL [-o DIR] | --classifier FILE SETS...", argc, argv, run_program);
}
