#include "degrade/recipe_step.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "degrade/interpolate.h"
#include "degrade/recipe_noise.h"
#include "image/codec.h"

namespace sr3 {
namespace {

constexpr int64_t kColours = Image::kChannels;
constexpr int kAlways = 0, kNever = 101;  // EncodeOptions::full_chroma

// An image between two steps, as floats or as the image that they were rounded to, whichever the last step made.
class Canvas {
 public:
  explicit Canvas(const Image& image)
      : width(image.width), height(image.height), depth_(image.depth), comment_(image.comment), image_(image) {}

  int64_t width, height;

  std::vector<float>& levels() {
    if (image_) {
      levels_ = float_levels(*image_);
      if (depth_ == 16)
        for (float& level : levels_) level /= 257;
      image_.reset();
    }
    return levels_;
  }

  Image& image() {
    if (!image_) {
      if (depth_ == 16)
        for (float& level : levels_) level *= 257;
      image_ = rounded_levels(levels_, width, height, depth_);
      levels_.clear();
    }
    return *image_;
  }

  void replace(Image image) {
    width = image.width, height = image.height;
    image_ = std::move(image);
  }

  void replace(std::vector<float> levels, int64_t new_width, int64_t new_height) {
    width = new_width, height = new_height;
    levels_ = std::move(levels);
    image_.reset();
  }

  Image result() {
    Image out = std::move(image());
    out.comment = comment_;
    return out;
  }

 private:
  int depth_;
  std::string comment_;
  std::optional<Image> image_;
  std::vector<float> levels_;
};

// Applies the steps to a canvas, one by one.
struct Painter {
  Canvas& canvas;
  int64_t width, height;  // of the result
  RandomStream random;    // for the noise of this step

  BlurKernel kernel_of(const DrawnBlur& step) const {
    switch (step.shape) {
      case BlurShape::kGaussian:
        return gaussian_kernel(step.size, step.spread);
      case BlurShape::kGeneralised:
        return generalised_kernel(step.size, step.spread, step.beta);
      case BlurShape::kPlateau:
        return plateau_kernel(step.size, step.spread, step.beta);
      case BlurShape::kSinc:
        return sinc_kernel(step.size, step.cutoff);
    }
    return {};
  }

  void operator()(const DrawnBlur& step) {
    const std::vector<float>& in = canvas.levels();
    const bool separable = step.shape == BlurShape::kGaussian && step.spread.sigma_x == step.spread.sigma_y;
    std::vector<float> out =
        separable ? convolved_gaussian(in, canvas.width, canvas.height, kColours, step.size, step.spread.sigma_x)
                  : convolved(in, canvas.width, canvas.height, kColours, kernel_of(step));
    canvas.replace(std::move(out), canvas.width, canvas.height);
  }

  void operator()(const DrawnSharpen& step) {
    std::vector<float>& levels = canvas.levels();
    const int64_t size = 2 * static_cast<int64_t>(std::ceil(3 * step.sigma)) + 1;
    const auto smooth = [&](const std::vector<float>& in) {
      return convolved_gaussian(in, canvas.width, canvas.height, kColours, size, step.sigma);
    };
    const std::vector<float> blurred = smooth(levels);
    std::vector<float> mask(levels.size());
    for (size_t i = 0; i < levels.size(); ++i)
      mask[i] = std::abs(levels[i] - blurred[i]) > static_cast<float>(step.threshold) ? 1.0F : 0.0F;
    mask = smooth(mask);
    for (size_t i = 0; i < levels.size(); ++i) {
      const float sharp = levels[i] + static_cast<float>(step.amount) * (levels[i] - blurred[i]);
      levels[i] += mask[i] * (std::clamp(sharp, 0.0F, 255.0F) - levels[i]);
    }
  }

  void operator()(const DrawnResize& step) {
    const auto side = [&](int64_t now, int64_t result) {
      const double of = static_cast<double>(step.to_result ? result : now);
      return std::max<int64_t>(1, static_cast<int64_t>(of * step.factor));
    };
    const int64_t across = side(canvas.width, width), down = side(canvas.height, height);
    if (across == canvas.width && down == canvas.height) return;
    if (across > Limits{}.max_pixels / down)
      throw DataError(cat("resized to ", across, "x", down, " it would be more than ", Limits{}.max_pixels, " pixels"));
    if (!step.convention)
      canvas.replace(interpolated(canvas.levels(), canvas.width, canvas.height, kColours, across, down, step.kernel),
                     across, down);
    else if (step.convention == Convention::kFloat)
      canvas.replace(resize_float(canvas.levels(), canvas.width, canvas.height, kColours, across, down, step.kernel),
                     across, down);
    else
      canvas.replace(resize(canvas.image(), across, down, step.kernel, *step.convention));
  }

  void operator()(const DrawnNoise& step) {
    if (step.poisson)
      add_poisson_noise(canvas.levels(), step.strength, step.grey, random);
    else
      add_gaussian_noise(canvas.levels(), step.strength, step.grey, random);
  }

  void operator()(const DrawnJpeg& step) {
    canvas.replace(jpeg_round_trip(canvas.image(), step.quality, step.full_chroma ? kAlways : kNever));
  }
};

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, " %.3g", value);
  return text;
}

struct Words {
  std::string operator()(const DrawnBlur& s) const {
    const std::string begin = cat("blur ", kBlurShapes[static_cast<int>(s.shape)], " ", s.size);
    if (s.shape == BlurShape::kSinc) return begin + digits(s.cutoff);
    const bool round = s.spread.sigma_x == s.spread.sigma_y;
    return begin + digits(s.spread.sigma_x) + (round ? "" : digits(s.spread.sigma_y) + digits(s.spread.angle)) +
           (s.shape == BlurShape::kGaussian ? "" : cat(" ^", digits(s.beta).substr(1)));
  }
  std::string operator()(const DrawnSharpen& s) const {
    return "sharpen" + digits(s.amount) + digits(s.sigma) + digits(s.threshold);
  }
  std::string operator()(const DrawnResize& s) const {
    const std::string by = s.to_result ? (s.factor == 1 ? " result" : cat(" result", digits(s.factor)))  //
                                       : digits(s.factor);
    return cat("resize", by, " ", name_of(s.kernel));
  }
  std::string operator()(const DrawnNoise& s) const {
    return cat("noise ", s.poisson ? "poisson" : "gaussian", digits(s.strength), s.grey ? " grey" : "");
  }
  std::string operator()(const DrawnJpeg& s) const { return cat("jpeg ", s.quality, s.full_chroma ? " 4:4:4" : ""); }
};

}  // namespace

std::string step_text(const DrawnStep& step) { return std::visit(Words{}, step); }

Image after_steps(const Image& image, const std::vector<DrawnStep>& steps, int64_t width, int64_t height, uint64_t seed,
                  uint64_t index) {
  Canvas canvas(image);
  for (size_t i = 0; i < steps.size(); ++i) {
    const RandomStream random(seed, index, kRandomRecipeNoise + static_cast<uint32_t>(i));
    std::visit(Painter{canvas, width, height, random}, steps[i]);
  }
  return canvas.result();
}

Image jpeg_round_trip(const Image& image, int quality, int full_chroma) {
  EncodeOptions options;
  options.jpeg_quality = quality;
  options.full_chroma = full_chroma;
  try {
    Image out = with_depth(decode(encode(image, Format::kJpeg, options), "the JPEG round trip", Limits{}), image.depth);
    out.comment = image.comment;
    return out;
  } catch (const Error& error) {  // a side too long for JPEG: this image's fault, not the run's
    throw DataError(error.what());
  }
}

}  // namespace sr3
