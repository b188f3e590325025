// confusion-eval: how often people take a model's image for the real one.
// `plan` makes a study of pairs of images (lib/study/study.h), `serve` shows it to raters in their browsers
// (lib/study/server.h), `page` is the same as one file, `rate` lets programs answer (lib/study/machine.h), `score`
// evaluates the answers (lib/study/score.h), `power` computes how large a study must be (lib/study/power.h).
// See confusion-eval(1).
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/table.h"
#include "cli/run.h"
#include "study/chart.h"
#include "study/flags.h"
#include "study/page.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

using Operands = std::vector<std::string>;

std::string only(const Operands& operands, const char* verb) {
  if (operands.size() != 1) throw UsageError(cat(verb, " takes one study's folder"));
  return operands[0];
}

int run_plan(const StudyFlags& flags, const Operands& operands) {
  const PlanInputs inputs = flags.plan_inputs(operands);
  if (flags.output.empty()) throw UsageError("plan needs a folder to write: -o STUDY");
  int status = kDone;
  const StudyDesign made = make_study(inputs, flags.plan_design(), flags.output, &status);
  info(cat("study ", made.id, ": ", made.raters, " raters, ", made.trial_count(), " trials each, ", made.images.size(),
           " images, ", made.models.size(), made.models.size() == 1 ? " model" : " models"));
  return status;
}

int run_serve(const StudyFlags& flags, const Operands& operands) {
  const Study study(only(operands, "serve"));
  serve(study, flags.serve_options(), [](const std::string& address) {
    std::printf("%s\n", address.c_str());
    std::fflush(stdout);
  });
  return kDone;
}

int run_page(const StudyFlags& flags, const Operands& operands) {
  if (flags.output.empty() || flags.output == "-") throw UsageError("page needs a file to write: -o study.html");
  write_page(Study(only(operands, "page")), flags.list, flags.output);
  return kDone;
}

int run_rate(const StudyFlags& flags, const Operands& operands, const ProgressOptions& progress) {
  const Study study(only(operands, "rate"));
  std::optional<Meter> meter;  // a detector's steps
  const bool done = rate(study, flags.rate_options(), flags.output, [&](int64_t step, int64_t total) {
    if (!meter) meter.emplace(progress, "steps", total);
    meter->update(step);
  });
  if (meter) meter->finish();
  return done ? kDone : 128 + StopSignals::received();
}

int run_score(const StudyFlags& flags, const Operands& operands) {
  const StudyScoreOptions options = flags.score_options();
  check_stdout();
  if (!flags.plot.empty()) check_writable(flags.plot);
  const auto gather = flags.csv ? gather_csv : gather_answers;
  const std::vector<AnswerSet> sets = gather(operands, flags.inputs.reader.keep_going);
  const std::vector<ScoreTable> tables = score_tables(sets, options);
  if (tables.empty()) throw DataError("nothing to score: there are no answers yet");
  print_table(score_text(tables, flags.json));
  if (!flags.plot.empty()) write_file(flags.plot, chart_svg(tables));
  return skipped_damage(sets) ? kSkipped : kDone;
}

int run_power(const cli::App& app, const StudyFlags& flags, const Operands& operands) {
  if (!operands.empty()) throw UsageError(cat("'", operands[0], "' is unexpected: power reads no study"));
  const PowerOptions options = flags.power_options();
  for (const char* goal : {"goal", "margin", "power"})
    if (flags.power_images && app.options.find(goal)->given)
      throw UsageError(cat("--", goal, ": with --images the answer is the half-width, whatever the goal"));
  print_table(flags.power_images ? affordable_table(options, *flags.power_images, flags.design.trials, flags.json)
                                 : power_table(options, flags.design.trials, flags.json));
  return kDone;
}

int run_program(cli::App& app) {
  StudyFlags flags;
  flags.declare(app.options);
  app.verbs = study_verbs();
  app.parse();
  use_threads(flags.inputs.reader.threads);
  const std::string& verb = app.take_verb().name;
  const Operands& operands = app.operands();
  if (verb == "plan" && !flags.inputs.low_res) app.options.refuse_options({"low-res-zoom"}, "it is for --low-res");
  if (verb == "rate" && flags.machine.rater != "synthetic")
    app.options.refuse_options({"true-rate", "rater-share", "image-share", "side-bias", "lapse"},
                               "it is for --rater synthetic");
  if (verb == "rate" && flags.machine.rater != "detector")
    app.options.refuse_options({"steps", "crop"}, "it is for --rater detector");
  if (verb == "power" && flags.power.goal == "interval")
    app.options.refuse_options({"power"},
                               "an interval has no test that could succeed: --goal equivalence or difference");
  if (verb == "plan") return run_plan(flags, operands);
  if (verb == "serve") return run_serve(flags, operands);
  if (verb == "page") return run_page(flags, operands);
  if (verb == "rate") return run_rate(flags, operands, app.progress);
  if (verb == "score") return run_score(flags, operands);
  return run_power(app, flags, operands);
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("confusion-eval", "how often people take a model's image for the real one",
                  "plan|serve|page|rate|score|power [-o STUDY] [operands]", argc, argv, run_program);
}
