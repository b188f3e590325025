#include "metrics/psnr.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "fid/golden.h"

using namespace sr3;

TEST_CASE("PSNR of the golden pair") {
  const Image a = golden::first(), b = golden::second();
  CHECK(std::abs(psnr(a, b) - 31.437283657887) < 1e-9);
  CHECK(std::abs(psnr_y(a, b) - 34.817824612266) < 1e-9);
  CHECK(std::abs(psnr(crop(a, 4, 4, 24, 24), crop(b, 4, 4, 24, 24)) - 31.432557398186) < 1e-9);
  CHECK(psnr(b, a) == psnr(a, b));
  CHECK(mean_square_error(a, b) == relative(std::pow(10, -3.1437283657887), 1e-11));
}

TEST_CASE("identical images have infinite PSNR; the largest difference is 0 dB") {
  const Image a = golden::first();
  CHECK(std::isinf(psnr(a, a)));
  CHECK(std::isinf(psnr_y(a, a)));
  CHECK(mean_square_error(a, a) == 0);
  Image black = make_image(3, 2), white = make_image(3, 2);
  for (auto& value : white.u8) value = 255;
  CHECK(std::abs(psnr(black, white)) < 1e-12);
  CHECK(luma_of(black)[0] == relative(16));
  CHECK(luma_of(white)[5] == relative(235));
  CHECK(psnr_y(black, white) == relative(20 * std::log10(255 / 219.0)));
}

TEST_CASE("sixteen bits are on the same scale, alone and together with eight") {
  const Image a = golden::first(), b = golden::second();
  const Image deep_a = with_depth(a, 16), deep_b = with_depth(b, 16);
  for (const auto& [x, y] : {std::pair{deep_a, deep_b}, std::pair{a, deep_b}, std::pair{deep_a, b}}) {
    CHECK(std::abs(psnr(x, y) - 31.437283657887) < 1e-9);
    CHECK(std::abs(psnr_y(x, y) - 34.817824612266) < 1e-9);
  }
  Image finer = deep_a;
  finer.u16[0] ^= 1;  // a 257th of a level in one of 3072 samples
  CHECK(psnr(deep_a, finer) == relative(10 * std::log10(65535.0 * 65535.0 * 3072), 1e-12));
}

TEST_CASE("different sizes are an error that contains both") {
  CHECK_THROWS_WITH_AS(psnr(make_image(4, 3), make_image(3, 4)), "cannot compare images of 4x3 and 3x4", DataError);
  CHECK_THROWS_AS(psnr_y(make_image(4, 3), make_image(4, 4)), DataError);
  CHECK_THROWS_AS(psnr(Image{}, Image{}), DataError);
}
