// Projects images towards consistency with low-resolution images, that is, towards the images which downsample to them. It adds the
// upsampled difference: x + up(low_res - down(x)) (iterative back-projection, Irani & Peleg 1991; within a sampler, ILVR,
// Choi et al. 2021). All arithmetic is in float. The noise and JPEG compression of a recipe cannot be undone.
#pragma once

#include <ATen/core/Tensor.h>

#include "degrade/resize.h"

namespace sr3 {

class Projection {
 public:
  // low_res: (N,C,h,w) float32 on the CPU in [-1,1], of images of this width and height on the device. On other devices than a CPU
  // the resizing is by its matrices, whose sums have another order.
  Projection(const at::Tensor& low_res, int64_t width, int64_t height, Kernel down, Kernel up, at::Device device);

  // The projected x: (N,C,H,W) on the device; the result may exceed [-1,1].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor low_res_;
  Kernel down_, up_;
  at::Tensor down_rows_, down_columns_, up_rows_, up_columns_;  // (h,H), (W,w), (H,h), (w,W); undefined on a CPU
};

}  // namespace sr3
