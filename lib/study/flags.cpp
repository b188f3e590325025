#include "study/flags.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/options.h"

namespace sr3 {

namespace {

// Whole groups, and single options of others.
struct Takes {
  std::vector<std::string> groups, options;
};

const std::map<std::string, Takes> kTakes = {
    {"plan", {{"Studies", "Rules of a plan", "Input"}, {}}},
    {"serve", {{"Showing"}, {"threads"}}},
    {"page", {{}, {"output", "list", "threads"}}},
    {"rate", {{"Machine raters"}, {"output", "seed", "threads"}}},
    {"score", {{"Scoring"}, {"seed", "margin", "keep-going", "threads"}}},
    {"power", {{"Power"}, {"trials", "margin", "json", "threads"}}},
};

}  // namespace

void StudyFlags::declare(Options& options) {
  options.group("Studies");
  options.add("output", 'o', &output, "STUDY", "where plan, page and rate write");
  options.add("low-res", 0, &inputs.low_res, "INPUT", "low-resolution images, shown between the two: task 1");
  options.choice("task", 0, &task, {"auto", "1", "2"}, "the question; auto: 1 with --low-res, else 2");
  options.add("name", 0, &inputs.names, "NAME", "name of a model, one for each; else its path's");
  options.add("raters", 0, &design.raters, "N", "raters, each with a list of trials");
  options.add("trials", 0, &design.trials, "N", "main trials of a rater, over all models");
  design.declare(options);
  options.add("no-history", 0, &no_history, "leave this run and its time out of study.json");
  options.group("Rules of a plan");
  design.rules.declare(options);
  options.group("Showing");
  options.add("host", 0, &server.host, "ADDRESS", "where serve listens");
  options.add("port", 0, &server.port, "N", "the port; 0: any free one");
  options.add("site", 0, &server.sites, "NAME", "another name by which raters reach the server");
  options.add("list", 0, &list, "N", "which rater's list is on the page");
  options.group("Scoring");
  options.add("csv", 0, &csv, "tables with columns rater,image,model,task,fooled instead of studies");
  options.add("per-image", 0, &score.per_image, "how often each image fooled, instead");
  options.add("replicates", 0, &score.replicates, "N", "of the bootstrap");
  options.add("plot", 0, &plot, "FILE", "also draw the rates: FILE.svg");
  options.add("json", 0, &json, "JSON lines instead of tables");
  options.group("Machine raters");
  machine.declare(options);
  options.group("Power");
  options.choice("goal", 0, &power.goal, {"interval", "equivalence", "difference"}, "what the margin is of");
  options.add("power", 0, &power.power, "X", "chance that the test succeeds");
  options.add("rate", 0, &power.rate, "X", "confusion rate that is expected");
  options.add("icc-rater", 0, &power.icc.rater, "X", "correlation of one rater's judgements");
  options.add("icc-image", 0, &power.icc.image, "X", "correlation of judgements on one image");
  options.group("Input");
  inputs.reader.declare(options);
}

void StudyFlags::refuse_others(const Options& options, const std::string& verb) const {
  const auto found = kTakes.find(verb);
  if (found == kTakes.end()) return;
  const auto& [groups, single] = found->second;
  for (const char* group : {"Studies", "Rules of a plan", "Showing", "Scoring", "Machine raters", "Power", "Input"})
    if (std::find(groups.begin(), groups.end(), group) == groups.end())
      options.refuse_given(group, cat("it is not of ", verb, ", which would ignore it"), single);
}

}  // namespace sr3
