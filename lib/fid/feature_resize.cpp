#include "fid/feature_resize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "degrade/resize.h"

namespace sr3 {
namespace {

// The two input samples that each output sample of a line lies between, and its position between them.
struct Taps {
  std::vector<int64_t> low, high;
  std::vector<float> fraction;
};

// All in float32, as TensorFlow and torch compute it: the fraction's rounding is part of the result.
Taps taps_of(int64_t in, int64_t out, bool half_pixel) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  Taps taps;
  for (int64_t i = 0; i < out; ++i) {
    const float at =
        half_pixel ? std::max(0.0f, (static_cast<float>(i) + 0.5f) * scale - 0.5f) : static_cast<float>(i) * scale;
    const auto low = std::min(static_cast<int64_t>(at), in - 1);
    taps.low.push_back(low);
    taps.high.push_back(std::min(low + 1, in - 1));
    taps.fraction.push_back(at - static_cast<float>(low));
  }
  return taps;
}

std::vector<float> two_taps(const std::vector<float>& in, int64_t in_width, int64_t in_height, int64_t width,
                            int64_t height, bool half_pixel) {
  const Taps x = taps_of(in_width, width, half_pixel), y = taps_of(in_height, height, half_pixel);
  std::vector<float> out(static_cast<size_t>(width * height * Image::kChannels));
  float* to = out.data();
  for (int64_t row = 0; row < height; ++row) {
    const float* top = in.data() + y.low[row] * in_width * Image::kChannels;
    const float* bottom = in.data() + y.high[row] * in_width * Image::kChannels;
    for (int64_t column = 0; column < width; ++column)
      for (int64_t c = 0; c < Image::kChannels; ++c) {
        const int64_t left = x.low[column] * Image::kChannels + c, right = x.high[column] * Image::kChannels + c;
        const float above = top[left] + (top[right] - top[left]) * x.fraction[column];
        const float below = bottom[left] + (bottom[right] - bottom[left]) * x.fraction[column];
        *to++ = above + (below - above) * y.fraction[row];
      }
  }
  return out;
}

}  // namespace

void check_feature_resize(const std::string& resize) {
  for (const char* word : {"tf1", "torch", "clean", "aa-bilinear", "none"})
    if (resize == word) return;
  throw UsageError(cat("'", resize, "' is not one of tf1|torch|clean|aa-bilinear|none"));
}

std::vector<float> resize_for_features(const Image& image, int64_t width, int64_t height, const std::string& resize) {
  check_feature_resize(resize);
  std::vector<float> levels = float_levels(image);
  if (image.depth == 16)
    for (float& level : levels) level /= 257;
  if (image.width == width && image.height == height) return levels;
  if (resize == "none")
    throw DataError(cat("an image of ", image.width, "x", image.height, " is not ", width, "x", height,
                        ", and the resize is 'none'"));
  if (resize == "tf1" || resize == "torch")
    return two_taps(levels, image.width, image.height, width, height, resize == "torch");
  levels = resize_float(levels, image.width, image.height, Image::kChannels, width, height,
                        resize == "clean" ? Kernel::kBicubic : Kernel::kBilinear);
  if (resize == "clean")
    for (float& level : levels) level = std::clamp(level, 0.0f, 255.0f);
  return levels;
}

}  // namespace sr3
