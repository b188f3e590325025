// The command line of confusion-eval; see confusion-eval(1). All verbs share one table of options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/verbs.h"
#include "study/machine.h"
#include "study/power_table.h"
#include "study/score.h"
#include "study/server.h"
#include "study/study.h"

namespace sr3 {

// plan, serve, page, rate, score and power, with the options that each takes.
const std::vector<cli::Verb>& study_verbs();

struct StudyFlags {
  StudyDesign design;
  PlanInputs inputs;
  ServeOptions server;
  StudyScoreOptions score;
  MachineOptions machine;
  PowerOptions power;
  std::string task = "auto", output, plot;
  uint64_t seed = 0;
  int64_t list = 1;
  std::optional<int64_t> power_images;
  bool no_history = false, csv = false, json = false;

  void declare(Options& options);

  // The options of plan, serve and so on, with what several verbs share filled in. UsageError when they contradict each
  // other. operands: the real images, then those of the models.
  PlanInputs plan_inputs(const std::vector<std::string>& operands) const;
  StudyDesign plan_design() const;
  MachineOptions rate_options() const;
  StudyScoreOptions score_options() const;
  ServeOptions serve_options() const;
  PowerOptions power_options() const;
};

}  // namespace sr3
