#include "tensor/upsample.h"

#include <ATen/ATen.h>

namespace sr3 {

at::Tensor upsample_condition(const Image& low_res, int64_t width, int64_t height, Kernel kernel) {
  const float half = low_res.depth == 8 ? 127.5f : 32767.5f;
  std::vector<float> units(low_res.samples());
  for (size_t i = 0; i < units.size(); ++i)
    units[i] = static_cast<float>(low_res.depth == 8 ? low_res.u8[i] : low_res.u16[i]) / half - 1;
  std::vector<float> large =
      resize_float(units, low_res.width, low_res.height, Image::kChannels, width, height, kernel);
  return at::from_blob(large.data(), {height, width, Image::kChannels}, at::kFloat).permute({2, 0, 1}).contiguous();
}

}  // namespace sr3
