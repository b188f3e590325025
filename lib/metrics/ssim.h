// Structural similarity as Wang et al. 2004 define it: an 11x11 Gaussian window of sigma 1.5, only where it fits whole,
// population variances, K1 = 0.01, K2 = 0.03, peak 255, no shrinking first. Doubles; any depth, on the 8-bit scale.
#pragma once

#include <cstdint>
#include <span>

#include "image/image.h"

namespace sr3 {

constexpr int64_t kSsimWindow = 11;

// The mean over the three colours. DataError when the sizes differ, or are below 11x11.
double ssim(const Image& a, const Image& b);
// Of luma (psnr.h).
double ssim_y(const Image& a, const Image& b);
// Of one plane, width * height values on the scale 0..255.
double ssim_plane(std::span<const double> a, std::span<const double> b, int64_t width, int64_t height);

}  // namespace sr3
