// Gaussian blur, as a degradation before the resize. It is separable, with weights exp(-d^2 / 2 sigma^2), normalised, within
// a radius of ceil(3 sigma). The image is mirrored at its border (c b a | a b c). Computed in floats and rounded once.
#pragma once

#include "degrade/kernel.h"
#include "image/image.h"

namespace sr3 {

WeightTable<double> gaussian_weights(int64_t size, double sigma);

// The image blurred by sigma pixels; unchanged if sigma is 0 or less.
Image blurred(const Image& image, double sigma);

}  // namespace sr3
