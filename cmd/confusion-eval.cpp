// confusion-eval: how often people take a model's image for the real one.
// `plan` makes a study of pairs of images (lib/study/study.h), `serve` shows it to raters in their browsers
// (lib/study/server.h), `page` is the same as one file, `rate` lets programs answer (lib/study/machine.h), `score` says
// what came out (lib/study/score.h), `power` how large a study must be (lib/study/power.h).  See confusion-eval(1).
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "study/chart.h"
#include "study/flags.h"
#include "study/page.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

using Operands = std::vector<std::string>;

struct ConfusionProgram : StudyFlags {
  uint64_t seed = 0;

  void declare(Options& options) {
    options.group("Studies");
    cli::declare_seed(options, &seed);
    StudyFlags::declare(options);
  }
};

std::string only(const Operands& operands, const char* verb) {
  if (operands.size() != 1) throw UsageError(cat(verb, " takes one study's folder"));
  return operands[0];
}

int run_plan(ConfusionProgram& p, const Operands& operands) {
  if (operands.size() < 2) throw UsageError("plan takes the real images, and then one model's images or more");
  if (p.output.empty()) throw UsageError("plan needs a folder to write: -o STUDY");
  p.inputs.real = operands[0];
  p.inputs.models.assign(operands.begin() + 1, operands.end());
  p.inputs.history = !p.no_history;
  if (p.task == "1" && !p.inputs.low_res)
    throw UsageError("task 1 shows low-resolution images: name them with --low-res");
  if (p.task == "2" && p.inputs.low_res) throw UsageError("task 2 shows no low-resolution images: leave --low-res out");
  p.design.task = p.inputs.low_res ? 1 : 2;
  p.design.seed = p.seed;
  int status = kDone;
  const StudyDesign made = make_study(p.inputs, p.design, p.output, &status);
  info(cat("study ", made.id, ": ", made.raters, " raters, ", made.trials_in_all(), " trials each, ",
           made.images.size(), " images, ", made.models.size(), made.models.size() == 1 ? " model" : " models"));
  return status;
}

int run_serve(ConfusionProgram& p, const Operands& operands) {
  const Study study(only(operands, "serve"));
  serve(study, p.server, [](const std::string& address) {
    std::printf("%s\n", address.c_str());
    std::fflush(stdout);
  });
  return kDone;
}

int run_page(ConfusionProgram& p, const Operands& operands) {
  if (p.output.empty() || p.output == "-") throw UsageError("page needs a file to write: -o study.html");
  write_page(Study(only(operands, "page")), p.list, p.output);
  return kDone;
}

int run_rate(cli::App& app, ConfusionProgram& p, const Operands& operands) {
  const Study study(only(operands, "rate"));
  p.machine.seed = p.seed;
  std::optional<Meter> meter;  // a detector's steps
  const bool done = rate(study, p.machine, p.output, [&](int64_t step, int64_t total) {
    if (!meter) meter.emplace(app.progress, "steps", total);
    meter->update(step);
  });
  if (meter) meter->finish();
  return done ? kDone : 128 + StopSignals::received();
}

int run_score(ConfusionProgram& p, const Operands& operands) {
  if (p.score.replicates < 100) throw UsageError("option '--replicates': 100 or more");
  if (!p.plot.empty() && (!p.plot.ends_with(".svg") || p.score.per_image))
    throw UsageError("option '--plot' takes FILE.svg, and draws no single images");
  p.score.seed = p.seed;
  const double margin = p.design.margin;
  if (!(margin > 0 && margin < 0.5)) throw UsageError("option '--margin': more than 0 and less than 0.5");
  if (!p.csv && margin != StudyDesign{}.margin)
    throw UsageError("option '--margin': a study's was fixed by its plan; score takes another only with --csv");
  if (p.csv) p.score.margin = margin;
  const bool keep_going = p.inputs.reader.keep_going;
  const std::vector<AnswerSet> sets = p.csv ? gather_csv(operands, keep_going) : gather_answers(operands, keep_going);
  const std::vector<ScoreTable> tables = score_tables(sets, p.score);
  if (tables.empty()) throw DataError("nothing to score: there are no answers yet");
  std::fputs(score_text(tables, p.json).c_str(), stdout);
  if (!p.plot.empty()) write_file(p.plot, chart_svg(tables));
  bool dropped = false;
  for (const AnswerSet& set : sets)
    for (const auto& [reason, n] : set.dropped) dropped |= reason == "damaged" || reason == "of another study";
  return dropped ? kSkipped : kDone;
}

int run_power(ConfusionProgram& p, const Operands& operands) {
  if (!operands.empty()) throw UsageError(cat("'", operands[0], "' is unexpected: power looks at no study"));
  p.power.margin = p.design.margin;
  std::fputs(power_table(p.power, p.design.trials, p.json).c_str(), stdout);
  return kDone;
}

int confusion_main(cli::App& app) {
  ConfusionProgram program;
  program.declare(app.options);
  app.parse();
  use_threads(program.inputs.reader.threads);
  Operands operands = app.operands();
  const std::string verb = operands.empty() ? "" : operands[0];
  if (!operands.empty()) operands.erase(operands.begin());
  program.refuse_others(app.options, verb);
  if (verb == "plan") return run_plan(program, operands);
  if (verb == "serve") return run_serve(program, operands);
  if (verb == "page") return run_page(program, operands);
  if (verb == "rate") return run_rate(app, program, operands);
  if (verb == "score") return run_score(program, operands);
  if (verb == "power") return run_power(program, operands);
  throw UsageError(cat(verb.empty() ? "missing command" : "'" + verb + "' is not what confusion-eval does",
                       ": plan, serve, page, rate, score or power"));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("confusion-eval", "how often people take a model's image for the real one",
                  "plan|serve|page|rate|score|power [-o STUDY] [operands]", argc, argv, confusion_main);
}
