// The condition of a super-resolution network: the low-resolution image brought to the size of the result, in one way for
// training, previews and upscale(1) alike.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "degrade/resize.h"
#include "image/image.h"

namespace sr3 {

// height * width * 3 values in [-1,1], interleaved; the values of to_tensor.
std::vector<float> to_units(const Image& image);

// (3,height,width) float32: to_units first, then the float core, unrounded and unclipped, so values a little beyond [-1,1] occur
// beside edges.
at::Tensor upsample_condition(const Image& low_res, int64_t width, int64_t height, Kernel kernel = Kernel::kBicubic);

}  // namespace sr3
