#include "cascade/consistency.h"

#include <algorithm>

#include "tensor/aten.h"
#include "tensor/upsample.h"

namespace sr3 {

namespace {

// The matrix (to, from) that resizes a column of pixels: what it makes of the columns that have a single 1.
at::Tensor resizing_matrix(int64_t from, int64_t to, Kernel kernel) {
  constexpr int64_t kColumns = 256;
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < from; first += kColumns) {
    const int64_t count = std::min(kColumns, from - first);
    at::Tensor ones = at::zeros({1, from, count});
    ones[0].diagonal(-first).fill_(1);
    parts.push_back(resize_planes(ones, count, to, kernel)[0]);
  }
  return at::cat(parts, 1);
}

}  // namespace

Projection::Projection(const at::Tensor& low_res, int64_t width, int64_t height, Kernel down, Kernel up,
                       at::Device device)
    : low_res_(low_res), down_(down), up_(up) {
  if (device.is_cpu()) return;
  const int64_t low_height = low_res.size(2), low_width = low_res.size(3);
  low_res_ = low_res.to(device);
  down_rows_ = resizing_matrix(height, low_height, down).to(device);
  down_columns_ = resizing_matrix(width, low_width, down).t().contiguous().to(device);
  up_rows_ = resizing_matrix(low_height, height, up).to(device);
  up_columns_ = resizing_matrix(low_width, width, up).t().contiguous().to(device);
}

at::Tensor Projection::operator()(const at::Tensor& x) const {
  if (down_rows_.defined()) {
    const at::Tensor missing = low_res_ - at::matmul(at::matmul(down_rows_, x), down_columns_);
    return x + at::matmul(at::matmul(up_rows_, missing), up_columns_);
  }
  std::vector<at::Tensor> moved;
  for (int64_t i = 0; i < x.size(0); ++i) {
    const at::Tensor missing = low_res_[i] - resize_planes(x[i], low_res_.size(3), low_res_.size(2), down_);
    moved.push_back(x[i] + resize_planes(missing, x.size(3), x.size(2), up_));
  }
  return at::stack(moved);
}

}  // namespace sr3
