// The error of proportions that raters judging images give, where both are samples of larger populations: it comes from
// the raters, from the images and from the individual judgements. Judgements of one image, or by one rater, are not
// independent, and an interval that treats them as independent (Wilson's or another binomial one) is two to three times
// too narrow.
#pragma once

#include <cstdint>
#include <vector>

namespace sr3 {

// The contribution of one judgement to a statistic that is a sum. For a mean it is (value - mean) / n; for a difference
// of two means, the same for the judgement's side, with the sign of that side. Raters and images are numbered from 0.
struct Contribution {
  int64_t rater, image;
  double value;
};

struct CrossedError {
  double variance = 0;
  // Degrees of freedom for Student's t, by Satterthwaite's approximation; infinite if neither raters nor images add
  // variance.
  double df = 0;
};

// The two-way clustered variance of the sum of the contributions: the variance of the raters' sums plus that of the
// images' sums minus that of the judgements, the first two with the factor G / (G - 1) (Cameron, Gelbach & Miller 2011,
// "Robust Inference With Multiway Clustering"). It is at least `floor`, the variance if all judgements were independent:
// a balanced plan makes sums more even than chance, which says nothing about other raters. If there is only one rater,
// or only one image, it is treated as fixed.
CrossedError crossed_error(const std::vector<Contribution>& contributions, double floor);

// Intraclass correlations of 0/1 values: the fraction of the variance that is between raters, and between images. They
// are moment estimates, for any assignment of images to raters (Gao & Owen 2017, "Efficient moment calculations for
// variance components in large unbalanced crossed random effects models"); negative estimates become 0. They are 0 if
// they cannot be estimated, as with one judgement per rater or per image.
struct Icc {
  double rater = 0, image = 0;
};
Icc intraclass(const std::vector<Contribution>& values);

// The variance of a proportion p among n judgements with these correlations,
//   p (1 - p) [1/n + ICC_r (sum n_r^2 / n^2 - 1/n) + ICC_i (sum n_i^2 / n^2 - 1/n)],
// for a plan in which each rater gives n / raters judgements and each image gets n / images.
double crossed_variance(double p, double n, double raters, double images, const Icc& icc);

}  // namespace sr3
