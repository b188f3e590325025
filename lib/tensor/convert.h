// Conversion of images to tensors and back, with the project's one rounding rule.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "image/image.h"

namespace sr3 {

// A (channels,H,W) float32 tensor with values in [-1,1]: x / 127.5 - 1, or x / 32767.5 - 1 for 16 bits. channels is 3, or 1
// for grey: the rounded luma of ITU-R 601, which is the value itself if red, green and blue are equal.
at::Tensor to_tensor(const Image& image, int64_t channels = 3);
// The same values, interleaved: height * width * channels. Does not use libtorch.
std::vector<float> to_units(const Image& image, int64_t channels = 3);
// The image of a (3,H,W) tensor, or (1,H,W) for grey, of any floating-point type and on any device. Samples are
// (x + 1) * 127.5 (for 16 bits * 32767.5), clamped and rounded half up. Throws Error for a NaN.
Image to_image(const at::Tensor& chw, int depth = 8);

}  // namespace sr3
