// How large a study must be: raters, trials and images for a margin, from the crossed variance (study/crossed.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "study/crossed.h"

namespace sr3 {

// What the margin is of:
//   interval     half the width of the 95% interval of one model's rate
//   equivalence  the margin of the two one-sided tests around 50%, for a model that is at 50%
//   difference   the true difference of two models' rates that a test at 5% is to find; the raters' and images' effects
//   of
//                the two models are taken as unrelated, the worst case
struct PowerOptions {
  std::string goal = "interval";
  double margin = 0.05;
  double power = 0.8;  // chance of success: of equivalence and difference
  double rate = 0.5;   // about which
  // Medians over 41 models of real raters (dgm-eval: some 25 raters of 200 images each; Stein et al. 2023).
  Icc icc{0.053, 0.17};
};

// The largest standard error of one model's rate that reaches the goal.
double needed_error(const PowerOptions& options);

// The error of a study: each rater judges `trials` different images of the model; trials <= images.
double study_error(const PowerOptions& options, int64_t raters, int64_t trials, int64_t images);

// The fewest raters of `trials` trials on `images` images; nothing where no number of raters is enough: too few images.
std::optional<int64_t> raters_needed(const PowerOptions& options, int64_t trials, int64_t images);

// The fewest images with which some number of raters is enough.
int64_t images_needed(const PowerOptions& options);

}  // namespace sr3
