#include "cascade/baseline.h"

#include <algorithm>

#include "base/error.h"
#include "base/options.h"
#include "degrade/resize.h"
#include "image/alpha.h"

namespace sr3 {
namespace {

// Repeats each pixel scale x scale times.
template <class Sample>
void repeat(const std::vector<Sample>& from, std::vector<Sample>& to, int64_t channels, int64_t width, int64_t height,
            int64_t scale) {
  const int64_t row = width * scale * channels;
  for (int64_t y = 0; y < height; ++y) {
    Sample* const first = to.data() + y * scale * row;
    for (int64_t x = 0; x < width; ++x)
      for (int64_t j = 0; j < scale; ++j)
        std::copy_n(from.data() + (y * width + x) * channels, channels, first + (x * scale + j) * channels);
    for (int64_t j = 1; j < scale; ++j) std::copy_n(first, row, first + j * row);
  }
}

}  // namespace

void Baseline::declare(Options& options) {
  options.choice("baseline", 0, &kernel, {"nearest", "box", "bilinear", "bicubic", "lanczos"},
                 "resize instead, without a stage");
  options.add("scale", 's', &scale, "N", within(1, 256), "with --baseline: enlarge N times");
  options.choice("convention", 0, &convention, {"pillow", "matlab", "float"}, "with --baseline: whose resizing");
}

void Baseline::validate(const FinalSize& final_size) const {
  if (!wanted() && scale) throw UsageError("--scale needs --baseline; a stage has a scale of its own");
  if (!wanted()) return;
  const bool sized = final_size.wanted();
  if (!scale && !sized) throw UsageError("--baseline needs --scale, or else --size or --final-scale");
  if (scale && sized) throw UsageError("with --baseline, --scale excludes --size and --final-scale");
  if (sized && kernel == "nearest")
    throw UsageError("--baseline nearest repeats whole pixels: it needs --scale, not --size or --final-scale");
}

Image Baseline::operator()(const Image& image, const FinalSize& final_size) const {
  const auto [width, height] = final_size.wanted() ? final_size.of(image.width, image.height)
                                                   : std::pair{image.width * *scale, image.height * *scale};
  if (kernel != "nearest")
    return resize(with_filled_colours(image), width, height, kernel_named(kernel), convention_named(convention));
  Image out = make_image(width, height, image.depth);
  if (image.depth == 8)
    repeat(image.u8, out.u8, Image::kChannels, image.width, image.height, *scale);
  else
    repeat(image.u16, out.u16, Image::kChannels, image.width, image.height, *scale);
  out.alpha.resize(image.alpha.empty() ? 0 : static_cast<size_t>(width * height));
  if (!image.alpha.empty()) repeat(image.alpha, out.alpha, 1, image.width, image.height, *scale);
  return out;
}

}  // namespace sr3
