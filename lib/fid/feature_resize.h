// The resizes that tools put before FID's Inception. They alone move a distance by more than most papers' differences,
// so each is done as its tool does it:
//   tf1          bilinear as the original TensorFlow graph: source = i * (in / out) in float32, no half-pixel centres,
//   no
//                antialiasing (TTUR, guided-diffusion, EDM, StyleGAN, torch-fidelity)
//   torch        bilinear with half-pixel centres, no antialiasing (pytorch-fid)
//   clean        Pillow's antialiased bicubic on floats, clipped to 0..255, unrounded (clean-fid)
//   aa-bilinear  antialiased bilinear (torchmetrics 1.8 and later)
//   none         Error unless the image has the size already
#pragma once

#include <string>
#include <vector>

#include "image/image.h"

namespace sr3 {

// The words above; UsageError for another.
void check_feature_resize(const std::string& resize);

// height * width * 3 interleaved values in 0..255 (16-bit samples / 257).
std::vector<float> resize_for_features(const Image& image, int64_t width, int64_t height, const std::string& resize);

}  // namespace sr3
