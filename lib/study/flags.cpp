#include "study/flags.h"

#include "base/error.h"
#include "base/options.h"
#include "cli/shared.h"

namespace sr3 {

const std::vector<cli::Verb>& study_verbs() {
  static const std::vector<cli::Verb> kVerbs = {
      {"plan",
       "REAL MODEL... [--low-res INPUT] [--raters N] -o STUDY",
       "make a study of real images and those of models",
       {groups::kStudies, groups::kRules, groups::kInput},
       {}},
      {"serve",
       "STUDY [--host ADDRESS] [--port N]",
       "show a study to raters in their browsers",
       {},
       {"host", "port", "site", "threads"}},
      {"page",
       "STUDY [--list N] -o FILE.html",
       "a rater's part of a study as a single file",
       {},
       {"output", "list", "threads"}},
      {"rate",
       "STUDY --rater NAME [-o FILE]",
       "let a program answer in place of a rater",
       {groups::kMachineRaters},
       {"output", "seed", "threads"}},
      {"score",
       "[--csv] [--plot FILE.svg] STUDY|ANSWERS...",
       "evaluate the answers",
       {groups::kScoring},
       {"seed", "margin", "keep-going", "threads"}},
      {"power",
       "[--margin X] [--goal NAME] | --images N",
       "how large a study must be, or what one of a given size can show",
       {groups::kPower},
       {"trials", "margin", "json", "threads"}},
  };
  return kVerbs;
}

// A host's name has no scheme, port or path.
constexpr const char* kHostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

void StudyFlags::declare(Options& options) {
  options.group(groups::kStudies);
  cli::declare_seed(options, &seed);
  options.add("output", 'o', &output, "STUDY", "where plan, page and rate write");
  options.add("low-res", 0, &inputs.low_res, "INPUT", "low-resolution images, shown between the two: task 1");
  options.choice("task", 0, &task, {"auto", "1", "2"}, "the question; auto: 1 with --low-res, else 2");
  options.add("name", 0, &inputs.names, "NAME", "name of a model, one for each; default: its path's");
  design.declare(options);
  options.add("no-history", 0, &no_history, "do not record this run and its time in study.json");
  options.group(groups::kRules);
  design.rules.declare(options);
  options.group(groups::kShowing);
  options.add("host", 0, &server.host, "ADDRESS", "address on which serve listens");
  options.add("port", 0, &server.port, "N", within(0, 65535), "the port; 0: any free one");
  options.add("site", 0, &server.sites, "NAME", "another name by which raters reach the server");
  options.add("list", 0, &list, "N", at_least(1), "which rater's list is on the page");
  options.group(groups::kScoring);
  options.add("csv", 0, &csv, "tables with columns rater,image,model,task,fooled instead of studies");
  options.add("per-image", 0, &score.per_image, "how often each image fooled, instead");
  options.add("replicates", 0, &score.replicates, "N", at_least(100), "replicates of the bootstrap");
  options.add("plot", 0, &plot, "FILE", "also draw the rates: FILE.svg");
  options.add("json", 0, &json, "JSON lines instead of tables");
  options.group(groups::kMachineRaters);
  machine.declare(options);
  options.group(groups::kPower);
  options.add("images", 0, &power_images, "N", at_least(2), "how many images there are: answer with the half-width");
  options.choice("goal", 0, &power.goal, {"interval", "equivalence", "difference"}, "what the margin applies to");
  options.add("power", 0, &power.power, "X", between(0, 1), "probability that the test succeeds");
  options.add("rate", 0, &power.rate, "X", between(0, 1), "expected confusion rate");
  options.add("icc-rater", 0, &power.icc.rater, "X", from_to_below(0, 1), "correlation of one rater's judgements");
  options.add("icc-image", 0, &power.icc.image, "X", from_to_below(0, 1), "correlation of judgements on one image");
  inputs.reader.declare(options);
}

PlanInputs StudyFlags::plan_inputs(const std::vector<std::string>& operands) const {
  if (operands.size() < 2) throw UsageError("plan takes the real images, and then one model's images or more");
  if (task == "1" && !inputs.low_res) throw UsageError("task 1 shows low-resolution images: name them with --low-res");
  if (task == "2" && inputs.low_res) throw UsageError("task 2 shows no low-resolution images: leave --low-res out");
  PlanInputs plan = inputs;
  plan.real = operands[0];
  plan.models.assign(operands.begin() + 1, operands.end());
  plan.history = !no_history;
  return plan;
}

StudyDesign StudyFlags::plan_design() const {
  StudyDesign plan = design;
  plan.task = inputs.low_res ? 1 : 2;
  plan.seed = seed;
  return plan;
}

MachineOptions StudyFlags::rate_options() const {
  MachineOptions rating = machine;
  rating.seed = seed;
  return rating;
}

StudyScoreOptions StudyFlags::score_options() const {
  if (!plot.empty() && (!plot.ends_with(".svg") || score.per_image))
    throw UsageError("option '--plot' takes FILE.svg, and draws no single images");
  if (!csv && design.margin != StudyDesign{}.margin)
    throw UsageError("option '--margin': a study's was fixed by its plan; score takes another only with --csv");
  StudyScoreOptions scoring = score;
  scoring.seed = seed;
  if (csv) scoring.margin = design.margin;
  return scoring;
}

ServeOptions StudyFlags::serve_options() const {
  for (const std::string& site : server.sites)
    if (site.empty() || site.find_first_not_of(kHostLetters) != std::string::npos)
      throw UsageError(cat("option '--site': '", site, "' is not the name of a host alone, such as study.example.org"));
  return server;
}

PowerOptions StudyFlags::power_options() const {
  PowerOptions planning = power;
  planning.margin = design.margin;
  return planning;
}

}  // namespace sr3
