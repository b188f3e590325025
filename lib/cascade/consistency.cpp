#include "cascade/consistency.h"

#include <ATen/ATen.h>

namespace sr3 {
namespace {

at::Tensor resized(const at::Tensor& chw, int64_t width, int64_t height, Kernel kernel) {
  const at::Tensor rows = chw.permute({1, 2, 0}).contiguous();
  std::vector<float> out = resize_float({rows.data_ptr<float>(), static_cast<size_t>(rows.numel())}, chw.size(2),
                                        chw.size(1), chw.size(0), width, height, kernel);
  return at::from_blob(out.data(), {height, width, chw.size(0)}, at::kFloat).permute({2, 0, 1}).contiguous();
}

}  // namespace

at::Tensor Projection::operator()(const at::Tensor& x, const at::Tensor& low_res) const {
  const at::Tensor missing = low_res - resized(x, width, height, down);
  return x + resized(missing, x.size(2), x.size(1), up);
}

}  // namespace sr3
