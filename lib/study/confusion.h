// The confusion rate of a two-alternative forced choice (SR3, section 4.2, "fool rate"): the fraction of trials in which
// a rater takes the model's image for the real one. At 50% the model's images cannot be distinguished from real ones.
//
// The interval of a rate is a bootstrap over raters and images: both are resampled, and a judgement is weighted by how
// often its rater was drawn times how often its image was drawn (the pigeonhole bootstrap: Owen 2007, "The pigeonhole
// bootstrap", Ann. Appl. Stat. 1). As that paper shows, it counts the variance of the judgements themselves about three
// times (in our simulations its "95%" intervals cover 97 to 99%). The distances of its quantiles from the estimate are
// therefore scaled to the unbiased two-way variance (study/crossed.h), with the quantile of Student's t in place of the
// normal one: the shape comes from the bootstrap, the width from the moments. tests/unit/study/confusion.cpp requires
// coverage of 93 to 97% in simulated studies.
#pragma once

#include <cstdint>
#include <vector>

#include "base/proportion.h"
#include "study/crossed.h"

namespace sr3 {

struct Judgement {
  int64_t rater, image, model;  // numbers from 0
  bool fooled;
};

struct ConfusionOptions {
  int64_t replicates = 2000;
  uint64_t seed = 0;
  double margin = 0.05;  // of the equivalence test, around 0.5
};

struct ConfusionRate {
  int64_t fooled = 0, trials = 0, raters = 0, images = 0;
  double rate = 0, se = 0, df = 0;
  Interval interval;  // 95%, by the bootstrap described above
  Interval naive;     // Wilson's, as if all trials were independent
  Icc icc;
  double d_prime = 0;  // sqrt(2) Phi^-1(1 - rate): how well the raters discriminate; 0 at 50%
  Interval d_prime_interval;
  // Two one-sided tests (TOST; Schuirmann 1987) that the rate is within 0.5 +- margin: the larger p-value, and whether
  // it is below 0.05. That an interval contains 0.5 would prove nothing, since a small study's always does.
  double equivalence_p = 1;
  bool equivalent = false;
};

// The difference of two models' rates. Both come from the same bootstrap samples of raters and images.
struct ConfusionDifference {
  int64_t a = 0, b = 0;  // models; rate of a minus rate of b
  double difference = 0, se = 0, df = 0;
  Interval interval;
  double p = 1;       // two-sided, for the hypothesis of no difference
  double p_holm = 1;  // corrected for all pairs of models
};

struct Confusion {
  std::vector<ConfusionRate> rates;              // of each model; without trials: 0 of 0, [0,1]
  std::vector<ConfusionDifference> differences;  // all pairs of models with trials
};

// The rates of models 0..models-1, and their differences.
Confusion confusion(const std::vector<Judgement>& judgements, int64_t models, const ConfusionOptions& options);

// The rate of any 0/1 outcome of raters judging images, such as that the left side was chosen, over all models together.
ConfusionRate crossed_rate(const std::vector<Judgement>& judgements, const ConfusionOptions& options);

double d_prime(double rate);

// The p-values with Holm's step-down correction (Holm 1979), in the order given.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace sr3
