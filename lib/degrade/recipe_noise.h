// Noise of random degradations, added to interleaved RGB values in 8-bit grey levels. The result is clipped to 0..255 and not
// rounded. Grey noise is the same in the three channels of a pixel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"

namespace sr3 {

// sigma: in grey levels.
void add_gaussian_noise(std::span<float> levels, double sigma, bool grey, RandomStream random);

// Shot noise as Real-ESRGAN makes it: with x the image rounded to 8 bits, on the scale 0..1 (its luma, for grey noise), and n the
// smallest power of two that is not below the number of its distinct values, (Poisson(n x) / n - x) * scale is added. Its
// variance is scale^2 x / n.
void add_poisson_noise(std::span<float> levels, double scale, bool grey, RandomStream random);

// The quantile function of the Poisson distribution, tabulated: exact up to probabilities of 1e-16.
class PoissonQuantile {
 public:
  explicit PoissonQuantile(double mean);      // 0 or more
  int64_t operator()(double uniform) const {  // [0, 1)
    size_t i = guide_[static_cast<size_t>(uniform * static_cast<double>(guide_.size()))];
    while (i + 1 < below_.size() && below_[i] <= uniform) ++i;
    return first_ + static_cast<int64_t>(i);
  }

 private:
  int64_t first_ = 0;          // the smallest value
  std::vector<double> below_;  // the probability of first_ + i and less
  std::vector<uint32_t> guide_;
};

}  // namespace sr3
