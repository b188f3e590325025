// fid: Frechet distance and its relatives of sets of images, in batch jobs.
// `stats` turns images into a file of statistics (lib/fid/collect.h), `merge` adds such files exactly
// (lib/fid/statistics.h), `compare` scores two sets (lib/fid/compare.h), each a file of statistics or images
// (lib/fid/sets.h). See fid(1).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "fid/array_images.h"
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
    options.group("Statistics");
    options.add("output", 'o', &output, "FILE", "where stats and merge write");
    options.add("keep-features", 0, &collect.keep_features, "keep the features of each image, not only their sums");
    options.add("groups", 0, &collect.groups, "N", "sums of N groups of images, for --ci without features");
    options.add("force", 0, &compare.force, "merge and compare what was made unlike each other");
    options.add("json", 0, &json, "a line of JSON instead of a table");
    cli::declare_seed(options, &compare.seed);
    options.group("Computing");
    options.add("device", 0, &device, "NAME", "auto, cpu, cuda or cuda:N");
    options.add("threads", 0, &collect.reader.threads, "N", "threads; 0: one for each core");
    collect.reader.declare(options);
  }
  Sets sets(const cli::App& app) const { return {network, compare, collect, device, app.progress}; }
};

// Fails before the work where the output cannot be made.
void check_output(const FidProgram& program, const char* verb) {
  if (program.output.empty() || program.output == "-")
    throw UsageError(cat(verb, " needs a file to write: -o FILE.npz"));
  // Operands are told from images by this ending.
  if (!program.output.ends_with(".npz"))
    throw UsageError(cat("'", program.output, "': statistics are a NumPy archive, whose name ends in .npz"));
  const OutputFile possible(program.output);
}

int run_stats(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  check_output(program, "stats");
  for (const std::string& operand : operands)
    if (std::error_code none; std::filesystem::equivalent(operand, program.output, none))
      throw UsageError(cat("-o: '", program.output, "' is read, too, and would be replaced; name another file"));
  const CompareOptions& wanted = program.compare;
  // What compare will need: for the interval, sums of groups do.
  program.collect.keep_features |=
      wanted.kid || wanted.kid_full || wanted.prc || wanted.infinity || (wanted.ci && program.collect.groups < 2);
  const Collected collected = program.sets(app).of_images(operands);
  if (collected.statistics.count() == 0) warn("no images: the statistics are empty");
  write_statistics(program.output, collected.statistics);
  return collected.status;
}

int run_merge(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  check_output(program, "merge");
  static const std::set<std::string> kUsed = {"output", "force", "threads", "progress", "quiet", "verbose"};
  for (const Option& option : app.options.all())
    if (option.given && !kUsed.contains(option.name))
      throw UsageError(cat("option '--", option.name, "' is not of merge: parts keep what stats was told to"));
  if (operands.empty()) throw UsageError("nothing to merge: name the parts");
  Merger merger(program.compare.force);
  for (const std::string& operand : operands) {
    if (ArrayImages::has_images(operand))
      throw DataError(
          cat("cannot merge '", operand, "': it holds images (arr_0); make statistics of them first, by fid stats"));
    merger.add(read_statistics(operand), operand);
  }
  write_statistics(program.output, merger.finish());
  return kDone;
}

int run_compare(cli::App& app, FidProgram& program, const std::vector<std::string>& operands) {
  if (operands.size() != 2) throw UsageError("compare takes two sets: the generated one and the reference");
  if (operands[0] == "-" && operands[1] == "-") throw UsageError("only one set can be standard input");
  if (!program.collect.reader.shard.empty())
    throw UsageError("--shard is of stats: parts are merged before they are compared");
  if (!program.output.empty()) throw UsageError("compare writes to standard output: -o is of stats and merge");
  program.collect.keep_features |= program.compare.needs_features();
  program.compare.in_order = program.network.profile == "adm";
  Sets sets = program.sets(app);
  const Collected first = sets.side(operands[0], true), second = sets.side(operands[1], false);
  const Statistics &a = first.statistics, &b = second.statistics;
  const auto report = program.json ? report_json : report_table;
  std::fputs(report(compare(a, b, program.compare), a.signature, b.signature).c_str(), stdout);
  return std::max(first.status, second.status);
}

int fid_main(cli::App& app) {
  FidProgram program;
  program.declare(app.options);
  app.parse();
  program.network.validate();
  program.compare.validate();
  if (program.collect.groups < 1) throw UsageError("--groups takes 1 or more");
  use_threads(program.collect.reader.threads);
  std::vector<std::string> operands = app.operands();
  const std::string verb = operands.empty() ? "" : operands[0];
  if (!operands.empty()) operands.erase(operands.begin());
  if (verb == "stats") return run_stats(app, program, operands);
  if (verb == "merge") return run_merge(app, program, operands);
  if (verb == "compare") return run_compare(app, program, operands);
  throw UsageError(
      cat(verb.empty() ? "missing command" : "'" + verb + "' is not what fid does", ": stats, merge or compare"));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("fid", "Frechet distance and its relatives of sets of images",
                  "stats|merge|compare [--features FILE] [-o FILE] [operands]", argc, argv, fid_main);
}
