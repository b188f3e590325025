#include "cas/classifier_recipe.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "degrade/resize.h"

namespace sr3 {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int64_t kChannels = Image::kChannels;

std::vector<float> sized(const Image& image, int64_t size) {
  std::vector<float> values = float_levels(image);
  if (image.width != size || image.height != size)
    values = resize_float(values, image.width, image.height, kChannels, size, size,
                          std::min(image.width, image.height) < size ? Kernel::kBicubic : Kernel::kBox);
  for (float& value : values) value = value / 127.5f - 1;
  return values;
}

Image centre(const Image& image, double share) {
  const int64_t side =
      std::max<int64_t>(1, std::lround(share * static_cast<double>(std::min(image.width, image.height))));
  return crop(image, (image.width - side) / 2, (image.height - side) / 2, side, side);
}

// A random crop (Szegedy et al. 2015): 8% to 100% of the area, with an aspect ratio of 3:4 to 4:3. After ten crops that
// do not fit, the centre.
Image random_part(const Image& image, RandomStream& random) {
  const double area = static_cast<double>(image.width) * static_cast<double>(image.height);
  for (int i = 0; i < 10; ++i) {
    const double part = area * (0.08 + 0.92 * random.uniform());
    const double ratio = std::exp(std::log(4.0 / 3) * (2 * random.uniform() - 1));
    const auto width = std::lround(std::sqrt(part * ratio)), height = std::lround(std::sqrt(part / ratio));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const auto x = static_cast<int64_t>(random.below(static_cast<uint64_t>(image.width - width) + 1));
    const auto y = static_cast<int64_t>(random.below(static_cast<uint64_t>(image.height - height) + 1));
    return crop(image, x, y, width, height);
  }
  return centre(image, 1);
}

// The image rotated, zoomed and shifted, by bilinear interpolation; its border is repeated. Shifts by whole pixels
// without rotation and zoom are exact.
std::vector<float> warped(const std::vector<float>& in, int64_t size, double degrees, double zoom, double dx,
                          double dy) {
  const double c = std::cos(degrees * kPi / 180) / zoom, s = std::sin(degrees * kPi / 180) / zoom;
  const double middle = static_cast<double>(size - 1) / 2;
  std::vector<float> out(in.size());
  const auto at = [&](double x, double y, int64_t channel) {
    const auto column = std::clamp<int64_t>(static_cast<int64_t>(x), 0, size - 1);
    const auto row = std::clamp<int64_t>(static_cast<int64_t>(y), 0, size - 1);
    return static_cast<double>(in[static_cast<size_t>((row * size + column) * kChannels + channel)]);
  };
  float* to = out.data();
  for (int64_t row = 0; row < size; ++row)
    for (int64_t column = 0; column < size; ++column) {
      const double u = static_cast<double>(column) - middle, v = static_cast<double>(row) - middle;
      const double x = c * u - s * v + middle + dx, y = s * u + c * v + middle + dy;
      const double left = std::floor(x), top = std::floor(y), fx = x - left, fy = y - top;
      for (int64_t k = 0; k < kChannels; ++k)
        *to++ = static_cast<float>((1 - fy) * ((1 - fx) * at(left, top, k) + fx * at(left + 1, top, k)) +
                                   fy * ((1 - fx) * at(left, top + 1, k) + fx * at(left + 1, top + 1, k)));
    }
  return out;
}

void mirror(std::vector<float>& values, int64_t size) {
  for (int64_t row = 0; row < size; ++row)
    for (int64_t left = 0, right = size - 1; left < right; ++left, --right)
      std::swap_ranges(&values[static_cast<size_t>((row * size + left) * kChannels)],
                       &values[static_cast<size_t>((row * size + left + 1) * kChannels)],
                       &values[static_cast<size_t>((row * size + right) * kChannels)]);
}

}  // namespace

double ClassifierRecipe::rate(int64_t step, int64_t steps, double epoch) const {
  const double warm = warmup * epoch, done = static_cast<double>(step) / static_cast<double>(steps);
  if (static_cast<double>(step) < warm) return learning_rate * static_cast<double>(step + 1) / (warm + 1);
  if (drops.empty()) return learning_rate * 0.5 * (1 + std::cos(kPi * done));
  double rate = learning_rate;
  for (const double drop : drops)
    if (done >= drop) rate /= 10;
  return rate;
}

std::string ClassifierRecipe::settings() const {
  const nlohmann::ordered_json all = {{"recipe", name},
                                      {"depth", depth},
                                      {"stem_stride", stem_stride},
                                      {"size", size},
                                      {"batch", batch},
                                      {"epochs", epochs},
                                      {"learning_rate", learning_rate},
                                      {"weight_decay", weight_decay},
                                      {"warmup", warmup},
                                      {"drops", drops},
                                      {"turn", turn},
                                      {"zoom", zoom},
                                      {"shift", shift},
                                      {"mirror", mirror},
                                      {"random_part", random_part}};
  return all.dump();
}

ClassifierRecipe recipe_named(const std::string& name) {
  ClassifierRecipe recipe;
  recipe.name = name;
  if (name == "digits") {
    recipe.stem_stride = 2;
    recipe.size = 28;
    recipe.batch = 64;
    recipe.epochs = 10;
    recipe.learning_rate = 0.1;
    recipe.weight_decay = 5e-4;
    recipe.warmup = 0.5;
    recipe.turn = 12, recipe.zoom = 0.1, recipe.shift = 2;
  } else if (name == "small") {
    recipe.depth = 56;
    recipe.epochs = 182;
    recipe.warmup = 1;
    recipe.drops = {0.5, 0.75};
    recipe.shift = 4;
    recipe.mirror = true;
  } else if (name == "resnet50") {
    recipe.depth = 50;
    recipe.size = 224;
    recipe.batch = 256;
    recipe.epochs = 90;
    recipe.warmup = 5;
    recipe.drops = {30.0 / 90, 60.0 / 90, 80.0 / 90};
    recipe.mirror = recipe.random_part = true;
  } else {
    throw UsageError(cat("'", name, "' is not one of digits|small|resnet50"));
  }
  return recipe;
}

std::vector<float> shown_for_test(const ClassifierRecipe& recipe, const Image& image) {
  return sized(centre(image, recipe.random_part ? 224.0 / 256 : 1), recipe.size);
}

std::vector<float> shown_for_training(const ClassifierRecipe& recipe, const Image& image, RandomStream& random) {
  std::vector<float> values;
  if (recipe.random_part) {
    values = sized(random_part(image, random), recipe.size);
  } else {
    const auto within = [&](double most) { return most * (2 * random.uniform() - 1); };
    const double degrees = within(recipe.turn), zoom = 1 + within(recipe.zoom);
    double dx = within(recipe.shift), dy = within(recipe.shift);
    if (recipe.turn == 0) dx = std::round(dx), dy = std::round(dy);
    values = warped(sized(centre(image, 1), recipe.size), recipe.size, degrees, zoom, dx, dy);
  }
  if (recipe.mirror && random.below(2) == 1) mirror(values, recipe.size);
  return values;
}

}  // namespace sr3
