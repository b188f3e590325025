// The Frechet distance of two Gaussians (Dowson and Landau 1982), which is FID where the features are Inception's
// (Heusel et al. 2017):
//   |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
// With S1 = A A^T and S2 = B B^T the last trace is the nuclear norm of A^T B, also where the matrices are singular: the
// root of a matrix is never taken, and nothing is added to a diagonal. A is the Cholesky factor; from fewer images than
// dimensions it is the centred features themselves, or a Cholesky factor by largest variances; and of a matrix that
// rounding left indefinite, the eigenvectors that are not noise.
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
  // How many features it is from, 0: unknown. At most count - 1 eigenvalues are then more than noise.
  int64_t count = 0;
  // (N,D) float64, centred and scaled so that their product is the covariance; or undefined.
  at::Tensor centred = {};
};

Gaussian gaussian_of(const Moments& moments, int64_t ddof);

// DataError when a number is not finite, a covariance not symmetric, or the dimensions differ.
void check_gaussian(const Gaussian& gaussian);

// Never below 0: rounding noise of equal arguments is cut off.
double frechet_distance(const Gaussian& a, const Gaussian& b);
// tr (S1 S2)^(1/2)
double trace_of_root(const Gaussian& a, const Gaussian& b);

struct Uncertain {
  double value = 0;
  double standard_error = 0;
};

// First-order standard error of the distance (delta method): sd(IF) / sqrt(N), for features a (N,D) of the first
// Gaussian, the influence of x being 2 (x - m1).(m1 - m2) + (x - m1)^T (I - T) (x - m1) - its mean, T the optimal
// transport from the first to the second. The second is taken as exact; add the squares of both sides when it is a
// sample. Nothing when the first covariance is singular (no more features than dimensions): the distance has no
// derivative there.
std::optional<double> frechet_standard_error(const at::Tensor& features, const Gaussian& a, const Gaussian& b);

// From sums of disjoint groups of a: delete-a-group jackknife for groups of any size (Busing, Meijer and van der Leeden
// 1999). value: the distance without its bias of first order from a's side. At least two groups with images.
Uncertain frechet_jackknife(const std::vector<Moments>& groups, const Gaussian& b, int64_t ddof);

// The distance at an infinite number of images (Chong and Forsyth 2020): `points` subsets of a, of sizes spread evenly
// from `smallest` to all, drawn without replacement by `seed`; least squares of the distance on 1 / size; the intercept
// and its standard error from the residuals. smallest 0: 5000 (or more than the dimensions), but at most
// half of them. Error when a has fewer than 2 * points images, or the smallest subset no more than dimensions.
Uncertain frechet_infinity(const at::Tensor& features, const Gaussian& b, int64_t ddof, uint64_t seed,
                           int64_t points = 15, int64_t smallest = 0);

}  // namespace sr3
