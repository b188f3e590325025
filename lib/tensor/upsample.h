// Resizing of tensors, the same for training, previews and upscale(1). It makes the image that a super-resolution network is
// conditioned on: the low-resolution image, enlarged to the size of the result.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/rows.h"
#include "degrade/enlarge.h"

namespace sr3 {

// Resizes a (C,h,w) tensor on the CPU to (C,height,width) float32, by resize_float (degrade/resize.h): neither rounded nor
// clipped, so that values slightly outside [-1,1] occur beside edges.
at::Tensor resize_planes(const at::Tensor& low_res, int64_t width, int64_t height, Kernel kernel = Kernel::kBicubic);
// The network's conditioning image: the same by the method of the manifest's low_res.upsample (degrade/enlarge.h).
at::Tensor enlarge_planes(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how);

// The same image by bands of rows, for images that are too large to keep at this size. Rows have the same values as those of
// enlarge_planes.
class EnlargedRows {
 public:
  EnlargedRows(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how);
  at::Tensor operator()(Rows rows) const;  // (C,rows.count,width)

 private:
  at::Tensor low_res_;  // (h,w,C)
  int64_t width_, height_;
  Enlargement how_;
};

}  // namespace sr3
