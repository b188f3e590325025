// A study as planned: what is compared, how it is shown, and the rules by which answers will be left out, fixed before
// the first answer. On disk it is a folder:
//   study.json     this
//   trials.jsonl   every rater's trials in order, with the side of the real image: the key, which no browser is sent
//   images/        every image through one PNG encoder, uncompressed, so that files of one size have one length
//   images.sha256  their digests, as sha256sum(1) writes them
//   answers/       a file for each session of a rater, appended to (study/answers.h)
//   machine/       answers of machine raters (study/machine.h)
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace sr3 {

class JsonObject;
class Options;

// What leaves an answer, or a rater, out. Never the answers of main trials themselves: that would bias the rate.
struct StudyRules {
  int64_t max_catch_misses = 1;     // a rater with more is left out
  int64_t min_response_ms = 200;    // faster answers are left out: they were not made of what was seen
  int64_t max_focus_losses = 0;     // and those during which the page lost the focus more often
  int64_t exposure_tolerance = 50;  // and those whose exposure was off by more, in ms
  void declare(Options& options);
};

struct StudyDesign {
  std::string id;    // 16 hexadecimal digits of the SHA-256 of what follows, of all trials and images
  int64_t task = 2;  // 1: which is the better version of the low-resolution image; 2: which is from a camera
  std::vector<std::string> models;  // names, in order of the command line
  std::vector<std::string> images;  // keys; image i is files images/<i, six digits>-*.png
  int64_t raters = 50, trials = 50;
  int64_t practice = 4, catches = -1, controls = 2, repeats = 2;  // a rater; -1: a tenth of the trials
  int64_t exposure_ms = 3000;
  int64_t zoom = 1;                      // each pixel as zoom x zoom, where there is room
  std::string low_res_zoom = "bicubic";  // task 1: how the low-resolution image was enlarged
  double margin = 0.05;                  // of the equivalence test
  uint64_t seed = 0;
  StudyRules rules;

  // All but id, task, models, images, raters, trials, seed and the rules, which have their own.
  void declare(Options& options);
  // UsageError where the numbers make no study.
  void validate() const;
  int64_t trials_in_all() const { return practice + trials + catches + controls + repeats; }
  const char* question() const;
};

nlohmann::ordered_json design_json(const StudyDesign& design);
// DataError names the key.
StudyDesign parse_design(const JsonObject& json);

enum class TrialKind {
  kPractice,  // not counted
  kMain,
  kCatch,    // real against an obviously bad version of it: shows who does not look
  kControl,  // real against itself: must come out at 50%
  kRepeat,   // of a main trial, sides exchanged: how often a rater agrees with himself
};
const char* kind_name(TrialKind kind);

struct PlannedTrial {
  TrialKind kind = TrialKind::kMain;
  int64_t image = 0, model = 0;  // places in the design; of catch and control trials the model means nothing
  bool real_left = false;        // control: which copy is called the real one
  int64_t repeats = -1;          // the place in the rater's list of the trial repeated
};
// A rater's trials in the order shown.
using RaterPlan = std::vector<PlannedTrial>;

// One line each of trials.jsonl.
std::string trials_text(const StudyDesign& design, const std::vector<RaterPlan>& plans);
std::vector<RaterPlan> parse_trials(const std::string& text, const StudyDesign& design, const std::string& path);

}  // namespace sr3
