// Image <-> tensor, with the one rounding rule of the project.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "image/image.h"

namespace sr3 {

// (channels,H,W) float32 in [-1,1]: x / 127.5 - 1 (16 bits: x / 32767.5 - 1). channels: 3, or 1 for grey, the rounded
// luma of ITU-R 601; the value itself where red, green and blue agree.
at::Tensor to_tensor(const Image& image, int64_t channels = 3);
// The same values, interleaved: height * width * channels. Uses no libtorch.
std::vector<float> to_units(const Image& image, int64_t channels = 3);
// chw: (3,H,W), or (1,H,W) for grey, any float type, any device; round-half-up((x + 1) * 127.5), clamped. NaN is an Error.
Image to_image(const at::Tensor& chw, int depth = 8);

}  // namespace sr3
