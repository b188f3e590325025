#include "nn/patches.h"

#include "tensor/aten.h"

namespace sr3 {

at::Tensor to_patches(const Plan& plan, const at::Tensor& image) {
  const int64_t m = plan.multiple(), h = image.size(2), w = image.size(3);
  const int64_t bottom = (m - h % m) % m, right = (m - w % m) % m;
  at::Tensor x = image;
  // One axis at a time, because one may be large enough for reflection when the other is not.
  const auto pad = [&](int64_t by, int64_t size, std::vector<int64_t> amounts) {
    if (by > 0) x = by < size ? at::reflection_pad2d(x, amounts) : at::replication_pad2d(x, amounts);
  };
  pad(bottom, h, {0, 0, 0, bottom});
  pad(right, w, {0, right, 0, 0});
  if (plan.options.patch > 1) x = at::pixel_unshuffle(x, plan.options.patch);
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor from_patches(const Plan& plan, const at::Tensor& map, int64_t height, int64_t width) {
  const at::Tensor x = plan.options.patch > 1 ? at::pixel_shuffle(map, plan.options.patch) : map;
  return x.narrow(2, 0, height).narrow(3, 0, width).contiguous();
}

}  // namespace sr3
