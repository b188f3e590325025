// Confidence intervals and tests for proportions, such as a classifier's accuracy or the fool rate of a human study.
#pragma once

#include <cstdint>

namespace sr3 {

struct Interval {
  double low = 0, high = 0;
};

// The 95% Wilson score interval (Wilson 1927) of the proportion hits / n; [0,1] for n = 0. hits may be a mean of
// several runs.
Interval wilson(double hits, int64_t n);

// The exact two-sided p-value of McNemar's test for two classifiers on the same images, where a_only and b_only count the
// images that only A, or only B, classifies correctly: the probability that a_only + b_only tosses of a fair coin are
// split at least as unevenly. 1 if both are 0.
double mcnemar(int64_t a_only, int64_t b_only);
// The 95% Wald interval of the difference of their accuracies, (a_only - b_only) / n, adjusted as in Agresti & Min 2005
// ("Simple improved confidence intervals for comparing matched proportions"), so that its width is positive even if
// both are 0. Its centre is a little nearer to 0 than the difference. [-1,1] for n = 0.
Interval paired_difference(int64_t a_only, int64_t b_only, int64_t n);

}  // namespace sr3
