#include "fid/feature_resize.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"

using namespace sr3;

namespace {

// Levels value(y, x), the same in all channels except for an offset, so that channels cannot be confused.
Image made(int64_t width, int64_t height, int (*value)(int64_t, int64_t)) {
  Image image = make_image(width, height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c)
        image.u8[static_cast<size_t>((y * width + x) * 3 + c)] = static_cast<uint8_t>((value(y, x) + 100 * c) % 256);
  return image;
}

Image counting(int64_t side) {
  return made(side, side, [](int64_t y, int64_t x) { return static_cast<int>(4 * y + x); });
}

void first_row(const std::string& resize, const std::vector<double>& expected) {
  const std::vector<float> out = resize_for_features(counting(4), 6, 6, resize);
  REQUIRE(out.size() == 6 * 6 * 3);
  for (size_t x = 0; x < 6; ++x)
    for (size_t c = 0; c < 3; ++c)
      CHECK(std::abs(out[x * 3 + c] - (expected[x] + 100.0 * static_cast<double>(c))) < 1e-4);
}

}  // namespace

TEST_CASE("bilinear as TensorFlow 1 and as torch: rows computed with those") {
  first_row("tf1", {0, 0.666667, 1.333333, 2, 2.666667, 3});
  first_row("torch", {0, 0.5, 1.166667, 1.833333, 2.5, 3});
}

TEST_CASE("TensorFlow 1's grid starts at the first sample in both directions and shrinks without antialiasing") {
  // Half the size: every other sample, exactly.
  const Image image = made(6, 4, [](int64_t y, int64_t x) { return static_cast<int>((37 * x + 101 * y) % 150); });
  const auto out = resize_for_features(image, 3, 2, "tf1");
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 3; ++x)
      CHECK(out[static_cast<size_t>((y * 3 + x) * 3)] ==
            static_cast<float>(image.u8[static_cast<size_t>((2 * y * 6 + 2 * x) * 3)]));
}

TEST_CASE("clean is Pillow's bicubic on floats: computed with Pillow") {
  const Image image = made(
      16, 16, [](int64_t y, int64_t x) { return static_cast<int>((37 * x + 101 * y + 7 * ((x * y) % 53)) % 256); });
  const auto out = resize_for_features(image, 4, 4, "clean");
  const double expected[] = {126.0609, 133.2586, 136.6686, 145.9356, 136.9787, 132.0725, 126.9438, 132.2757,
                             135.1089, 100.6634, 118.5011, 114.7376, 100.9650, 105.6574, 126.1109, 111.1214};
  for (size_t i = 0; i < 16; ++i) CHECK(std::abs(static_cast<double>(out[3 * i]) - expected[i]) < 1e-4);
}

TEST_CASE("clean is clipped to the range of levels, but not rounded") {
  const Image edge =
      made(8, 8, [](int64_t, int64_t x) { return x < 4 ? 0 : 55; });  // channels 0..55, 100..155, 200..255
  const auto out = resize_for_features(edge, 16, 16, "clean");
  bool fraction = false;
  for (const float level : out) {
    CHECK(level >= 0);
    CHECK(level <= 255);
    fraction = fraction || level != std::floor(level);
  }
  CHECK(fraction);
}

TEST_CASE(
    "16 bits are 8-bit levels with a fraction; equal sizes are not resized; invalid words and sizes are refused") {
  Image deep = make_image(2, 1, 16);
  deep.u16 = {0, 257, 514, 65535, 128, 1};
  const auto same = resize_for_features(deep, 2, 1, "none");
  CHECK(same[1] == 1.0f);
  CHECK(same[2] == 2.0f);
  CHECK(same[3] == 255.0f);
  CHECK(same[4] == relative(128.0 / 257));
  CHECK_THROWS_WITH_AS(resize_for_features(deep, 4, 4, "none"), doctest::Contains("2x1 is not 4x4"), DataError);
  CHECK_THROWS_AS(resize_for_features(deep, 4, 4, "bicubic"), UsageError);
}
