#include "tensor/upsample.h"

#include <ATen/ATen.h>

namespace sr3 {

std::vector<float> to_units(const Image& image) {
  const double half = image.depth == 8 ? 127.5 : 32767.5;
  std::vector<float> units(image.samples());
  for (size_t i = 0; i < units.size(); ++i)
    units[i] = static_cast<float>((image.depth == 8 ? image.u8[i] : image.u16[i]) / half - 1);
  return units;
}

at::Tensor upsample_condition(const Image& low_res, int64_t width, int64_t height, Kernel kernel) {
  std::vector<float> large =
      resize_float(to_units(low_res), low_res.width, low_res.height, Image::kChannels, width, height, kernel);
  return at::from_blob(large.data(), {height, width, Image::kChannels}, at::kFloat).permute({2, 0, 1}).contiguous();
}

}  // namespace sr3
