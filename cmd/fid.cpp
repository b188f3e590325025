// fid: Frechet distance and its relatives of sets of images, in batch jobs.
// `stats` turns images into a file of statistics (lib/fid/collect.h), `merge` adds such files exactly
// (lib/fid/statistics.h), `compare` scores two sets, each of them images or a file of statistics (lib/fid/sets.h,
// lib/fid/compare.h). See fid(1).
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/table.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "fid/report.h"
#include "fid/sets.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct FidProgram {
  NetworkOptions network;
  CompareOptions compare;
  CollectOptions collect;
  std::string output, device = "auto";
  bool json = false;

  void declare(Options& options) {
    network.declare(options);
    compare.declare(options);
    options.group(groups::kStatistics);
    options.add("output", 'o', &output, "FILE", "where stats and merge write");
    options.add("keep-features", 0, &collect.keep_features, "keep the features of each image, not only their sums");
    options.add("groups", 0, &collect.groups, "N", at_least(1),
                "sums of N groups of images, for --ci without features");
    options.add("force", 0, &compare.force, "merge and compare statistics that were computed differently");
    options.add("json", 0, &json, "a line of JSON instead of a table");
    cli::declare_seed(options, &compare.seed);
    options.group(groups::kComputation);
    cli::declare_device(options, &device);
    cli::declare_threads(options, &collect.reader.threads);
    collect.reader.declare(options);
  }
  Sets sets(const cli::App& app) const { return {network, compare, collect, device, app.progress}; }
};

void refuse_operands(const std::string& output, const std::vector<std::string>& operands) {
  for (const std::string& operand : operands)
    if (std::error_code none; std::filesystem::equivalent(operand, output, none))
      throw UsageError(cat("-o: '", output, "' is read, too, and would be replaced; name another file"));
}

int run_stats(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  check_statistics_path(program.output);
  refuse_operands(program.output, operands);
  const CompareOptions& wanted = program.compare;
  // What compare will need; for the interval, sums of groups are enough.
  program.collect.keep_features |=
      wanted.kid || wanted.kid_full || wanted.prc || wanted.infinity || (wanted.ci && program.collect.groups < 2);
  const Collected collected = program.sets(app).of_images(operands);
  if (collected.statistics.count() == 0) warn("no images: the statistics are empty");
  write_statistics(program.output, collected.statistics);
  return collected.status;
}

int run_merge(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  check_statistics_path(program.output);
  if (operands.empty()) throw UsageError("nothing to merge: name the parts");
  refuse_operands(program.output, operands);
  write_statistics(program.output, merge_files(operands, program.compare.force));
  return kDone;
}

int run_compare(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  if (operands.size() < 2)
    throw UsageError(
        "compare takes two sets: the generated one and the reference; of several the last is the reference");
  if (std::count(operands.begin(), operands.end(), "-") > 1) throw UsageError("only one set can be standard input");
  const CompareOptions& wanted = program.compare;
  if (!wanted.kid) app.options.refuse_options({"subsets", "subset-size"}, "it is for --kid");
  if (!wanted.isc) app.options.refuse_options({"splits"}, "it is for --isc");
  if (!wanted.prc) app.options.refuse_options({"neighbours"}, "it is for --prc");
  check_stdout();
  program.collect.keep_features |= program.compare.needs_features();
  program.compare.in_order = program.network.profile == "adm";
  Sets sets = program.sets(app);
  std::vector<SetReport> reports;
  std::vector<std::string> failures;
  int status = kDone;
  const auto print = [&] {
    const bool several = operands.size() > 2;
    print_table(program.json ? report_json(reports, several) : report_table(reports, several));
    std::fflush(stdout);
    for (const std::string& why : failures) error(why);
  };
  const std::vector<std::string> generated(operands.begin(), operands.end() - 1);
  const StopSignals signals;
  try {
    sets.sides(generated, operands.back(),
               [&](const std::string& set, const Collected& first, const Collected& second) {
                 const Statistics &a = first.statistics, &b = second.statistics;
                 Comparison found = compare(a, b, program.compare);
                 for (const std::string& why : found.failures)
                   failures.push_back(generated.size() > 1 ? cat("'", set, "': ", why) : why);
                 reports.push_back({set, std::move(found.measures), a.signature, b.signature});
                 status = std::max({status, first.status, second.status});
               });
  } catch (const Error&) {
    if (!reports.empty()) print();  // what is computed is not lost
    throw;
  }
  print();
  return failures.empty() ? status : kFailed;
}

// What stats was given about scores decides what its file keeps; merged parts keep what they have.
const std::vector<cli::Verb> kVerbs = {
    {"stats",
     "[--features FILE] [--shard I/N] -o FILE.npz IMAGES...",
     "statistics of a set of images, or of a part of it",
     {groups::kFeatures, groups::kComputation, groups::kInput},
     {"output", "keep-features", "groups", "kid", "kid-full", "isc", "sfid", "prc", "infinity", "ci"}},
    {"merge",
     "[--force] -o FILE.npz PART.npz...",
     "the statistics of a set from those of its parts",
     {},
     {"output", "force", "threads"}},
    {"compare",
     "[--features FILE] [--kid] [--ci] GENERATED... REFERENCE",
     "the distance of each generated set to the reference, and other scores",
     {groups::kFeatures, groups::kScores, groups::kComputation},
     {"force", "json", "seed", "keep-going", "max-pixels"}},
};

int run_program(cli::App& app) {
  FidProgram program;
  program.declare(app.options);
  app.verbs = kVerbs;
  app.parse();
  use_threads(program.collect.reader.threads);
  const std::string& verb = app.take_verb().name;
  if (verb == "stats") return run_stats(app, program, app.operands());
  if (verb == "merge") return run_merge(app, program, app.operands());
  return run_compare(app, program, app.operands());
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("fid", "Frechet distance and its relatives of sets of images",
                  "stats|merge|compare [--features FILE] [-o FILE] [operands]", argc, argv, run_program);
}
