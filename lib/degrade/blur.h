// Gaussian blur, as a degradation before the resize. Separable, weights exp(-d^2 / 2 sigma^2) over their sum out to a radius
// of ceil(3 sigma); beyond the border the image is mirrored in it (c b a | a b c). Floats in between: rounded once.
#pragma once

#include "degrade/kernel.h"
#include "image/image.h"

namespace sr3 {

WeightTable<double> gaussian_weights(int64_t size, double sigma);

// sigma in pixels; 0 or less: a copy.
Image blurred(const Image& image, double sigma);

}  // namespace sr3
