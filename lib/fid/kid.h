// Kernel Inception distance (KID; Binkowski et al. 2018): the unbiased estimate of the squared maximum mean discrepancy
// with the kernel k(x, y) = (x.y / D + 1)^3, computed in double precision. Being unbiased, it may be below 0.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "fid/frechet.h"

namespace sr3 {

struct KidOptions {
  int64_t subsets = 100, size = 1000;  // the size is limited to that of the smaller set
  uint64_t seed = 0;
};

struct Kid {
  double mean = 0;  // over the subsets
  // Population standard deviation over the subsets, which is not a standard error; empty if every subset is the whole
  // set.
  std::optional<double> deviation;
  int64_t size = 0;  // of the subsets that were used
};

// The mean distance over pairs of random subsets of the features a (N,D) and b (M,D), drawn without replacement.
// DataError if a set has fewer than 2 images or the dimensions differ.
Kid kid(const at::Tensor& a, const at::Tensor& b, const KidOptions& options);

// The distance over all pairs of images, without randomness. Its standard error covers the sampling of both sets, by the
// projections of the U-statistic. DataError as above.
Uncertain kid_full(const at::Tensor& a, const at::Tensor& b);

}  // namespace sr3
