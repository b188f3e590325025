#include "cascade/consistency.h"

#include "tensor/aten.h"
#include "tensor/upsample.h"

namespace sr3 {
at::Tensor Projection::operator()(const at::Tensor& x, const at::Tensor& low_res) const {
  const at::Tensor missing = low_res - resize_planes(x, width, height, down);
  return x + resize_planes(missing, x.size(2), x.size(1), up);
}

}  // namespace sr3
