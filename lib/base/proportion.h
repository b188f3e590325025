// Intervals and tests for shares: of images classified right, of raters fooled.
#pragma once

#include <cstdint>

namespace sr3 {

struct Interval {
  double low = 0, high = 0;
};

// Wilson's score interval of `hits` of n at 95% (Wilson 1927); hits may be a mean of several runs. n = 0: [0,1].
Interval wilson(double hits, int64_t n);

// Two classifiers on the same images: a_only and b_only are the images that one of them alone gets right.
// The exact two-sided p-value of McNemar's test: the chance of so uneven a split of a_only + b_only fair coins; 1
// without any.
double mcnemar(int64_t a_only, int64_t b_only);
// 95% interval of the difference of their shares a - b among n images: Wald's, adjusted as Agresti & Min 2005 ("Simple
// improved confidence intervals for comparing matched proportions") do, so that it has a width without discordant
// images, too. Its centre is a little nearer to 0 than the difference.
Interval paired_difference(int64_t a_only, int64_t b_only, int64_t n);

}  // namespace sr3
