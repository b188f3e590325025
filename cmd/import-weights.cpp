// import-weights: published checkpoints of other projects as stages.
// The formats are adm, sr3 and diffusers (lib/import/adm.h, sr3.h, diffusers.h). --describe shows what is in a file
// (lib/import/describe.h), --verify compares a stage with its original (lib/import/probe.h). See import-weights(1).
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/table.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "format/json.h"
#include "import/describe.h"
#include "import/import_stage.h"
#include "import/probe.h"
#include "info/description.h"
#include "stage/find_manifest.h"
#include "stage/stage_files.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct ImportProgram {
  ImportOptions import;
  std::string verify, device = "auto";
  int64_t threads = 0;
  double tolerance = 1e-4;
  bool describe = false, json = false;

  void declare(Options& options) {
    import.declare(options);
    options.group(groups::kInspection);
    options.add("describe", 0, &describe, "show what is in files of weights");
    options.add("verify", 0, &verify, "PROBE", "compare a stage's output with its original's for the same input");
    options.add("tolerance", 0, &tolerance, "E", at_least(0), "verify: the largest relative error that passes");
    options.add("json", 0, &json, "verify and describe: lines of JSON");
    options.group(groups::kComputation);
    cli::declare_device(options, &device);
    cli::declare_threads(options, &threads);
  }
};

int run_describe(const ImportProgram& program, const std::vector<std::string>& files) {
  if (files.empty()) throw UsageError("--describe needs a file of weights");
  for (size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && !program.json) std::printf("\n");
    print_table(description_text(describe_checkpoint(files[i]), program.json));
  }
  return kDone;
}

int run_verify(const ImportProgram& program, const std::vector<std::string>& stages) {
  if (stages.size() != 1) throw UsageError("--verify PROBE takes one stage: STAGE.json");
  const std::string stage = find_manifest(stages[0]);
  const ProbeResult result = run_probe(program.verify, stage, open_device(program.device));
  const nlohmann::ordered_json line = {
      {"images", result.images}, {"largest", result.largest}, {"relative", result.relative}};
  char table[120];
  std::snprintf(table, sizeof table, "images\tlargest\trelative\n%lld\t%.6g\t%.6g\n",
                static_cast<long long>(result.images), result.largest, result.relative);
  print_table(program.json ? line.dump() + "\n" : table);
  if (result.relative <= program.tolerance) return kDone;
  throw Error(cat("'", stages[0], "' did not make '", program.verify, "': the relative error is ", result.relative,
                  ", more than ", program.tolerance));
}

int run_import(cli::App& app, ImportProgram& program, const std::string& format, const std::string& operand) {
  if (program.import.output.empty()) throw UsageError("no stage to write: -o STAGE.json");
  check_stage_writable(stage_paths(program.import.output));
  const CheckpointFile file(format == "diffusers" ? weights_of_folder(operand) : operand);
  ImportPlan plan = plan_import(format, file, program.import);
  const auto total = static_cast<int64_t>(plan.layout.tensors.size());
  Meter meter(app.progress, "tensors", total);
  write_stage(plan, program.import, [&](int64_t done) { meter.update(done); });
  meter.finish();
  const StageManifest& stage = plan.stage;
  info(cat("'", program.import.output, "': ", stage.kind, ", ",
           stage.image.low_res ? cat(stage.image.low_res, " to ", stage.image.high_res) : cat(stage.image.high_res),
           " pixels, ", plan.network.parameters(), " parameters in ", plan.network.tensors().size(), " tensors"));
  return kDone;
}

// For --help: what a format does not take is refused where the checkpoint is read (lib/import/import_stage.h).
const std::vector<cli::Verb> kFormats = {
    {"adm",
     "CHECKPOINT [--flags FLAGS] -o STAGE.json",
     "of guided-diffusion or improved-diffusion",
     {groups::kStage, groups::kComputation},
     {"flags", "class-names"}},
    {"sr3",
     "CHECKPOINT [--config FILE] -o STAGE.json",
     "of Janspiry's SR3",
     {groups::kStage, groups::kComputation},
     {"config", "class-names", "low-res"}},
    {"diffusers",
     "FOLDER -o STAGE.json",
     "a UNet2DModel of diffusers, with its config.json",
     {groups::kStage, groups::kComputation},
     {"class-names", "low-res", "high-res"}},
};

int run_program(cli::App& app) {
  ImportProgram program;
  program.declare(app.options);
  app.verbs = kFormats;
  app.parse();
  const std::vector<std::string>& operands = app.operands();
  if (program.describe && !program.verify.empty()) throw UsageError("--describe and --verify exclude each other");
  use_threads(program.threads);
  if ((program.describe || !program.verify.empty()) && !program.import.output.empty())
    throw UsageError("-o is for an import, and --describe and --verify import nothing");
  if (program.describe) return run_describe(program, operands);
  if (!program.verify.empty()) return run_verify(program, operands);
  const std::string format = operands.empty() ? "" : operands[0];
  if (format != "adm" && format != "sr3" && format != "diffusers")
    throw UsageError(cat(format.empty() ? "the format comes first" : "unknown format '" + format + "'",
                         ": adm, sr3 or diffusers (--describe FILE shows which)"));
  if (operands.size() != 2)
    throw UsageError(cat(format, " takes one ", format == "diffusers" ? "folder" : "checkpoint"));
  return run_import(app, program, format, operands[1]);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("import-weights", "published checkpoints of other projects as stages",
                  "adm|sr3|diffusers CHECKPOINT -o STAGE.json", argc, argv, run_program);
}
