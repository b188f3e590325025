// What confusion-eval is told, for all that it does; see confusion-eval(1).
#pragma once

#include <string>

#include "study/machine.h"
#include "study/power_table.h"
#include "study/score.h"
#include "study/server.h"
#include "study/study.h"

namespace sr3 {

struct StudyFlags {
  StudyDesign design;
  PlanInputs inputs;
  ServeOptions server;
  StudyScoreOptions score;
  MachineOptions machine;
  PowerOptions power;
  std::string task = "auto", output, plot;
  int64_t list = 1;
  bool no_history = false, csv = false, json = false;

  void declare(Options& options);
  // UsageError for an option that was given and that `verb` (plan, serve, page, rate, score, power) would ignore.
  void refuse_others(const Options& options, const std::string& verb) const;
};

}  // namespace sr3
