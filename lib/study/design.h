// The design of a study: what is compared, how it is shown, and the rules by which answers will be excluded, which are
// fixed before the first answer. On disk a study is a folder:
//   study.json     the design
//   trials.jsonl   every rater's trials in order, with the side of the real image: the key, which is never sent to a
//                  browser
//   images/        all images, written by the same PNG encoder without compression, so that images of equal size have
//                  files of equal length
//   images.sha256  the digests of these files, as sha256sum(1) writes them
//   answers/       a file for each session of a rater, which only grows (study/answers.h)
//   machine/       answers of machine raters (study/machine.h)
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace sr3 {

class JsonObject;
class Options;

// The rules by which answers, or all answers of a rater, are excluded. They never depend on the choices in main trials,
// which would bias the rate.
struct StudyRules {
  int64_t max_catch_misses = 1;     // a rater who misses more catch trials is excluded
  int64_t min_response_ms = 200;    // faster answers are excluded: they cannot be based on what was seen
  int64_t max_focus_losses = 0;     // answers are excluded if the page lost the focus more often during the trial
  int64_t exposure_tolerance = 50;  // answers are excluded if the exposure was off by more than this, in ms
  void declare(Options& options);
};

struct StudyDesign {
  std::string id;    // 16 hexadecimal digits of the SHA-256 of the design, the trials and the images' digests
  int64_t task = 2;  // 1: which is the better version of the low-resolution image; 2: which is from a camera
  std::vector<std::string> models;   // names, in the order of the command line
  std::vector<std::string> images;   // keys; the files of image i are images/<i, six digits>-*.png
  int64_t raters = 50, trials = 50;  // trials: the main trials of each rater
  int64_t practice = 4, catches = -1, controls = 2, repeats = 2;  // further trials of each rater; -1: trials / 10
  int64_t exposure_ms = 3000;
  int64_t zoom = 1;                      // pixels are shown as zoom x zoom squares if the window has room
  std::string low_res_zoom = "bicubic";  // task 1: how the low-resolution image was enlarged
  double margin = 0.05;                  // of the equivalence test
  uint64_t seed = 0;
  StudyRules rules;

  // Declares the options of all members except id, task, models, images, seed and rules.
  void declare(Options& options);
  // UsageError when there are more repeats than trials, or more trials than a study can have.
  void validate() const;
  int64_t trial_count() const { return practice + trials + catches + controls + repeats; }
  const char* question() const;
};

nlohmann::ordered_json design_json(const StudyDesign& design);
// The inverse. DataError, naming the file and the key, if the design is invalid.
StudyDesign parse_design(const JsonObject& json);

enum class TrialKind {
  kPractice,  // not counted
  kMain,
  kCatch,    // real image against an obviously bad version of it: reveals raters who do not look
  kControl,  // real image against itself: its rate should be 50%
  kRepeat,   // a main trial again with the sides exchanged: shows how often raters agree with themselves
};
const char* kind_name(TrialKind kind);

struct PlannedTrial {
  TrialKind kind = TrialKind::kMain;
  int64_t image = 0, model = 0;  // indices in the design; the model is not used in catch and control trials
  bool real_left = false;        // in a control trial: the copy that counts as the real image
  int64_t repeats = -1;          // index of the repeated trial in the rater's list; -1: none
};
// A rater's trials in the order in which they are shown.
using RaterPlan = std::vector<PlannedTrial>;

// The text of trials.jsonl.
std::string trials_text(const StudyDesign& design, const std::vector<RaterPlan>& plans);
// The inverse. DataError, naming `path` and the line, if it is damaged or does not match the design.
std::vector<RaterPlan> parse_trials(const std::string& text, const StudyDesign& design, const std::string& path);

}  // namespace sr3
