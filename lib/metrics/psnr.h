// Peak signal-to-noise ratio and mean square error of two images of the same size, in doubles. 16-bit samples count as
// x / 257, so that both depths are on the 8-bit scale, whose peak is 255.
#pragma once

#include <vector>

#include "image/image.h"

namespace sr3 {

// The samples of one channel on the scale 0..255, row by row.
std::vector<double> channel_of(const Image& image, int channel);
// The luma of BT.601, studio swing: 16 + (65.481 R + 128.553 G + 24.966 B) / 255, as MATLAB's rgb2ycbcr, but not rounded.
std::vector<double> luma_of(const Image& image);

// These three throw DataError when the sizes differ, or the images are empty.
// The PSNR in dB over all samples of the three channels together; infinite if the images are equal.
double psnr(const Image& a, const Image& b);
// The PSNR of the luma, with the peak still at 255, as super-resolution papers report it.
double psnr_y(const Image& a, const Image& b);
// Over all samples, on the scale 0..1. SR3's "consistency" is this error between low-resolution images.
double mean_square_error(const Image& a, const Image& b);

}  // namespace sr3
