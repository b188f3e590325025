#include "degrade/recipe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/error.h"
#include "base/options.h"
#include "base/rng.h"
#include "degrade/blur.h"
#include "degrade/random_recipe.h"
#include "degrade/recipe_step.h"
#include "image/codec.h"

namespace sr3 {
namespace {

template <class Sample>
void add_noise(std::vector<Sample>& samples, double sigma, RandomStream random) {
  constexpr double top = std::numeric_limits<Sample>::max();
  sigma *= top / 255;
  for (Sample& sample : samples)
    sample = static_cast<Sample>(std::clamp(sample + sigma * random.normal(), 0.0, top) + 0.5);
}

}  // namespace

void RecipeOptions::declare(Options& options) {
  options.group(groups::kDegradation);
  options.add("scale", 's', &scale, "N", within(1, 65536),
              "shrink N times, after cropping right and bottom to a multiple of N");
  options.add("size", 0, &size, "WxH", "resize to this size instead, up or down");
  options.choice("kernel", 0, &kernel, {"box", "bilinear", "bicubic", "lanczos"}, "resampling kernel");
  options.choice("convention", 0, &convention, {"pillow", "pillow12", "matlab", "float"}, "whose resize to equal");
  options.add("center-crop", 0, &center_crop, "first cut out the largest central square, or part shaped like --size");
  options.add("blur", 0, &blur, "SIGMA", within(0, 1000), "Gaussian blur before the resize, in pixels");
  options.add("noise", 0, &noise, "SIGMA", within(0, 255), "Gaussian noise after the resize, in 8-bit grey levels");
  options.add("jpeg", 0, &jpeg, "Q", within(1, 100), "JPEG round trip at the end, of this quality");
}

std::optional<Kernel> shrinking_kernel(const RecipeOptions& options) {
  if (options.kernel == kGivenImages) return std::nullopt;
  if (options.operations.empty()) return kernel_named(options.kernel);
  const RandomRecipe recipe = RandomRecipe::parse(options.operations, "cannot use the recipe: ");
  if (recipe.operations().size() != 1) return std::nullopt;
  const auto* resize = std::get_if<ResizeOperation>(&recipe.operations()[0].what);
  if (!resize || resize->kernels.size() != 1 || !resize->convention) return std::nullopt;
  return resize->kernels[0];
}

Recipe::Recipe(const RecipeOptions& options)
    : options_(options), kernel_(kernel_named(options.kernel)), convention_(convention_named(options.convention)) {
  if (options.scale && !options.size.empty()) throw UsageError("--scale and --size exclude each other");
  if (!options.scale && options.size.empty()) throw UsageError("either --scale N or --size WxH is needed");
  if (!options.size.empty()) std::tie(width_, height_) = parse_size(options.size);
  if (width_ > Limits{}.max_pixels / std::max<int64_t>(height_, 1))
    throw UsageError(cat("--size ", options.size, " is more than ", Limits{}.max_pixels, " pixels"));
  if (!options.operations.empty())
    random_ = std::make_shared<RandomRecipe>(RandomRecipe::parse(options.operations, "cannot use the recipe: "));
}

Recipe::Part Recipe::part_of(const Image& image) const {
  Part part{0, 0, image.width, image.height};
  if (options_.center_crop) {
    const int64_t across = width_ ? width_ : 1, down = height_ ? height_ : 1;  // the shape to cut out
    const auto rounded = [](int64_t side, int64_t by, int64_t over) {
      return std::max<int64_t>(
          1, std::llround(static_cast<double>(side) * static_cast<double>(by) / static_cast<double>(over)));
    };
    if (image.width * down >= image.height * across)
      part.width = rounded(image.height, across, down);
    else
      part.height = rounded(image.width, down, across);
    part.x = (image.width - part.width) / 2;
    part.y = (image.height - part.height) / 2;
  }
  if (const int64_t scale = options_.scale; scale > 0) {
    if (part.width < scale || part.height < scale)
      throw DataError(cat("an image of ", image.width, "x", image.height, " cannot be shrunk ", scale, " times"));
    part.width -= part.width % scale;
    part.height -= part.height % scale;
  }
  return part;
}

Image Recipe::cropped(const Image& image) const {
  const Part part = part_of(image);
  if (part.width == image.width && part.height == image.height) return image;
  return crop(image, part.x, part.y, part.width, part.height);
}

Image Recipe::operator()(const Image& image, uint64_t seed, uint64_t index) const {
  const Part part = part_of(image);
  const bool whole = part.width == image.width && part.height == image.height;
  Image now;
  const Image* from = &image;
  if (!whole) from = &(now = crop(image, part.x, part.y, part.width, part.height));
  const int64_t width = width_ ? width_ : part.width / options_.scale;
  const int64_t height = height_ ? height_ : part.height / options_.scale;
  if (random_) return after_steps(*from, random_->draw(seed, index), width, height, seed, index);
  if (options_.blur > 0) from = &(now = blurred(*from, options_.blur));
  now = resize(*from, width, height, kernel_, convention_);
  if (options_.noise > 0) {
    const RandomStream random(seed, index, kRandomDegrade);
    if (now.depth == 8)
      add_noise(now.u8, options_.noise, random);
    else
      add_noise(now.u16, options_.noise, random);
  }
  if (options_.jpeg > 0) now = jpeg_round_trip(now, static_cast<int>(options_.jpeg), EncodeOptions{}.full_chroma);
  return now;
}

std::string Recipe::steps(uint64_t seed, uint64_t index) const {
  std::string text;
  if (random_)
    for (const DrawnStep& step : random_->draw(seed, index)) text += (text.empty() ? "" : "; ") + step_text(step);
  return text;
}

}  // namespace sr3
