// Raters that are programs. They show that a study works (synthetic), how well a network or a plain measure tells the
// images apart (detector, sharpness), and are labelled wherever they are printed: no machine's rate is a human's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "study/answers.h"
#include "study/study.h"

namespace sr3 {

class Options;

// Answers the plan's trials by chance around a known rate: a judgement is a threshold on the sum of the rater's, the
// image's and its own normal deviate, so that `rate` is exact over all raters and images there could be.
struct SyntheticOptions {
  double rate = 0.4;
  double rater_share = 0.08, image_share = 0.26;  // of the deviate's variance; about ICCs of .05 and .17
  double side_bias = 0;                           // of trials, answered "left" whatever is shown
  double lapse = 0;                               // of trials, answered by a coin
  uint64_t seed = 0;
  void declare(Options& options);
};
std::vector<Answer> synthetic_answers(const Study& study, const SyntheticOptions& options);

// A score of one image by a machine that rates all images of a study; higher is more like a real one.
struct PairScore {
  int64_t model = 0, image = 0;  // places in the design
  double real = 0, generated = 0;
};
struct MachineScores {
  std::string study, machine;
  std::vector<PairScore> pairs;
};
// JSON lines: a head that names study and machine, then a line for each pair.
void write_scores(const std::string& path, const Study& study, const MachineScores& scores);
// Nothing when the file's head is not that of scores. DataError when it is damaged, or of another study.
bool read_scores(const std::string& path, const Study& study, MachineScores& scores);

// Mean absolute difference between neighbouring pixels: a trivial rater. If it does much better than people, they may
// be judging sharpness, or compression.
MachineScores sharpness_scores(const Study& study);

using RateProgress = std::function<void(int64_t done, int64_t total)>;

// A residual network for each model and half of the images, trained to tell the model's images from real ones on the
// other half (a classifier two-sample test: Lopez-Paz & Oquab 2017), so that no image is scored by a network that has
// seen it.
struct DetectorOptions {
  int64_t steps = 200, crop = 64, batch = 16;  // batch: pairs
  uint64_t seed = 0;
  void declare(Options& options);
};
// Nothing when SIGINT or SIGTERM came. UsageError when there are fewer than four images.
MachineScores detector_scores(const Study& study, const DetectorOptions& options, const RateProgress& progress);

// One of them, by name.
struct MachineOptions {
  std::string rater;  // synthetic|detector|sharpness
  uint64_t seed = 0;
  SyntheticOptions synthetic;  // their seeds are ignored
  DetectorOptions detector;
  void declare(Options& options);
};
// Writes what it says to `path`, or "" for the study's machine/RATER.jsonl. False, and nothing is written, when SIGINT
// or SIGTERM came. UsageError where no rater is named.
bool rate(const Study& study, MachineOptions options, std::string path, const RateProgress& progress);

}  // namespace sr3
