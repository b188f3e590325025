#include "degrade/recipe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "degrade/blur.h"

using namespace sr3;

namespace {

Image pattern(int64_t width, int64_t height, int depth = 8) {
  Image image = make_image(width, height, depth);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t value = (37 * x + 101 * y + 7 * ((x * y) % 53) + 31 * c) % 256;
        const auto at = static_cast<size_t>((y * width + x) * 3 + c);
        if (depth == 8)
          image.u8[at] = static_cast<uint8_t>(value);
        else
          image.u16[at] = static_cast<uint16_t>(value * 257);
      }
  return image;
}

Image flat(int64_t width, int64_t height, uint8_t value) {
  Image image = make_image(width, height);
  std::fill(image.u8.begin(), image.u8.end(), value);
  return image;
}

Recipe recipe(const std::function<void(RecipeOptions&)>& change) {
  RecipeOptions options;
  change(options);
  return Recipe(options);
}

}  // namespace

TEST_CASE("a scale crops at the right and bottom to a multiple, then shrinks") {
  const Recipe quarter = recipe([](auto& o) { o.scale = 4; });
  const Image image = pattern(43, 30);
  const Image part = quarter.cropped(image);
  CHECK(part.width == 40);
  CHECK(part.height == 28);
  CHECK(part.u8 == crop(image, 0, 0, 40, 28).u8);
  const Image small = quarter(image, 0, 0);
  CHECK(small.width == 10);
  CHECK(small.height == 7);
  CHECK(small.u8 == resize(part, 10, 7, Kernel::kBicubic, Convention::kPillow).u8);
}

TEST_CASE("kernel and convention are those requested, also with 16 bits") {
  const Recipe box = recipe([](auto& o) { o.scale = 3, o.kernel = "box", o.convention = "matlab"; });
  const Image image = pattern(33, 27, 16);
  CHECK(box(image, 0, 0).u16 == resize(image, 11, 9, Kernel::kBox, Convention::kMatlab).u16);
}

TEST_CASE("centre crops: the largest square, or the largest part with the aspect ratio of --size") {
  const Image image = pattern(50, 31);
  const Image square = recipe([](auto& o) { o.scale = 4, o.center_crop = true; }).cropped(image);
  CHECK(square.width == 28);  // 31 minus its remainder
  CHECK(square.u8 == crop(image, 9, 0, 28, 28).u8);
  const Image wide = recipe([](auto& o) { o.size = "30x10", o.center_crop = true; }).cropped(image);
  CHECK(wide.u8 == crop(image, 0, 7, 50, 17).u8);
  const Image tall = recipe([](auto& o) { o.size = "10x31", o.center_crop = true; }).cropped(image);
  CHECK(tall.u8 == crop(image, 20, 0, 10, 31).u8);
  CHECK(recipe([](auto& o) { o.size = "100x62", o.center_crop = true; }).cropped(image).u8 == image.u8);
}

TEST_CASE("--size also enlarges, and needs no crop") {
  const Image big = recipe([](auto& o) { o.size = "20x21"; })(pattern(7, 5), 0, 0);
  CHECK(big.width == 20);
  CHECK(big.height == 21);
}

TEST_CASE("noise has the requested standard deviation, and depends only on seed and index") {
  const Recipe noisy = recipe([](auto& o) { o.scale = 1, o.noise = 6; });
  const Image grey = flat(100, 80, 128);
  const Image first = noisy(grey, 3, 5);
  double sum = 0, square = 0;
  for (uint8_t value : first.u8) sum += value - 128, square += (value - 128) * (value - 128);
  const double n = static_cast<double>(first.samples());
  CHECK(std::abs(sum / n) < 4 * 6 / std::sqrt(n));
  CHECK(std::abs(std::sqrt(square / n) - std::sqrt(36 + 1 / 12.)) < 0.15);  // rounding adds 1/12 to the variance
  CHECK(noisy(grey, 3, 5).u8 == first.u8);
  CHECK(noisy(grey, 4, 5).u8 != first.u8);
  CHECK(noisy(grey, 3, 6).u8 != first.u8);
  Image deep = make_image(100, 80, 16);
  std::fill(deep.u16.begin(), deep.u16.end(), 32768);
  square = 0;
  for (uint16_t value : noisy(deep, 3, 5).u16) square += (value - 32768.) * (value - 32768.);
  CHECK(std::abs(std::sqrt(square / n) / 257 - 6) < 0.15);
}

TEST_CASE("noise is clipped at black and white") {
  const Image black = recipe([](auto& o) { o.scale = 1, o.noise = 200; })(flat(50, 50, 0), 0, 0);
  double zeros = 0;
  for (uint8_t value : black.u8) zeros += value == 0;
  CHECK(std::abs(zeros / static_cast<double>(black.samples()) - 0.5) < 0.05);
}

TEST_CASE("a JPEG round trip keeps size, depth and comment, and has a larger error at a low quality") {
  Image image = make_image(64, 48);
  for (size_t i = 0; i < image.u8.size(); ++i)
    image.u8[i] = static_cast<uint8_t>(128 + 100 * std::sin(0.02 * static_cast<double>(i)));
  image.comment = "sr {}";
  const auto error = [&](int64_t quality) {
    const Image out = recipe([&](auto& o) { o.scale = 1, o.jpeg = quality; })(image, 0, 0);
    REQUIRE(out.u8.size() == image.u8.size());
    CHECK(out.comment == "sr {}");
    double sum = 0;
    for (size_t i = 0; i < out.u8.size(); ++i) sum += std::abs(out.u8[i] - image.u8[i]);
    return sum;
  };
  CHECK(error(10) > 2 * error(90));
  const Image deep = recipe([](auto& o) { o.scale = 1, o.jpeg = 90; })(pattern(9, 8, 16), 0, 0);
  CHECK(deep.depth == 16);
  CHECK(deep.u16[0] % 257 == 0);
}

TEST_CASE("the blur is the Gaussian sum over the mirrored image") {
  const Image image = pattern(11, 6);
  const double sigma = 1.3;
  const Image out = blurred(image, sigma);
  const auto weight = [&](int64_t d) { return std::exp(-static_cast<double>(d * d) / (2 * sigma * sigma)); };
  double total = 0;
  for (int64_t d = -4; d <= 4; ++d) total += weight(d);
  const auto inside = [](int64_t i, int64_t size) { return i < 0 ? -1 - i : i >= size ? 2 * size - 1 - i : i; };
  for (int64_t y = 0; y < 6; ++y)
    for (int64_t x = 0; x < 11; ++x) {
      double sum = 0;
      for (int64_t b = -4; b <= 4; ++b)
        for (int64_t a = -4; a <= 4; ++a)
          sum += weight(a) * weight(b) *
                 image.u8[static_cast<size_t>((inside(y + b, 6) * 11 + inside(x + a, 11)) * 3 + 1)];
      CHECK(std::abs(out.u8[static_cast<size_t>((y * 11 + x) * 3 + 1)] - sum / (total * total)) < 0.51);
    }
  CHECK(blurred(image, 0).u8 == image.u8);
  CHECK(blurred(flat(5, 3, 77), 20).u8 == flat(5, 3, 77).u8);  // wider than the image
  const Recipe both = recipe([](auto& o) { o.scale = 2, o.blur = 1.3; });
  CHECK(both(image, 0, 0).u8 ==
        resize(blurred(crop(image, 0, 0, 10, 6), 1.3), 5, 3, Kernel::kBicubic, Convention::kPillow).u8);
}

TEST_CASE("contradictory and invalid options are usage errors; an image smaller than the scale is a data error") {
  CHECK_THROWS_WITH_AS(recipe([](auto&) {}), "either --scale N or --size WxH is needed", UsageError);
  CHECK_THROWS_WITH_AS(recipe([](auto& o) { o.scale = 2, o.size = "4x4"; }), "--scale and --size exclude each other",
                       UsageError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.size = "640"; }), UsageError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.size = "0x4"; }), UsageError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.size = "4611686018427387904x4"; }), UsageError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.scale = 2, o.kernel = "cubic"; }), UsageError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.scale = 2, o.convention = "opencv"; }), UsageError);
  CHECK_THROWS_WITH_AS(recipe([](auto& o) { o.scale = 4; })(pattern(9, 3), 0, 0),
                       "an image of 9x3 cannot be shrunk 4 times", DataError);
  CHECK_THROWS_AS(recipe([](auto& o) { o.scale = 4; }).cropped(pattern(3, 9)), DataError);
}
