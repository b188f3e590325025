// The confidence interval of a Frechet distance, from the features of the images (delta method) or from the sums of
// groups of images (jackknife). A side with either of these is treated as a sample, a side with neither as exact.
#pragma once

#include <optional>

#include "fid/statistics.h"

namespace sr3 {

struct FrechetInterval {
  double standard_error = 0;
  std::optional<double> low, high;  // the 95% interval; empty if all of it would be below 0
};

// The interval of `distance`, the distance between `ga` and `gb`, the Gaussians of `a` (generated) and `b` (reference).
// Nothing if both sets hold the same images, since they are then not two samples. Error, naming what is needed, if `a`
// has neither features nor groups, or if a side that has them has no more images than dimensions or features at which
// the distance is not differentiable.
std::optional<FrechetInterval> frechet_interval(const Statistics& a, const Statistics& b, const Gaussian& ga,
                                                const Gaussian& gb, double distance);

}  // namespace sr3
