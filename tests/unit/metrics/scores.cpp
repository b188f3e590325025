#include "metrics/scores.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "fid/golden.h"

using namespace sr3;

namespace {

// Each pixel becomes a block of scale x scale, which the box kernel inverts exactly.
Image blocks(const Image& small, int64_t scale) {
  Image image = make_image(small.width * scale, small.height * scale);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      for (int64_t c = 0; c < 3; ++c)
        image.u8[(y * image.width + x) * 3 + c] = small.u8[(y / scale * small.width + x / scale) * 3 + c];
  return image;
}

}  // namespace

TEST_CASE("scores of the golden pair, whole and without a border") {
  ScoreOptions options;
  Scores s = score(options, golden::first(), golden::second(), nullptr);
  CHECK(std::abs(s.psnr - 31.437283657887) < 1e-9);
  CHECK(std::abs(s.ssim.value() - 0.995615105803) < 1e-9);
  CHECK(std::abs(s.psnr_y - 34.817824612266) < 1e-9);
  CHECK(std::abs(s.ssim_y.value() - 0.993244040299) < 1e-9);
  CHECK_FALSE(s.consistency);
  options.crop = 4;
  s = score(options, golden::first(), golden::second(), nullptr);
  CHECK(std::abs(s.psnr - 31.432557398186) < 1e-9);
  options.crop = 12;  // 8x8 remain, which is smaller than the window
  s = score(options, golden::first(), golden::second(), nullptr);
  CHECK(s.psnr > 20);
  CHECK_FALSE(s.ssim);
  CHECK_FALSE(s.ssim_y);
  options.crop = 16;
  CHECK_THROWS_WITH_AS(score(options, golden::first(), golden::second(), nullptr),
                       "a border of 16 pixels leaves nothing of an image of 32x32", DataError);
}

TEST_CASE("consistency is the error of the shrunk image") {
  ScoreOptions options;
  options.kernel = "box";
  Image low = crop(golden::first(), 0, 0, 7, 9);
  const Image high = blocks(low, 3);
  Scores s = score(options, high, high, &low);
  CHECK(*s.consistency == 0);
  CHECK(*s.rounding_floor == relative(1.2816e-6, 1e-4));
  low.u8[5] = static_cast<uint8_t>(low.u8[5] ^ 4);  // four levels in one of 189 samples
  CHECK(*score(options, high, high, &low).consistency == relative(16.0 / 189 / 65025, 1e-12));

  options.scale = 2;
  CHECK_THROWS_WITH_AS(score(options, high, crop(high, 0, 0, 20, 26), &low),
                       "its size, 20x26, is not 2 times that of the low-resolution image, 7x9", DataError);
  options.scale = 0;
  CHECK_THROWS_WITH_AS(score(options, crop(high, 0, 0, 20, 27), crop(high, 0, 0, 20, 27), &low),
                       "its size, 20x27, is not a whole number of times that of the low-resolution image, 7x9",
                       DataError);
  CHECK_THROWS_WITH_AS(score(options, high, high, &high),
                       "the low-resolution image has the same size, 21x27; is it the right one?", DataError);
  options.scale = 1;
  CHECK(*score(options, high, high, &high).consistency == 0);
}

TEST_CASE("scale crops the reference as degrade does; otherwise sizes must be equal") {
  ScoreOptions options;
  const Image a = golden::first(), b = crop(golden::second(), 0, 0, 30, 30);
  CHECK_THROWS_WITH_AS(score(options, a, b, nullptr),
                       "its size, 30x30, is not the reference's, 32x32 (-s N cuts the reference to a multiple of N, "
                       "as degrade does)",
                       DataError);
  options.scale = 3;
  CHECK(score(options, a, b, nullptr).psnr == score({}, crop(a, 0, 0, 30, 30), b, nullptr).psnr);
  options.scale = 40;
  CHECK_THROWS_AS(score(options, a, b, nullptr), DataError);
}
