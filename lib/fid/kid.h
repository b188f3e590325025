// Kernel inception distance (Binkowski et al. 2018): the squared maximum mean discrepancy under k(x, y) = (x.y / D +
// 1)^3, unbiased, so that it may be below 0. Computed in doubles.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "fid/frechet.h"

namespace sr3 {

struct KidOptions {
  int64_t subsets = 100, size = 1000;  // size: at most as many as the smaller side has
  uint64_t seed = 0;
};

struct Kid {
  double mean = 0;  // over the subsets
  // The population deviation, which is not a standard error; absent when every subset is the whole set.
  std::optional<double> deviation;
  int64_t size = 0;  // of the subsets, as taken
};

// a (N,D), b (M,D). The mean over pairs of random subsets, drawn without replacement, a's first. Error with fewer than
// 2 images.
Kid kid(const at::Tensor& a, const at::Tensor& b, const KidOptions& options);

// All pairs, no randomness; the standard error of both sides by the U-statistic's projections.
Uncertain kid_full(const at::Tensor& a, const at::Tensor& b);

}  // namespace sr3
