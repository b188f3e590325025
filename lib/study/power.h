// The size of a study: the raters, trials and images needed for a margin, from the crossed variance (study/crossed.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "study/crossed.h"

namespace sr3 {

// The goal of a study, and the meaning of its margin:
//   interval     half the width of the 95% interval of one model's rate
//   equivalence  the margin of the two one-sided tests around 50%, for a model whose rate is 50%
//   difference   the true difference of two models' rates that a test at the 5% level is to detect; the effects of
//                raters and images are assumed to be independent between the two models, which is the worst case
struct PowerOptions {
  std::string goal = "interval";
  double margin = 0.05;
  double power = 0.8;  // probability of success, for the goals equivalence and difference
  double rate = 0.5;   // the expected rate
  // Medians over 41 models judged by real raters (dgm-eval: about 25 raters of 200 images each; Stein et al. 2023).
  Icc icc{0.053, 0.17};
};

// The largest standard error of one model's rate that reaches the goal.
double needed_error(const PowerOptions& options);

// The standard error of one model's rate in a study where each rater judges `trials` different images of the model;
// trials <= images.
double study_error(const PowerOptions& options, int64_t raters, int64_t trials, int64_t images);

// The smallest number of raters that reaches the goal with `trials` trials each on `images` images. Nothing if there are
// too few images for any number of raters.
std::optional<int64_t> raters_needed(const PowerOptions& options, int64_t trials, int64_t images);

// The smallest number of images with which some number of raters reaches the goal.
int64_t images_needed(const PowerOptions& options);

}  // namespace sr3
