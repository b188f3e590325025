// Image <-> tensor, with the one rounding rule of the project.
#pragma once

#include <ATen/core/Tensor.h>

#include "image/image.h"

namespace sr3 {

// (3,H,W) float32 in [-1,1]: x / 127.5 - 1 (16 bits: x / 32767.5 - 1).
at::Tensor to_tensor(const Image& image);
// chw: (3,H,W), any float type, any device; round-half-up((x + 1) * 127.5), clamped. NaN is an Error.
Image to_image(const at::Tensor& chw, int depth = 8);

}  // namespace sr3
