// How sure a Frechet distance is, from what the two sides keep of their images: features (the delta method) or sums of
// groups (a jackknife). Each side that keeps one of the two counts as a sample, the other as exact.
#pragma once

#include <optional>

#include "fid/statistics.h"

namespace sr3 {

struct FrechetInterval {
  double standard_error = 0;
  std::optional<double> low, high;  // 95%; none where it would lie below 0 as a whole
};

// ga and gb: the Gaussians of a, generated, and b, reference; distance: between them. Nothing when both hold the same
// images, which are no two samples. Error, saying what is needed, where the first side keeps too little, and where a
// side that keeps something has no more images than dimensions, or features without a derivative.
std::optional<FrechetInterval> frechet_interval(const Statistics& a, const Statistics& b, const Gaussian& ga,
                                                const Gaussian& gb, double distance);

}  // namespace sr3
