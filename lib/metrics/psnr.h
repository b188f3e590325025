// Peak signal-to-noise ratio and mean square error of two images of one size. Doubles throughout; 16-bit samples count as
// x / 257, so that every depth is on the 8-bit scale, whose peak is 255.
#pragma once

#include <vector>

#include "image/image.h"

namespace sr3 {

// One colour's samples on the scale 0..255, row by row.
std::vector<double> channel_of(const Image& image, int channel);
// Luma of BT.601, studio swing: 16 + (65.481 R + 128.553 G + 24.966 B) / 255, not rounded (MATLAB's rgb2ycbcr before rounding).
std::vector<double> luma_of(const Image& image);

// In dB, over all samples of the three colours at once; infinite when they are equal. Error when the sizes differ.
double psnr(const Image& a, const Image& b);
// Of luma, the peak still 255, as the super-resolution papers have it.
double psnr_y(const Image& a, const Image& b);
// Over all samples, on the scale 0..1 (SR3's "consistency" is this, between low-resolution images).
double mean_square_error(const Image& a, const Image& b);

}  // namespace sr3
