#include "degrade/blur.h"

#include <cmath>

#include "degrade/resize.h"
#include "degrade/separable.h"

namespace sr3 {

WeightTable<double> gaussian_weights(int64_t size, double sigma) {
  const int64_t radius = static_cast<int64_t>(std::ceil(3 * sigma));
  std::vector<double> kernel;
  double sum = 0;
  for (int64_t d = -radius; d <= radius; ++d) {
    kernel.push_back(std::exp(-static_cast<double>(d * d) / (2 * sigma * sigma)));
    sum += kernel.back();
  }
  WeightTable<double> table;
  table.begin.push_back(0);
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t d = -radius; d <= radius; ++d) {
      table.index.push_back(mirrored_index(i + d, size));
      table.weight.push_back(kernel[static_cast<size_t>(d + radius)] / sum);
    }
    table.begin.push_back(static_cast<int64_t>(table.weight.size()));
  }
  return table;
}

Image blurred(const Image& image, double sigma) {
  if (sigma <= 0) return image;
  std::vector<float> values = float_levels(image), next(values.size());
  const int64_t channels = Image::kChannels;
  filter_rows(values.data(), image.width, image.height, channels, gaussian_weights(image.width, sigma), next.data());
  filter_columns(next.data(), image.width * channels, gaussian_weights(image.height, sigma), values.data());
  Image out = rounded_levels(values, image.width, image.height, image.depth);
  out.comment = image.comment;
  return out;
}

}  // namespace sr3
