// The resizing methods that evaluation tools apply before FID's Inception. The choice of method alone changes a distance
// by more than most differences between papers, so each is computed exactly as its tool computes it:
//   tf1          bilinear as in the original TensorFlow graph: source = i * (in / out) in float32, without half-pixel
//                centres or antialiasing (TTUR, guided-diffusion, EDM, StyleGAN, torch-fidelity)
//   torch        bilinear with half-pixel centres, no antialiasing (pytorch-fid)
//   clean        Pillow's antialiased bicubic on floats, clipped to 0..255, unrounded (clean-fid)
//   aa-bilinear  antialiased bilinear (torchmetrics 1.8 and later)
//   none         DataError unless the image has the right size already
#pragma once

#include <string>
#include <vector>

#include "image/image.h"

namespace sr3 {

// UsageError unless `resize` is one of the names above.
void check_feature_resize(const std::string& resize);

// The resized image as height * width * 3 interleaved values in 0..255 (16-bit samples are divided by 257).
std::vector<float> resize_for_features(const Image& image, int64_t width, int64_t height, const std::string& resize);

}  // namespace sr3
