#include "cascade/final_size.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "degrade/resize.h"
#include "image/alpha.h"
#include "image/codec.h"

namespace sr3 {
namespace {

constexpr int64_t kLongestSide = int64_t{1} << 20;

// "640x480", "640x" or "x480"; a side that is left out is 0.
std::pair<int64_t, int64_t> parse_final_size(const std::string& text) {
  const size_t cross = text.find('x');
  const auto side = [&](const std::string& part) -> int64_t {
    if (part.empty()) return 0;
    const int64_t pixels = parse_int(part);
    if (pixels < 1 || pixels > kLongestSide) throw UsageError("");
    return pixels;
  };
  try {
    if (cross == std::string::npos || text.size() == 1) throw UsageError("");
    return {side(text.substr(0, cross)), side(text.substr(cross + 1))};
  } catch (const UsageError&) {
    throw UsageError(
        cat("'", text, "' is not a size such as 640x480, 640x or x480, with sides of 1 to ", kLongestSide));
  }
}

int64_t scaled(int64_t side, double factor) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(side) * factor));
}

}  // namespace

void FinalSize::declare(Options& options) {
  options.group(groups::kResult);
  options.add({"size", 0, "WxH", "bring results to this size by bicubic resizing; Wx and xH keep the aspect", "", false,
               [this](const std::string& given) { std::tie(width, height) = parse_final_size(given); }});
  options.add("final-scale", 0, &factor, "X", {.low = 0, .high = 256, .low_open = true},
              "bring results to X times the size of the input, likewise");
}

void FinalSize::validate() const {
  if (factor && (width > 0 || height > 0)) throw UsageError("--size and --final-scale exclude each other");
}

std::pair<int64_t, int64_t> FinalSize::of(int64_t image_width, int64_t image_height) const {
  std::pair<int64_t, int64_t> size{width, height};
  const auto ratio = [](int64_t a, int64_t b) { return static_cast<double>(a) / static_cast<double>(b); };
  if (factor)
    size = {scaled(image_width, *factor), scaled(image_height, *factor)};
  else if (width == 0)
    size.first = scaled(image_width, ratio(height, image_height));
  else if (height == 0)
    size.second = scaled(image_height, ratio(width, image_width));
  if (size.first > Limits{}.max_pixels / size.second)
    throw DataError(
        cat("its result of ", size.first, "x", size.second, " would have more than ", Limits{}.max_pixels, " pixels"));
  return size;
}

Image at_final_size(Image image, std::pair<int64_t, int64_t> size) {
  const auto [width, height] = size;
  if (image.width == width && image.height == height) return image;
  return resize(with_filled_colours(std::move(image)), width, height, Kernel::kBicubic, Convention::kPillow);
}

}  // namespace sr3
