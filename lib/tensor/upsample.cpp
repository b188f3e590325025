#include "tensor/upsample.h"

#include "tensor/aten.h"

namespace sr3 {

at::Tensor resize_planes(const at::Tensor& low_res, int64_t width, int64_t height, Kernel kernel) {
  return enlarge_planes(low_res, width, height, {kernel, false});
}

at::Tensor enlarge_planes(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how) {
  const int64_t channels = low_res.size(0);
  const at::Tensor rows = low_res.to(at::kFloat).permute({1, 2, 0}).contiguous();
  const std::vector<float> large = enlarge({rows.data_ptr<float>(), static_cast<size_t>(rows.numel())}, low_res.size(2),
                                           low_res.size(1), channels, width, height, how);
  auto out = at::empty({height, width, channels}, at::kFloat);
  std::copy(large.begin(), large.end(), out.data_ptr<float>());
  return out.permute({2, 0, 1}).contiguous();
}

}  // namespace sr3
