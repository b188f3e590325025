// What a low-resolution image allows: the pictures that, shrunk as the recipe does, give it back. A picture is moved
// towards them by adding the upsampled difference, x + up(low_res - down(x)) (iterative back-projection, Irani & Peleg
// 1991; within a sampler, ILVR, Choi et al. 2021). Float arithmetic throughout; noise and JPEG of a recipe cannot be
// undone.
#pragma once

#include <ATen/core/Tensor.h>

#include "degrade/resize.h"

namespace sr3 {

struct Projection {
  Kernel down = Kernel::kBicubic, up = Kernel::kBicubic;
  int64_t width = 0, height = 0;  // of low_res

  // x (3,H,W), low_res (3,height,width): float32, CPU, in [-1,1].
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& low_res) const;
};

}  // namespace sr3
