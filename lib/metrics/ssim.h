// Structural similarity as defined by Wang et al. 2004: an 11x11 Gaussian window of sigma 1.5, only where it lies inside
// the image; population variances; K1 = 0.01, K2 = 0.03; peak 255; without downsampling first. Computed in doubles, for
// both depths on the 8-bit scale.
#pragma once

#include <cstdint>
#include <span>

#include "image/image.h"

namespace sr3 {

constexpr int64_t kSsimWindow = 11;

// The mean SSIM of the three channels. DataError when the sizes differ, or are below 11x11.
double ssim(const Image& a, const Image& b);
// The SSIM of the luma (psnr.h). Errors as above.
double ssim_y(const Image& a, const Image& b);
// The SSIM of one plane: width * height values on the scale 0..255.
double ssim_plane(std::span<const double> a, std::span<const double> b, int64_t width, int64_t height);

}  // namespace sr3
