#include "metrics/ssim.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "fid/golden.h"
#include "metrics/psnr.h"

using namespace sr3;

namespace {

// Wang's definition literally: one window after the other, with two-dimensional weights.
double plain_ssim(const std::vector<double>& a, const std::vector<double>& b, int64_t width, int64_t height) {
  double weights[11][11], sum = 0;
  for (int j = 0; j < 11; ++j)
    for (int i = 0; i < 11; ++i)
      sum += weights[j][i] = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / (2 * 1.5 * 1.5));
  double total = 0;
  for (int64_t y = 0; y + 11 <= height; ++y)
    for (int64_t x = 0; x + 11 <= width; ++x) {
      double ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
      const auto each = [&](auto use) {
        for (int j = 0; j < 11; ++j)
          for (int i = 0; i < 11; ++i) {
            const auto at = static_cast<size_t>((y + j) * width + x + i);
            use(weights[j][i] / sum, a[at], b[at]);
          }
      };
      each([&](double w, double p, double q) { ma += w * p, mb += w * q; });
      each([&](double w, double p, double q) {
        va += w * (p - ma) * (p - ma), vb += w * (q - mb) * (q - mb), cov += w * (p - ma) * (q - mb);
      });
      const double c1 = 6.5025, c2 = 58.5225;
      total += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    }
  return total / static_cast<double>((height - 10) * (width - 10));
}

}  // namespace

TEST_CASE("SSIM of the golden pair") {
  const Image a = golden::first(), b = golden::second();
  CHECK(std::abs(ssim(a, b) - 0.995615105803) < 1e-9);
  CHECK(std::abs(ssim_y(a, b) - 0.993244040299) < 1e-9);
  CHECK(std::abs(ssim(with_depth(a, 16), b) - 0.995615105803) < 1e-9);
  CHECK(ssim(b, a) == relative(ssim(a, b), 1e-14));
}

TEST_CASE("SSIM agrees with Wang's definition, for any shape down to a single window") {
  for (const auto& [width, height] : {std::pair{32, 32}, {11, 11}, {11, 20}, {27, 12}, {31, 13}}) {
    const Image a = crop(golden::first(), 0, 0, width, height), b = crop(golden::second(), 0, 0, width, height);
    const double expected = plain_ssim(luma_of(a), luma_of(b), width, height);
    CHECK(ssim_y(a, b) == relative(expected, 1e-11));
  }
}

TEST_CASE("equal images have 1, a flat image and its negative far less, images smaller than the window no value") {
  const Image a = golden::first();
  CHECK(ssim(a, a) == relative(1, 1e-14));
  Image inverted = a;
  for (auto& value : inverted.u8) value = static_cast<uint8_t>(255 - value);
  CHECK(ssim(a, inverted) < 0);
  // For two flat images only the term of the means remains.
  Image dark = make_image(11, 11), light = make_image(11, 11);
  for (auto& value : dark.u8) value = 10;
  for (auto& value : light.u8) value = 200;
  CHECK(ssim(dark, light) == relative((2 * 10 * 200 + 6.5025) / (100 + 40000 + 6.5025), 1e-9));
  CHECK_THROWS_WITH_AS(ssim(make_image(10, 64), make_image(10, 64)),
                       "cannot compute the SSIM of an image of 10x64: it is smaller than the 11x11 window", DataError);
  CHECK_THROWS_AS(ssim_y(make_image(11, 12), make_image(12, 11)), DataError);
}
