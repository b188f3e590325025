// Raters that are programs. They show that a study works (synthetic), or how well a network or a simple measure can
// distinguish the images (detector, sharpness). Their results are always labelled as a machine's, because a machine's
// rate does not tell that of people.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "study/answers.h"
#include "study/study.h"

namespace sr3 {

class Options;

// Simulated answers to the plan's trials with a known rate. A judgement is a threshold on the sum of normal deviates of
// the rater, the image and the judgement itself, so that `rate` is exact over the populations of raters and images.
struct SyntheticOptions {
  double rate = 0.4;
  double rater_share = 0.08, image_share = 0.26;  // fractions of the sum's variance; about ICCs of .05 and .17
  double side_bias = 0;                           // fraction of trials that are answered "left" whatever is shown
  double lapse = 0;                               // fraction of trials that are answered at random
  uint64_t seed = 0;
  void declare(Options& options);
};
std::vector<Answer> synthetic_answers(const Study& study, const SyntheticOptions& options);

// A machine's scores of a real image and of a model's version of it; a higher score means more like a real image.
struct PairScore {
  int64_t model = 0, image = 0;  // indices in the design
  double real = 0, generated = 0;
};
struct MachineScores {
  std::string study, machine;
  std::vector<PairScore> pairs;
};
// Writes JSON lines: a first line that names the study and the machine, then a line for each pair.
void write_scores(const std::string& path, const Study& study, const MachineScores& scores);
// Reads such a file. Returns false if it is another kind of file. DataError if it is damaged or of another study.
bool read_scores(const std::string& path, const Study& study, MachineScores& scores);

// Scores images by the mean absolute difference between neighbouring pixels: a trivial rater. If it does much better
// than people, their answers may depend on sharpness, or on compression.
MachineScores sharpness_scores(const Study& study);

using RateProgress = std::function<void(int64_t done, int64_t total)>;

// A detector for each model and each half of the images: a residual network that is trained on the other half to
// distinguish the model's images from real ones (a classifier two-sample test: Lopez-Paz & Oquab 2017), so that each
// image is held out from the training of the network that scores it.
struct DetectorOptions {
  int64_t steps = 200, crop = 64, batch = 16;  // batch: number of pairs
  uint64_t seed = 0;
  void declare(Options& options);
};
// Trains the detectors and returns their scores; empty scores after SIGINT or SIGTERM. UsageError if there are fewer than
// four images.
MachineScores detector_scores(const Study& study, const DetectorOptions& options, const RateProgress& progress);

// The choice of a machine rater, and its options.
struct MachineOptions {
  std::string rater;  // synthetic|detector|sharpness
  uint64_t seed = 0;
  SyntheticOptions synthetic;  // the seeds of synthetic and detector are ignored
  DetectorOptions detector;
  void declare(Options& options);
};
// Writes the rater's answers or scores to `path`; "": to machine/RATER.jsonl in the study's folder. Returns false, and
// writes nothing, after SIGINT or SIGTERM. UsageError if no rater is named.
bool rate(const Study& study, MachineOptions options, std::string path, const RateProgress& progress);

}  // namespace sr3
