#include "tensor/upsample.h"

#include <algorithm>

#include "tensor/aten.h"

namespace sr3 {

at::Tensor resize_planes(const at::Tensor& low_res, int64_t width, int64_t height, Kernel kernel) {
  return enlarge_planes(low_res, width, height, {kernel, false});
}

at::Tensor enlarge_planes(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how) {
  return EnlargedRows(low_res, width, height, how)({0, height});
}

EnlargedRows::EnlargedRows(const at::Tensor& low_res, int64_t width, int64_t height, Enlargement how)
    : low_res_(low_res.to(at::kFloat).permute({1, 2, 0}).contiguous()), width_(width), height_(height), how_(how) {}

at::Tensor EnlargedRows::operator()(Rows rows) const {
  const int64_t channels = low_res_.size(2);
  const std::vector<float> large =
      enlarge_rows({low_res_.data_ptr<float>(), static_cast<size_t>(low_res_.numel())}, low_res_.size(1),
                   low_res_.size(0), channels, width_, height_, how_, rows);
  auto out = at::empty({rows.count, width_, channels}, at::kFloat);
  std::copy(large.begin(), large.end(), out.data_ptr<float>());
  return out.permute({2, 0, 1}).contiguous();
}

}  // namespace sr3
