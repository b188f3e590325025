// Projects an image towards consistency with a low-resolution image, that is, towards the images which downsample to it. It adds
// the upsampled difference: x + up(low_res - down(x)) (iterative back-projection, Irani & Peleg 1991; within a sampler, ILVR,
// Choi et al. 2021). All arithmetic is in float. The noise and JPEG compression of a recipe cannot be undone.
#pragma once

#include <ATen/core/Tensor.h>

#include "degrade/resize.h"

namespace sr3 {

struct Projection {
  Kernel down = Kernel::kBicubic, up = Kernel::kBicubic;
  int64_t width = 0, height = 0;  // of low_res

  // The projected x. x: (C,H,W), low_res: (C,height,width), float32 on the CPU in [-1,1]; the result may exceed this range.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& low_res) const;
};

}  // namespace sr3
