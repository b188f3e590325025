// From images to the network's maps and back: padding to a size that its levels divide, and space to depth.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet_plan.h"

namespace sr3 {

// (N, C, H, W) -> (N, C p^2, H' / p, W' / p) channels_last, where p = patch and H', W' are the next multiples of
// plan.multiple(): pads the image at the right and bottom by reflection (by its border where it is too small for that), then
// moves space to depth.
at::Tensor to_patches(const Plan& plan, const at::Tensor& image);
// The inverse: depth to space, cropped to height x width; the result is contiguous.
at::Tensor from_patches(const Plan& plan, const at::Tensor& map, int64_t height, int64_t width);

}  // namespace sr3
