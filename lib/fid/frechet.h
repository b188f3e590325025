// The Frechet distance of two Gaussians (Dowson and Landau 1982), which is FID if the features are Inception's (Heusel
// et al. 2017):
//   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
// With S1 = A A^T and S2 = B B^T the last trace is the nuclear norm of A^T B, also for singular matrices: no matrix
// square root is computed, and nothing is added to a diagonal. A is the Cholesky factor. For fewer images than
// dimensions it is made of the centred features themselves or comes from a pivoted Cholesky factorization; for a matrix
// that rounding has left indefinite it is made of the eigenvectors that are not noise.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "fid/moments.h"

namespace sr3 {

struct Gaussian {
  at::Tensor mean;        // (D) float64
  at::Tensor covariance;  // (D,D) float64, symmetric
  // The number of images it was estimated from; 0: unknown. At most count - 1 eigenvalues are then more than noise.
  int64_t count = 0;
  // The features (N,D) float64, centred and scaled so that centred^T centred is the covariance; or undefined.
  at::Tensor centred = {};
};

// DataError if there are not more than `ddof` images.
Gaussian gaussian_of(const Moments& moments, int64_t ddof);

// DataError if a number is not finite, if the dimensions differ, or if the covariance is not symmetric or contains a
// negative variance.
void check_gaussian(const Gaussian& gaussian);

// The distance, at least 0: negative rounding errors for equal arguments are cut off. DataError if the dimensions differ.
double frechet_distance(const Gaussian& a, const Gaussian& b);
// tr (S1 S2)^(1/2)
double trace_of_root(const Gaussian& a, const Gaussian& b);

struct Uncertain {
  double value = 0;
  double standard_error = 0;
};

// First-order standard error of the distance by the delta method: sd(IF) / sqrt(N). `features` (N,D) are the features
// that `a` was estimated from. The influence of x is 2 (x - m1).(m1 - m2) + (x - m1)^T (I - T) (x - m1) minus its mean,
// where T is the optimal transport map from the first Gaussian to the second. The second is treated as exact; if it is
// estimated too, add the squared errors of both sides. Nothing if the first covariance is singular, as with no more
// images than dimensions: the distance is not differentiable there.
std::optional<double> frechet_standard_error(const at::Tensor& features, const Gaussian& a, const Gaussian& b);

// Delete-a-group jackknife for groups of any size (Busing, Meijer and van der Leeden 1999), from the sums of disjoint
// groups of a's images, at least two of which must have images. value: the distance without its first-order bias from
// a's side.
Uncertain frechet_jackknife(const std::vector<Moments>& groups, const Gaussian& b, int64_t ddof);

constexpr int64_t kInfinityPoints = 15;  // of frechet_infinity

// The distance extrapolated to infinitely many images (Chong and Forsyth 2020). `points` subsets of a's features (N,D),
// with sizes spread evenly from `smallest` to N, are drawn without replacement by `seed`; the distances are fitted by
// least squares as a line in 1 / size. Returns the intercept and its standard error from the residuals. If `smallest` is
// 0 it is 5000, or D + 1 if that is larger, but at most half of the images. Error if there are fewer than 2 * points
// images, or if the smallest subset has no more images than dimensions.
Uncertain frechet_infinity(const at::Tensor& features, const Gaussian& b, int64_t ddof, uint64_t seed,
                           int64_t points = kInfinityPoints, int64_t smallest = 0);

}  // namespace sr3
