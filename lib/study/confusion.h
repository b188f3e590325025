// The confusion rate of a two-alternative forced choice (SR3, section 4.2, "fool rate"): the share of trials in which a
// rater takes the model's image for the real one. 50% is a model that cannot be told from reality.
//
// The headline interval is a bootstrap over raters and images at once: both are drawn anew, a judgement counts as often
// as its rater times its image (the pigeonhole bootstrap: Owen 2007, "The pigeonhole bootstrap", Ann. Appl. Stat. 1).
// As that paper shows, it counts the judgements' own variance about three times (97 to 99% of its "95%" intervals
// cover, as tried), so the distances of its quantiles from the estimate are scaled to the unbiased two-way variance
// (study/crossed.h) times Student's t over the normal's point: shape from the bootstrap, width from the moments.
// tests/unit/study/confusion.cpp holds it to 93-97% of simulated studies.
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
  Interval interval;  // by the bootstrap above
  Interval naive;     // Wilson's, as if all trials were independent
  Icc icc;
  double d_prime = 0;  // sqrt(2) Phi^-1(1 - rate): how well the raters tell, 0 at 50%
  Interval d_prime_interval;
  // The two one-sided tests (Schuirmann 1987) that the rate is within 0.5 +- margin: the larger p, and whether it is
  // below 0.05. That an interval of any width holds 0.5 proves nothing.
  double equivalence_p = 1;
  bool equivalent = false;
};

// Rates of the same raters and images: one bootstrap draws them for both.
struct ConfusionDifference {
  int64_t a = 0, b = 0;  // models; rate of a minus rate of b
  double difference = 0, se = 0, df = 0;
  Interval interval;
  double p = 1;       // two-sided, of no difference
  double p_holm = 1;  // over all pairs of models
};

struct Confusion {
  std::vector<ConfusionRate> rates;              // one a model; of one without trials: 0 of 0, [0,1]
  std::vector<ConfusionDifference> differences;  // all pairs of models with trials
};

Confusion confusion(const std::vector<Judgement>& judgements, int64_t models, const ConfusionOptions& options);

// Any 0/1 outcome by raters on images, such as that the left side was chosen: one rate as above, which is not about
// models.
ConfusionRate crossed_rate(const std::vector<Judgement>& judgements, const ConfusionOptions& options);

double d_prime(double rate);

// Holm's step-down correction (Holm 1979), in the order given.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace sr3
