// Shares measured by raters on images, both drawn from larger populations: the error of such a share comes from the
// raters, from the images and from each judgement. Judgements on one image, or by one rater, are not independent, and
// an interval that takes them so (Wilson's, the binomial's) is two to three times too narrow.
#pragma once

#include <cstdint>
#include <vector>

namespace sr3 {

// What one judgement adds to a statistic that is a sum: of a mean, (value - mean) / n; of a difference of two means,
// that of its side, with the sign of the side. Raters and images are numbers from 0.
struct Contribution {
  int64_t rater, image;
  double value;
};

struct CrossedError {
  double variance = 0;
  // Degrees of freedom for Student's t, by Satterthwaite's approximation; infinite where they do not count.
  double df = 0;
};

// Two-way clustered variance: that of the raters' sums plus that of the images' sums minus that of the judgements, the
// first two with their G / (G - 1) (Cameron, Gelbach & Miller 2011, "Robust Inference With Multiway Clustering").
// Never under `floor`, the variance if all were independent: a balanced plan makes sums more even than chance, which
// says nothing about other raters. A dimension of one member only is taken as fixed.
CrossedError crossed_error(const std::vector<Contribution>& contributions, double floor);

// Intraclass correlations of 0/1 values: the share of the variance between raters, and between images. Moment estimates
// for any pattern of who saw what (Gao & Owen 2017, "Efficient moment calculations for variance components in large
// unbalanced crossed random effects models"), negative ones 0. 0 where the data cannot tell: one judgement a rater, or
// an image.
struct Icc {
  double rater = 0, image = 0;
};
Icc intraclass(const std::vector<Contribution>& values);

// The variance of a share p of n judgements given the correlations:
//   p (1 - p) [1/n + ICC_r (sum n_r^2 / n^2 - 1/n) + ICC_i (sum n_i^2 / n^2 - 1/n)]
// for a plan in which every rater gives n / raters answers, and every image gets n / images.
double crossed_variance(double p, double n, double raters, double images, const Icc& icc);

}  // namespace sr3
