// How well a score tells two sets apart: a machine rater's confusion rate, without sampling any trials.
#pragma once

#include <vector>

#include "base/proportion.h"

namespace sr3 {

struct Separation {
  double confusion = 0.5;  // 1 - area under the ROC curve: the chance that a generated image scores above a real one
  double se = 0;
  Interval interval;
};

// Scores of real and of generated images, higher meaning more real; ties count half. Standard error and 95% interval by
// DeLong, DeLong & Clarke-Pearson 1988 (from ranks, as Sun & Xu 2014), the interval on the logit's scale so that it
// stays in [0,1]. UsageError where a side is empty. Of perfectly separated scores there is no error to be had from the
// data: the interval is then Wilson's of the smaller set.
Separation separation(const std::vector<double>& real, const std::vector<double>& generated);

}  // namespace sr3
