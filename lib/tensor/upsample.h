// Resizing of tensors, in one way for training, previews and upscale(1) alike: so is the condition of a super-resolution network
// made, the low-resolution image brought to the size of the result.
#pragma once

#include <ATen/core/Tensor.h>

#include "degrade/enlarge.h"

namespace sr3 {

// (C,height,width) float32 of (C,h,w) float32 on the CPU, by the float core, unrounded and unclipped: values a little beyond
// [-1,1] occur beside edges.
at::Tensor resize_planes(const at::Tensor& low_res, int64_t width, int64_t height, Kernel kernel = Kernel::kBicubic);
// The condition: the same by the manifest's low_res.upsample.
at::Tensor enlarge_planes(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how);

}  // namespace sr3
