// What surrounds the network: images padded to a size that its levels divide, cut into patches; and back.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet_plan.h"

namespace sr3 {

// (N, C, H, W) -> (N, C p^2, H' / p, W' / p) channels_last, with H', W' the next multiples: reflected at the right and bottom
// (replicated where the image is too small to reflect), then space to depth by p = patch.
at::Tensor to_patches(const Plan& plan, const at::Tensor& image);
// Back: depth to space, cut to height x width, contiguous.
at::Tensor from_patches(const Plan& plan, const at::Tensor& map, int64_t height, int64_t width);

}  // namespace sr3
