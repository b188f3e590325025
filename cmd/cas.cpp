// cas: classification accuracy score: trains a classifier on generated images, and tests it on real ones.
// The runs (a set of images, a seed) are independent; -o keeps each one's answers in a file, so that jobs share them
// (lib/cas/cas_job.h) and the last command prints the table of what is there (lib/cas/cas_report.h). See
// cas(1).
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"
#include "cas/cas_job.h"
#include "cas/cas_report.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

int cas(cli::App& app) {
  CasOptions options;
  cli::ComputeOptions compute;
  bool per_class = false, json = false;
  options.declare(app.options);
  cli::declare_seed(app.options, &options.seed);
  app.options.group("Results");
  app.options.add("output", 'o', &options.output, "DIR", "keep each run's answers here, and what resuming needs");
  app.options.add("per-class", 0, &per_class, "the shares of each class instead");
  app.options.add("json", 0, &json, "JSON lines instead of a table");
  compute.declare(app.options);
  app.parse();
  if (!app.operands().empty())
    throw UsageError(cat("'", app.operands()[0], "' is unexpected: images go to --train and --test"));
  if (compute.precision != "auto" && compute.precision != "fp32")
    throw UsageError("option '--precision': cas trains in fp32");
  options.threads = compute.threads;
  use_threads(compute.threads);
  const at::Device device = open_device(compute.device);

  CasJob job(options);
  const auto runs = job.runs(device, app.progress);
  if (!runs) return 128 + StopSignals::received();
  if (job.missing() > 0) {
    info(cat(job.missing(),
             " runs are other jobs'; when all are done, the same command without --shard prints the table"));
    return kDone;
  }
  const std::string report = cas_report(*runs, per_class, json);
  std::fwrite(report.data(), 1, report.size(), stdout);
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("cas", "classification accuracy score: train on generated images, test on real ones",
                  "--train GENERATED --test REAL [--real-train REAL_TRAIN] [--recipe NAME] [-o DIR]", argc, argv, cas);
}
