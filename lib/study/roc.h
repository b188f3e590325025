// How well a score separates two sets: the confusion rate of a machine rater, without sampling trials.
#pragma once

#include <vector>

#include "base/proportion.h"

namespace sr3 {

struct Separation {
  double confusion = 0.5;  // 1 - area under the ROC curve: the probability that a generated image outscores a real one
  double se = 0;
  Interval interval;
};

// The separation of the scores of real and generated images, where a higher score means more real; ties count half. The
// standard error and the 95% interval are those of DeLong, DeLong & Clarke-Pearson 1988, computed from ranks as in Sun &
// Xu 2014; the interval is computed on the logit scale, so that it stays in [0,1]. If the scores are perfectly separated,
// the data do not tell the error, and the interval is Wilson's for the smaller set. UsageError if a side is empty.
Separation separation(const std::vector<double>& real, const std::vector<double>& generated);

}  // namespace sr3
